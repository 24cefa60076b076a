from datetime import date

from dashboards.snapshots import SmallChangeMark
from dashboards.trends import ReadingKind, build_trend
from tests.fakes import BURNOUT, CONNECTEDNESS, shown, wave, withheld

STEADY = [60, 62, 58, 61, 59, 60, 62, 58, 61, 59, 60, 62]


def trend(cells, *, waves=None, measure=CONNECTEDNESS, changes=()):
    return build_trend(measure, [wave(number) for number in range(waves or len(cells))], cells, changes)


def steady(extra=()):
    return [shown(number, score) for number, score in enumerate([*STEADY, *extra])]


def test_the_first_pulse_is_a_starting_point():
    assert trend([shown(0, 60)]).reading.kind is ReadingKind.STARTING_POINT


def test_a_few_pulses_are_too_early_to_tell():
    assert trend([shown(0, 60), shown(1, 61)]).reading.kind is ReadingKind.TOO_EARLY


def test_a_pulse_inside_the_range_is_usual():
    found = trend(steady())
    assert found.reading.kind is ReadingKind.USUAL
    assert not found.reading.is_signal
    assert found.current_usual is not None


def test_a_rise_is_better_or_worse_as_the_measure_says_and_since_its_first_pulse():
    better = trend(steady([80, 82]))
    assert (better.reading.kind, better.reading.is_better) == (ReadingKind.HIGHER, True)
    assert better.reading.since == "January 2026"
    burnout = [shown(number, score, measure="burnout") for number, score in enumerate([*STEADY, 80])]
    worse = trend(burnout, measure=BURNOUT)
    assert (worse.reading.is_signal, worse.reading.is_better) == (True, False)
    assert trend(steady([30])).reading.kind is ReadingKind.LOWER


def test_a_gap_does_not_end_a_row_of_signals():
    cells = [*steady([80]), withheld(13), shown(14, 80)]
    assert trend(cells).reading.since == "January 2026"


def test_a_group_that_is_not_shown_has_no_reading():
    assert trend([shown(0, 60), withheld(1)]).reading.kind is ReadingKind.NOT_SHOWN
    assert trend([], waves=2).reading.kind is ReadingKind.NOT_SHOWN
    assert trend([], waves=2).latest_shown is None


def test_the_line_starts_at_the_groups_first_wave_and_keeps_its_gaps():
    found = trend([shown(2, 60), withheld(3), shown(5, 61)], waves=6)
    assert [point.wave.key for point in found.points] == ["w2", "w3", "w4", "w5"]
    assert [point.shown is not None for point in found.points] == [True, False, False, True]
    assert found.latest_shown is found.points[-1]


def test_a_major_version_breaks_the_line_and_a_minor_one_does_not():
    minor = [shown(0, 60), shown(1, 61, instrument="crescendo-pulse@1.1.0")]
    major = [shown(0, 60), withheld(1), shown(2, 61, instrument="crescendo-pulse@2.0.0")]
    assert not any(point.starts_phase for point in trend(minor).points)
    assert [point.starts_phase for point in trend(major).points] == [False, False, True]
    assert trend(major).reading.kind is ReadingKind.STARTING_POINT


def test_small_changes_within_the_line_get_letters_in_their_order():
    changes = [
        SmallChangeMark("Too early", date(2024, 1, 1)),
        SmallChangeMark("Quiet minutes", date(2025, 2, 1)),
        SmallChangeMark("Buddies", date(2025, 3, 1)),
    ]
    found = trend([shown(0, 60), shown(1, 60), shown(2, 60)], changes=changes)
    assert [(change.letter, change.title) for change in found.changes] == [("A", "Quiet minutes"), ("B", "Buddies")]
