import json

from dashboards.charts.explorer import explorer_design
from dashboards.pages.explorer import MOST_LINES, build_explorer_page
from dashboards.snapshots import Level, ReportingGroup
from tests.fakes import FakeResults, shown, wave, withheld

PROGRAMME = ReportingGroup("p", "Programme", Level.PROGRAMME, None)
AUTHORITIES = [ReportingGroup(key, key.upper(), Level.AUTHORITY, "p") for key in ("a", "b")]
AREAS = [ReportingGroup(f"{key}-help", "Early Help", Level.SERVICE_AREA, key) for key in ("a", "b")]
BLOCK = ReportingGroup("a-help+a-door", "Early Help and Front Door", Level.SERVICE_AREA, "a")


def results(cells, waves=2, more=()):
    return FakeResults(
        [wave(number) for number in range(waves)], [PROGRAMME, *AUTHORITIES, *AREAS, BLOCK, *more], cells
    )


def explored(cells, measure=None, chosen=(), **more):
    return build_explorer_page(results(cells, **more), PROGRAMME, measure, chosen)


def test_authorities_are_drawn_until_others_are_chosen():
    cells = [shown(0, 60, group="a"), shown(0, 50, group="b"), shown(0, 40, group="a-help")]
    page = explored(cells)
    assert [line.name for line in page.lines] == ["A", "B"]
    assert [choice.name for choice in page.areas] == ["Early Help, A", "Early Help, B"], "and no block"
    page = explored(cells, chosen={"a-help", "b", "nobody", BLOCK.key})
    assert [line.name for line in page.lines] == ["B", "Early Help, A"]
    assert [choice.is_chosen for choice in (*page.authorities, *page.areas)] == [False, True, True, False]


def test_a_pulse_is_said_in_full_and_a_withheld_one_has_no_figure():
    first, second = explored([shown(0, 60, group="a"), withheld(1, group="a")], chosen={"a"}).lines[0].pulses
    assert first.said == f"{first.pulse}, 60, likely between 54 and 66"
    assert (first.score, first.low, first.high) == (60, 54, 66)
    assert second.figure == "Not shown"
    assert (second.score, second.low, second.high, second.likely) == (None, None, None, "")


def test_a_signal_and_changed_questions_are_read_in_words():
    scores = [60, 62, 58, 61, 59, 60, 62, 58, 61, 59, 62, 60, 90, 30]
    cells = [shown(number, score, group="a") for number, score in enumerate(scores)]
    pulses = explored(cells, waves=14, chosen={"a"}).lines[0].pulses
    assert [pulse.reading for pulse in pulses[-2:]] == ["higher than usual (better)", "lower than usual (worse)"]
    changed = [shown(0, 60, group="a"), shown(1, 60, group="a", instrument="other@1.0.0")]
    last = explored(changed, chosen={"a"}).lines[0].pulses[1]
    assert (last.starts_anew, last.reading) == (True, "questions changed: not comparable with before")


def test_no_page_without_a_wave_or_for_another_measure():
    assert build_explorer_page(FakeResults(), PROGRAMME, None, ()) is None
    assert explored([], measure="height") is None
    assert explored([], measure=wave(0).measures[-1].id).measure == wave(0).measures[-1]


def test_more_lines_than_can_be_told_apart_are_left_out_and_counted():
    many = [ReportingGroup(f"c{number}", f"C{number}", Level.AUTHORITY, "p") for number in range(9)]
    page = explored([shown(0, 60, group=group.key) for group in many], more=many)
    assert len(page.lines) == MOST_LINES
    assert page.left_out == 11 - MOST_LINES


def test_the_design_holds_no_value_and_asks_nobody():
    design = json.loads(explorer_design().vega)
    named = [dataset for dataset in design["data"] if dataset["name"] in explorer_design().datasets]
    assert len(named) == 4
    assert all(not dataset.get("values") and "url" not in dataset for dataset in design["data"])
    assert "http" not in json.dumps({**design, "$schema": ""})
