from datetime import timedelta

import pytest

from dashboards.pages.review import CAUTION, build_review
from tests.fakes import BURNOUT, CONNECTEDNESS, FakeResults, shown, wave, withheld

STEADY = [60, 62, 58, 61, 59, 60, 62, 58, 61, 59, 62, 60]


def review(scores, *, began_at, measure="connectedness"):
    """A line of these scores, None where nothing is shown, with a change that began the day before that wave closed."""
    waves = [wave(number, (CONNECTEDNESS, BURNOUT)) for number in range(len(scores))]
    cells = [
        withheld(number) if score is None else shown(number, score, measure=measure)
        for number, score in enumerate(scores)
    ]
    day = wave(began_at).closed_on - timedelta(days=1)
    return build_review(FakeResults(waves, published_cells=cells), "t", measure, day)


def test_before_and_since_are_said_in_words_with_a_caution():
    before, since, caution = review([*STEADY, 90, 61], began_at=12)
    assert before == (
        "Connectedness (higher is better): in the 12 pulses before it began scores were between 58 and 62."
    )
    assert since == "Of the two pulses since, one was higher than usual (better)."
    assert caution == CAUTION


@pytest.mark.parametrize(
    ("scores", "began_at", "sentence"),
    [
        ([*STEADY, 61], 12, "In the one pulse since, it was in the usual range."),
        ([*STEADY, 61, 60], 12, "In the two pulses since, it was in the usual range."),
        ([*STEADY, 90, 20, 21], 12, "Of the three pulses since, one was higher than usual (better) and two were lower"),
        (STEADY, 13, "No pulse is shown since: too early to tell."),
        ([60, 61], 1, "What is usual is not known yet, which needs six pulses: too early to tell."),
    ],
)
def test_since_it_began(scores, began_at, sentence):
    assert review(scores, began_at=began_at)[1].startswith(sentence)


@pytest.mark.parametrize(
    ("scores", "began_at", "sentence"),
    [
        ([60, 61], 1, "in the one pulse before it began the score was 60."),
        ([None, 61], 1, "no pulse is shown from before it began."),
        ([60, 61, 62], 2, "in the two pulses before it began scores were between 60 and 61."),
    ],
)
def test_before_it_began(scores, began_at, sentence):
    assert review(scores, began_at=began_at)[0].endswith(sentence)


def test_less_burnout_is_better():
    assert "lower than usual (better)" in review([*STEADY, 20], began_at=12, measure="burnout")[1]


def test_without_a_measure_or_a_pulse_nothing_is_said():
    day = wave(0).closed_on
    assert build_review(FakeResults(), "t", "connectedness", day) == ()
    assert build_review(FakeResults([wave(0)]), "t", None, day) == ()
