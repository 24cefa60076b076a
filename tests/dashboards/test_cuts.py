"""Tables by an attribute: the smallest cut against brute force, and the room of answers against linear programming."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from dashboards.suppression.cuts import Attributed, form_categories, leaves_room, smallest_cut
from dashboards.suppression.terms import DisclosureTerms

TERMS = DisclosureTerms(5, 25.0)


@st.composite
def tables(draw, blocks=4, options=4, most=8):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = draw(st.integers(1, blocks)), draw(st.integers(2, options))
    return rng.integers(0, draw(st.integers(1, most)), shape)


def cut_by_brute_force(people):
    """The lightest way of parting blocks and categories into two sides with a category on each."""
    blocks, categories = people.shape
    best = None
    for side in product([0, 1], repeat=categories):
        if len(set(side)) == 2:
            for home in product([0, 1], repeat=blocks):
                cut = sum(people[b, c] for b in range(blocks) for c in range(categories) if home[b] != side[c])
                best = cut if best is None else min(best, cut)
    return best


@given(tables())
def test_the_smallest_cut_is_what_brute_force_finds(people):
    weight, side = smallest_cut(people)
    assert weight == cut_by_brute_force(people)
    here = people[:, side].sum(axis=1)
    assert np.minimum(here, people.sum(axis=1) - here).sum() == weight
    assert 0 < side.sum() < people.shape[1]


def determined_below(people, minimum):
    """Whether some sum over fewer than `minimum` people follows from the totals of blocks and of categories."""
    edges = [(b, c) for b, c in np.ndindex(people.shape) if people[b, c]]
    rows = [[float(edge[0] == b) for edge in edges] for b in range(people.shape[0])]
    rows += [[float(edge[1] == c) for edge in edges] for c in range(people.shape[1])]
    matrix = np.array(rows)
    rank = np.linalg.matrix_rank(matrix)
    for size in range(1, len(edges) + 1):
        for group in combinations(range(len(edges)), size):
            if sum(people[edges[place]] for place in group) < minimum:
                rest = np.delete(matrix, group, axis=1)
                if rank > (np.linalg.matrix_rank(rest) if rest.size else 0):
                    return True
    return False


@settings(max_examples=60)
@given(tables(blocks=3, options=3, most=9))
def test_what_is_accepted_determines_nothing_about_fewer_than_k_people_and_the_null_space_agrees(people):
    # Given blocks of five or more, as ours are
    people[:, 0] += np.maximum(0, 5 - people.sum(axis=1))
    if all(people[:, column].sum() for column in range(people.shape[1])):
        weight, _ = smallest_cut(people)
        assert (weight >= 5) == (not determined_below(people, 5))


def test_a_team_of_six_and_a_role_of_six_that_share_five_are_put_together():
    # attack 2: the contrast of the two groups is about two people
    people = np.array([[5, 1, 0], [1, 20, 15], [0, 15, 20]])
    assert smallest_cut(people)[0] == 2
    assert form_categories(people, 5) == ((0, 2), (1,)), "with the smallest of the others"


def test_many_options_are_put_together_until_they_can_be_weighed():
    people = np.full((6, 16), 10)
    found = form_categories(people, 5)
    assert len(found) == 12
    assert sorted(option for column in found for option in column) == list(range(16))


def test_categories_have_ten_people_or_more_and_one_alone_is_no_table():
    assert form_categories(np.array([[9, 9, 30], [9, 9, 30]]), 5) == ((0,), (1,), (2,))
    assert form_categories(np.array([[4, 5, 30], [5, 4, 30]]), 5) == ((0, 1), (2,))
    assert form_categories(np.array([[4, 0, 30]]), 5) is None
    assert form_categories(np.array([[40, 0, 0]]), 5) is None
    assert form_categories(np.zeros((2, 3), dtype=int), 5) is None


def test_blocks_that_share_no_category_are_not_told_apart_by_one():
    assert form_categories(np.array([[12, 0], [0, 12]]), 5) is None


@given(tables(blocks=6, options=5, most=12))
def test_what_is_accepted_has_no_light_cut_and_no_small_category(people):
    found = form_categories(people, 5)
    if found is not None:
        merged = np.stack([people[:, list(column)].sum(axis=1) for column in found], axis=1)
        assert smallest_cut(merged)[0] >= 5
        assert merged.sum(axis=0).min() >= 10
        assert sorted(option for column in found for option in column) == [
            option for option in range(people.shape[1]) if people[:, option].sum()
        ]


def attributed(people, chance):
    block, option = zip(*[(b, c) for b, c in np.ndindex(people.shape) for _ in range(people[b, c])], strict=True)
    points = 25.0 * chance.integers(0, 5, (len(block), 1))
    return Attributed(np.array(block), np.array(option), points)


def room(found, group):
    """How far the sum over a group can go, every total of blocks and categories being as it is."""
    worth = found.points[:, 0]
    totals = [(found.block == b).astype(float) for b in set(found.block)]
    totals += [(found.option == c).astype(float) for c in set(found.option)]
    known = {"A_eq": np.array(totals), "b_eq": np.array(totals) @ worth, "bounds": (0, 100)}
    low, high = (linprog(sign * group, **known).fun for sign in (1, -1))
    return -high - low


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_where_there_is_room_linear_programming_finds_it_too(seed):
    chance = np.random.default_rng(seed)
    people = chance.integers(1, 4, (2, 2)) + 3
    found = attributed(people, chance)
    if chance.random() < 0.5:
        found.points[found.option == 0] = 100.0 * chance.integers(0, 2)
    categories = ((0,), (1,))
    if leaves_room(found, categories, TERMS):
        for person in range(len(found.block)):
            assert room(found, np.eye(len(found.block))[person]) >= 25 - 1e-6
        for b, c in np.ndindex(people.shape):
            if people[b, c] < 5:
                edge = ((found.block == b) & (found.option == c)).astype(float)
                assert room(found, edge) >= 25 - 1e-6


def test_a_unanimous_category_leaves_no_room():
    people = np.full((3, 2), 6)
    found = attributed(people, np.random.default_rng(1))
    assert leaves_room(found, ((0,), (1,)), TERMS)
    found.points[found.option == 0] = 100.0
    assert not leaves_room(found, ((0,), (1,)), TERMS)


def test_skipped_answers_do_not_count():
    people = np.full((3, 2), 6)
    found = attributed(people, np.random.default_rng(1))
    found.points[::3] = np.nan
    assert leaves_room(found, ((0,), (1,)), TERMS)


@pytest.mark.parametrize("seed", range(5))
def test_the_usual_programme_has_its_table(seed):
    chance = np.random.default_rng(seed)
    people = np.stack([chance.multinomial(size, [0.5, 0.2, 0.2, 0.1]) for size in chance.integers(5, 14, 24)])
    categories = form_categories(people, 5)
    assert categories is not None
    assert leaves_room(attributed(people, chance), categories, TERMS)
