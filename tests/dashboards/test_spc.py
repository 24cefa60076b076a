import numpy as np
import pytest

from dashboards.spc import Offset, Side, signals, usual_ranges

STEADY = [60.0, 62, 58, 61, 59, 60, 62, 58, 61, 59, 62, 60]


def test_limits_are_those_worked_by_hand():
    values = [60.0, 64, 60, 64, 60, 64]

    (usual,) = usual_ranges(values)

    assert usual.centre == 62
    assert usual.upper - usual.centre == pytest.approx(3 * 4 / 1.128 / 0.7**0.5, abs=1e-12)
    assert usual.is_early


def test_nothing_is_usual_before_six_pulses():
    assert usual_ranges(STEADY[:5]) == ()


def test_a_gappy_series_without_three_ranges_has_no_limits():
    assert usual_ranges([60, None, 61, None, 62, None, 60, None, 61, None, 62]) == ()


def test_the_range_is_locked_after_twelve_pulses():
    (early,) = usual_ranges(STEADY[:11])
    (locked,) = usual_ranges([*STEADY, 90.0])
    assert early.is_early
    assert not locked.is_early
    assert locked.centre == np.mean(STEADY)


def test_a_point_outside_the_range_is_a_signal():
    values = [*STEADY, 80.0, 40.0]
    assert signals(values, usual_ranges(values))[-2:] == (Side.HIGHER, Side.LOWER)


def test_eight_in_a_row_on_one_side_are_a_signal_only_once_the_range_is_locked():
    values = [*STEADY, *[63.0] * 8]
    assert signals(values, usual_ranges(values))[12:] == (Side.HIGHER,) * 8
    assert signals(values[:19], usual_ranges(values[:19]))[12:] == (None,) * 7
    early = [50.0, 56, 50, 56, 50, 56, 50, 56, 74, 60, 74]
    assert signals(early, usual_ranges(early))[:8] == (None,) * 8


def test_a_late_rise_does_not_make_the_pulses_before_it_look_low():
    values = [44.0, 52, 55, 52, 55, 50, 46, 52, 56, 54, 76, 75, 78]
    assert signals(values, usual_ranges(values)) == (*[None] * 10, *[Side.HIGHER] * 3)


def test_a_missing_pulse_neither_extends_nor_breaks_a_row_and_two_break_it():
    one_missing = [*STEADY, 63.0, 63, 63, 63, None, 63, 63, 63, 63]
    two_missing = [*STEADY, 63.0, 63, 63, 63, None, None, 63, 63, 63, 63]
    assert signals(one_missing, usual_ranges(one_missing)).count(Side.HIGHER) == 8
    assert signals(two_missing, usual_ranges(two_missing)).count(Side.HIGHER) == 0


def test_a_point_on_the_centre_breaks_a_row():
    centre = float(np.mean(STEADY))
    values = [*STEADY, 63.0, 63, 63, 63, centre, 63, 63, 63, 63]
    assert signals(values, usual_ranges(values)).count(Side.HIGHER) == 0


def test_other_questions_start_a_new_range():
    values = [*STEADY, *[value + 20 for value in STEADY]]
    before, after = usual_ranges(values, breaks=[12])
    assert (before.stop, after.start) == (12, 12)
    assert after.centre == pytest.approx(before.centre + 20)
    assert not any(signals(values, (before, after)))


def test_an_outlying_range_does_not_widen_the_limits():
    values = [60.0, 61, 60, 61, 60, 61, 60, 61, 60, 61, 60, 90]
    (usual,) = usual_ranges(values)
    assert usual.upper < 70


def test_a_series_that_was_rounded_to_the_same_value_still_has_a_range():
    (usual,) = usual_ranges([60.0] * 8, resolution=5)
    assert usual.upper - usual.centre == 7.5


@pytest.mark.parametrize(("autocorrelation", "most"), [(0.0, 0.05), (0.3, 0.10)])
def test_the_newest_pulse_is_seldom_flagged_when_nothing_has_changed(autocorrelation, most):
    rng = np.random.default_rng(20261123)
    flagged = 0
    for _ in range(2000):
        noise = rng.normal(0, 5, 24)
        series = [noise[0]]
        for shock in noise[1:]:
            series.append(autocorrelation * series[-1] + (1 - autocorrelation**2) ** 0.5 * shock)
        values = [60 + value for value in series]
        flagged += signals(values, usual_ranges(values))[-1] is not None
    assert flagged / 2000 < most


def test_a_range_widens_by_the_error_of_a_link_and_by_no_more():
    values = [60.0, 62, 58, 61, 59, 60, 62, 58, 61, 59, 60, 62, 57, 57]
    offsets = [Offset()] * 12 + [Offset(-3.0, 2.0)] * 2
    before, after = usual_ranges(values, offsets=offsets)
    assert (before.start, before.stop, after.start, after.stop) == (0, 12, 12, 14)
    assert (before.phase, after.phase) == (0, 0)
    half = before.upper - before.centre
    assert after.centre == before.centre - 3
    assert after.upper - after.centre == pytest.approx((half**2 + 36) ** 0.5)


def test_an_error_that_the_whole_phase_shares_widens_nothing():
    values = [60.0, 62, 58, 61, 59, 60]
    (usual,) = usual_ranges(values, offsets=[Offset(5.0, 4.0)] * 6)
    (plain,) = usual_ranges(values)
    assert usual.upper == pytest.approx(plain.upper)
    assert usual.centre == pytest.approx(plain.centre)


def test_a_row_of_eight_goes_on_across_a_change_of_questions():
    values = [50.0, 52, 48, 51, 49, 50, 52, 48, 51, 49, 50, 52, *[51.0] * 4, *[41.0] * 4]
    offsets = [Offset()] * 16 + [Offset(-10.0, 0.0)] * 4
    sides = signals(values, usual_ranges(values, offsets=offsets))
    assert sides[12:] == (Side.HIGHER,) * 8
