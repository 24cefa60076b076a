import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import OutOfRange
from scoring.keys import in_range, reverse

ANSWERS = st.lists(st.integers(1, 5), min_size=1)


@given(ANSWERS)
def test_reversing_twice_is_the_identity(answers):
    np.testing.assert_array_equal(reverse(reverse(answers, 1, 5), 1, 5), answers)


def test_a_skipped_answer_stays_skipped():
    assert np.isnan(reverse([np.nan, 2], 1, 5)[0])


def test_reversing_uses_the_declared_range_and_not_the_observed_one():
    assert reverse([2, 3], 0, 4).tolist() == [2, 1]


def test_a_value_outside_the_declared_range_is_refused_and_named():
    with pytest.raises(OutOfRange, match="The value 6 lies outside the declared range 1 to 5"):
        in_range([1, 6], 1, 5)
