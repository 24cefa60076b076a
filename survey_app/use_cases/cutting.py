"""Compute a wave's figures by attribute: what was declared when the wave opened, authority by authority."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from dashboards.snapshots import CutFigure, Level
from dashboards.suppression.blocks import Block
from dashboards.suppression.cuts import Attributed, Category, form_categories, leaves_room
from dashboards.suppression.rounding import display_step, round_for_display, whole
from instruments.definitions import Instrument, Item, Scale
from scoring.uncertainty import Counted, reference_interval
from survey_app.use_cases.tallying import scored_points
from survey_app.use_cases.wave_terms import FrozenWave

_NOT_SAID = "not said"


def compute_cuts(
    frozen: FrozenWave, answers: pd.DataFrame, block_of_row: np.ndarray, blocks: Sequence[Block]
) -> tuple[CutFigure, ...]:
    """Figures of each declared attribute within each authority; of the first that can be shown, where several could.

    A measure on which an answer would be left too little room has none. The people are those of blocks that lie wholly
    in the authority and whose figures are shown on every measure. A figure is the mean of a category's answers as they
    were protected for their blocks. Two attributes at once would be a third partition, which the smallest cut says
    nothing of.

    Parameters
    ----------
    answers
        A row a person and a column an item, protected; NaN where skipped or not asked.
    block_of_row
        The place of each person's block; negative for somebody in none.
    """
    points = scored_points(frozen.instrument, answers)
    found: list[CutFigure] = []
    for node in frozen.tree.nodes:
        if frozen.cuts and node.level is Level.AUTHORITY:
            inside = _people_inside(frozen, node.key, points, block_of_row, blocks)
            figures = (_cut(frozen, node.key, item, answers, points, block_of_row, inside) for item in frozen.cuts)
            found += next((cut for cut in figures if cut), ())
    return tuple(found)


def _people_inside(
    frozen: FrozenWave, authority: str, points: pd.DataFrame, block_of_row: np.ndarray, blocks: Sequence[Block]
) -> np.ndarray:
    """Which rows are of blocks wholly inside the authority, with enough answers to every item."""
    teams = set(frozen.tree.leaves_under[authority])
    usable = [place for place, block in enumerate(blocks) if set(block.teams) <= teams]
    answered = points.notna().groupby(block_of_row).sum().min(axis=1)
    enough = {place for place in usable if answered.get(place, 0) >= frozen.terms.fewest_answers_to_an_item}
    return np.isin(block_of_row, list(enough))


def _cut(
    frozen: FrozenWave,
    authority: str,
    item_id: str,
    answers: pd.DataFrame,
    points: pd.DataFrame,
    block_of_row: np.ndarray,
    inside: np.ndarray,
) -> list[CutFigure]:
    item = frozen.instrument.items_by_id[item_id]
    values = frozen.instrument.response_set_of(item).values
    place = {value: number for number, value in enumerate(values)}
    option = np.array([place.get(value, len(values)) for value in answers[item_id][inside]], dtype=np.intp)
    people = Attributed(block_of_row[inside], option, points[inside].to_numpy())
    categories = form_categories(_counts(people, len(values) + 1), frozen.terms.minimum_group_size)
    if categories is None:
        return []
    return list(_figures(frozen, authority, item, people, categories, list(points.columns)))


def _counts(people: Attributed, options: int) -> np.ndarray:
    """How many answered each item at least, by block and option: nobody outside knows who skipped which."""
    _, block = np.unique(people.block, return_inverse=True)
    given = ~np.isnan(people.points)
    counts = np.zeros((int(block.max(initial=-1)) + 1, options, given.shape[1]), dtype=np.int64)
    np.add.at(counts, (block, people.option), given)
    return np.asarray(counts.min(axis=2))


def _figures(
    frozen: FrozenWave,
    authority: str,
    item: Item,
    people: Attributed,
    categories: Sequence[Category],
    columns: list[str],
) -> Iterator[CutFigure]:
    names = _names(frozen.instrument, item)
    for scale in frozen.instrument.scales:
        own = [columns.index(each.id) for each in frozen.instrument.core_items_of(scale)]
        asked = Attributed(people.block, people.option, people.points[:, own])
        if not leaves_room(asked, categories, frozen.terms):
            continue
        for category in categories:
            if any(names[option] != _NOT_SAID for option in category):
                worth = asked.points[np.isin(people.option, category)]
                yield _figure(frozen, authority, item, category, scale, worth, names)


def _figure(
    frozen: FrozenWave,
    authority: str,
    item: Item,
    category: Category,
    scale: Scale,
    worth: np.ndarray,
    names: Mapping[int, str],
) -> CutFigure:
    n = len(worth)
    mean = float(np.nanmean(worth, axis=0).mean())
    shown = round_for_display(mean, n, frozen.terms.answer_width)
    likely = reference_interval(
        float(shown.score), [Counted(n, None)], reference_sd=scale.reference_sd, rounding_step=display_step(n)
    )
    return CutFigure(
        wave=frozen.key,
        group=authority,
        attribute=item.id,
        options=tuple(names[option] for option in category),
        measure=scale.id,
        n=n,
        score=shown.score,
        low=shown.low,
        high=shown.high,
        likely_low=whole(likely.lower),
        likely_high=whole(likely.upper),
    )


def _names(instrument: Instrument, item: Item) -> dict[int, str]:
    """What each option is called, and one more for those who did not say."""
    options = instrument.response_set_of(item).options
    names = {
        place: (option.label.get("en") or next(iter(option.label.values()))).replace("\u00ad", "")
        for place, option in enumerate(options)
    }
    return {**names, len(options): _NOT_SAID}
