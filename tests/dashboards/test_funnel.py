import re
from random import Random

import pytest

from dashboards.charts.funnel import VARIANTS, draw_funnel
from dashboards.errors import TooFewGroups
from dashboards.funnel import INNER, OUTER, funnel
from dashboards.pages.comparison import build_comparison_page
from dashboards.snapshots import Level, ReportingGroup, StoredChart
from tests.fakes import FakeResults, shown, wave

CHANCE = Random(3)
PROGRAMME = ReportingGroup("p", "Programme", Level.PROGRAMME, None)


def cell(number, score, n=100, reach=4):
    return shown(
        0,
        score,
        group=f"a{number:02}",
        name=f"Authority {number:02}",
        level=Level.AUTHORITY,
        parent="p",
        n=n,
        likely_low=score - reach,
        likely_high=score + reach,
    )


def test_fewer_than_ten_groups_are_refused():
    with pytest.raises(TooFewGroups, match="needs 10 groups; there are 9"):
        funnel([cell(number, 60) for number in range(9)])


def test_groups_that_differ_by_chance_alone_lie_inside_and_one_that_does_not_lies_outside():
    alike = [cell(number, 60 + (-1) ** number) for number in range(20)]
    found = funnel(alike)
    assert found.tau == 0
    assert found.centre == pytest.approx(60)
    assert {point.beyond for point in found.points} == {0}
    far = funnel([*alike, cell(20, 80)])
    assert [point.cell.name for point in far.points if point.beyond == 2] == ["Authority 20"]


def test_true_variation_between_groups_widens_the_limits():
    """Scores that vary by ten points: tau is a little below, for winsorising, and few of 200 lie outside."""
    found = funnel([cell(number, round(CHANCE.gauss(60, 10))) for number in range(200)])
    assert found.tau == pytest.approx(10, rel=0.25)
    by_chance_alone = sum(abs(point.cell.score - found.centre) > 4 for point in found.points)
    assert by_chance_alone > 120
    assert sum(point.beyond > 0 for point in found.points) < 40
    assert sum(point.beyond > 1 for point in found.points) < 8


def test_limits_narrow_with_answers_and_hold_what_they_say():
    found = funnel([cell(number, 60 + number % 3) for number in range(12)])
    (low, high), (lowest, highest) = found.limits(100, INNER), found.limits(100, OUTER)
    assert lowest < low < found.centre < high < highest
    assert found.limits(400, INNER)[1] < high
    standard_error = 4 / 1.959964
    assert found.spread == pytest.approx(standard_error * 10)
    assert high - found.centre == pytest.approx(1.959964 * standard_error, rel=1e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_funnel_names_only_who_lies_outside(variant):
    svg = draw_funnel(funnel([*(cell(number, 60 + number % 2) for number in range(12)), cell(12, 90)]), variant).svg
    assert re.findall(r"<text[^>]*>(Authority \d\d)</text>", svg) == ["Authority 12"]
    assert not re.search(r"<style|<script|style=|href=|aria-label=", svg)


def test_the_page_has_funnels_from_ten_authorities_on():
    charts = {("p", "connectedness", name): StoredChart("<svg/>", "abc") for name in VARIANTS}

    def page(count):
        groups = [
            ReportingGroup(f"a{number:02}", f"Authority {number:02}", Level.AUTHORITY, "p") for number in range(count)
        ]
        cells = [cell(number, 90 if number == 1 else 30 if number == 2 else 60) for number in range(count)]
        results = FakeResults(published=[wave(0)], groups=[PROGRAMME, *groups], published_cells=cells, charts=charts)
        return build_comparison_page(results, PROGRAMME)

    assert page(9).funnels == ()
    (found,) = page(14).funnels
    assert found.differences[0].startswith("Authority 01 lies")
    assert found.differences[0].endswith("above")
    assert found.differences[1].endswith("below")
    assert 80 <= len(found.alt) <= 500
