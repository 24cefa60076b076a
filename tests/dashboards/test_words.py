from datetime import date

import pytest

from dashboards import words
from dashboards.comparison import Standing
from dashboards.snapshots import Coverage, WithheldReason
from dashboards.trends import Reading, ReadingKind
from tests.fakes import BURNOUT, CONNECTEDNESS, shown, wave, withheld


def test_the_ends_of_the_scale_are_said_as_open_classes():
    assert words.score(shown(0, 66)) == "66"
    assert words.score(shown(0, 5, low=0.0, high=7.5)) == "5 or lower"
    assert words.score(shown(0, 95, low=92.5, high=100.0)) == "95 or higher"
    assert words.score(shown(0, 0, low=0.0, high=0.5)) == "0"
    assert words.score(shown(0, 100, low=99.5, high=100.0)) == "100"


def test_answers_are_said_with_their_share_in_steps():
    assert words.answered(shown(0, 60)) == "12 answers, about 85% of those asked"
    assert words.answered(shown(0, 60, response_rate=95)) == "12 answers, 95% or more of those asked"
    assert words.answered(shown(0, 60, response_rate=None)) == "12 answers"


def test_what_a_figure_leaves_out_is_said():
    assert words.coverage(shown(0, 60)) == ""
    assert words.coverage(shown(0, 60, coverage=Coverage.NEARLY_ALL)).startswith("Covers nearly all")
    assert words.coverage(shown(0, 60, coverage=Coverage.MOST)).startswith("Covers most")


@pytest.mark.parametrize("kind", list(ReadingKind))
def test_every_reading_has_words_without_statistics(kind):
    said = words.reading(Reading(kind))
    assert not set(said.split()) & {"significant", "p-value", "confidence", "target", "red", "green"}


def test_a_signal_says_both_direction_and_better_or_worse():
    assert words.reading(Reading(ReadingKind.HIGHER, is_better=False)) == "higher than usual (worse)"
    assert words.reading(Reading(ReadingKind.LOWER, is_better=True)) == "lower than usual (better)"


@pytest.mark.parametrize("standing", list(Standing))
def test_every_standing_has_words(standing):
    said = words.standing(standing, BURNOUT)
    assert said.endswith({Standing.HIGHER: "(worse)", Standing.LOWER: "(better)"}.get(standing, said[-3:]))


@pytest.mark.parametrize(
    ("reason", "counted_in", "said"),
    [
        (
            WithheldReason.TOO_FEW,
            None,
            "Fewer than 5 people answered, so scores are not shown. This protects everyone who did answer.",
        ),
        (
            WithheldReason.COMBINED,
            "North with South",
            "Fewer than 5 people answered, so their answers are counted together with others: North with South.",
        ),
        (WithheldReason.COUNTED_ELSEWHERE, None, "Not shown because over a fifth"),
        (WithheldReason.TOO_MANY_SKIPPED, None, "Too many people skipped one of these questions."),
    ],
)
def test_every_empty_place_says_which_of_four_reasons_applies(reason, counted_in, said):
    assert words.why_withheld(withheld(0, reason=reason), wave(0), counted_in).startswith(said)


def test_numbers_days_and_directions_are_said_in_plain_words():
    assert [words.number_word(count) for count in (0, 2, 11)] == ["none", "two", "11"]
    assert words.day(date(2026, 10, 2)) == "2 October 2026"
    assert (words.direction(CONNECTEDNESS), words.direction(BURNOUT)) == ("higher is better", "lower is better")
    assert words.likely(shown(0, 60)) == "likely between 54 and 66"


def test_a_wave_of_a_table_says_why_it_has_no_figure():
    said = [words.not_shown(withheld(0, reason=reason), wave(0)) for reason in WithheldReason]
    assert [sentence.removeprefix("Not shown: ") for sentence in said] == [
        "fewer than 5 answers",
        "fewer than 5 answers",
        "mostly counted elsewhere",
        "too many skipped a question",
    ]


def test_a_cell_in_a_table_is_a_figure_or_says_that_there_is_none():
    assert [words.figure(cell) for cell in (shown(0, 60), withheld(0), None)] == ["60", "Not shown", "No pulse"]


@pytest.mark.parametrize(("rate", "says_so"), [(None, False), (39, True), (35, True), (40, False), (95, False)])
def test_low_response_is_said_below_forty_in_a_hundred(rate, says_so):
    assert bool(words.low_response(shown(0, 60, response_rate=rate))) is says_so
