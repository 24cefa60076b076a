import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import linking
from scoring.equipercentile import braun_holland, chained_equipercentile, frequency_estimation, smoothed
from scoring.errors import DidNotConverge, OutOfRange, ShapesDiffer, TooFewAnswers, UnknownChoice
from scoring.linking import equipercentile
from tests.scoring import r


def _leadership(first, last):
    return [f"LEAD{item:02d}" for item in range(first, last + 1)]


def _versions():
    """Version 1 answered by odd subjects, version 2 by even ones: totals and the anchor of either."""
    people = r.data("lq2002")
    odd = people["SUB"] % 2 == 1
    old, new = people[odd], people[~odd]
    return (
        old[_leadership(1, 7)].sum(axis=1),
        old[_leadership(5, 7)].sum(axis=1),
        new[_leadership(5, 11)].sum(axis=1),
        new[_leadership(5, 7)].sum(axis=1),
    )


SCALES = ((7, 35), (7, 35), (3, 15))


@pytest.mark.parametrize(
    ("method", "key"),
    [
        ("tucker", "tucker_linear"),
        ("levine", "levine_linear"),
        ("levine-true", "levine_linear_true"),
        ("chained", "chained_linear"),
        ("tucker-mean", "tucker_mean"),
    ],
)
def test_linear_links_by_an_anchor_equal_equate(method, key):
    expected = r.results("lq2002_linking")["neat"]
    found = linking.link(method, *_versions())
    r.assert_near(found.transform(expected["scale_x"]), expected[key], 1e-9)
    assert found.n == (expected["n_x"], expected["n_y"])
    assert 0 < found.error < 0.5
    assert found.error_at([7, 21, 35]).argmin() == 1 or method == "tucker-mean"


@pytest.mark.parametrize(
    ("method", "key"),
    [
        (chained_equipercentile, "chained_equip"),
        (frequency_estimation, "freqest_equip"),
        (braun_holland, "braun_holland_linear"),
    ],
)
def test_links_of_whole_distributions_by_an_anchor_equal_equate(method, key):
    expected = r.results("lq2002_linking")["neat"]
    found = method(*_versions(), scales=SCALES)
    r.assert_near(found.linked, expected[key], 1e-6)
    assert 0 < found.error < 0.5


def _check_single(found, x, y, x_scale, y_scale):
    points = np.arange(x_scale[0], x_scale[1] + 1)
    linear = linking.mean_sigma(x, y, paired=True)
    r.assert_near(linear(points), found["linear"], 1e-9)
    assert linear.n == (found["n"], found["n"])
    plain = equipercentile(x, y, x_scale=x_scale, y_scale=y_scale)
    r.assert_near(plain.linked, found["equipercentile"], 1e-6)
    smooth = equipercentile(x, y, x_scale=x_scale, y_scale=y_scale, smoothing=3)
    r.assert_near(smooth.linked, found["equipercentile_loglinear3"], 1e-6)
    assert linear.error < linking.mean_sigma(x, y).error  # the same people tell more than two groups


def test_one_group_that_answered_both_versions_equals_equate():
    people = r.data("lq2002")
    found = r.results("lq2002_linking")["truth_single_group_all_rows"]
    _check_single(
        found, people[_leadership(1, 7)].sum(axis=1), people[_leadership(5, 11)].sum(axis=1), (7, 35), (7, 35)
    )


def test_the_same_ten_words_in_two_formats_equal_equate():
    found = r.results("twoforms_a_linking")["single_group"]
    x, y = r.two_forms()
    _check_single(found, x.sum(axis=1), y.sum(axis=1), (0, 30), (10, 40))
    apart = (found["mean_y"] - 10) / 30 - found["mean_x"] / 30
    assert 100 * apart == pytest.approx(-1.87, abs=0.01)  # an unmarked change of format is a false trend


def test_two_random_groups_equal_equate():
    found = r.results("lq2002_linking")["random_groups"]
    old, _, new, _ = _versions()
    r.assert_near(linking.mean_sigma(old, new)(np.arange(7, 36)), found["linear"], 1e-9)
    r.assert_near(equipercentile(old, new, x_scale=(7, 35), y_scale=(7, 35)).linked, found["equip"], 1e-6)


def test_a_link_of_a_version_with_itself_changes_nothing():
    old, anchor, _, _ = _versions()
    for method in ("tucker", "levine", "levine-true", "chained"):
        found = linking.link(method, old, anchor, old, anchor)
        np.testing.assert_allclose([found.slope, found.intercept], [1, 0], atol=1e-12)
    same = equipercentile(old, old, x_scale=(7, 35), y_scale=(7, 35))
    np.testing.assert_allclose(same.linked, np.arange(7, 36), atol=1e-9)


@settings(max_examples=10)  # each draws four hundred bootstrap samples
@given(st.floats(0.5, 2), st.floats(-10, 10))
def test_mean_sigma_finds_a_straight_line_again(slope, intercept):
    scores = np.random.default_rng(1).normal(size=50)
    found = linking.mean_sigma(scores, slope * scores + intercept, paired=True)
    np.testing.assert_allclose([found.slope, found.intercept], [slope, intercept], atol=1e-9)
    assert found.error == pytest.approx(0, abs=1e-9)


def test_the_bootstrap_error_is_near_the_formula():
    # Given two random groups of 400, the error at the mean is sqrt(2 / 400) standard deviations or so
    rng = np.random.default_rng(2)
    found = linking.mean_sigma(rng.normal(size=400), rng.normal(size=400))
    assert found.error == pytest.approx((2 / 400) ** 0.5, rel=0.15)


def test_between_whole_scores_a_link_is_in_proportion():
    found = equipercentile([1, 2, 2, 3], [2, 3, 3, 4], x_scale=(1, 3), y_scale=(2, 4))
    assert found([1.5, 2.0]).tolist() == pytest.approx([2.5, 3.0])
    assert "fewer than 100" in found.warnings[0]


def test_small_samples_are_warned_of_and_impossible_ones_refused():
    assert "prefer a mean link" in linking.mean_sigma([1, 2, 3], [2, 3, 4]).warnings[0]
    with pytest.raises(TooFewAnswers):
        linking.mean_sigma([1, 1, 1], [2, 3, 4])
    with pytest.raises(TooFewAnswers):
        equipercentile([np.nan], [2.0], x_scale=(1, 3), y_scale=(1, 3))
    with pytest.raises(ShapesDiffer):
        linking.mean_sigma([1, 2, 3], [2, 3], paired=True)
    with pytest.raises(ShapesDiffer):
        chained_equipercentile([1], [1, 2], [1], [1], scales=((1, 2), (1, 2), (1, 2)))
    with pytest.raises(OutOfRange):
        equipercentile([9], [2], x_scale=(1, 3), y_scale=(1, 3))
    with pytest.raises(UnknownChoice, match="mean-sigma, tucker"):
        linking.link("rasch", [1], [2])


def test_smoothing_that_finds_no_answer_says_so():
    with pytest.raises((DidNotConverge, np.linalg.LinAlgError)):
        smoothed(np.array([0.0, 0, 0, 1e9, 0, 0, 0, 0, 1e9]), 8)
