"""Figures by an attribute that was declared beforehand: a second partition of an authority's people, or none at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashboards.suppression.terms import FEWEST_FOR_SHARES, DisclosureTerms

MOST_CATEGORIES = 12
"""So many can be weighed against one another in every way."""

Category = tuple[int, ...]
"""Options of the attribute that are taken together."""


@dataclass(frozen=True)
class Attributed:
    """People of an authority: their block, their option of an attribute, and their answers to the scored items.

    `block` and `option` have shape (n,), the latter with one more option than the attribute has for those who did not
    say; `points` has shape (n, items): each answer in points of 100, NaN where it does not count.
    """

    block: np.ndarray
    option: np.ndarray
    points: np.ndarray


def form_categories(people: np.ndarray, minimum: int) -> tuple[Category, ...] | None:
    """Options put together until no difference between blocks and categories is about fewer than k people.

    Blocks and categories are the two sides of a graph whose edges weigh as many people as are in both. What can be
    determined from both partitions together is about k people or more exactly if every cut of this graph weighs k or
    more: a single cell, a group of two people of one role in two teams, and all cycles are special cases. While a cut
    weighs less, the smallest categories on its two sides are put together. Counts only.

    Parameters
    ----------
    people
        Shape (blocks, options): how many answered.
    minimum
        k. A category has ten people or more besides.

    Returns
    -------
    tuple or None
        The categories, each as its options; None where one is left, which would say nothing.
    """
    columns = [(option,) for option in range(people.shape[1]) if people[:, option].sum()]
    table = people[people.sum(axis=1) > 0].astype(np.int64)
    fewest = max(FEWEST_FOR_SHARES, minimum)
    while len(columns) > 1:
        sizes = np.array([table[:, list(column)].sum() for column in columns])
        if sizes.min() < fewest or len(columns) > MOST_CATEGORIES:
            first, second = np.argsort(sizes, kind="stable")[:2]
        else:
            weight, side = smallest_cut(np.stack([table[:, list(column)].sum(axis=1) for column in columns], axis=1))
            if weight >= minimum:
                return tuple(sorted(columns))
            first, second = (_smallest(sizes, side), _smallest(sizes, ~side))
        together = tuple(sorted(columns[first] + columns[second]))
        columns = [column for place, column in enumerate(columns) if place not in (first, second)] + [together]
    return None


def smallest_cut(people: np.ndarray) -> tuple[int, np.ndarray]:
    """The weight of the smallest cut that parts the categories, and which of them lie on one side of it.

    For each way of parting the categories every block goes to the side where more of its people are; so all ways are
    weighed, 2^(categories - 1) of them. A cut that parts off blocks only weighs a whole block, which is k or more.
    """
    categories = people.shape[1]
    best, side = np.iinfo(np.int64).max, np.zeros(categories, dtype=bool)
    for code in range(1, 2 ** (categories - 1)):
        inside = (code >> np.arange(categories)) & 1 == 1
        here = people[:, inside].sum(axis=1)
        weight = int(np.minimum(here, people.sum(axis=1) - here).sum())
        if weight < best:
            best, side = weight, inside
    return best, side


def leaves_room(people: Attributed, categories: Sequence[Category], terms: DisclosureTerms) -> bool:
    """Whether each answer, and each sum over fewer than k people of one block and category, can move by W, one way or
    the other, while every total of both partitions stays as it is.

    Either somebody of the same block and category makes up for it, or three others in a ring: another category of the
    block, the same category in another block, and that category there. With two partitions protecting is no proof, so
    this looks at the answers themselves; where it fails, no figure of the attribute is shown in this authority.
    """
    place = {option: number for number, column in enumerate(categories) for option in column}
    category = np.array([place[int(option)] for option in people.option], dtype=np.intp)
    _, block = np.unique(people.block, return_inverse=True)
    shape = (int(block.max(initial=-1)) + 1, len(categories))
    return all(_item_leaves_room(worth, block, category, shape, terms) for worth in people.points.T)


def _item_leaves_room(
    worth: np.ndarray, block: np.ndarray, category: np.ndarray, shape: tuple[int, int], terms: DisclosureTerms
) -> bool:
    width, given = terms.answer_width, ~np.isnan(worth)
    own, mine = (block[given], category[given]), worth[given]
    up, down, count = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.int64)
    np.add.at(up, own, 100 - mine)
    np.add.at(down, own, mine)
    np.add.at(count, own, 1)
    rises = _ring(down >= width, down >= width, up >= width)
    falls = _ring(up >= width, up >= width, down >= width)
    can_rise = (mine <= 100 - width) & (rises[own] | (down[own] - mine >= width))
    can_fall = (mine >= width) & (falls[own] | (up[own] - (100 - mine) >= width))
    moves = (rises & (up >= width)) | (falls & (down >= width))
    few = (count > 0) & (count < terms.minimum_group_size)
    return bool((can_rise | can_fall).all() and moves[few].all())


def _ring(beside: np.ndarray, across: np.ndarray, opposite: np.ndarray) -> np.ndarray:
    """For each block and category: is there a ring through another block and category that can take what moves?"""
    together = across.astype(np.int64).T @ opposite.astype(np.int64)
    found = np.zeros(beside.shape, dtype=bool)
    categories = beside.shape[1]
    for own in range(categories):
        for other in range(categories):
            if own != other:
                elsewhere = together[own, other] - (across[:, own] & opposite[:, other])
                found[:, own] |= beside[:, other] & (elsewhere > 0)
    return found


def _smallest(sizes: np.ndarray, side: np.ndarray) -> int:
    places = np.flatnonzero(side)
    return int(places[sizes[places].argmin()])
