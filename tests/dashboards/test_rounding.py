import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.suppression.rounding import display_step, lowest_class, round_for_display, whole


def test_smaller_groups_are_rounded_more_coarsely():
    assert [display_step(n) for n in (5, 9, 10, 24, 25, 1000)] == [5, 5, 2, 2, 1, 1]


@pytest.mark.parametrize(("n", "lowest"), [(5, 5), (9, 5), (10, 2), (24, 2), (25, 1), (50, 0)])
def test_the_ends_of_the_scale_are_open_classes_that_hold_the_width(n, lowest):
    assert lowest_class(n, 25.0) == lowest
    assert round_for_display(0, n, 25.0).score == lowest
    assert round_for_display(100, n, 25.0).score == 100 - lowest


@given(st.floats(0, 100), st.integers(5, 200), st.sampled_from([25.0, 50.0]))
def test_the_bounds_that_a_reader_can_infer_hold_the_mean(mean, n, width):
    shown = round_for_display(mean, n, width)
    assert 0 <= shown.low <= mean <= shown.high <= 100
    assert shown.low <= shown.score <= shown.high


def test_halves_are_rounded_up_as_browsers_do():
    assert [whole(value) for value in (0.5, 1.5, 2.5, 56.5)] == [1, 2, 3, 57]
