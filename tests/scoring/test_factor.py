import numpy as np
import pytest

from scoring.errors import DidNotConverge, ShapesDiffer, TooFewAnswers, UnknownChoice
from scoring.factor import columns_of, correlated_factors, fit_factors, heterotrait_monotrait, one_factor
from scoring.fit_indices import cfi, tli
from scoring.full_information import full_information_indices
from scoring.least_squares import minimum_residuals, one_factor_loadings
from scoring.likelihood import maximise, samples_of, unrestricted
from scoring.modification import modification_indices
from scoring.ordinal import ordinal_factor
from scoring.polychoric import polychoric
from scoring.robust import robust_fit
from tests.scoring import r
from tests.scoring.test_reliability import MULTIFACTOR, _multifactor

WITH_GAPS = [name for name in r.SCALES if "fiml" in r.scale(name)[1]["omega_cfa"]]


def _check_fit(model, fit):
    r.assert_near(model.chi2, fit["chisq"], 1e-4)
    assert model.df == fit["df"]
    for name, key in (
        ("cfi", "cfi"),
        ("tli", "tli"),
        ("rmsea", "rmsea"),
        ("rmsea_lower", "rmsea.ci.lower"),
        ("rmsea_upper", "rmsea.ci.upper"),
        ("srmr", "srmr"),
    ):
        r.assert_near(getattr(model, name), fit[key], 1e-5)
    r.assert_near([model.log_likelihood, model.aic, model.bic], [fit["logl"], fit["aic"], fit["bic"]], 1e-3)


@pytest.mark.parametrize("name", r.SCALES)
def test_one_factor_equals_lavaan_cfa(name):
    answers, found = r.scale(name)
    expected = found["omega_cfa"]["ml_listwise"]

    model = one_factor(answers)

    r.assert_near(model.loadings[:, 0], expected["lambda"], 1e-5)
    r.assert_near(model.uniquenesses, expected["theta"], 1e-5)
    r.assert_near(model.standardized_loadings[:, 0], expected["lambda_std"], 1e-5)
    r.assert_near(model.loading_errors[:, 0], expected["lambda_se"], 1e-5)
    assert (model.n_used, model.parameters) == (expected["nobs"], expected["fit"]["npar"])
    _check_fit(model, expected["fit"])


@pytest.mark.parametrize("name", WITH_GAPS)
def test_full_information_equals_lavaan_cfa_with_missing_fiml(name):
    answers, found = r.scale(name)
    expected = found["omega_cfa"]["fiml"]

    model = one_factor(answers, missing="fiml")

    r.assert_near(model.loadings[:, 0], expected["lambda"], 1e-5)
    r.assert_near(model.uniquenesses, expected["theta"], 1e-5)
    r.assert_near(model.intercepts, expected["intercepts"], 1e-5)
    r.assert_near(model.loading_errors[:, 0], expected["lambda_se"], 1e-5)
    r.assert_near(model.omega["factor"], expected["omega_total"], 1e-5)
    _check_fit(model, expected["fit"])


@pytest.mark.parametrize("name", r.SCALES)
def test_robust_indices_of_answers_with_gaps_equal_lavaan_fiml(name):
    answers, found = r.scale(name)
    if "cfi.robust" in found["omega_cfa"].get("fiml", {}).get("fit", {}):
        _assert_robust(
            full_information_indices(answers, {"scale": range(answers.shape[1])}), found["omega_cfa"]["fiml"]["fit"]
        )


@pytest.mark.parametrize("name", r.SCALES)
def test_the_assumption_of_alpha_is_tested_as_by_lavaan_lavtestlrt(name):
    answers, found = r.scale(name)
    expected = found["omega_cfa"]["ml_listwise"]["tau_equivalence"]

    free, equal = one_factor(answers), one_factor(answers, equal_loadings=True)

    r.assert_near(equal.chi2 - free.chi2, expected["chisq_diff"], 1e-3)
    assert equal.df - free.df == expected["df_diff"]
    r.assert_near([equal.cfi, equal.rmsea], [expected["cfi"], expected["rmsea"]], 1e-5)


@pytest.mark.parametrize("name", MULTIFACTOR)
def test_correlated_factors_equal_lavaan_cfa_and_semtools(name):
    expected = r.results("multifactor_cfa")[name]
    scales = MULTIFACTOR[name]

    model = correlated_factors(_multifactor(name), scales)

    assert (model.n_used, model.factors) == (expected["n"], tuple(expected["factors"]))
    for place, (scale, items) in enumerate(scales.items()):
        rows = [model.items.index(item) for item in items]
        r.assert_near(model.loadings[rows, place], expected["lambda"][scale], 1e-5)
        r.assert_near(model.omega[scale], expected["omega"][scale], 1e-5)
        r.assert_near(model.ave[scale], expected["ave"][scale], 1e-5)
    # lavaan stops 1.4e-5 away in one uniqueness; the likelihood is higher here
    r.assert_near(model.uniquenesses, expected["theta"], 2e-5)
    assert model.log_likelihood >= expected["fit"]["logl"] - 1e-9
    r.assert_near(model.factor_correlations, expected["factor_cor"], 1e-5)
    r.assert_near(model.htmt, expected["htmt"], 1e-10)
    _check_fit(model, expected["fit"])
    r.assert_near(model.baseline_chi2, expected["fit"]["baseline.chisq"], 1e-3)
    single = one_factor(_multifactor(name)[[item for items in scales.values() for item in items]])
    r.assert_near(single.chi2, expected["one_factor_fit"]["chisq"], 1e-3)
    r.assert_near(
        [single.cfi, single.rmsea, single.srmr],
        [expected["one_factor_fit"][key] for key in ("cfi", "rmsea", "srmr")],
        1e-5,
    )


@pytest.mark.parametrize("name", r.SCALES)
def test_polychoric_correlations_equal_lavaan_lavcor_and_psych_polychoric(name):
    answers, found = r.scale(name)
    expected = found["omega_cfa"]

    correlations = polychoric(answers)

    r.assert_near(correlations.correlations, expected["polychoric_lavaan"]["cor"], 1e-5)
    # psych's optimiser stops about 2e-5 away from lavaan's answer and ours
    r.assert_near(correlations.correlations, expected["polychoric_psych_correct0"]["cor"], 5e-5)
    for own, theirs in zip(correlations.thresholds, expected["wlsmv"]["thresholds"], strict=True):
        r.assert_near(own, theirs, 1e-10)


@pytest.mark.parametrize("name", r.SCALES)
def test_one_factor_of_ordered_categories_equals_lavaan_wlsmv(name):
    answers, found = r.scale(name)
    expected = found["omega_cfa"]["wlsmv"]
    fit = expected["fit"]

    model = ordinal_factor(answers)

    r.assert_near(model.loadings, expected["lambda"], 1e-5)
    r.assert_near(model.loading_errors, expected["lambda_se"], 1e-5)
    r.assert_near([model.chi2, model.chi2_scaled], [fit["chisq"], fit["chisq.scaled"]], 1e-3)
    assert (model.df, model.n_used) == (fit["df"], expected["nobs"])
    for name_here, key in (("cfi", "cfi"), ("tli", "tli"), ("rmsea", "rmsea"), ("srmr", "srmr")):
        r.assert_near(getattr(model, name_here), fit[key], 1e-6)
    for name_here in ("cfi_scaled", "tli_scaled", "rmsea_scaled"):
        r.assert_near(getattr(model, name_here), fit[name_here.replace("_", ".")], 1e-6)
    _assert_robust(model.robust, fit)


def _assert_robust(found, fit):
    if "cfi.robust" in fit and fit["df"]:
        r.assert_near([found.cfi, found.tli], [fit["cfi.robust"], fit["tli.robust"]], 1e-5)
        r.assert_near(found.rmsea, fit["rmsea.robust"], 1e-5)
    else:
        assert (found.cfi, found.tli, found.rmsea) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize("name", r.SCALES)
def test_robust_errors_and_tests_equal_lavaan_mlr(name):
    answers, found = r.scale(name)
    expected = found["omega_cfa"]["mlr_listwise"]
    fit = expected["fit"]

    robust = robust_fit(answers, {"scale": range(answers.shape[1])})

    r.assert_near(robust.loading_errors[:, 0], expected["lambda_se"], 1e-5)
    assert (robust.n_used, robust.df) == (expected["nobs"], fit["df"])
    assert robust.chi2_scaled == pytest.approx(fit["chisq.scaled"], rel=1e-6, abs=1e-3)
    r.assert_near([robust.cfi_scaled, robust.tli_scaled], [fit["cfi.scaled"], fit["tli.scaled"]], 1e-5)
    _assert_robust(robust.robust, fit)
    if robust.df:
        r.assert_near([robust.rmsea_scaled, robust.scaling], [fit["rmsea.scaled"], fit["chisq.scaling.factor"]], 1e-5)
        r.assert_near(robust.p_scaled, fit["pvalue.scaled"], 1e-6)
    else:
        assert robust.p_scaled is None


@pytest.mark.parametrize("name", r.SCALES)
def test_minimum_residuals_equal_psych_fa(name):
    answers, found = r.scale(name)
    expected = found["omega_cfa"]["psych_fa_minres"]

    model = minimum_residuals(answers)

    r.assert_near(model.loadings, expected["loadings"], 2e-5)  # psych stops a little earlier
    r.assert_near(model.uniquenesses, expected["uniquenesses"], 5e-5)
    r.assert_near(model.omega, expected["omega_tot"], 1e-6)
    r.assert_near(model.omega_observed, found["omega_cfa"]["psych_omega_minres_std"]["omega_tot"], 1e-6)
    r.assert_near(model.eigenvalues, found["omega_cfa"]["eigenvalues"], 1e-10)


@pytest.mark.parametrize("name", MULTIFACTOR)
def test_the_most_telling_modifications_equal_lavaan_modindices(name):
    expected = r.results("multifactor_cfa")[name]["mod_indices_top"]

    found = modification_indices(_multifactor(name), MULTIFACTOR[name])[:5]

    assert [(each.first, each.second) for each in found] == list(zip(expected["lhs"], expected["rhs"], strict=True))
    kinds = {"~~": "residual", "=~": "loading"}
    assert [each.kind for each in found] == [kinds[relation] for relation in expected["op"]]
    r.assert_near([each.index for each in found], expected["mi"], 5e-3)


def test_relations_that_no_factor_could_make_find_no_answer():
    rng = np.random.default_rng(2)
    items = rng.integers(3, 6)
    noise = rng.uniform(-1, 1, (items, items))
    relations = (noise + noise.T) / 2
    np.fill_diagonal(relations, 1)
    rows, columns = np.tril_indices(items, -1)
    with pytest.raises(DidNotConverge):
        one_factor_loadings(relations, rng.uniform(0.01, 10, len(rows)), rows, columns)


def test_means_without_a_model_stop_when_their_rounds_are_over():
    answers, _ = r.scale("agree")
    samples = samples_of(answers.to_numpy())
    hurried, patient = unrestricted(samples, 5, rounds=1), unrestricted(samples, 5)
    assert hurried[2] < patient[2]


def test_minimum_residuals_need_three_items_that_vary_and_say_what_is_improper():
    with pytest.raises(TooFewAnswers, match="three items"):
        minimum_residuals([[1, 2], [2, 3], [3, 1]])
    rng = np.random.default_rng(5)
    trait = rng.normal(size=300)
    odd = np.column_stack([trait, trait + 0.05 * rng.normal(size=300), 0.5 * trait + rng.normal(size=300)])
    odd[:, 2] += 0.3 * (odd[:, 0] - odd[:, 1]) * 20
    assert minimum_residuals(odd).warnings == ("a uniqueness is below zero (Heywood case)",)


def test_a_scale_of_three_items_fits_perfectly_and_says_that_nothing_was_tested():
    answers, _ = r.scale("tsig")
    model = one_factor(answers)
    assert (model.df, model.p, model.cfi, model.rmsea, model.testable) == (0, None, 1.0, 0.0, False)
    assert model.warnings == ("fit is not testable: no degrees of freedom",)
    assert ordinal_factor(answers).p_scaled is None


def test_leadership_has_a_high_alpha_and_is_not_one_thing():
    answers, _ = r.scale("lead")
    assert one_factor(answers).cfi < 0.80


def test_items_that_were_not_turned_round_load_the_other_way():
    answers, _ = r.scale("neuro")
    turned = answers.copy()
    turned["N1"] = 7 - turned["N1"]
    straight, bent = one_factor(answers), one_factor(turned)
    r.assert_near(bent.loadings[1:], straight.loadings[1:], 1e-6)
    r.assert_near(bent.loadings[0], -straight.loadings[0], 1e-6)


def test_too_few_items_or_people_are_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(TooFewAnswers, match="three items"):
        one_factor(rng.normal(size=(50, 2)))
    with pytest.raises(TooFewAnswers, match="3 people are too few"):
        one_factor(rng.normal(size=(3, 4)))
    with pytest.raises(TooFewAnswers, match="two beside other factors"):
        correlated_factors(rng.normal(size=(50, 3)), {"a": [0, 1], "b": [2]})
    with pytest.raises(TooFewAnswers, match="2 complete rows"):
        polychoric([[1, 2, 3], [3, 2, 1]])
    with pytest.raises(TooFewAnswers, match="the same answer to item 2"):
        polychoric([[1, 3], [2, 3], [3, 3]])


def test_scales_must_name_items_that_are_there_once():
    answers, _ = r.scale("neuro")
    assert columns_of(answers, {"a": ["N1", 2]}) == {"a": [0, 2]}
    with pytest.raises(ShapesDiffer, match="names 'X9'"):
        correlated_factors(answers, {"a": ["N1", "X9"]})
    with pytest.raises(ShapesDiffer, match="names 7"):
        correlated_factors(answers, {"a": [0, 7]})
    with pytest.raises(ShapesDiffer, match="two scales"):
        correlated_factors(answers, {"a": ["N1", "N2"], "b": ["N2", "N3"]})
    with pytest.raises(UnknownChoice, match="listwise, fiml"):
        one_factor(answers, missing="pairwise")


def test_a_warning_is_given_where_people_are_few_for_the_parameters():
    rng = np.random.default_rng(2)
    answers = rng.normal(size=(40, 1)) + rng.normal(size=(40, 4))
    assert any("are few for" in warning for warning in one_factor(answers).warnings)


def test_perfectly_dependent_items_are_no_model():
    rng = np.random.default_rng(3)
    answers = rng.normal(size=(60, 2))
    with pytest.raises(TooFewAnswers, match="told exactly by the others"):
        one_factor(np.column_stack([answers, answers.sum(axis=1), answers[:, 0]]))
    with pytest.raises(TooFewAnswers, match="Nobody answered"):
        one_factor(np.column_stack([answers, np.full(60, np.nan)]), missing="fiml")


def test_htmt_of_a_scale_with_one_item_is_not_defined():
    found = heterotrait_monotrait(np.eye(3), [np.array([0, 1]), np.array([2])])
    assert np.isnan(found[0, 1])


def test_indices_of_models_that_fit_better_than_chance_stop_at_one():
    assert cfi(3.0, 5, 4.0, 10) == 1.0
    assert tli(3.0, 5, 10.0, 10) == 1.0


def test_a_correlation_that_is_as_good_as_perfect_stops_short_of_one():
    answers = np.repeat(np.arange(1, 5), 30)
    found = polychoric(np.column_stack([answers, answers]))
    assert found.correlations[0, 1] == pytest.approx(0.999)
    assert polychoric(np.column_stack([answers, 5 - answers])).correlations[0, 1] == pytest.approx(-0.999)
    assert "cells of the pairs' tables are empty" in found.warnings[0]


def test_rows_without_any_answer_tell_nothing():
    assert sum(sample.n for sample in samples_of(np.array([[1.0, np.nan], [np.nan, np.nan], [2.0, 3.0]]))) == 2


def test_order_of_people_and_items_changes_nothing_in_a_factor():
    answers, _ = r.scale("agree")
    shuffled = answers.iloc[::-1, ::-1]
    r.assert_near(one_factor(shuffled).loadings[::-1], one_factor(answers).loadings, 1e-7)
    r.assert_near(one_factor(shuffled, missing="fiml").chi2, one_factor(answers, missing="fiml").chi2, 1e-7)


def test_a_hopeless_start_is_reported():
    answers, _ = r.scale("tsig")
    fitted = fit_factors(answers, {"purpose": range(3)})
    with pytest.raises(DidNotConverge):
        maximise([fitted.structure], fitted.samples, fitted.estimate.parameters * np.nan, what="The model")
