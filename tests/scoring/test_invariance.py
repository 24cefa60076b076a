import numpy as np
import pytest

from scoring import dif, invariance
from scoring.dif import Size, ordinal_logistic, purified_ordinal_logistic
from scoring.errors import ShapesDiffer, TooFewAnswers
from scoring.invariance import WORST_RMSEA, Level
from scoring.proportional_odds import proportional_odds
from tests.scoring import r

ANXIETY = ["tense", "anxious", "nervous", "jittery", "upset", "worried"]


def _agree():
    answers, _ = r.scale("agree")
    return answers, r.data("bfi")["gender"].astype(str), r.results("bfi_invariance")["agree_by_gender"]


def _neuro():
    answers, _ = r.scale("neuro")
    return answers, r.data("bfi")["gender"].astype(str), r.results("bfi_invariance")["neuro_by_gender"]


def _anxiety():
    people = r.data("sai_a")
    people = people[people["time"].isin([1, 2])]
    return people[ANXIETY], "t" + people["time"].astype(str), r.results("sai_a_invariance_time")["invariance_time"]


SAMPLES = {"agree": _agree, "neuro": _neuro, "anxiety": _anxiety}


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("level", list(Level))
def test_each_step_equals_lavaan_cfa_with_group_equal(sample, level):
    answers, groups, found = SAMPLES[sample]()
    expected = found[level]

    tested = invariance.test(answers, {"scale": list(answers.columns)}, groups)
    step = getattr(tested, level)

    assert dict(zip(tested.labels, tested.sizes, strict=True)) == found["groups"]
    r.assert_near(step.chi2, expected["chisq"], 1e-3)
    assert step.df == expected["df"]
    r.assert_near(
        [step.cfi, step.fit.tli, step.rmsea, step.fit.srmr],
        [expected[k] for k in ("cfi", "tli", "rmsea", "srmr")],
        1e-5,
    )
    if level is not Level.CONFIGURAL:
        r.assert_near(step.delta_chi2, expected["delta_chisq"], 1e-3)
        assert step.delta_df == expected["delta_df"]
        changes = [step.delta_p, step.delta_cfi, step.delta_rmsea, step.delta_srmr]
        r.assert_near(changes, [expected[k] for k in ("delta_p", "delta_cfi", "delta_rmsea", "delta_srmr")], 1e-5)
    for group, estimates in zip(step.groups, expected["est"].values(), strict=True):
        r.assert_near(group.loadings[:, 0], estimates["lambda"], 1e-4)
        r.assert_near(group.uniquenesses, estimates["theta"], 1e-4)
        r.assert_near(group.intercepts, estimates["nu"], 1e-4)
        r.assert_near(group.factor_covariances[0, 0], estimates["psi"], 1e-4)
        r.assert_near(group.factor_means[0], estimates["alpha"], 1e-4)


@pytest.mark.parametrize("sample", SAMPLES)
def test_means_of_the_scalar_model_equal_lavaan(sample):
    answers, groups, found = SAMPLES[sample]()
    tested = invariance.test(answers, {"scale": list(answers.columns)}, groups)
    r.assert_near(tested.latent_means[1][0] - tested.latent_means[0][0], found["latent_mean_difference_scalar"], 1e-5)


def test_verdicts_go_by_the_changes_of_cfi_and_rmsea():
    # neuroticism by gender: the intercepts differ (CFI falls by .029); anxiety by time: nothing does
    neuro = invariance.test(_neuro()[0], {"scale": range(5)}, _neuro()[1])
    assert (neuro.level, neuro.metric.holds, neuro.scalar.holds) == (Level.METRIC, True, False)
    assert "means are not comparable" in neuro.verdict
    anxiety = invariance.test(_anxiety()[0], {"scale": ANXIETY}, _anxiety()[1])
    assert anxiety.level is Level.STRICT


def test_several_scales_are_tested_together():
    people = r.data("lq2002")
    scales = {"purpose": ["TSIG01", "TSIG02", "TSIG03"], "hostility": ["HOSTIL02", "HOSTIL03", "HOSTIL04"]}
    tested = invariance.test(people, scales, people["SUB"] % 2)
    assert tested.level is Level.STRICT
    assert tested.configural.df == 16


def test_a_scale_of_three_items_says_that_configural_is_no_test():
    people = r.data("lq2002")
    tested = invariance.test(people, {"purpose": ["TSIG01", "TSIG02", "TSIG03"]}, people["SUB"] % 2)
    assert tested.warnings == ("three items alone fit any group perfectly: configural is not a test",)
    assert tested.configural.df == 0
    assert tested.metric.df == 2


def test_three_items_are_judged_without_the_rmsea_that_nothing_was_tested_by():
    # Given one population divided at random, forty times over
    rng = np.random.default_rng(8)
    answers = rng.normal(size=(600, 1)) + 0.8 * rng.normal(size=(600, 3))
    steps = [invariance.test(answers, {"s": range(3)}, rng.permutation(600) % 2).metric for _ in range(40)]
    assert sum(step.holds for step in steps) >= 38
    assert sum(step.delta_rmsea > WORST_RMSEA for step in steps) > 5


def test_small_groups_single_groups_and_constant_items_are_not_testable_and_why():
    answers, groups, _ = _neuro()
    scale = {"scale": list(answers.columns)}
    few = invariance.test(answers.head(200), scale, groups.head(200))
    assert not few.testable
    assert "complete answers; 150 are needed in every group" in few.verdict
    assert few.configural is None
    assert "fewer than two groups" in invariance.test(answers, scale, ["a"] * len(answers)).reason
    constant = answers.copy()
    constant.loc[groups == "1", "N1"] = 3
    assert "everybody in group 1 gave the same answer to N1" in invariance.test(constant, scale, groups).reason
    assert "three items" in invariance.test(answers, {"scale": ["N1", "N2"]}, groups).reason


def test_items_that_tell_one_another_are_not_testable():
    rng = np.random.default_rng(1)
    answers = rng.normal(size=(400, 2))
    singular = np.column_stack([answers, answers.sum(axis=1), answers[:, 0] - answers[:, 1]])
    tested = invariance.test(singular, {"scale": range(4)}, np.repeat(["a", "b"], 200))
    assert tested.reason == "in group a one item is told exactly by the others"


def test_a_scale_of_one_item_among_others_is_refused():
    answers, groups, _ = _neuro()
    with pytest.raises(TooFewAnswers, match="two items"):
        invariance.test(answers, {"a": ["N1", "N2", "N3"], "b": ["N4"]}, groups)
    with pytest.raises(ShapesDiffer):
        invariance.test(answers, {"a": ["N1", "N2", "N3"]}, groups.head(10))


@pytest.mark.parametrize("scale", ["neuro", "extra"])
def test_differential_functioning_equals_mass_polr(scale):
    answers, _ = r.scale(scale)
    expected = r.results("bfi_dif")[f"{scale}_by_gender"]

    found = ordinal_logistic(answers, r.data("bfi")["gender"])

    assert found.n_used == expected["n"]
    for item in found.items:
        theirs = expected["items"][item.item]
        # polr stops early in E2 and E3, by up to .0013 in the log-likelihood: ours is the higher
        assert (np.array(item.log_likelihoods) >= np.array(theirs["loglik"]) - 1e-6).all()
        r.assert_near(item.log_likelihoods, theirs["loglik"], 2e-3)
        tests = [item.chi2_uniform, item.chi2_nonuniform, item.chi2]
        r.assert_near(tests, [theirs["chi2_uniform"], theirs["chi2_nonuniform"], theirs["chi2_total"]], 3e-3)
        r.assert_near(item.delta_r2, theirs["delta_r2_nagelkerke_total"], 1e-6)
        r.assert_near(item.delta_r2_mcfadden, theirs["delta_r2_mcfadden_total"], 1e-6)
        r.assert_near(item.group_effects, [theirs["group_coef"]["g2"]], 1e-3)
        assert (item.size, item.classification, item.df) == (Size.NEGLIGIBLE, "A", 2)
    assert found.flagged == ()


@pytest.mark.parametrize("scale", ["neuro", "extra"])
def test_chi2_of_the_items_where_polr_converged_is_within_a_thousandth(scale):
    answers, _ = r.scale(scale)
    expected = r.results("bfi_dif")[f"{scale}_by_gender"]["items"]
    for item in ordinal_logistic(answers, r.data("bfi")["gender"]).items:
        if item.item not in ("E2", "E3"):
            r.assert_near(
                [item.chi2_uniform, item.chi2],
                [expected[item.item]["chi2_uniform"], expected[item.item]["chi2_total"]],
                1e-3,
            )


def test_an_item_that_one_group_answers_higher_is_found_and_left_out_of_the_match():
    # Given five items of one trait, one of which women answer two options higher
    rng = np.random.default_rng(5)
    trait, women = rng.normal(size=2000), rng.integers(0, 2, 2000)
    items = np.column_stack([np.clip(np.round(3 + trait + rng.normal(size=2000) * 0.7), 1, 5) for _ in range(5)])
    items[:, 2] = np.clip(items[:, 2] + 2 * women, 1, 7)

    found = purified_ordinal_logistic(items, women)

    assert [item.item for item in found.flagged] == ["item 3"]
    assert found.flagged[0].classification == "C"
    assert found.matched_on == ("item 1", "item 2", "item 4", "item 5")


def test_two_items_always_stay_to_match_on():
    rng = np.random.default_rng(6)
    group = np.repeat([0, 1], 200)
    trait = rng.normal(size=400)
    up = np.clip(np.round(3 + trait + 2 * group), 1, 6)
    down = np.clip(np.round(3 + trait - 2 * group), 1, 6)
    assert len(purified_ordinal_logistic(np.column_stack([up, down, up]), group).matched_on) >= 2


def test_a_match_that_finds_no_rest_in_its_rounds_is_the_last_one_found(monkeypatch):
    monkeypatch.setattr(dif, "_ROUNDS", 0)
    answers, _ = r.scale("neuro")
    found = purified_ordinal_logistic(answers, r.data("bfi")["gender"])
    assert found == ordinal_logistic(answers, r.data("bfi")["gender"])


def test_groups_and_items_are_needed_and_few_people_are_said():
    rng = np.random.default_rng(7)
    answers = rng.integers(1, 6, (80, 3))
    assert "fewer than 100 people" in ordinal_logistic(answers, np.arange(80) % 2).warnings[0]
    with pytest.raises(TooFewAnswers, match="two groups"):
        ordinal_logistic(answers, np.zeros(80))
    answers[:, 1] = 2
    with pytest.raises(TooFewAnswers, match="the same answer to item 2"):
        ordinal_logistic(answers, np.arange(80) % 2)


def test_three_groups_have_two_degrees_of_freedom_each():
    rng = np.random.default_rng(8)
    found = ordinal_logistic(rng.integers(1, 6, (600, 4)), np.arange(600) % 3)
    assert {item.df for item in found.items} == {4}


def test_a_step_that_goes_too_far_is_halved():
    # Given few people whose answers a predictor nearly tells: Newton's first steps cross the thresholds
    rng = np.random.default_rng(3479)
    people = rng.integers(6, 30)
    answers = np.sort(rng.integers(1, rng.integers(3, 7), people)).astype(float)
    predictor = (answers + rng.normal(size=people) * rng.choice([0.01, 0.1, 0.5])).reshape(-1, 1)
    if rng.random() < 0.5:
        predictor = np.hstack([predictor, predictor * (np.arange(people) % 2)[:, None]])
    found = proportional_odds(answers, predictor)
    assert np.isfinite(found.log_likelihood)
    assert (np.diff(found.thresholds) > 0).all()


def test_a_category_that_is_predicted_perfectly_still_has_a_likelihood():
    found = proportional_odds(np.repeat([1.0, 2.0], 20), np.repeat([[0.0], [1.0]], 20, axis=0))
    assert found.log_likelihood == pytest.approx(0, abs=1e-4)


def test_few_items_left_to_differ_make_means_comparable():
    # Given a trait that two groups have alike, and one of six items that the second answers higher
    rng = np.random.default_rng(21)
    group = np.repeat(["a", "b"], 600)
    answers = rng.normal(size=(1200, 1)) + 0.8 * rng.normal(size=(1200, 6))
    answers[600:, 3] += 0.8

    whole = invariance.test(answers, {"scale": range(6)}, group)
    found = invariance.partial(answers, {"scale": range(6)}, group)

    assert (whole.level, whole.scalar.holds) == (Level.METRIC, False)
    assert (found.holds, found.loadings, found.intercepts) == (True, (), ("item 4",))
    assert found.step.groups[1].factor_means[0] == pytest.approx(0, abs=0.1)
    assert found.step.groups[1].intercepts[3] - found.step.groups[0].intercepts[3] == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize("item", [0, 4])
def test_an_item_that_weighs_differently_is_left_to_differ_in_both(item):
    rng = np.random.default_rng(22)
    group = np.repeat(["a", "b"], 800)
    trait = rng.normal(size=1600)
    weights = np.ones((1600, 6))
    weights[800:, item] = 0.1
    answers = trait[:, None] * weights + 0.6 * rng.normal(size=(1600, 6))
    found = invariance.partial(answers, {"scale": range(6)}, group)
    assert found.holds
    assert found.loadings == (f"item {item + 1}",)
    assert f"item {item + 1}" in found.intercepts


def test_where_too_many_items_differ_no_level_holds():
    rng = np.random.default_rng(23)
    group = np.repeat(["a", "b"], 600)
    answers = rng.normal(size=(1200, 1)) + 0.8 * rng.normal(size=(1200, 4))
    answers[600:] += [0.0, 1.5, -1.5, 3.0]
    assert not invariance.partial(answers, {"scale": range(4)}, group).holds
    with pytest.raises(TooFewAnswers, match="Not testable: there are fewer than two groups"):
        invariance.partial(answers, {"scale": range(4)}, ["a"] * 1200)


def test_gender_in_neuroticism_needs_intercepts_left_to_differ():
    answers, groups, _ = _neuro()
    found = invariance.partial(answers, {"scale": range(5)}, groups)
    assert found.holds
    assert "N5" in found.intercepts
