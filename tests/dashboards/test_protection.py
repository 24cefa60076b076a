import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.suppression.protection import protect, spans_width, steps_for_width

COUNTS = st.integers(2, 11).flatmap(
    lambda options: st.lists(st.lists(st.integers(0, 6), min_size=options, max_size=options), min_size=1, max_size=5)
)


@given(COUNTS, st.sampled_from([25.0, 50.0]))
def test_protected_counts_span_the_width_keep_their_total_and_are_protected_once(counts, width):
    given_counts = np.array(counts)

    protected = protect(given_counts, width)

    assert (protected >= 0).all()
    np.testing.assert_array_equal(protected.sum(axis=1), given_counts.sum(axis=1))
    spread = given_counts.sum(axis=1) > 1
    assert spans_width(protected, width)[spread].all()
    np.testing.assert_array_equal(protect(protected, width), protected)
    moved = np.abs(protected - given_counts).sum(axis=1)
    assert set(moved) <= {0, 2}
    assert (moved[spans_width(given_counts, width)] == 0).all()


@pytest.mark.parametrize(
    ("given_counts", "expected"),
    [
        ([0, 0, 0, 0, 5], [0, 0, 0, 1, 4]),
        ([5, 0, 0, 0, 0], [4, 1, 0, 0, 0]),
        ([0, 0, 5, 0, 0], [0, 1, 4, 0, 0]),
        ([0, 0, 0, 1, 4], [0, 0, 0, 1, 4]),
        ([0, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
    ],
)
def test_one_answer_of_a_unanimous_block_moves_one_step_towards_the_middle(given_counts, expected):
    np.testing.assert_array_equal(protect(np.array([given_counts]), 25.0), [expected])


def test_a_wider_promise_moves_the_answer_further():
    np.testing.assert_array_equal(protect(np.array([[0, 0, 0, 1, 4]]), 50.0), [[0, 0, 1, 0, 4]])


def test_the_width_is_met_by_whole_steps_of_any_scale():
    assert [steps_for_width(options, 25.0) for options in (2, 3, 5, 7, 11)] == [1, 1, 1, 2, 3]
