import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import OutOfRange
from scoring.tallies import measure_mean, points, tally

ROWS = st.lists(st.tuples(st.integers(-1, 3), st.one_of(st.none(), st.integers(1, 5))), min_size=1, max_size=60)


@given(ROWS, st.booleans())
def test_counts_equal_those_of_a_cross_table(rows, reverse_keyed):
    groups = np.array([group for group, _ in rows], dtype=np.intp)
    answers = np.array([np.nan if answer is None else answer for _, answer in rows], dtype=float)

    counts = tally(answers, groups, 4, minimum=1, maximum=5, reverse_keyed=reverse_keyed)

    keyed = 6 - answers if reverse_keyed else answers
    kept = pd.DataFrame({"group": groups, "answer": keyed})[groups >= 0].dropna()
    table = pd.crosstab(kept["group"], kept["answer"]).reindex(index=range(4), columns=range(1, 6), fill_value=0)
    np.testing.assert_array_equal(counts, table.to_numpy())


def test_an_answer_that_is_no_option_is_refused():
    with pytest.raises(OutOfRange):
        tally([6.0], np.array([0]), 1, minimum=1, maximum=5)


def test_options_are_worth_equal_steps_of_a_hundred():
    assert points(5).tolist() == [0, 25, 50, 75, 100]
    assert points(2).tolist() == [0, 100]


@given(st.lists(st.lists(st.integers(0, 9), min_size=5, max_size=5).filter(any), min_size=1, max_size=5))
def test_a_measure_is_the_mean_of_its_items_means(items):
    expected = np.mean([np.average([0, 25, 50, 75, 100], weights=item) for item in items])
    assert measure_mean([np.array(item) for item in items]) == pytest.approx(expected, abs=1e-12)
