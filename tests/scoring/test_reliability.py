import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scoring import moments
from scoring.alpha import alpha_of, feldt_interval, stratified_alpha
from scoring.errors import EmptyRange, ImpossibleConfidence, ImpossibleSample, TooFewAnswers, UnknownChoice
from scoring.items import analyse
from scoring.moments import complete_moments, correlations_of
from scoring.reliability import (
    cronbach_alpha,
    logit_interval,
    omega_total,
    ordinal_alpha,
    ordinal_omega,
    smallest_detectable_change,
    standard_error_of_measurement,
)
from scoring.scores import pomp
from tests.scoring import r


def _check_alpha(found, expected, tolerance=1e-10):
    r.assert_near(found.alpha, expected["alpha_raw"], tolerance)
    r.assert_near(found.standardized_alpha, expected["alpha_std"], tolerance)
    r.assert_near(found.mean_correlation, expected["mean_inter_item_r"], tolerance)
    r.assert_near(found.median_correlation, expected["median_inter_item_r"], tolerance)
    r.assert_near(found.lambda2, expected["guttman_lambda2"], tolerance)
    r.assert_near(found.lambda6, expected["guttman_lambda6"], tolerance)


def _check_intervals(found, narrower, expected):
    assert found.n_used == expected["n"]
    r.assert_near([found.lower, found.upper], [expected["feldt95"][side] for side in ("lower", "upper")], 1e-10)
    r.assert_near([narrower.lower, narrower.upper], [expected["feldt90"][side] for side in ("lower", "upper")], 1e-10)
    r.assert_near(found.bonett, [expected["bonett95"][side] for side in ("lower", "upper")], 1e-10)
    r.assert_near(found.duhachek, [expected["duhachek95"][side] for side in ("lower", "upper")], 1e-10)
    r.assert_near(found.standard_error, expected["ase_duhachek"], 1e-10)


@pytest.mark.parametrize("name", r.SCALES)
def test_alpha_and_all_its_intervals_equal_psych_alpha_on_complete_rows(name):
    answers, found = r.scale(name)
    alpha = cronbach_alpha(answers)
    _check_alpha(alpha, found["listwise"])
    _check_intervals(alpha, cronbach_alpha(answers, 0.90), found["listwise"])
    assert alpha.n_items == len(found["items"])


@pytest.mark.parametrize("name", r.SCALES)
def test_pairwise_alpha_equals_psych_alpha_but_counts_only_people_that_every_pair_shares(name):
    answers, found = r.scale(name)

    alpha = cronbach_alpha(answers, missing="pairwise")

    _check_alpha(alpha, found["pairwise"])
    # R's psych::alpha takes all rows for n, also those that answer nothing: its interval is too narrow.
    assert alpha.n_used <= found["pairwise"]["n"] == len(answers)
    if answers.notna().all().all():
        r.assert_near(alpha.lower, found["pairwise"]["feldt95"]["lower"], 1e-10)
    else:
        assert alpha.lower < found["pairwise"]["feldt95"]["lower"]
        lower, upper = feldt_interval(alpha.alpha, len(answers), alpha.n_items)
        expected = found["psych_alpha_default"]["feldt"]
        r.assert_near([lower, upper], [expected["lower"], expected["upper"]], 1e-10)
        r.assert_near(alpha.alpha, found["psych_alpha_default"]["total"]["raw_alpha"], 1e-10)


@pytest.mark.parametrize("name", r.SCALES)
def test_item_analysis_equals_psych_alpha(name):
    answers, found = r.scale(name)
    expected = found["listwise"]

    analysis = analyse(answers, found["min"], found["max"])

    assert [item.name for item in analysis.items] == expected["items"]
    r.assert_near([item.corrected_r for item in analysis.items], expected["corrected_item_total_r"], 1e-10)
    r.assert_near([item.uncorrected_r for item in analysis.items], expected["uncorrected_item_total_r"], 1e-10)
    r.assert_near([item.alpha_without for item in analysis.items], expected["alpha_if_dropped_raw"], 1e-10)
    without = [item.without.standardized_alpha for item in analysis.items]
    r.assert_near(without, expected["alpha_if_dropped_std"], 1e-10)
    r.assert_near(complete_moments(answers.to_numpy()).covariance, expected["cov"], 1e-10)
    r.assert_near(correlations_of(complete_moments(answers.to_numpy()).covariance), expected["cor"], 1e-10)


DROPPED = {
    "raw_alpha": "alpha",
    "std.alpha": "standardized_alpha",
    "G6(smc)": "lambda6",
    "average_r": "mean_correlation",
    "S/N": "signal_to_noise",
    "alpha se": "standard_error",
    "var.r": "correlation_variance",
    "med.r": "median_correlation",
}


@pytest.mark.parametrize("name", [name for name in r.SCALES if r.scale(name)[0].notna().all().all()])
def test_everything_that_psych_alpha_says_of_a_scale_without_an_item(name):
    # psych's default takes covariances pairwise, which are those of complete rows where nothing is missing
    answers, found = r.scale(name)
    expected = found["psych_alpha_default"]
    items = analyse(answers, found["min"], found["max"]).items
    for theirs, ours in DROPPED.items():
        wanted = [None if value == "NA" else value for value in expected["alpha_drop"][theirs]]
        r.assert_near([getattr(item.without, ours) for item in items], wanted, 1e-10)
    r.assert_near([item.common_r for item in items], expected["item_stats"]["r.cor"], 1e-10)


@pytest.mark.parametrize("name", r.SCALES)
def test_distributions_of_raw_answers_equal_base_r(name):
    answers, found = r.scale(name)
    expected = found["item_desc_raw"]
    raw = r.keyed(answers, found["reversed"], found["min"], found["max"])  # turned back

    items = analyse(raw, found["min"], found["max"]).items

    assert [item.n_used for item in items] == expected["n"]
    assert [list(item.counts) for item in items] == expected["counts"]
    r.assert_near([item.mean for item in items], expected["mean"], 1e-12)
    r.assert_near([item.sd for item in items], expected["sd"], 1e-12)
    r.assert_near([100 * item.floor for item in items], expected["floor_pct"], 1e-12)
    r.assert_near([100 * item.ceiling for item in items], expected["ceiling_pct"], 1e-12)
    r.assert_near([100 * item.missing for item in items], expected["missing_pct"], 1e-10)


@pytest.mark.parametrize("name", r.SCALES)
def test_error_of_measurement_and_smallest_detectable_change_equal_base_r(name):
    answers, found = r.scale(name)
    expected = found["listwise"]
    scores = answers.dropna().mean(axis=1)
    points = 100 / (found["max"] - found["min"])

    sem = standard_error_of_measurement(float(scores.std()), expected["alpha_raw"])

    r.assert_near(sem, expected["sem_mean_score"], 1e-10)
    r.assert_near(sem * len(found["items"]), expected["sem_sum_score"], 1e-10)
    r.assert_near(sem * points, expected["sem_pomp"], 1e-10)
    r.assert_near(smallest_detectable_change(sem * points), expected["smallest_real_difference_pomp95"], 1e-10)


def test_eleven_people_by_hand_equal_psych_alpha():
    found = r.results("cohesion_small")
    answers = r.data("cohesion")[[f"COH0{item}" for item in range(1, 6)]]

    _check_alpha(cronbach_alpha(answers), found["listwise"])
    _check_alpha(cronbach_alpha(answers, missing="pairwise"), found["pairwise"])
    _check_intervals(cronbach_alpha(answers), cronbach_alpha(answers, 0.90), found["listwise"])
    assert cronbach_alpha(answers, missing="pairwise").n_used == 10


@pytest.mark.parametrize("form", ["x_scale", "y_scale"])
def test_the_same_ten_words_in_two_formats_equal_psych_alpha(form):
    expected = r.results("twoforms_a_linking")[form]
    answers = r.two_forms()[0 if form == "x_scale" else 1]
    _check_alpha(cronbach_alpha(answers), expected)
    _check_intervals(cronbach_alpha(answers), cronbach_alpha(answers, 0.90), expected)


@pytest.mark.parametrize("name", r.SCALES)
def test_omega_total_equals_semtools_comprelsem(name):
    answers, found = r.scale(name)
    expected = found["omega_cfa"]["ml_listwise"]

    omega = omega_total(answers)

    r.assert_near(omega.omega, expected["omega_semTools_obsvar_FALSE"], 1e-5)
    r.assert_near(omega.observed, expected["omega_semTools_obsvar_TRUE"], 1e-5)
    r.assert_near(omega.loadings, expected["lambda"], 1e-5)
    r.assert_near(omega.uniquenesses, expected["theta"], 1e-5)
    assert omega.n_used == expected["nobs"]
    assert omega.lower < omega.omega < omega.upper
    assert not omega.heywood


@pytest.mark.parametrize("name", r.SCALES)
def test_ordinal_alpha_and_omega_equal_lavaan_and_semtools(name):
    answers, found = r.scale(name)
    expected = found["omega_cfa"]

    r.assert_near(ordinal_alpha(answers).value, expected["polychoric_lavaan"]["alpha_ordinal_zumbo"], 1e-5)
    omega = ordinal_omega(answers)
    r.assert_near(omega.value, expected["wlsmv"]["omega_green_yang_model"], 1e-4)
    r.assert_near(omega.observed, expected["wlsmv"]["omega_green_yang_observed"], 1e-4)
    misfits = abs(omega.value - omega.observed) > 0.02
    assert misfits == any("one factor does not describe" in warning for warning in omega.warnings)


def test_stratified_alpha_of_several_scales_equals_r():
    for name, scales in MULTIFACTOR.items():
        expected = r.results("multifactor_cfa")[name]
        answers = _multifactor(name)[[item for items in scales.values() for item in items]].dropna()
        covariances = {scale: answers[items].cov().to_numpy() for scale, items in scales.items()}

        found = stratified_alpha(covariances, float(answers.sum(axis=1).var()))

        r.assert_near(found, expected["stratified_alpha_total"], 1e-10)
        for scale, items in scales.items():
            r.assert_near(cronbach_alpha(answers[items]).alpha, expected["composite_alpha"][scale], 1e-10)


MULTIFACTOR = {
    "lq2002_3x3": {
        "officer": ["LEAD05", "LEAD07", "LEAD09"],
        "purpose": ["TSIG01", "TSIG02", "TSIG03"],
        "hostil": ["HOSTIL02", "HOSTIL03", "HOSTIL04"],
    },
    "bfi_5x5": {trait: [f"{trait}{item}" for item in range(1, 6)] for trait in "ACENO"},
}


def _multifactor(name):
    if name == "lq2002_3x3":
        return r.data("lq2002")
    return r.keyed(
        r.data("bfi")[[item for items in MULTIFACTOR[name].values() for item in items]],
        ["A1", "C4", "C5", "E1", "E2", "O2", "O5"],
        1,
        6,
    )


def test_alpha_agrees_with_pingouin():
    answers, _ = r.scale("lead")
    alpha, _ = pingouin.cronbach_alpha(answers)
    assert cronbach_alpha(answers).alpha == pytest.approx(alpha, abs=1e-12)


def test_the_interval_of_omega_equals_the_delta_method_by_simulation():
    # Given one factor with known loadings, and omega of .80 or so
    rng = np.random.default_rng(1)
    truth = np.array([0.9, 0.8, 0.7, 0.6])
    omegas, widths = [], []
    for _ in range(200):
        people = rng.normal(size=(300, 1)) * truth + rng.normal(size=(300, 4)) * 0.7
        found = omega_total(people)
        omegas.append(found.omega)
        widths.append(found.upper - found.lower)
    assert np.mean(widths) / (2 * 1.96) == pytest.approx(np.std(omegas), rel=0.15)


def test_a_negative_uniqueness_is_held_at_zero_and_said():
    # Given two items that are nearly one and others that hardly belong: a Heywood case
    rng = np.random.default_rng(8)
    answers = rng.normal(size=(60, 3))
    answers[:, 1] = answers[:, 0] + rng.normal(size=60) * 0.2
    answers[:, 2] = 0.9 * answers[:, 0] - 0.6 * answers[:, 1] + rng.normal(size=60) * 0.1

    omega = omega_total(np.column_stack([answers, rng.normal(size=60) + answers[:, 0]]))

    assert omega.heywood
    assert (omega.uniquenesses >= 0).all()
    assert any("Heywood" in warning for warning in omega.warnings)
    assert 0 < omega.lower < omega.omega < omega.upper < 1


def test_one_item_has_neither_alpha_nor_omega():
    alpha = cronbach_alpha([[1], [2], [3]])
    assert (alpha.alpha, alpha.lower, alpha.standardized_alpha) == (None, None, None)
    assert alpha.warnings == ("one item has no alpha",)
    assert omega_total([[1], [2], [3]]).omega is None
    assert analyse([[1], [2], [3]], 1, 5).items[0].corrected_r is None


def test_two_items_have_alpha_and_spearman_brown_and_no_alpha_without():
    answers = [[1, 2], [2, 2], [3, 4], [5, 4], [4, 5]]
    alpha = cronbach_alpha(answers)
    correlation = float(np.corrcoef(np.transpose(answers))[0, 1])
    assert alpha.standardized_alpha == pytest.approx(2 * correlation / (1 + correlation), abs=1e-12)
    assert analyse(answers, 1, 5).items[0].alpha_without is None
    omega = omega_total(answers)
    assert omega.omega == pytest.approx(alpha.alpha, abs=1e-12)
    assert omega.warnings == ("two items cannot test one factor",)
    with pytest.raises(TooFewAnswers, match="three items"):
        ordinal_omega(answers)


def test_two_items_that_go_against_each_other_have_no_omega():
    assert omega_total([[1, 5], [2, 4], [3, 3], [5, 2]]).omega is None


def test_an_item_that_never_varies_leaves_alpha_and_has_no_correlation():
    answers = [[1, 3, 2], [2, 3, 2], [4, 3, 5], [5, 3, 4]]
    found = analyse(answers, 1, 5)
    assert found.alpha.alpha is not None
    assert found.alpha.standardized_alpha is None
    assert found.items[1].corrected_r is None
    assert "item 2: everybody gave the same answer" in found.warnings


def test_where_nothing_varies_there_is_no_alpha():
    alpha = cronbach_alpha([[3, 3], [3, 3]])
    assert alpha.alpha is None
    assert alpha.warnings == ("the sum of the items does not vary, so there is no alpha",)


def test_nobody_and_one_person_have_no_alpha():
    for answers in (np.empty((0, 3)), [[1.0, 2.0, 3.0]], [[np.nan, 1.0]]):
        assert cronbach_alpha(answers).alpha is None
        assert cronbach_alpha(answers, missing="pairwise").alpha is None
    assert analyse([[np.nan, 1.0]], 1, 5).items[0].mean is None
    assert "item 1: nobody answered it" in analyse([[np.nan, 1.0]], 1, 5).warnings


def test_two_people_have_an_alpha_without_bonetts_interval():
    alpha = cronbach_alpha([[1, 2, 2], [4, 5, 4]])
    assert alpha.alpha is not None
    assert alpha.bonett is None


def test_items_that_are_the_same_have_no_lambda6():
    answers = np.repeat([[1], [2], [4]], 3, axis=1)
    assert cronbach_alpha(answers).lambda6 is None
    assert cronbach_alpha(answers).alpha == pytest.approx(1.0)


def test_a_forgotten_key_is_seen_in_the_items():
    answers, _ = r.scale("neuro")
    turned = answers.copy()
    turned["N1"] = 7 - turned["N1"]
    warnings = analyse(turned, 1, 6).items[0].warnings
    assert any("check the key" in warning for warning in warnings)
    assert "alpha is below zero: check the reverse keys" in cronbach_alpha([[1, 5], [5, 2], [2, 4]]).warnings


def test_weak_items_full_ends_and_gaps_are_said():
    rng = np.random.default_rng(3)
    trait = rng.integers(1, 6, 200)
    answers = np.column_stack([trait, np.clip(trait + rng.integers(-1, 2, 200), 1, 5), rng.integers(1, 6, 200)]).astype(
        float
    )
    answers[:40, 0] = np.nan
    said = " ".join(analyse(answers, 1, 5).warnings)
    assert "item 1: over 10% left it out" in said
    assert "item 3: hangs together with the others below 0.30" in said
    assert "over 15% chose the lowest option" in said
    assert "over 15% chose the highest option" in said


def test_an_unknown_way_with_missing_answers_is_refused():
    with pytest.raises(UnknownChoice, match="listwise, pairwise"):
        cronbach_alpha([[1, 2]], missing="mean")


@pytest.mark.parametrize(("sd", "reliability"), [(-1, 0.5), (1, 1.2), (np.nan, 0.5)])
def test_impossible_errors_of_measurement_are_refused(sd, reliability):
    with pytest.raises(ImpossibleSample):
        standard_error_of_measurement(sd, reliability)


def test_an_answer_outside_the_range_names_the_item():
    with pytest.raises(Exception, match=r"The value 7 in LEAD lies outside the declared range 1 to 5"):
        analyse(pd.DataFrame({"LEAD": [1, 7], "OTHER": [1, 2]}), 1, 5)
    with pytest.raises(Exception, match=r"The value 9 in item 2"):
        analyse([[1.5, 2], [2, 9]], 1, 5)
    with pytest.raises(Exception, match=r"The value 0.5 in item 1"):
        analyse([[0.5, 1.5], [2, 2]], 1, 5)


def test_an_empty_range_and_an_impossible_confidence_are_refused():
    for minimum, maximum in ((5, 1), (3, 3)):
        with pytest.raises(EmptyRange, match="the minimum lies below the maximum"):
            analyse([[3, 3], [3, 3]], minimum, maximum)
        with pytest.raises(EmptyRange):
            pomp([3.0], minimum, maximum)
    for confidence in (0, 1, 95, -0.5):
        with pytest.raises(ImpossibleConfidence, match=r"between 0 and 1, as 0\.95"):
            cronbach_alpha([[1, 2], [2, 2], [3, 4]], confidence)


def test_small_whole_numbers_do_not_overflow():
    answers = np.array([[-100, 100], [100, -90], [0, 5]], dtype=np.int8)
    assert [sum(item.counts) for item in analyse(answers, -100, 100).items] == [3, 3]
    assert analyse(answers, -100, 100).items[0].mean == 0


def test_fractions_are_analysed_without_counts():
    found = analyse([[1.5, 2], [5, 4], [1, 1]], 1, 5)
    assert [item.counts for item in found.items] == [None, None]
    assert (found.items[0].floor, found.items[0].ceiling) == (pytest.approx(1 / 3), pytest.approx(1 / 3))


def test_one_fraction_a_column_of_gaps_is_still_described():
    found = analyse([[1.5, np.nan], [np.nan, np.nan]], 1, 5)
    assert found.items[0].sd is None
    assert found.items[1].mean is None


def test_one_person_has_no_interval_of_alpha():
    assert feldt_interval(0.8, 1, 3) is None


def test_a_coefficient_of_nothing_or_everything_has_no_logit_interval():
    assert np.isnan(logit_interval(1.0, 0.1)).all()


SMALL = arrays(np.int8, st.tuples(st.integers(4, 60), st.integers(2, 6)), elements=st.integers(1, 5))


@given(SMALL, st.integers(-3, 3))
def test_alpha_does_not_change_when_everything_is_shifted(answers, shift):
    found, shifted = cronbach_alpha(answers).alpha, cronbach_alpha(answers.astype(float) + shift + 0.25).alpha
    assert (found is None) == (shifted is None) or abs(found or shifted) > 1e6
    if found is not None and shifted is not None and abs(found) < 1e3:
        assert shifted == pytest.approx(found, abs=1e-9)


@given(SMALL, st.randoms(use_true_random=False))
def test_the_order_of_people_and_of_items_changes_nothing(answers, chance):
    rows, columns = list(range(len(answers))), list(range(answers.shape[1]))
    chance.shuffle(rows)
    chance.shuffle(columns)
    found, shuffled = analyse(answers, 1, 5), analyse(answers[rows][:, columns], 1, 5)
    assert (found.alpha.alpha is None) == (shuffled.alpha.alpha is None)
    if found.alpha.alpha is not None:
        assert shuffled.alpha.alpha == pytest.approx(found.alpha.alpha, rel=1e-12, abs=1e-12)
    for place, column in enumerate(columns):
        assert shuffled.items[place].counts == found.items[column].counts
        if found.items[column].corrected_r is not None:
            assert shuffled.items[place].corrected_r == pytest.approx(found.items[column].corrected_r, abs=1e-12)


@settings(max_examples=20)
@given(st.integers(1, 50))
def test_splitting_into_blocks_changes_nothing(block):
    answers, _ = r.scale("neuro")
    whole = analyse(answers, 1, 6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moments, "BLOCK", block * 7)
        parts = analyse(answers, 1, 6)
        pairs = alpha_of(moments.pairwise_moments(answers.to_numpy()))
    r.assert_near(parts.alpha.alpha, whole.alpha.alpha, 1e-12)
    r.assert_near(pairs.alpha, cronbach_alpha(answers, missing="pairwise").alpha, 1e-12)
    assert [item.counts for item in parts.items] == [item.counts for item in whole.items]


def test_whole_numbers_of_any_width_give_the_same_answer():
    answers, _ = r.scale("lead")
    expected = analyse(answers, 1, 5)
    for kind in (np.int8, np.uint8, np.int16, np.int64, np.float32):
        found = analyse(answers.to_numpy().astype(kind), 1, 5).alpha
        assert found.alpha == pytest.approx(expected.alpha.alpha, abs=1e-12)
    wide = answers.to_numpy().astype(np.int8) * 20
    assert cronbach_alpha(wide).alpha == pytest.approx(expected.alpha.alpha, abs=1e-12)
