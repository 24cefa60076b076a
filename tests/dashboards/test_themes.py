"""What teams try, by theme; and one small change across teams, of which staggered starts say more than one does."""

from datetime import date

import pytest

from dashboards.charts.multiples import draw_from_start, frame_of
from dashboards.pages.addresses import tried_path
from dashboards.pages.themes import PassedUp, build_themes, build_tried_page, lines_of, tried_variant
from dashboards.snapshots import StoredChart, TriedChange
from dashboards.trends import build_trend
from tests.fakes import CONNECTEDNESS, FakeResults, shown, wave

STEADY = [60, 62, 58, 61, 59, 60, 62, 58, 61, 59, 60, 62]


def change(team, started_on, *, title="Walk and talk", theme="Time to think", measure="connectedness", at="Northtown"):
    return TriedChange(title, team.upper(), at, started_on, team, measure, theme)


def cells(group, extra):
    return [shown(number, score, group=group) for number, score in enumerate([*STEADY, *extra])]


def results(*tried, **more):
    return FakeResults(
        published=[wave(number) for number in range(14)],
        published_cells=[*cells("a", [80, 82]), *cells("b", [61, 60]), *cells("c", [35, 34])],
        all_tried=list(tried),
        **more,
    )


BEGAN = wave(12).closed_on


def test_themes_count_teams_once_and_name_what_is_tried_and_what_was_passed_up():
    found = build_themes(
        results(
            change("a", BEGAN), change("a", BEGAN, title="Quiet hour", measure=None),
            change("b", BEGAN, theme=" time to THINK", at="Southtown"), change("c", BEGAN, theme=""),
        ),
        "crescendo",
        [PassedUp("Time to think", "Northtown", "open"), PassedUp("Time to think", "Southtown", "open"),
         PassedUp("Laptops", "Northtown", "done")],
    )  # fmt: skip
    assert [(each.title, each.tried_by, each.passed_up) for each in found] == [
        ("Time to think", "two teams in two authorities", "2 open"),
        ("Laptops", "nobody yet", "1 done"),
        ("Without a theme", "one team in one authority", ""),
    ]
    assert [link.text for link in found[0].changes] == ["Quiet hour", "Walk and talk"]
    assert [each.since for each in found] == [
        "1 of 2 outside the usual range since", "", "1 of 1 outside the usual range since"
    ]  # fmt: skip


def test_staggered_starts_are_told_with_what_they_are_worth():
    first, second, third = (change(team, wave(at).closed_on) for team, at in (("a", 12), ("b", 11), ("c", 13)))
    page = build_tried_page(results(first, second, third), "crescendo", "walk-and-talk")
    assert (page.title, page.headline) == ("Walk and talk", "Tried by three teams in one authority")
    assert "They began at different times" in page.starts
    assert page.starts.endswith(
        "Of three with a usual range, one is better than usual, one is worse than usual and one is as usual since."
    )
    assert "does not show that it made it" in page.caution
    assert [panel.link.text for panel in page.panels] == ["A", "B", "C"]
    assert page.panels[0].sentences[-1] == "Of the two pulses since, two were higher than usual (better)."
    assert all(page.caution not in panel.sentences for panel in page.panels)


def test_all_at_once_is_worth_less_and_one_alone_says_nothing_of_it():
    together = build_tried_page(results(change("a", BEGAN), change("b", BEGAN)), "crescendo", "walk-and-talk")
    assert "whatever else happened then could have done it too" in together.starts
    alone = build_tried_page(results(change("b", BEGAN)), "crescendo", "walk-and-talk")
    assert alone.starts == "Of one with a usual range, one is as usual since."


def test_what_cannot_be_said_yet_is_not_said():
    nowhere = change("a", BEGAN, measure=None)
    unknown = change("z", BEGAN)
    ahead = change("b", date(2030, 1, 1))
    page = build_tried_page(results(nowhere, unknown, ahead), "crescendo", "walk-and-talk")
    assert [bool(panel.link.path) for panel in page.panels] == [False, False, True]
    assert "in none of the measures" in page.panels[0].sentences[0]
    assert "usual range" not in page.starts
    assert build_tried_page(results(nowhere), "crescendo", "other") is None
    assert build_themes(results(nowhere), "crescendo", [])[0].since == ""


def test_the_picture_is_the_one_that_was_drawn_for_this_start():
    began = change("a", BEGAN)
    stored = {("a", "connectedness", tried_variant(began)): StoredChart("<svg/>", "f" * 16)}
    page = build_tried_page(results(began, charts=stored), "crescendo", "walk-and-talk")
    assert page.panels[0].picture == f"/charts/a/connectedness/tried-walk-and-talk-{BEGAN:%Y%m%d}-{'f' * 16}.svg"
    assert 80 <= len(page.panels[0].alt) <= 500
    assert tried_path("Walk & talk!") == "/programme/changes/walk-talk"


def test_lines_without_a_figure_are_not_drawn():
    tried = results(change("a", BEGAN), change("z", BEGAN), change("b", BEGAN, measure=None))
    assert [each.group for each, _ in lines_of(tried, "crescendo")] == ["a"]


@pytest.mark.parametrize(("day", "marks"), [(BEGAN, 1), (date(2020, 1, 1), 0)])
def test_a_start_is_marked_where_the_picture_reaches(day, marks):
    trend = build_trend(CONNECTEDNESS, [wave(number) for number in range(14)], cells("a", [80, 82]))
    svg = draw_from_start(trend, day, frame_of([trend])).svg
    assert svg.count('stroke-dasharray="7,4"') == marks
