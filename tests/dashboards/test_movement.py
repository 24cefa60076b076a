from datetime import date

import pytest

from dashboards.flags import count_flags, expected_by_chance, together
from dashboards.pages.comparison import build_comparison_page
from dashboards.pages.movement import build_movement
from dashboards.snapshots import Flags, Level, ReportingGroup, StoredChart, TriedChange
from dashboards.trends import build_trend
from tests.fakes import CONNECTEDNESS, FakeResults, shown, wave, withheld

PROGRAMME = ReportingGroup("p", "Programme", Level.PROGRAMME, None)
NORTH = ReportingGroup("n", "Northtown", Level.AUTHORITY, "p")
SOUTH = ReportingGroup("s", "Southtown", Level.AUTHORITY, "p")
TEAM = ReportingGroup("t", "Team T", Level.TEAM, "n")
STEADY = [60, 62, 58, 61, 59, 60, 62, 58, 61, 59, 60, 62]


def line(scores, group="t", *, hidden=()):
    cells = [
        withheld(number, group=group) if number in hidden else shown(number, score, group=group)
        for number, score in enumerate(scores)
    ]
    return build_trend(CONNECTEDNESS, [wave(number) for number in range(len(scores))], cells)


def test_flags_are_counted_over_teams_that_have_a_usual_range():
    lines = [
        (TEAM, line([*STEADY, 90])),
        (TEAM, line(STEADY)),
        (TEAM, line(STEADY[:3])),
        (TEAM, line([*STEADY, 60], hidden={12})),
        (NORTH, line([*STEADY, 90])),
    ]
    found = count_flags(lines)
    assert found.lines == 2, "too early, not shown and the level above do not count"
    (flag,) = found.flagged
    assert (flag.name, flag.measure, flag.is_higher, flag.is_better) == ("Team T", "connectedness", True, True)
    both = together([found, count_flags([(ReportingGroup("a", "Team A", Level.TEAM, "n"), line([*STEADY, 30], "t"))])])
    assert (both.lines, [each.name for each in both.flagged]) == (3, ["Team A", "Team T"])


@pytest.mark.parametrize(("lines", "fewest", "most"), [(0, 0, 0), (1, 0, 1), (100, 3, 8), (250, 7, 20)])
def test_chance_alone_would_flag_three_to_eight_in_a_hundred(lines, fewest, most):
    assert (expected_by_chance(lines).fewest, expected_by_chance(lines).most) == (fewest, most)


def movement(results, *, begins_together=False):
    return build_movement(results, PROGRAMME, [NORTH, SOUTH], [CONNECTEDNESS], begins_together=begins_together)


def pictures(*keys):
    return {
        (key, "connectedness", name): StoredChart("<svg/>", "abc") for key in keys for name in ("small", "small-since")
    }


def test_each_authority_stands_beside_its_own_past_with_a_picture_in_words():
    cells = [shown(number, score, group="n") for number, score in enumerate([*STEADY, 90])]
    results = FakeResults(
        published=[wave(number) for number in range(13)], published_cells=cells, charts=pictures("n", "s")
    )
    (measure,) = movement(results).measures
    (north,) = measure.authorities
    assert measure.title == "Connectedness (higher is better)"
    assert north.picture == "/charts/n/connectedness/small-abc.svg"
    assert north.reading == "higher than usual (better)"
    assert "60 in January 2025, 90 in January 2026, likely between 84 and 96" in north.alt
    together_ = movement(results, begins_together=True)
    assert together_.measures[0].authorities[0].picture == "/charts/n/connectedness/small-since-abc.svg"


def test_without_pictures_or_counts_nothing_is_said():
    page = movement(FakeResults())
    assert (page.measures, page.flags, page.flagged, page.tried) == ((), "", (), ())


def test_flags_stand_beside_what_chance_would_give():
    one = count_flags([(TEAM, line([*STEADY, 90]))])
    page = movement(FakeResults(counted=Flags(100, one.flagged)))
    assert page.flags.startswith("One of 100 team lines stands outside the usual range")
    assert page.flags.endswith("chance alone would give about 3 to 8.")
    ((link, reading),) = page.flagged
    assert (link.text, link.path) == ("Team T: connectedness", "/teams/t/connectedness")
    assert reading == "higher than usual (better) since January 2026"
    assert movement(FakeResults(counted=Flags(40, ()))).flags.startswith("None of 40 team lines stand outside")
    assert movement(FakeResults(counted=Flags(0, ()))).flags == "No team has a usual range yet: that needs six pulses."


def test_small_changes_of_one_title_are_told_together():
    tried = [
        TriedChange("No-meeting Fridays", "Team A", "Northtown", date(2026, 3, 2)),
        TriedChange("Buddies", "Team A", "Northtown", date(2026, 2, 2)),
        TriedChange("no-meeting fridays ", "Team A", "Southtown", date(2026, 1, 5)),
        TriedChange("No-meeting Fridays", "Team A", "Northtown", date(2026, 6, 1)),
    ]
    first, second = movement(FakeResults(all_tried=tried)).tried
    assert (first.title, first.teams, first.authorities, first.since) == (
        "No-meeting Fridays",
        "two teams",
        "Northtown, Southtown",
        "January 2026",
    )
    assert (second.title, second.teams) == ("Buddies", "one team")


def test_the_programme_page_carries_it():
    cells = [shown(0, 60, group="n", level=Level.AUTHORITY, parent="p")]
    results = FakeResults(published=[wave(0)], groups=[PROGRAMME, NORTH], published_cells=cells, charts=pictures("n"))
    page = build_comparison_page(results, PROGRAMME, begins_together=True)
    assert page.movement.begins_together
    assert [each.link.text for each in page.movement.measures[0].authorities] == ["Northtown"]
