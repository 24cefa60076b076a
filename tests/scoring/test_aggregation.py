import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.aggregation import (
    NULLS,
    average_deviation,
    awg,
    group_mean_reliability,
    icc1,
    icc2,
    null_variance,
    rwg,
    rwgj,
    rwgj_lindell,
    size_needed,
)
from scoring.errors import ImpossibleSample, ShapesDiffer, TooFewAnswers, UnknownChoice
from scoring.known_errors import steady
from scoring.mixed import random_intercepts
from scoring.pooling import reml, shrunken_means
from scoring.two_levels import two_level_alpha
from scoring.variance_components import group_moments, one_way
from tests.scoring import r


def _companies(scale):
    people = r.data("lq2002")
    found = r.results("lq2002_aggregation")[scale]
    items = r.results("lq2002_scales")[scale]["items"]
    lowest = 0 if scale == "hostil" else 1
    return people[items], people["COMPID"].astype(str), found, (lowest, lowest + 4)


def _platoons():
    people = r.data("cohesion")
    items = [f"COH0{item}" for item in range(1, 6)]
    return people[items], people["UNIT"] + " " + people["PLATOON"], r.results("cohesion_small")["aggregation"], (1, 5)


def _occasion(time):
    people = r.data("univbct")
    now = people[people["TIME"] == time]
    teams = now["BTN"].astype(str) + "-" + now["COMPANY"]
    return now["JSAT"], teams, r.results("univbct_trend")["aggregation_by_wave"][f"t{time}"]


SAMPLES = {scale: lambda scale=scale: _companies(scale) for scale in ("lead", "tsig", "hostil")} | {
    "platoons": _platoons
}


def _in_order(agreement, groups):
    return [agreement.of(group) for group in groups]


def _check_icc(scores, groups, found):
    share, reliability = icc1(scores, groups), icc2(scores, groups)
    r.assert_near(share.value_at_mean_size, found["icc1_multilevel"], 1e-12)
    r.assert_near(share.value, found["icc1_n0"], 1e-12)
    r.assert_near([share.lower, share.upper], [found["icc1_ci95"]["lower"], found["icc1_ci95"]["upper"]], 1e-10)
    r.assert_near(reliability.value, found["icc2_multilevel"], 1e-12)
    r.assert_near([share.f, share.n0, share.mean_size], [found["F"], *_sizes(found)], 1e-10)
    assert (share.groups, share.n_used) == (found["groups"], found["n"])
    return reliability


def _sizes(found):
    return found["group_sizes"]["n0_anova"], found["group_sizes"]["mean"]


@pytest.mark.parametrize("sample", SAMPLES)
def test_icc_equals_multilevel_icc1_and_icc2_and_psychometric_icc1_ci(sample):
    items, groups, found, _ = SAMPLES[sample]()
    reliability = _check_icc(items.mean(axis=1), groups, found)
    limits = found["icc2_ci95"]
    r.assert_near([reliability.lower, reliability.upper], [limits["lower"], limits["upper"]], 1e-10)
    table = one_way(group_moments(items.mean(axis=1), groups))
    r.assert_near([table.mean_square_between, table.mean_square_within], [found["MSB"], found["MSW"]], 1e-12)
    r.assert_near(table.eta_squared, found["eta2"], 1e-12)


@pytest.mark.parametrize("time", [0, 1, 2])
def test_icc_of_three_occasions_equals_multilevel(time):
    scores, teams, found = _occasion(time)
    _check_icc(scores, teams, found)


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("null", NULLS)
def test_rwgj_equals_multilevel_rwg_j_and_its_lindell_form(sample, null):
    items, groups, found, _ = SAMPLES[sample]()
    expected = found["rwgj"][null]
    variance = null_variance(null, 5)

    agreement = rwgj(items, groups, variance)

    assert variance == pytest.approx(expected["null_variance"])
    r.assert_near(_in_order(agreement, expected["group"]), expected["rwgj"], 1e-12)
    lindell = rwgj_lindell(items, groups, variance)
    r.assert_near(_in_order(lindell, expected["group"]), expected["rwgj_lindell"], 1e-12)
    r.assert_near([agreement.mean, agreement.median], [expected["mean"], expected["median"]], 1e-12)
    assert 100 * agreement.share_from(0.70) == pytest.approx(expected["pct_ge_70"])
    sizes = dict(zip(agreement.labels, agreement.sizes, strict=True))
    assert [sizes[group] for group in expected["group"]] == expected["gsize"]


@pytest.mark.parametrize("sample", SAMPLES)
def test_average_deviation_single_item_agreement_and_awg_equal_multilevel(sample):
    items, groups, found, (minimum, maximum) = SAMPLES[sample]()

    around_mean, around_median = average_deviation(items, groups), average_deviation(items, groups, around="median")
    single = found["rwg_single_item"]

    r.assert_near(_in_order(around_mean, found["ad"]["group"]), found["ad"]["ad_mean"], 1e-12)
    r.assert_near(_in_order(around_median, found["ad"]["group"]), found["ad"]["ad_median"], 1e-12)
    assert around_mean.mean == pytest.approx(found["ad"]["avg_ad_mean"], abs=1e-12)
    one_item = rwg(items[single["item"]], groups, 2.0)
    r.assert_near(_in_order(one_item, single["group"]), single["rwg"], 1e-12)
    r.assert_near(_in_order(awg(items, groups, minimum, maximum), found["awg"]["group"]), found["awg"]["a_wg"], 1e-12)


def _check_pooling(scores, groups, found):
    model, expected = reml(scores, groups), found["lmer"]
    r.assert_near([model.mu, model.tau2, model.sigma2], [expected["mu"], expected["tau2"], expected["sigma2"]], 1e-6)
    r.assert_near([model.mu_error, model.icc], [expected["mu_se"], expected["icc1"]], 1e-6)
    r.assert_near(model.log_likelihood, expected["loglik_reml"], 1e-6)
    r.assert_near(group_mean_reliability(model.icc, found["group_sizes"]["mean"]), expected["icc2_at_mean_n"], 1e-6)
    means, teams = shrunken_means(scores, groups), found["teams"]
    order = [means.labels.index(group) for group in teams["group"]]
    assert means.n[order].tolist() == teams["n"]
    r.assert_near(means.mean[order], teams["mean"], 1e-12)
    r.assert_near(means.shrinkage[order], teams["shrinkage_lambda"], 1e-5)
    r.assert_near(means.estimate[order], teams["eb_mean"], 1e-5)
    r.assert_near(means.se[order], teams["eb_cond_sd"], 1e-5)
    assert (means.widened_se >= means.se).all()


@pytest.mark.parametrize("scale", ["lead", "tsig", "hostil"])
def test_reml_and_steadied_means_equal_lme4_lmer_and_ranef(scale):
    items, groups, found, _ = _companies(scale)
    _check_pooling(items.mean(axis=1), groups, found)


@pytest.mark.parametrize("time", [0, 1, 2])
def test_reml_with_groups_of_one_equals_lme4_lmer(time):
    _check_pooling(*_occasion(time))


def test_growth_over_occasions_equals_lme4_lmer_with_crossed_groups():
    people = r.data("univbct")
    teams = people["BTN"].astype(str) + "-" + people["COMPANY"]
    expected = r.results("univbct_trend")["growth_lmer"]

    model = random_intercepts(people["JSAT"], {"SUBNUM": people["SUBNUM"], "TEAM": teams}, {"TIME": people["TIME"]})

    r.assert_near(list(model.effects.values()), list(expected["fixef"].values()), 1e-6)
    r.assert_near(list(model.effect_errors.values()), expected["se"], 1e-6)
    r.assert_near([*model.variances.values(), model.residual], expected["varcomp"]["vcov"], 1e-5)
    r.assert_near(model.log_likelihood, expected["reml"], 1e-6)


def test_growth_of_persons_equals_nlme_lme():
    people = r.data("univbct")
    expected = r.results("univbct_trend")["growth_lme_subject"]

    model = random_intercepts(people["JSAT"], {"SUBNUM": people["SUBNUM"]}, {"TIME": people["TIME"]})

    r.assert_near(list(model.effects.values()), list(expected["fixef"].values()), 1e-6)
    r.assert_near(list(model.effect_errors.values()), expected["se"], 1e-6)
    r.assert_near(model.variances["SUBNUM"] ** 0.5, expected["sd_subject"], 1e-5)
    r.assert_near(model.residual**0.5, expected["sd_resid"], 1e-5)
    r.assert_near(model.log_likelihood, expected["loglik_reml"], 1e-6)


def test_teams_within_battalions_equal_lme4_lmer_and_ranef():
    people = r.data("univbct")
    first = people[people["TIME"] == 0]
    expected = r.results("univbct_trend")["three_level_wave1"]

    model = random_intercepts(
        first["JSAT"],
        {"team": first["COMPANY"] + ":" + first["BTN"].astype(str), "battalion": first["BTN"].astype(str)},
    )

    r.assert_near(model.effects["intercept"], expected["fixef"], 1e-5)
    r.assert_near([*model.variances.values(), model.residual], expected["varcomp"]["vcov"], 1e-5)
    r.assert_near([model.group_effects["team"][team] for team in expected["team"]["team"]], expected["team"]["u"], 1e-5)
    effects = [model.group_effects["battalion"][battalion] for battalion in expected["btn"]["btn"]]
    r.assert_near(effects, expected["btn"]["u"], 1e-5)


def test_groups_that_do_not_differ_have_no_variance_between_them():
    values, groups = [1, 2, 3, 1, 2, 3], ["a", "a", "a", "b", "b", "b"]
    model = reml(values, groups)
    assert model.tau2 == 0
    assert model.warnings == ("groups differ no more than chance would make them",)
    means = shrunken_means(values, groups)
    assert means.shrinkage.tolist() == [0, 0]
    np.testing.assert_allclose(means.estimate, 2.0)
    assert icc1(values, groups).value < 0
    assert size_needed(icc1(values, groups).value) is None
    crossed = random_intercepts(values, {"group": groups})
    assert crossed.variances["group"] < 1e-6
    assert crossed.warnings == ("group differ no more than chance",)


def test_where_everybody_says_the_same_nothing_is_estimated():
    model = reml([3, 3, 3, 3], [1, 1, 2, 2])
    assert (model.mu, model.tau2, model.sigma2) == (3, 0, 0)
    means = shrunken_means([3, 3, 3, 3], [1, 1, 2, 2])
    np.testing.assert_allclose([*means.estimate, *means.widened_se], [3, 3, 0, 0])


def test_groups_that_agree_within_themselves_and_differ_between_keep_their_means():
    means = shrunken_means([1, 1, 5, 5, 3, 3.0001], ["a", "a", "b", "b", "c", "c"])
    np.testing.assert_allclose(means.estimate, means.mean, atol=1e-4)


@pytest.mark.parametrize("function", [icc1, icc2, reml, shrunken_means])
def test_one_group_or_groups_of_one_are_refused(function):
    with pytest.raises(TooFewAnswers):
        function([1, 2, 3], ["a", "a", "a"])
    with pytest.raises(TooFewAnswers):
        function([1, 2, 3], ["a", "b", "c"])


def test_a_group_of_one_has_no_agreement():
    assert np.isnan(rwg([1, 2, 3], ["a", "a", "b"], 2.0).of("b"))


def test_unknown_nulls_and_centres_are_refused():
    with pytest.raises(UnknownChoice, match="for 7 options"):
        null_variance("heavy_skew", 7)
    with pytest.raises(UnknownChoice, match="mean, median"):
        average_deviation([[1], [2]], ["a", "a"], around="mode")


def test_a_group_near_the_end_of_the_scale_has_no_readable_awg():
    assert np.isnan(awg([1, 1, 1, 2], ["a"] * 4, 1, 5).of("a"))


def test_labels_that_do_not_match_the_rows_are_refused():
    with pytest.raises(ShapesDiffer, match="3 rows and 2 group labels"):
        icc1([1, 2, 3], ["a", "b"])


def test_people_without_a_label_or_a_score_are_left_out():
    values, groups = [1, 2, 4, 5, 9, np.nan], ["a", "a", "b", "b", None, "a"]
    assert icc1(values, groups).n_used == 4
    assert rwg(values, groups, 2.0).sizes.tolist() == [2, 2]
    frame = pd.DataFrame({"value": values, "group": pd.Categorical(groups)})
    assert icc1(frame["value"], frame["group"]).n_used == 4


def test_labels_of_mixed_kinds_are_kept_apart():
    assert group_moments([1, 2, 3, 4], pd.Series([1, "1", 2, "b"], dtype=object)).labels == (1, 2, "1", "b")


def test_too_few_rows_for_a_mixed_model_are_refused():
    with pytest.raises(TooFewAnswers):
        random_intercepts([1, 2], {"group": ["a", "b"]})


@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(0, 100)), min_size=8, max_size=40),
    st.integers(0, 30),
)
def test_steadied_means_lie_between_the_groups_and_all(rows, extra):
    groups, values = [group for group, _ in rows], [value for _, value in rows]
    if len(set(groups)) < 2 or len(rows) <= len(set(groups)):
        return
    rosters = {group: groups.count(group) + extra for group in set(groups)}
    plain, finite = shrunken_means(values, groups), shrunken_means(values, groups, rosters)
    assert ((plain.lambda_ >= 0) & (plain.lambda_ <= 1)).all()
    mu = plain.components.mu
    assert (np.abs(plain.estimate - mu) <= np.abs(plain.mean - mu) + 1e-6).all()
    assert (np.abs(finite.estimate - finite.mean) <= np.abs(plain.estimate - plain.mean) + 1e-6).all()
    if extra == 0:
        np.testing.assert_allclose(finite.estimate, finite.mean, atol=1e-9)
        np.testing.assert_allclose(finite.widened_se, 0, atol=1e-9)


def test_rosters_may_be_given_in_the_order_of_the_labels_and_must_fit():
    values, groups = [1, 2, 4, 5], ["a", "a", "b", "b"]
    by_label, in_order = shrunken_means(values, groups, {"a": 4, "b": 3}), shrunken_means(values, groups, [4, 3])
    np.testing.assert_allclose(by_label.estimate, in_order.estimate)
    with pytest.raises(ShapesDiffer, match="2 groups and 3 roster sizes"):
        shrunken_means(values, groups, [4, 3, 2])
    with pytest.raises(ShapesDiffer, match="group 'b'"):
        shrunken_means(values, groups, {"a": 4})
    with pytest.raises(Exception, match="2 answers of 1 people in group 'b'"):
        shrunken_means(values, groups, [4, 1])


@pytest.mark.parametrize("scale", ["lead", "tsig", "hostil"])
def test_figures_with_known_errors_equal_metafor_rma_and_blup(scale):
    expected = r.results("lq2002_aggregation")[scale]["fay_herriot_reml"]
    items, groups, _, _ = _companies(scale)
    scores = items.mean(axis=1)
    means, errors = scores.groupby(groups).mean(), scores.groupby(groups).sem()

    found = steady(means[expected["group"]], errors[expected["group"]])

    r.assert_near([found.mu, found.tau2], [*np.ravel(expected["mu"]), expected["tau2"]], 1e-6)
    r.assert_near(found.estimate, expected["blup"], 1e-6)
    r.assert_near(found.se, expected["blup_se"], 1e-6)


def test_figures_that_differ_no_more_than_chance_become_one():
    found = steady([50.0, 51.0, 50.5], [8.0, 8.0, 8.0])
    assert found.tau2 == 0
    np.testing.assert_allclose(found.estimate, found.mu)
    assert found.warnings == ("the figures differ no more than chance would make them",)


def test_figures_far_apart_keep_their_places():
    found = steady([10.0, 50.0, 90.0, 20.0], [0.1, 0.1, 0.1, 0.1])
    np.testing.assert_allclose(found.estimate, [10, 50, 90, 20], atol=0.01)


def test_a_figure_alone_or_without_error_is_not_steadied():
    with pytest.raises(TooFewAnswers):
        steady([1.0], [1.0])
    with pytest.raises(ImpossibleSample):
        steady([1.0, 2.0], [1.0, 0.0])


def test_alpha_of_one_level_is_found_again_at_that_level():
    # Given groups that differ in a trait of their own, and people within them in another
    rng = np.random.default_rng(11)
    groups = np.repeat(np.arange(300), 60)
    team, person = rng.normal(size=300)[groups], rng.normal(size=18000)
    both = team[:, None] * [1.0, 1.0, 1.0] + person[:, None] * [0.5, 0.5, 0.5] + rng.normal(size=(18000, 3))

    found = two_level_alpha(both, groups)

    # Then the alphas are those of the two parts: k r / (1 + (k - 1) r) with r = .25 / 1.25 within, and nearly 1 between
    assert found.within == pytest.approx(3 * 0.2 / (1 + 2 * 0.2), abs=0.02)
    assert found.between == pytest.approx(1.0, abs=0.02)
    assert found.groups == 300


def test_groups_that_do_not_differ_have_no_alpha_between_them():
    rng = np.random.default_rng(12)
    found = two_level_alpha(rng.normal(size=(20, 3)) + np.tile([[0.0], [1.0]], (10, 1)), np.repeat(np.arange(10), 2))
    assert found.between is None
    assert found.warnings == ("groups differ no more than chance",)
    with pytest.raises(TooFewAnswers):
        two_level_alpha([[1, 2], [2, 3]], ["a", "a"])
