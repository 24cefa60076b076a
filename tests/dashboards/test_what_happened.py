"""A page says in plain sentences what became of its group and of its waves."""

from datetime import date

import pytest

from dashboards.ancestry import earlier_points
from dashboards.pages.measure import build_measure_page
from dashboards.pages.what_happened import regrouping, what_happened
from dashboards.snapshots import (
    CutFigure,
    FormerGroup,
    Level,
    NewRange,
    Regrouping,
    RegroupingKind,
    ReportingGroup,
    Withdrawal,
)
from dashboards.trends import trends_of
from tests.fakes import CONNECTEDNESS, FakeResults, shown, wave, withheld

DAY = date(2026, 3, 3)


def group(key, parent="Help"):
    return FormerGroup(key, key.title(), parent.lower(), parent)


def change(kind, before, after):
    return Regrouping(kind, DAY, tuple(before), tuple(after))


MERGED = change(RegroupingKind.MERGED, [group("a"), group("b"), group("c")], [group("t")])
SPLIT = change(RegroupingKind.SPLIT, [group("t")], [group("a"), group("b")])
MOVED = change(RegroupingKind.MOVED, [group("t")], [group("t", "Care")])
RENAMED = change(RegroupingKind.RENAMED, [group("t")], [FormerGroup("t", "New", "help", "Help")])


@pytest.mark.parametrize(
    ("found", "key", "sentence"),
    [
        (RENAMED, "t", "Called T until 3 March 2026."),
        (RENAMED, "help", "T is called New since 3 March 2026."),
        (MOVED, "t", "Moved from Help to Care on 3 March 2026. Its line goes on."),
        (MOVED, "help", "T went to Care on 3 March 2026: figures until then count it here."),
        (MOVED, "care", "T came here from Help on 3 March 2026: figures from then on count it here."),
        (MERGED, "a", "Became part of T on 3 March 2026. Its line ends here."),
        (MERGED, "help", "A, B and C became T on 3 March 2026."),
        (SPLIT, "t", "Divided into A and B on 3 March 2026. Its line ends here."),
        (SPLIT, "help", "T was divided into A and B on 3 March 2026."),
    ],
)
def test_a_change_is_told_from_where_the_reader_stands(found, key, sentence):
    assert regrouping(found, key) == sentence


def test_a_new_group_says_where_it_came_from_and_what_is_not_its_own():
    assert regrouping(MERGED, "t").startswith("Made of A, B and C on 3 March 2026. Its own line begins there;")
    assert regrouping(SPLIT, "a").startswith("Came out of T on 3 March 2026.")


def results(**more):
    return FakeResults(
        published=[wave(number) for number in range(3)],
        groups=[ReportingGroup("t", "T", Level.TEAM, "help")],
        **more,
    )


def test_withdrawals_are_told_too():
    found = results(
        regrouped={"t": [MOVED]}, taken_back=[Withdrawal("May 2026", date(2026, 6, 9), "the wrong list was used.")]
    )
    assert what_happened(found, "t") == (
        "Moved from Help to Care on 3 March 2026. Its line goes on.",
        "The results of the May 2026 pulse were withdrawn on 9 June 2026: the wrong list was used.",
    )


def test_what_came_before_is_the_mean_weighted_by_answers_where_all_are_shown():
    two = change(RegroupingKind.MERGED, [group("a"), group("b")], [group("t")])
    cells = [
        shown(0, 60, group="a", n=10), shown(0, 70, group="b", n=30),
        shown(1, 60, group="a", n=10), withheld(1, group="b"),
        shown(2, 66),
    ]  # fmt: skip
    found = results(regrouped={"t": [two]}, published_cells=cells)
    (point,) = earlier_points(found, "t", ["connectedness"], [two])["connectedness"]
    assert (point.wave.key, point.score, point.names) == ("w0", 68, ("A", "B"))  # 67.5
    (trend,) = trends_of(found, "t", [CONNECTEDNESS])
    assert [each.score for each in trend.earlier] == [68]
    page = build_measure_page(found, found.group("t"), "connectedness")
    assert page.has_earlier
    assert page.rows[-1].note == "Before this group: A and B together"
    assert "Before it, in grey: A and B together." in page.alt


def test_a_group_that_came_out_of_none_has_nothing_before_it():
    found = results(regrouped={"t": [MOVED]}, published_cells=[shown(2, 66)])
    assert earlier_points(found, "t", ["connectedness"], [MOVED]) == {}
    assert trends_of(found, "t", [CONNECTEDNESS])[0].earlier == ()


def test_a_measure_page_names_categories_and_decisions():
    decided = NewRange("connectedness", "w1", "a new office", "Dev")
    cut = CutFigure("w2", "t", "Role", ("Lead", "Senior"), "connectedness", 20, 64, 63.0, 65.0, 58, 70)
    found = results(
        published_cells=[shown(number, 60 + number) for number in range(3)], decided={"t": [decided]}, all_cuts=[cut]
    )
    page = build_measure_page(found, found.group("t"), "connectedness")
    assert page.new_ranges == (f"{wave(1).label}: a new usual range, decided by Dev: a new office",)
    assert [(row.name, row.score, row.answers) for row in page.categories] == [("Lead or Senior", "64", "20")]
