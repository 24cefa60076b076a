import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import NotANumber, OutOfRange, ShapesDiffer, UnknownChoice
from scoring.missing import answered_share, answers_needed, item_centred_means, prorate, two_way_impute
from scoring.scores import mean_score, pomp, sum_score
from tests.scoring import r

RULES = {"any": "any", "half": "half", "majority": "majority", "two_thirds": "two-thirds", "complete": "complete"}


@pytest.mark.parametrize("name", r.SCALES)
@pytest.mark.parametrize("rule", RULES)
def test_scores_by_every_missing_rule_equal_those_of_base_r(name, rule):
    answers, found = r.scale(name)
    expected = found["scoring"][rule]

    scores = prorate(answers, RULES[rule])

    known = scores[~np.isnan(scores)]
    r.assert_near(scores[: len(expected["first"])], expected["first"], 1e-12)
    assert len(known) == expected["n_scored"]
    r.assert_near([known.mean(), known.std(ddof=1)], [expected["mean"], expected["sd"]], 1e-12)
    r.assert_near(pomp(known, found["min"], found["max"]).mean(), expected["pomp_mean"], 1e-10)
    sums = sum_score(answers, found["min"], found["max"], rule=RULES[rule])
    r.assert_near(np.nanmean(sums), expected["prorated_sum_mean"], 1e-10)


@pytest.mark.parametrize("name", r.SCALES)
def test_the_mean_of_what_was_answered_equals_psych_score_items_without_imputation(name):
    answers, found = r.scale(name)
    expected = found["scoring"]["psych_scoreItems_none"]
    scores = mean_score(answers)
    r.assert_near([np.nanmean(scores), np.nanstd(scores, ddof=1)], [expected["mean"], expected["sd"]], 1e-12)


@pytest.mark.parametrize("name", r.SCALES)
def test_two_way_imputation_equals_base_r(name):
    answers, found = r.scale(name)
    expected = found["scoring"]["two_way"]

    scores = two_way_impute(answers).mean(axis=1)

    r.assert_near(scores[: len(expected["first"])], expected["first"], 1e-12)
    r.assert_near([np.nanmean(scores), np.nanstd(scores, ddof=1)], [expected["mean"], expected["sd"]], 1e-12)


def test_half_of_three_is_two_and_majority_of_four_is_three():
    assert [answers_needed(rule, 3) for rule in RULES.values()] == [1, 2, 2, 2, 3]
    assert [answers_needed(rule, 4) for rule in RULES.values()] == [1, 2, 3, 3, 4]


def test_somebody_without_an_answer_has_no_score_by_any_rule():
    for rule in RULES:
        assert np.isnan(prorate([[np.nan, np.nan]], rule)).all()


def test_an_unknown_rule_is_refused_with_those_there_are():
    with pytest.raises(UnknownChoice, match=r"missing-answer rule 'most'; choose one of: any, half"):
        prorate([[1, 2]], "most")


def test_a_score_outside_the_declared_range_is_refused_by_column():
    with pytest.raises(OutOfRange, match=r"The value 9 in item 2 lies outside the declared range 1 to 5"):
        mean_score([[1, 9]], 1, 5)


def test_text_among_the_answers_is_refused_by_column():
    with pytest.raises(NotANumber, match=r"'often' in item 1 is not a number"):
        prorate(np.array([["often"]], dtype=object), "any")


def test_a_frame_of_whole_numbers_with_gaps_or_text_is_read_by_column():
    frame = pd.DataFrame({"a": pd.array([1, None], dtype="Int8"), "b": [True, False]})
    np.testing.assert_array_equal(prorate(frame, "any"), [1.0, 0.0])
    np.testing.assert_array_equal(prorate(pd.DataFrame({"a": [1, 2], "b": [3, 4]}), "any"), [2.0, 3.0])
    np.testing.assert_array_equal(prorate(np.array([["2", None], [4, pd.NA]], dtype=object), "any"), [2.0, 4.0])
    with pytest.raises(NotANumber, match="'never' in b"):
        prorate(pd.DataFrame({"a": [1, 2], "b": ["never", 2]}), "any")


def test_infinite_answers_and_a_third_dimension_are_refused():
    with pytest.raises(NotANumber, match="inf in item 2"):
        prorate([[1.0, np.inf]], "any")
    with pytest.raises(ShapesDiffer, match="these have 3"):
        prorate(np.zeros((2, 2, 2)), "any")


def test_planned_gaps_do_not_favour_those_who_were_asked_the_easier_items():
    # Given two items, one answered two options higher by everybody, and people who are alike
    answers = [[2, np.nan], [np.nan, 4], [2, 4], [2, np.nan], [np.nan, 4]]

    # When they are scored from whatever they were asked
    scores = item_centred_means(answers)

    # Then they are alike
    np.testing.assert_allclose(scores, 3.0, atol=1e-12)
    np.testing.assert_allclose(answered_share(answers), [0.6, 0.6])


@given(st.lists(st.lists(st.integers(1, 5), min_size=4, max_size=4), min_size=1, max_size=20))
def test_all_rules_agree_where_nothing_is_missing(rows):
    for rule in RULES:
        np.testing.assert_allclose(prorate(rows, rule), np.mean(rows, axis=1), atol=1e-12)
