import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from instruments.definitions import MissingRule
from instruments.files import from_document, read_instrument
from instruments.library import load_released
from scoring import analysis as analysing
from scoring.analysis import analyse_instrument, keyed_answers, scale_columns
from scoring.errors import DidNotConverge, OutOfRange, UnknownItem
from scoring.invariance import Level
from scoring.plain import as_plain
from scoring.validation import Outcome, validate
from tests.instruments.tiny import document
from tests.scoring import r

LEADERSHIP = read_instrument(Path(__file__).parent.parent / "survey_app" / "data" / "leadership-climate.toml")
PULSE = load_released("crescendo-pulse@1.0.0")


@pytest.fixture(scope="module")
def climate():
    people = r.data("lq2002")
    return analyse_instrument(LEADERSHIP, people, people["COMPID"], people["SUB"] % 2)


def made_up(people, seed=1):
    """Answers to the pulse: four traits that go together a little, in four teams of three authorities."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=people)
    answers = {}
    for columns in scale_columns(PULSE).values():
        trait = 0.4 * common + rng.normal(size=people)
        for column in columns:
            answers[column] = np.clip(np.round(3.2 + 0.9 * trait + 0.7 * rng.normal(size=people)), 1, 5)
    return pd.DataFrame(answers)


def test_every_scale_has_the_figures_that_r_gives(climate):
    leadership, purpose, hostility = climate.scales
    expected = r.results("lq2002_scales")
    for scale, name in ((leadership, "lead"), (purpose, "tsig"), (hostility, "hostil")):
        r.assert_near(scale.items.alpha.alpha, expected[name]["listwise"]["alpha_raw"], 1e-10)
        r.assert_near(scale.omega.omega, expected[name]["omega_cfa"]["ml_listwise"]["omega_total"], 1e-5)
        r.assert_near(scale.standard_error_of_measurement, expected[name]["listwise"]["sem_pomp"], 1e-10)
        r.assert_near(scale.mean, expected[name]["scoring"]["half"]["pomp_mean"], 1e-10)
        tau = expected[name]["omega_cfa"]["ml_listwise"]["tau_equivalence"]
        r.assert_near(scale.tau_equivalence.chi2, tau["chisq_diff"], 1e-3)
        r.assert_near(scale.agreement.icc1.value, r.results("lq2002_aggregation")[name]["icc1_n0"], 1e-12)
        assert scale.scored == 2042
    assert climate.instrument_version == "leadership-climate@1.0.0"
    assert purpose.agreement.answers_needed == 27
    assert climate.warnings == ()


def test_the_uniform_null_alone_would_let_every_company_pass(climate):
    shares = climate.scales[0].agreement.shares_from_70
    assert shares["uniform"] == 1
    assert shares["slight_skew"] == pytest.approx(0.286, abs=0.001)
    assert shares["moderate_skew"] == 0


def test_scales_are_modelled_together_and_tested_across_divisions(climate):
    assert climate.model.factors == ("leadership", "task-significance", "hostility")
    assert climate.invariance.level is Level.STRICT
    assert all(scale.differences.flagged == () for scale in climate.scales)


def test_keys_come_from_the_instrument_and_not_from_the_answers():
    bfi = r.data("bfi")[[f"A{item}" for item in range(1, 6)]]
    tiny = document()
    tiny["response_sets"] = [
        {
            "id": "six",
            "kind": "ordinal",
            "stem": {"en": "How much?"},
            "options": [{"value": value, "label": {"en": str(value)}} for value in range(1, 7)],
        }
    ]
    tiny["languages"] = ["en"]
    tiny["items"] = [
        {
            "id": name,
            "text": {"en": name},
            "scale": tiny["scales"][0]["id"],
            "response_set": "six",
            "reverse_keyed": name == "A1",
        }
        for name in bfi.columns
    ]
    tiny["scales"] = tiny["scales"][:1]
    tiny["scales"][0]["title"] = {"en": "Agree"}
    tiny["title"] = {"en": "Tiny"}
    tiny["recall_window"] = {"en": "In general"}
    instrument = from_document({key: value for key, value in tiny.items() if key != "anchors"})

    found = analyse_instrument(instrument, bfi)

    r.assert_near(found.scales[0].items.alpha.alpha, r.results("bfi_scales")["agree"]["listwise"]["alpha_raw"], 1e-10)
    assert (found.model, found.model_reason) == (None, "one scale only")
    assert (found.invariance, found.scales[0].agreement, found.scales[0].differences) == (None, None, None)


def test_few_people_get_a_first_look_that_says_so():
    found = analyse_instrument(PULSE, made_up(40), ["a", "b"] * 20, ["x", "y"] * 20)
    assert found.warnings == ("fewer than 300 people: nothing is validated by this",)
    assert "150 are needed" in found.invariance.verdict
    assert found.scales[0].differences is None
    assert found.scales[0].ordinal is None


def test_hardly_anybody_is_still_described():
    for people in (0, 1, 2):
        found = analyse_instrument(PULSE, made_up(2).head(people), ["a", "b"][:people])
        scale = found.scales[0]
        assert (scale.scored, scale.factor, scale.agreement) == (people, None, None)
        assert (scale.sd is None) == (people < 2)
        assert found.model is None
    assert analyse_instrument(PULSE, made_up(2).head(0)).straight_share == 0


def test_the_missing_rule_of_the_version_decides_who_has_a_score():
    answers = made_up(30)
    first = scale_columns(PULSE)["connectedness"]
    answers.loc[0, first[:2]] = np.nan
    strict = replace(PULSE, scales=tuple(replace(scale, missing_rule=MissingRule.COMPLETE) for scale in PULSE.scales))
    answers.loc[1, first[0]] = np.nan
    assert analyse_instrument(PULSE, answers).scales[0].scored == 29
    assert analyse_instrument(strict, answers).scales[0].scored == 28


def test_items_of_different_formats_are_analysed_in_points():
    formats = {item.id: item.response_set for item in PULSE.items}
    other = next(name for name in formats.values() if name != formats["belonging"])
    shorter = tuple(
        replace(options, options=options.options[:3]) if options.id == other else options
        for options in PULSE.response_sets
    )
    mixed = replace(
        PULSE,
        response_sets=shorter,
        items=tuple(replace(item, response_set=other) if item.id == "belonging" else item for item in PULSE.items),
    )
    answers = made_up(100).clip(1, 3)
    found = analyse_instrument(mixed, answers, np.arange(100) % 5)
    assert (found.scales[0].items.minimum, found.scales[0].items.maximum) == (0, 100)
    assert set(found.scales[0].agreement.shares_from_70) == {"uniform"}


def test_items_that_are_missing_or_out_of_range_are_refused():
    answers = made_up(10)
    with pytest.raises(UnknownItem, match="No column is called belonging; there are: "):
        analyse_instrument(PULSE, answers.drop(columns="belonging"))
    answers.loc[3, "belonging"] = 9
    with pytest.raises(OutOfRange, match="The value 9 in belonging"):
        keyed_answers(PULSE, answers)


def test_what_an_estimation_cannot_do_is_left_out(monkeypatch):
    def refuse(*_, **__):
        raise DidNotConverge("The model", 1)

    answers = made_up(400)
    monkeypatch.setattr(analysing, "correlated_factors", refuse)
    monkeypatch.setattr(analysing, "purified_ordinal_logistic", refuse)
    found = analyse_instrument(PULSE, answers, np.arange(400) % 2, np.arange(400) % 2)
    assert "no stable answer" in found.model_reason
    assert found.scales[0].differences is None
    free = analysing.one_factor(answers[scale_columns(PULSE)["connectedness"]])
    monkeypatch.setattr(analysing, "one_factor", refuse)
    assert analyse_instrument(PULSE, answers).scales[0].factor is None
    assert analysing._tau_equivalence(free, answers) is None


def test_results_are_plain_values_at_full_precision(climate):
    plain = json.loads(json.dumps(as_plain(climate)))
    assert plain["instrument"] == "leadership-climate@1.0.0"
    assert plain["scales"][0]["scale"] == "leadership"
    assert plain["scales"][0]["items"]["alpha"]["alpha"] == climate.scales[0].items.alpha.alpha
    assert plain["invariance"]["level"] == "strict"
    assert as_plain(float("nan")) is None


def checks(validation, outcome):
    return [(check.subject, check.criterion) for check in validation.checks if check.outcome is outcome]


def test_the_plan_says_what_is_met_what_is_not_and_what_is_not_testable():
    people = 1200
    answers = made_up(people)
    halves = np.arange(people) % 2

    found = validate(PULSE, answers, {"wave": halves, "role": None}, np.arange(people) % 60)

    assert not found.passed
    met = checks(found, Outcome.MET)
    assert ("all", "300 people") in met
    assert ("4 scales together", "CFI from 0.95") in met
    assert ("4 scales together", "HTMT below 0.85") in met
    assert ("by wave", "scores mean the same (scalar invariance)") in met
    assert ("by wave, burnout", "no item is answered differently at the same score") in met
    untestable = checks(found, Outcome.NOT_TESTABLE)
    assert ("burnout", "one factor: CFI from 0.95") in untestable
    assert ("by role", "scores mean the same (scalar invariance)") in untestable
    # Teams were dealt out at random, so they do not differ
    assert ("burnout", "teams differ: ICC(1) above 0, with the answers needed for ICC(2) of .70") in checks(
        found, Outcome.NOT_MET
    )


def test_the_plan_on_hardly_anybody_is_not_met_and_not_testable():
    found = validate(PULSE, made_up(20), {"wave": ["a", "b"] * 10})
    assert ("all", "300 people") in checks(found, Outcome.NOT_MET)
    assert ("by wave", "scores mean the same (scalar invariance)") in checks(found, Outcome.NOT_TESTABLE)
    nobody = validate(PULSE, made_up(3).head(2), {})
    assert ("4 scales together", "RMSEA to 0.06") in checks(nobody, Outcome.NOT_TESTABLE)
    assert ("connectedness", "omega from 0.70") in checks(nobody, Outcome.NOT_TESTABLE)


def test_items_that_hardly_belong_do_not_meet_the_plan():
    answers = made_up(500)
    answers["belonging"] = np.random.default_rng(9).integers(1, 6, 500)
    answers["help"] = 3.0
    found = validate(PULSE, answers, {"wave": np.arange(500) % 2}, np.arange(500) % 2)
    outcomes = {check.subject: check for check in found.checks}
    assert outcomes["connectedness, belonging"].outcome is Outcome.NOT_MET
    assert outcomes["connectedness, help"].outcome is Outcome.NOT_TESTABLE
    assert "gave the same answer" in outcomes["by wave"].found


def test_answers_of_two_categories_are_not_tested_as_ordered():
    answers = made_up(400)
    halves = answers.mask(answers.notna() & (answers <= 3), 2).mask(answers > 3, 4)
    found = validate(PULSE, halves, {"wave": np.arange(400) % 2})
    ordered = [check for check in found.checks if check.criterion.startswith("answers taken as ordered")]
    assert {check.outcome for check in ordered} == {Outcome.NOT_TESTABLE}
    assert "three" in ordered[0].found


def test_differences_that_cannot_be_estimated_are_not_testable(monkeypatch):
    from scoring import validation

    def refuse(*_):
        raise DidNotConverge("The ordinal regression", 1)

    monkeypatch.setattr(validation, "purified_ordinal_logistic", refuse)
    found = validate(PULSE, made_up(400), {"wave": np.arange(400) % 2})
    differences = [check for check in found.checks if check.criterion.startswith("no item is answered differently")]
    assert {check.outcome for check in differences} == {Outcome.NOT_TESTABLE}
