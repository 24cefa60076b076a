import numpy as np
import pytest

from dashboards.likeness import FEWEST_PAIRS, pooled_autocorrelation
from dashboards.snapshots import NewRange
from dashboards.spc import signals, usual_ranges
from dashboards.trends import build_trend, trends_of
from tests.fakes import CONNECTEDNESS, FakeResults, shown, wave


def ar1(rng, autocorrelation, waves):
    """A series around 60 whose neighbours correlate; its standard deviation is 5."""
    values = [rng.normal(0, 5)]
    for shock in rng.normal(0, 5, waves - 1):
        values.append(autocorrelation * values[-1] + (1 - autocorrelation**2) ** 0.5 * shock)
    return [60 + value for value in values]


def trend(values, **more):
    cells = [shown(number, value) for number, value in enumerate(values) if value is not None]
    return build_trend(CONNECTEDNESS, [wave(number) for number in range(len(values))], cells, **more)


@pytest.mark.parametrize("true", [0.0, 0.3, 0.6])
def test_the_autocorrelation_of_many_lines_is_found_although_each_is_short(true):
    rng = np.random.default_rng(20261128)
    found = pooled_autocorrelation(trend(ar1(rng, true, 24)) for _ in range(400))
    assert found == true


def test_without_enough_locked_lines_nothing_is_said():
    rng = np.random.default_rng(1)
    enough = -(-FEWEST_PAIRS // 11)
    assert pooled_autocorrelation([]) is None
    assert pooled_autocorrelation(trend(ar1(rng, 0, 11)) for _ in range(400)) is None
    assert pooled_autocorrelation(trend(ar1(rng, 0, 12)) for _ in range(enough - 1)) is None
    assert pooled_autocorrelation(trend(ar1(rng, 0, 12)) for _ in range(enough)) is not None


def test_lines_that_never_move_say_nothing():
    assert pooled_autocorrelation([trend([60.0] * 12)] * 40) is None


def test_gaps_and_later_waves_take_no_part():
    rng = np.random.default_rng(3)
    alternating = [60 + 5 * (-1) ** place for place in range(12)]
    assert pooled_autocorrelation([trend([*alternating, *[60.0] * 60])] * 40) == 0.0
    gappy = [ar1(rng, 0.6, 12) for _ in range(400)]
    for values in gappy:
        values[1::2] = [None] * 6
    assert pooled_autocorrelation(map(trend, gappy)) is None, "no two neighbours, and no range"


def test_a_range_that_was_begun_anew_is_a_baseline_of_its_own():
    rng = np.random.default_rng(4)
    again = (NewRange("connectedness", "w12", "a new building", "Dev"),)

    def lines():
        for _ in range(200):
            yield trend([*ar1(rng, 0, 12), *(20 + value for value in ar1(rng, 0, 12))], new_ranges=again)

    assert pooled_autocorrelation(lines()) == 0.0


def test_pages_read_ranges_that_are_as_wide_as_the_programme_is_alike():
    scores = [60, 62, 58, 61, 59, 60, 62, 58, 61, 59, 62, 60]
    cells = [shown(number, score) for number, score in enumerate(scores)]
    results = FakeResults([wave(number) for number in range(12)], published_cells=cells)

    def reach():
        ((usual,),) = [each.usual for each in trends_of(results, "t", [CONNECTEDNESS])]
        return usual.upper - usual.centre

    usual = reach()
    results.alike = 0.6
    assert reach() == pytest.approx(usual * (0.7 / 0.4) ** 0.5)
    results.alike = 0.0
    assert reach() == pytest.approx(usual * 0.7**0.5)


@pytest.mark.parametrize(("true", "most"), [(0.0, 0.05), (0.3, 0.10)])
def test_the_newest_pulse_is_seldom_flagged_with_the_value_that_the_programme_gives(true, most):
    rng = np.random.default_rng(20261129)
    flagged = lines = 0
    for _ in range(20):
        programme = [ar1(rng, true, 24) for _ in range(100)]
        alike = pooled_autocorrelation(map(trend, programme))
        for values in programme:
            flagged += signals(values, usual_ranges(values, autocorrelation=alike))[-1] is not None
        lines += len(programme)
    assert flagged / lines < most
