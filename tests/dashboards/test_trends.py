from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboards.charts.trend import _points
from dashboards.snapshots import LinePlace, NewRange, SmallChangeMark
from dashboards.spc import Offset
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


ONE, TWO, THREE = "p@1.0.0", "p@1.1.0", "p@2.0.0"


def placed(*places):
    """Waves whose figures stand at these places of the line: (series, questions, offset, error)."""
    return [
        wave(number, places={"connectedness": LinePlace(*place)} if place else {})
        for number, place in enumerate(places)
    ]


def line_of(waves, scores):
    cells = [shown(number, score) if score else withheld(number) for number, score in enumerate(scores)]
    return build_trend(CONNECTEDNESS, waves, cells)


def test_a_line_breaks_where_another_series_begins_and_is_marked_where_questions_change():
    waves = placed((ONE, ONE), (ONE, TWO, -2.0, 1.0), (ONE, TWO, -2.0, 1.0), (THREE, THREE), (THREE, THREE))
    found = line_of(waves, [60, 58, None, 70, 71])
    assert [point.starts_phase for point in found.points] == [False, False, False, True, False]
    assert [point.moved_by for point in found.points] == [None, Offset(-2.0, 1.0), None, None, None]
    assert found.reading.kind is ReadingKind.TOO_EARLY
    assert line_of(waves[:4], [60, 58, None, 70]).reading.kind is ReadingKind.STARTING_POINT


def test_a_correction_neither_breaks_nor_marks_a_line():
    found = line_of(placed((ONE, ONE), (ONE, ONE)), [60, 61])
    assert [(point.starts_phase, point.moved_by) for point in found.points] == [(False, None)] * 2


def test_a_version_whose_place_nobody_published_is_a_line_of_its_own():
    found = build_trend(CONNECTEDNESS, placed(None, None), [shown(0, 60), shown(1, 61, instrument="other@1.0.0")])
    assert [point.starts_phase for point in found.points] == [False, True]


def test_a_wave_that_the_group_was_not_part_of_stands_where_the_line_stood():
    waves = placed((ONE, ONE), None, (ONE, TWO, -2.0, 1.0))
    found = build_trend(CONNECTEDNESS, waves, [shown(0, 60), shown(2, 58)])
    assert [point.moved_by for point in found.points] == [None, None, Offset(-2.0, 1.0)]


def test_errors_of_changes_add_up_along_a_line():
    found = line_of(placed((ONE, ONE), (ONE, TWO, -2.0, 3.0), (ONE, "p@1.2.0", -1.0, 5.0)), [60, 58, 59])
    assert [point.moved_by for point in found.points] == [None, Offset(-2.0, 3.0), Offset(1.0, 4.0)]


def test_the_usual_range_moves_with_the_questions():
    places = [(ONE, ONE)] * 8 + [(ONE, TWO, -10.0, 1.0)] * 6
    scores = [*STEADY[:8], *(score - 10 for score in STEADY[8:]), 50, 48]
    found = line_of(placed(*places), scores)
    assert found.reading.kind is ReadingKind.USUAL
    first, second = found.usual
    assert second.centre == first.centre - 10
    assert second.upper - second.centre > first.upper - first.centre
    unlinked = line_of(placed(*[(ONE, ONE)] * 14), [*STEADY, *(score - 10 for score in STEADY[:2])])
    assert unlinked.reading.kind is ReadingKind.LOWER


SERIES = st.sampled_from([None, *((name, name, 0.0, 0.0) for name in (ONE, THREE)), (ONE, TWO, -3.0, 1.0)])


@given(st.lists(st.tuples(SERIES, st.sampled_from([None, 40, 60, 80])), min_size=1, max_size=20))
def test_no_segment_band_or_signal_ever_joins_figures_that_are_not_comparable(line):
    waves = placed(*(place for place, _ in line))
    scores = [score for _, score in line]
    found = line_of(waves, scores)
    series = {
        point.wave.closed_on.isoformat(): (
            point.wave.places.get("connectedness") or LinePlace("crescendo-pulse@1.0.0", "")
        ).series
        for point in found.points
    }
    drawn = {}
    for row in _points(found):
        drawn.setdefault(row["segment"], set()).add(series[row["date"]])
    assert all(len(joined) == 1 for joined in drawn.values())
    places = [series[point.wave.closed_on.isoformat()] for point in found.points]
    for usual in found.usual:
        assert len(set(places[usual.start : usual.stop])) == 1
        assert set(places[usual.phase : usual.stop]) == {places[usual.start]}
    breaks = [at for at, (before, after) in enumerate(pairwise(places), start=1) if before != after]
    assert [at for at, point in enumerate(found.points) if point.starts_phase] == breaks


def test_small_changes_within_the_line_get_letters_in_their_order():
    changes = [
        SmallChangeMark("Too early", date(2024, 1, 1)),
        SmallChangeMark("Quiet minutes", date(2025, 2, 1)),
        SmallChangeMark("Buddies", date(2025, 3, 1)),
    ]
    found = trend([shown(0, 60), shown(1, 60), shown(2, 60)], changes=changes)
    assert [(change.letter, change.title) for change in found.changes] == [("A", "Quiet minutes"), ("B", "Buddies")]


def test_somebody_may_let_the_range_begin_anew_and_the_line_goes_on():
    scores = [60, 62, 58, 61, 59, 60, 62, 58, 61, 59, 60, 62, 80, 82, 79, 81, 80, 82]
    waves = [wave(number) for number in range(len(scores))]
    cells = [shown(number, score) for number, score in enumerate(scores)]
    decided = [NewRange("connectedness", "w12", "moved", "Dev"), NewRange("burnout", "w3", "other", "Dev")]
    before, after = build_trend(CONNECTEDNESS, waves, cells), build_trend(CONNECTEDNESS, waves, cells, (), decided)
    assert before.reading.kind is ReadingKind.HIGHER
    assert after.reading.kind is ReadingKind.USUAL
    assert [(usual.start, usual.stop) for usual in after.usual] == [(0, 12), (12, 18)]
    assert [point.new_range.reason for point in after.points if point.new_range] == ["moved"]
    assert not any(point.starts_phase for point in after.points), "scores stay comparable"
    early = build_trend(CONNECTEDNESS, waves[:13], cells[:13], (), decided)
    assert early.reading.kind is ReadingKind.STARTING_POINT
