import json
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dashboards.cards import build_card, coefficient, with_range
from dashboards.pages.reliability import ItemFigures, card_from
from dashboards.reports import as_html, as_text
from dashboards.suppression.blocks import Block
from dashboards.suppression.figures import ProtectedMeasure
from dashboards.suppression.items import NOTHING, item_figures
from dashboards.suppression.publication import MeasureCounts, protect_measure
from dashboards.suppression.terms import DisclosureTerms
from instruments.files import read_instrument
from scoring.analysis import analyse_instrument
from scoring.validation import validate
from tests.dashboards.test_publication import two_services
from tests.scoring import r
from tests.scoring.test_analysis import PULSE, made_up

LEADERSHIP = read_instrument(Path(__file__).parent.parent / "survey_app" / "data" / "leadership-climate.toml")


@pytest.fixture(scope="module")
def climate():
    people = r.data("lq2002")
    return analyse_instrument(LEADERSHIP, people, people["COMPID"], people["SUB"] % 2)


def test_words_come_first_and_say_what_a_psychologist_would(climate):
    card = build_card(climate, "Leadership climate", people=2042, groups="halves")
    assert card.headline == "Every scale tells people apart well enough for groups"
    assert card.sentences[0].startswith("Three related scales do not fit the answers well (CFI 0.85, RMSEA 0.10)")
    assert card.sentences[1] == "Between halves, scores mean the same and are equally precise."
    assert card.sentences[2].startswith("Hardly anybody gave one answer throughout.")
    leadership, purpose, hostility = card.scales
    assert leadership.sentences == (
        "It tells people apart well.",
        "Its items are more than one thing (CFI 0.79, RMSEA 0.17): a high alpha does not show that they are one.",
        "A group’s score is reliable (0.70) from about 24 answers; with 8 it reaches 0.44.",
        "No item is answered differently by people with the same score.",
    )
    assert purpose.sentences[1] == "Three items cannot show by themselves whether they are one thing."
    assert hostility.direction == "lower is better"
    assert dict(leadership.figures)["Omega"] == "0.90 (0.90 to 0.91)"
    assert leadership.items[2].remarks == ("over 15% chose the lowest option",)
    assert dict(card.figures)["Invariance, scalar"].endswith("holds")


def test_a_card_is_the_same_after_it_was_stored(climate):
    card = build_card(climate, "Leadership climate", people=2042)
    assert card_from(json.loads(json.dumps(asdict(card)))) == card


def test_a_card_of_few_people_and_weak_scales_says_so():
    rng = np.random.default_rng(4)
    answers = made_up(60)
    answers[:] = rng.integers(1, 6, answers.shape)
    card = build_card(analyse_instrument(PULSE, answers, np.arange(60) % 6), "Noise", people=60)
    assert card.headline == "No scale is reliable enough yet"
    assert card.sentences[0].startswith("Fewer than 300 people answered")
    assert any("weakly" in sentence for scale in card.scales for sentence in scale.sentences)
    assert any("no size would" in sentence for scale in card.scales for sentence in scale.sentences)


def test_some_weak_scales_are_named_and_a_forgotten_key_is_seen():
    answers = made_up(400)
    rng = np.random.default_rng(5)
    for column in ("belonging", "help", "heard"):
        answers[column] = rng.integers(1, 6, 400)
    last = answers.columns[-1]
    answers[last] = 6 - answers[last]
    card = build_card(analyse_instrument(PULSE, answers), "Some", people=400)
    assert card.headline == "Read with care: Connectedness and Burnout"
    said = [sentence for scale in card.scales for sentence in scale.sentences if "check the key" in sentence]
    assert any(last in sentence for sentence in said)


def test_scales_that_are_hard_to_tell_apart_are_named():
    answers = made_up(500)
    for twin, column in zip(("belonging", "help", "heard"), answers.columns[3:6], strict=True):
        answers[twin] = answers[column].sample(frac=1, random_state=1).to_numpy() * 0 + answers[column]
    noise = np.random.default_rng(6).integers(-1, 2, (500, 3))
    answers[["belonging", "help", "heard"]] = (answers[["belonging", "help", "heard"]] + noise).clip(1, 5)
    card = build_card(analyse_instrument(PULSE, answers), "Twins", people=500)
    assert any("are hard to tell apart" in sentence for sentence in card.sentences)


def test_without_a_model_the_card_says_why():
    found = analyse_instrument(PULSE, made_up(5), ["a", "b", "a", "b", "a"], ["a"] * 5)
    card = build_card(found, "Five", people=5, groups="authorities")
    assert any("was not tested" in sentence for sentence in card.sentences)
    assert any("is not testable" in sentence for sentence in card.sentences)
    nobody = build_card(analyse_instrument(PULSE, made_up(2).head(0)), "Nobody", people=0)
    assert nobody.scales[0].sentences[0] == "It has no reliability in these answers."
    assert nobody.scales[0].items[0].figures == ItemFigures("–", "–", "–", "0%")


def test_items_that_are_answered_differently_are_named():
    answers = made_up(900)
    halves = np.arange(900) % 2
    answers["help"] = np.clip(answers["help"] + 2 * halves, 1, 5)
    found = analyse_instrument(PULSE, answers, None, halves)
    card = build_card(found, "Halves", people=900)
    assert "Answered differently at the same score: help." in card.scales[0].sentences


def test_coefficients_have_two_decimals_and_a_typographers_minus():
    assert coefficient(-0.125) == "−0.12"
    assert coefficient(None) == "–"
    assert with_range(0.5, None, None) == "0.50"


def test_published_items_show_nothing_beside_their_rounded_figures(climate):
    figures = {item.id: ItemFigures("50", "20%", "10%", "0%") for item in LEADERSHIP.items}
    card = build_card(climate, "Leadership climate", people=2042, items=figures)
    assert {item.figures for item in card.scales[0].items} == {ItemFigures("50", "20%", "10%", "0%")}
    assert all("chose" not in remark for item in card.scales[0].items for remark in item.remarks)


def test_published_items_keep_remarks_about_how_they_hang_together():
    answers = made_up(200)
    answers["help"] = np.random.default_rng(7).integers(1, 6, 200)
    found = analyse_instrument(PULSE, answers)
    card = build_card(found, "x", people=200, items={item.id: NOTHING for item in PULSE.scored_items})
    assert card.scales[0].items[1].remarks == ("hangs together with the others below 0.30",)


def test_the_report_has_its_pictures_inside_and_says_the_same_in_text(climate):
    card = build_card(climate, "Leadership <climate>", people=2042)
    page = as_html(card, climate, "body{}", date(2026, 11, 25))
    assert page.count("<svg") == 6
    assert "Leadership &lt;climate&gt;" in page
    assert "25 November 2026" in page
    text = "\n".join(as_text(card))
    assert "A group’s score is reliable (0.70) from about 24 answers" in text
    assert "LEAD03" in text


def test_a_report_of_the_plan_lists_every_check():
    found = validate(PULSE, made_up(200), {"wave": None})
    card = build_card(found.analysis, "Plan", people=200)
    page = as_html(card, found.analysis, "", date(2026, 11, 25), found.checks)
    assert page.count("<svg") == 4
    assert "not testable" in page
    lines = list(as_text(card, found.checks))
    assert any(line.strip().startswith("not testable") for line in lines)


def test_groups_of_fewer_than_five_are_not_drawn():
    answers = made_up(40)
    found = analyse_instrument(PULSE, answers, [*["a"] * 20, *["b"] * 17, *["c"] * 3])
    card = build_card(found, "Few", people=40)
    assert as_html(card, found, "", date(2026, 11, 25)).count("<svg") == 4


def test_fractions_have_no_picture_of_options(climate):
    scale = climate.scales[0]
    items = tuple(replace(item, counts=None) for item in scale.items.items)
    bare = replace(climate, scales=(replace(scale, items=replace(scale.items, items=items), agreement=None),))
    assert "<svg" not in as_html(build_card(bare, "Fractions", people=10), bare, "", date(2026, 11, 25))


def protected(counts, tree, blocks):
    return protect_measure(MeasureCounts("mood", 20.0, counts), tree, blocks, DisclosureTerms(5, 25.0))


def test_figures_of_items_rest_on_unions_and_are_rounded():
    tree = two_services(north=12, nearby=6)
    blocks = (Block(("nearby",), 6), Block(("north",), 12))
    tally = np.array([[2, 1, 1, 1, 1], [6, 2, 2, 1, 0]])
    measure = protected((tally,), tree, blocks)

    (everybody,) = item_figures(measure, frozenset({0, 1}), [6, 12], 25.0)
    (north,) = item_figures(measure, frozenset({1}), [6, 12], 25.0)
    (nearby,) = item_figures(measure, frozenset({0}), [6, 12], 25.0)

    assert nearby == NOTHING
    assert everybody == north == ItemFigures("20", "50%", "20% or less", "20% or less")


def test_shares_near_the_ends_are_told_as_classes():
    measure = ProtectedMeasure("mood", 20.0, True, (np.array([[1, 0, 0, 0, 59]]),), np.array([True]), (frozenset({0}),))
    (figures,) = item_figures(measure, frozenset({0}), [60], 25.0)
    assert (figures.lowest, figures.highest) == ("5% or less", "95% or more")
