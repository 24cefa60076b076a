from dataclasses import replace

import numpy as np
import pytest

from scoring import irt_dif
from scoring.errors import DidNotConverge, NotACategory, OutOfRange, ShapesDiffer, TooFewAnswers, UnknownChoice
from scoring.irt import (
    expected_a_posteriori,
    expected_sum,
    fit_graded,
    information,
    marginal_reliability,
)
from scoring.irt_dif import likelihood_ratios
from scoring.irt_fit import limited_information_fit
from scoring.irt_linking import METHODS, link_thetas, true_score_equating
from tests.scoring import r


def _planned_missing():
    """The two versions of the leadership scale that odd and even subjects answered."""
    people = r.data("lq2002")
    answers = people[[f"LEAD{item:02d}" for item in range(1, 12)]].astype(float)
    odd = people["SUB"] % 2 == 1
    answers.loc[odd, [f"LEAD{item:02d}" for item in range(8, 12)]] = np.nan
    answers.loc[~odd, [f"LEAD{item:02d}" for item in range(1, 5)]] = np.nan
    return answers


SAMPLES = {
    "lead": lambda: r.scale("lead")[0],
    "tsig": lambda: r.scale("tsig")[0],
    "hostil": lambda: r.scale("hostil")[0],
    "bfi_neuro_missing": lambda: r.scale("neuro")[0],
    "bfi_agree_reversed_missing": lambda: r.scale("agree")[0],
    "lead_planned_missing_two_versions": _planned_missing,
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_graded_response_model_equals_mirt(name):
    answers, found = SAMPLES[name](), r.results("grm_mirt")[name]
    parameters = np.array([found["params"][item] for item in found["items"]])

    model = fit_graded(answers)

    r.assert_near(model.log_likelihood, found["loglik"], 1e-3)
    r.assert_near([model.aic, model.bic], [found["aic"], found["bic"]], 2e-3)
    assert (model.n_used, model.parameters) == (found["n"], found["npar"])
    r.assert_near(model.discriminations, parameters[:, 0], 2e-3)
    r.assert_near(model.thresholds, parameters[:, 1:], 2e-3)
    people = expected_a_posteriori(model, answers)
    r.assert_near(people.thetas[: len(found["eap_first"])], found["eap_first"], 2e-3)
    r.assert_near(people.standard_errors[: len(found["eap_se_first"])], found["eap_se_first"], 2e-3)
    r.assert_near(people.reliability, found["empirical_reliability"], 1e-4)
    r.assert_near(marginal_reliability(model), found["marginal_reliability"], 1e-4)
    theta = found["info"]["theta"]
    r.assert_near(information(model, theta), found["info"]["test_information"], 2e-3)
    r.assert_near(expected_sum(model, theta), found["info"]["expected_sum"], 2e-3)


def test_more_nodes_change_the_log_likelihood_by_less_than_a_thousandth():
    answers = SAMPLES["tsig"]()
    assert fit_graded(answers, nodes=121).log_likelihood == pytest.approx(fit_graded(answers).log_likelihood, abs=1e-3)


def test_scales_that_all_run_the_other_way_are_turned():
    answers = 6 - SAMPLES["tsig"]()
    model = fit_graded(answers)
    assert (model.discriminations > 0).all()
    assert (np.diff(model.thresholds, axis=1) > 0).all()


def test_items_with_different_numbers_of_categories_have_empty_thresholds():
    answers = SAMPLES["tsig"]().copy()
    answers["TSIG01"] = (answers["TSIG01"] > 3).astype(int)
    model = fit_graded(answers)
    assert np.isnan(model.thresholds[0, 1:]).all()
    assert np.isfinite(model.thresholds[1:]).all()


def test_somebody_who_answered_nothing_has_no_place():
    model = fit_graded(SAMPLES["tsig"]())
    people = expected_a_posteriori(model, [[np.nan] * 3, [1, 1, 1], [np.nan, 5, np.nan]])
    assert np.isnan(people.thetas[0])
    assert people.thetas[1] < 0 < people.thetas[2]
    assert people.n_used == 2


def test_answers_that_the_model_has_not_seen_are_refused():
    model = fit_graded(SAMPLES["tsig"]())
    with pytest.raises(OutOfRange, match="The value 9 in TSIG02"):
        expected_a_posteriori(model, [[1, 9, 1]])
    with pytest.raises(ShapesDiffer, match="3 items and the answers 2"):
        expected_a_posteriori(model, [[1, 1]])
    with pytest.raises(NotACategory, match=r"1\.5 in item 1"):
        fit_graded([[1.5, 2], [2, 1]])


def test_one_item_or_a_constant_one_is_no_model():
    with pytest.raises(TooFewAnswers, match="two items"):
        fit_graded([[1], [2], [3]])
    with pytest.raises(TooFewAnswers, match="the same answer to item 2"):
        fit_graded([[1, 1], [2, 1]])


def test_few_people_are_said():
    assert "fewer than 500" in fit_graded(SAMPLES["tsig"]().head(200)).warnings[0]


@pytest.fixture(scope="module")
def versions():
    """Version 1 fitted to odd subjects, version 2 to even ones."""
    people, design = r.data("lq2002"), r.results("lq2002_linking_irt")["design"]
    odd = people["SUB"] % 2 == 1
    return fit_graded(people[odd][design["v1"]]), fit_graded(people[~odd][design["v2"]])


@pytest.mark.parametrize("method", METHODS)
def test_links_of_thetas_equal_those_from_mirt(versions, method):
    expected = r.results("lq2002_linking_irt")[method.replace("-", "_")]
    found = link_thetas(*versions, method)
    r.assert_near([found.slope, found.intercept], [expected["A"], expected["B"]], 1e-4)
    if "crit" in expected:
        r.assert_near(found.criterion, expected["crit"], 1e-6)
    assert found.anchors == tuple(r.results("lq2002_linking_irt")["design"]["anchor"])


def test_true_score_equating_equals_that_from_mirt(versions):
    expected = r.results("lq2002_linking_irt")["true_score_equating"]
    found = true_score_equating(*versions, link_thetas(*versions), expected["x"])
    r.assert_near(found, expected["y"], 1e-3)
    assert np.isnan(true_score_equating(*versions, link_thetas(*versions), [7, 35])).all()


def test_versions_that_share_no_item_or_other_categories_are_not_linked(versions):
    old, new = versions
    with pytest.raises(TooFewAnswers, match="share none"):
        link_thetas(old, replace(new, items=tuple("abcdefg")))
    with pytest.raises(ShapesDiffer, match="other categories"):
        link_thetas(old, replace(new, categories=((0.0, 1.0),) * 7))
    with pytest.raises(UnknownChoice, match="mean-sigma, mean-mean"):
        link_thetas(old, new, "rasch")


@pytest.mark.parametrize("name", ["lead", "hostil", "bfi_neuro_missing", "bfi_agree_reversed_missing"])
def test_c2_equals_mirt_m2(name):
    answers, expected = SAMPLES[name](), r.results("grm_mirt")[name]["C2"]

    fit = limited_information_fit(fit_graded(answers), answers)

    assert fit.df == expected["df"]
    # their parameters stop where the EM steps get small
    assert fit.c2 == pytest.approx(expected["M2"], rel=1e-5)
    r.assert_near(fit.p, expected["p"], 1e-12)
    r.assert_near(
        [fit.rmsea, fit.srmsr, fit.cfi, fit.tli], [expected[k] for k in ("RMSEA", "SRMSR", "CFI", "TLI")], 3e-5
    )
    # mirt divides by n - 1 in the RMSEA and by n in its limits; ours are both over n - 1
    shrink = np.sqrt((fit.n_used - 1) / fit.n_used)
    limits = [fit.rmsea_lower * shrink, fit.rmsea_upper * shrink]
    r.assert_near(limits, [expected["RMSEA_5"], expected["RMSEA_95"]], 3e-6)


def test_c2_of_answers_made_by_the_model_is_a_chi_squared():
    chance = np.random.default_rng(11)
    slopes, cuts = np.array([1.2, 2.0, 0.8, 1.5, 1.0]), np.array([-1.0, 0.2, 1.1])
    found = []
    for _ in range(60):
        theta = chance.normal(size=(600, 1, 1))
        above = 1 / (1 + np.exp(-slopes[None, :, None] * (theta - cuts)))
        answers = (chance.uniform(size=(600, 5, 1)) < above).sum(axis=2)
        fit = limited_information_fit(fit_graded(answers), answers)
        found.append(fit.c2)
    assert fit.df == 5
    assert np.mean(found) == pytest.approx(5, abs=4 * np.sqrt(10 / 60))


def test_c2_needs_four_items_and_two_people():
    answers = SAMPLES["tsig"]()
    with pytest.raises(TooFewAnswers, match="four items"):
        limited_information_fit(fit_graded(answers), answers)
    answers = SAMPLES["hostil"]()
    with pytest.raises(TooFewAnswers, match="two complete rows"):
        limited_information_fit(fit_graded(answers), answers[:1])
    with pytest.raises(TooFewAnswers, match="Nobody who answered everything chose 4 for HOSTIL01"):
        limited_information_fit(fit_graded(answers), answers[answers["HOSTIL01"] < 4])


def _neuroticism_by_gender():
    answers, groups = r.scale("neuro")[0], r.data("bfi")["gender"].astype(str)
    complete = answers.notna().all(axis=1)
    return answers[complete], groups[complete]


def test_likelihood_ratios_equal_mirt_dif():
    expected = r.results("grm_mirt")["dif_bfi_neuro_gender"]

    found = likelihood_ratios(*_neuroticism_by_gender())

    assert dict(zip(found.labels, found.sizes, strict=True)) == expected["groups"]
    r.assert_near(found.log_likelihood, expected["loglik"], 1e-3)
    for place, group in enumerate(expected["latent"].values()):
        r.assert_near([found.latent_means[place], found.latent_variances[place]], [group["mean"], group["var"]], 2e-3)
    for item in found.items:
        r.assert_near(item.chi2, expected["items"][item.item]["chi2"], 1e-3)
        assert item.df == expected["items"][item.item]["df"]
        r.assert_near(item.p, expected["items"][item.item]["p"], 1e-4)


def test_likelihood_ratios_need_groups_that_used_the_same_answers():
    answers, groups = _neuroticism_by_gender()
    with pytest.raises(TooFewAnswers, match="two groups"):
        likelihood_ratios(answers, ["one"] * len(answers))
    lopsided = answers.mask((groups == "1").to_numpy()[:, None] & (answers == 6))
    with pytest.raises(TooFewAnswers, match="Not every group used all answers to N1"):
        likelihood_ratios(lopsided, groups)


def test_a_climb_that_stops_early_is_no_answer(monkeypatch):
    monkeypatch.setattr(irt_dif, "_STEPS", 2)
    with pytest.raises(DidNotConverge):
        likelihood_ratios(*_neuroticism_by_gender())
