import numpy as np
import pandas as pd
import pytest

from scoring import ordinal_invariance as module
from scoring.errors import DidNotConverge
from scoring.ordinal_invariance import OrdinalLevel, ordinal_invariance
from tests.scoring import r


def _by_gender(name):
    answers, _ = r.scale(name)
    return answers, r.data("bfi")["gender"].astype(str), r.results("bfi_invariance")[f"{name}_by_gender"]


@pytest.mark.parametrize("name", ["agree", "neuro"])
@pytest.mark.parametrize("level", list(OrdinalLevel))
def test_each_step_equals_lavaan_wlsmv_with_group_equal(name, level):
    answers, groups, found = _by_gender(name)
    expected = found["wlsmv"][level]

    tested = ordinal_invariance(answers, groups)
    step = getattr(tested, level)

    assert dict(zip(tested.labels, tested.sizes, strict=True)) == found["groups"]
    assert step.df == expected["df"]
    r.assert_near([step.chi2, step.chi2_scaled], [expected["chisq"], expected["chisq.scaled"]], 1e-4)
    r.assert_near(
        [step.p_scaled, step.cfi_scaled, step.tli_scaled, step.rmsea_scaled, step.srmr],
        [expected[k] for k in ("pvalue.scaled", "cfi.scaled", "tli.scaled", "rmsea.scaled", "srmr")],
        1e-6,
    )


def test_both_ways_of_taking_answers_find_women_less_calm_and_their_answers_comparable_in_agreeableness():
    agree, neuro = (ordinal_invariance(*_by_gender(name)[:2]) for name in ("agree", "neuro"))
    assert agree.holds
    assert not neuro.configural.cfi_scaled < neuro.thresholds_loadings.cfi_scaled
    assert neuro.latent_means[0] == 0
    assert neuro.latent_means[1] > 0.2


def _simulated(chance, loadings, cuts, mean=0.0, n=1500):
    factor = mean + chance.normal(size=(n, 1))
    latent = factor * loadings + chance.normal(size=(n, len(loadings))) * np.sqrt(1 - loadings**2)
    return np.column_stack([np.digitize(latent[:, item], own) for item, own in enumerate(cuts)]).astype(float)


def test_planted_means_are_found_and_a_threshold_that_moves_in_one_group_is_seen():
    chance = np.random.default_rng(7)
    loadings, cuts = np.array([0.8, 0.7, 0.6, 0.75]), [[-1.0, 0.0, 1.0]] * 4
    one, two = _simulated(chance, loadings, cuts), _simulated(chance, loadings, cuts, mean=0.5)
    labels = np.repeat(["a", "b"], 1500)

    alike = ordinal_invariance(np.vstack([one, two]), labels)
    assert alike.holds
    assert "may be compared" in alike.verdict
    assert alike.latent_means[1] == pytest.approx(0.5, abs=0.1)

    moved = _simulated(chance, loadings, [[-1.0, 0.0, 1.0]] * 3 + [[-2.0, -1.3, 1.4]])
    apart = ordinal_invariance(np.vstack([one, moved]), labels)
    assert not apart.holds
    assert "not comparable" in apart.verdict


def test_three_items_are_judged_without_the_rmsea_that_nothing_was_tested_by():
    chance = np.random.default_rng(5)
    loadings = np.array([0.8, 0.7, 0.6])
    answers = _simulated(chance, loadings, [[-1.0, 0.0, 1.0]] * 3, n=1000)
    verdicts = [ordinal_invariance(answers, chance.permutation(1000) % 2).holds for _ in range(40)]
    assert sum(verdicts) >= 38


def test_a_category_that_one_group_never_used_is_counted_with_its_neighbour_and_said():
    chance = np.random.default_rng(3)
    loadings = np.array([0.8, 0.7, 0.6, 0.75])
    one = _simulated(chance, loadings, [[-1.0, 0.0, 1.0]] * 4)
    two = _simulated(chance, loadings, [[-1.0, 0.0, 9.0]] + [[-1.0, 0.0, 1.0]] * 3)
    frame = pd.DataFrame(np.vstack([one, two]), columns=["p", "q", "r", "s"])
    tested = ordinal_invariance(frame, np.repeat(["a", "b"], 1500))
    assert tested.testable
    assert tested.warnings == ("3 of p was not used by every group; counted with its neighbour",)


def test_what_cannot_be_tested_says_why():
    answers, groups, _ = _by_gender("agree")
    few = ordinal_invariance(answers[:200], groups[:200])
    assert not few.testable
    assert "150 are needed" in few.reason
    assert few.verdict.startswith("not testable")
    assert "two groups" in ordinal_invariance(answers, ["x"] * len(answers)).reason
    assert "three items" in ordinal_invariance(answers.iloc[:, :2], groups).reason
    halves = (answers > 4).astype(float).where(answers.notna())
    assert "fewer than three categories" in ordinal_invariance(halves, groups).reason
    assert "fewer than two groups" in ordinal_invariance(answers[:0], groups[:0]).reason


def test_no_stable_answer_is_said(monkeypatch):
    def fail(*_args, **_kwargs):
        raise DidNotConverge("The model", 1)

    monkeypatch.setattr(module, "_fit", fail)
    answers, groups, _ = _by_gender("agree")
    assert "no stable answer" in ordinal_invariance(answers, groups).reason
