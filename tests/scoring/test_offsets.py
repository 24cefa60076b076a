import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ImpossibleSample
from scoring.offsets import nominal_weights_mean
from scoring.tallies import measure_mean, points

COUNTS = st.lists(st.integers(0, 30), min_size=5, max_size=5).filter(any).map(np.array)
RNG = np.random.default_rng(3)


def of_mean(mean, n=1_000):
    """Counts by five options whose mean is this many points: all answers at the two options around it."""
    place = mean / 25
    low = int(place)
    high = round((place - low) * n)
    counts = np.zeros(5, dtype=int)
    counts[low] += n - high
    counts[min(low + 1, 4)] += high
    return counts


def test_the_formula_of_the_paper_with_the_moments_of_the_reference_data():
    """Babcock, Albano & Raymond 2012, eq. 4, on means of R's `equate` run on lq2002 (7 items, 3 of them anchors).

    In sums, the constant is mean(Y) - mean(X) + 7/3 (mean(V1) - mean(V2)); in points of 100 it is divided by the
    28 points that seven items of 1 to 5 span.
    """
    mean_x, mean_v1, mean_y, mean_v2 = 20.9285014691479, 9.15670910871694, 21.2497551420176, 9.18707149853085
    expected = (mean_y - mean_x + 7 / 3 * (mean_v1 - mean_v2)) / 28 * 100
    others_x, others_y = (mean_x - mean_v1 - 4) / 16 * 100, (mean_y - mean_v2 - 4) / 16 * 100
    anchors_1, anchors_2 = (mean_v1 - 3) / 12 * 100, (mean_v2 - 3) / 12 * 100
    n = 10_000_000
    before = {f"a{i}": of_mean(anchors_1, n) for i in range(3)} | {f"x{i}": of_mean(others_x, n) for i in range(4)}
    after = {f"a{i}": of_mean(anchors_2, n) for i in range(3)} | {f"y{i}": of_mean(others_y, n) for i in range(4)}
    link = nominal_weights_mean(before, after, ["a0", "a1", "a2"])
    assert link.shift == pytest.approx(expected, abs=1e-5)
    assert (link.anchors, link.n_before, link.n_after) == (("a0", "a1", "a2"), n, n)


@given(COUNTS, COUNTS, COUNTS)
def test_the_same_items_move_nothing(a, b, c):
    scale = {"a": a, "b": b, "c": c}
    link = nominal_weights_mean(scale, scale, ["a", "b", "c"])
    assert link.shift == pytest.approx(0, abs=1e-9)
    assert link.standard_error == pytest.approx(0, abs=1e-9)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_going_back_undoes_going_forth(a, b, c, d):
    old, new = {"a": a, "b": b, "c": c}, {"a": a, "b": b, "d": d}
    forth, back = nominal_weights_mean(old, new, ["a", "b"]), nominal_weights_mean(new, old, ["b", "a"])
    assert forth.shift == pytest.approx(-back.shift)
    assert forth.standard_error == pytest.approx(back.standard_error)


def test_what_changed_in_people_is_not_taken_for_what_changed_in_questions():
    before = {"a": of_mean(50), "b": of_mean(50), "c": of_mean(50)}
    after = {"a": of_mean(60), "b": of_mean(60), "d": of_mean(54)}
    assert nominal_weights_mean(before, after, ["a", "b"]).shift == pytest.approx(-2.0)
    assert measure_mean(list(after.values())) - measure_mean(list(before.values())) == pytest.approx(8.0)


@pytest.mark.slow
def test_the_error_covers_the_chance_of_the_draw_for_items_that_agree():
    """Persons with a trait answer correlated items: the stated error is never below the spread of the shifts."""
    shifts, errors = [], []
    for _ in range(400):
        before, after = (counts_of(persons(120), items) for items in (("a", "b", "c"), ("a", "b", "d")))
        link = nominal_weights_mean(before, after, ["a", "b"])
        shifts.append(link.shift)
        errors.append(link.standard_error)
    assert abs(float(np.mean(shifts))) < 0.6
    assert 1.0 <= float(np.mean(errors)) / float(np.std(shifts)) < 2.0


def persons(n):
    return RNG.normal(50, 20, n)


def counts_of(traits, items):
    worth = points(5)
    given = {item: np.abs((traits + RNG.normal(0, 18, len(traits)))[:, None] - worth).argmin(axis=1) for item in items}
    return {item: np.bincount(chosen, minlength=5) for item, chosen in given.items()}


@pytest.mark.parametrize(
    ("before", "after", "anchors"),
    [
        ({"a": of_mean(50)}, {"b": of_mean(50)}, []),
        ({"a": of_mean(50)}, {"b": of_mean(50)}, ["a"]),
        ({"a": of_mean(50)}, {"a": np.zeros(5, dtype=int)}, ["a"]),
    ],
)
def test_nothing_in_common_or_nothing_answered_links_nothing(before, after, anchors):
    with pytest.raises(ImpossibleSample, match="A link needs an item that both versions ask"):
        nominal_weights_mean(before, after, anchors)
