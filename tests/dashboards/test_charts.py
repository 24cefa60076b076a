import re
import subprocess
import sys
from datetime import date

import pytest

from dashboards.charts.dots import VARIANTS, draw_dots, shared_extent
from dashboards.charts.multiples import draw_small, frame_of
from dashboards.charts.trend import PHONE, SIZES, WIDE, _bands, draw_sparkline, draw_trend
from dashboards.snapshots import LinePlace, PublishedWave, SmallChangeMark
from dashboards.trends import build_trend
from tests.fakes import BURNOUT, CONNECTEDNESS, shown, wave, withheld


def trend(cells, measure=CONNECTEDNESS, changes=()):
    last = max(int(cell.wave[1:]) for cell in cells) + 1
    return build_trend(measure, [wave(number) for number in range(last)], cells, changes)


LONG = trend(
    [shown(number, 60 + number % 3) for number in range(12)]
    + [withheld(12), shown(13, 80), shown(14, 62, instrument="crescendo-pulse@2.0.0")],
    changes=[SmallChangeMark("Buddies", date(2025, 6, 1))],
)


@pytest.mark.parametrize("size", SIZES)
def test_the_same_trend_gives_the_same_picture(size):
    first, second = draw_trend(LONG, size), draw_trend(LONG, size)
    assert first == second
    assert first.svg.startswith("<svg")
    assert draw_trend(trend([shown(0, 60)]), size).fingerprint != first.fingerprint


def test_a_picture_has_no_style_script_or_foreign_address_in_it():
    svg = draw_trend(LONG, WIDE).svg
    assert not re.search(r"<style|<script|style=|href=|aria-label=", svg)
    assert set(re.findall(r"https?://[^\"' ]+", svg)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_a_picture_carries_marks_for_changes_versions_gaps_and_the_latest_score():
    svg = draw_trend(LONG, WIDE).svg
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", svg)
    assert {"A", "Q", "62", "usual range"} <= set(texts)


def test_the_figures_of_a_picture_are_the_published_ones_only():
    canaries = [withheld(number) for number in range(4)]
    svg = draw_trend(trend([*canaries, shown(4, 77)]), PHONE).svg
    numbers = {float(found) for found in re.findall(r"<text[^>]*>([\d.]+)</text>", svg)}
    assert 77 in numbers
    assert all(number % 5 == 0 or number == 77 for number in numbers)


def test_dates_are_not_a_day_off_in_british_summer():
    svg = draw_trend(trend([shown(number, 60) for number in range(5, 8)]), WIDE).svg
    assert "Jul 2025" in svg


def test_the_newest_pulse_stands_over_its_own_month():
    late = [PublishedWave("w0", "October", date(2026, 10, 30), 5, 25.0, (CONNECTEDNESS,), {})]
    svg = draw_trend(build_trend(CONNECTEDNESS, late, [shown(0, 60)]), WIDE).svg
    assert "Oct 2026" in svg
    assert "Nov 2026" not in svg


def test_better_and_worse_are_drawn_in_different_shapes_and_colours():
    cells = [shown(number, 60 + number % 3, measure="burnout") for number in range(12)] + [
        shown(12, 90, measure="burnout")
    ]
    assert "#f46a25" in draw_trend(trend(cells, BURNOUT), WIDE).svg
    assert "#f46a25" not in draw_trend(trend([shown(number, 60) for number in range(12)]), WIDE).svg


def test_a_long_line_has_fewer_ticks():
    cells = [shown(number, 60) for number in range(0, 300, 6)]
    labels = re.findall(r"<text[^>]*>(\w{3} \d\d)</text>", draw_trend(trend(cells), PHONE).svg)
    assert 2 <= len(labels) <= 4


def test_a_sparkline_is_small():
    assert len(draw_sparkline(LONG).svg) < 6_000


@pytest.mark.parametrize("variant", VARIANTS)
def test_groups_side_by_side_stand_in_alphabetical_order(variant):
    cells = [shown(0, 60, group="beta"), shown(0, 90, group="alpha")]
    svg = draw_dots(cells, variant, shared_extent(cells)).svg
    assert svg.index("Alpha") < svg.index("Beta")
    assert "(54–66)" in svg


def test_a_forked_job_can_draw():
    """The worker forks for each job; it must not have used the engine before."""
    script = (
        "import os, sys\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    from dashboards.charts.dots import draw_dots\n"
        "    from tests.fakes import shown\n"
        "    os._exit(0 if draw_dots([shown(0, 60)], 'dots-wide', (0, 100)).svg else 1)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=60, check=False).returncode == 0


def test_the_bands_of_a_line_whose_questions_changed_meet_half_way():
    places = [{"connectedness": LinePlace("one", "one")}] * 8
    places += [{"connectedness": LinePlace("one", "two", -6.0, 1.0)}] * 4
    waves = [wave(number, places=place) for number, place in enumerate(places)]
    scores = [60, 62, 58, 61, 59, 60, 62, 58, 55, 53, 54, 55]
    found = build_trend(CONNECTEDNESS, waves, [shown(number, score) for number, score in enumerate(scores)])
    first, second = _bands(found)
    assert first["to"] == second["from"] == "2025-08-27"
    assert (first["label"], second["label"]) == ("usual range", "")
    assert second["centre"] == pytest.approx(first["centre"] - 6, abs=0.11)
    assert ">Q</text>" in draw_trend(found, WIDE).svg


MONTHS = [shown(number, 60 + number % 3) for number in range(6)]


def frame(*trends):
    return frame_of(trends)


@pytest.mark.parametrize(("variant", "ends"), [("small", ["Jan 25", "Jun 25"]), ("small-since", ["start", "5 months"])])
def test_small_multiples_share_their_axes(variant, ends):
    late = [shown(number, 30) for number in (4, 5)]
    shared = frame(trend(MONTHS), trend(late))
    assert (shared.low, shared.high, shared.months) == (20, 80, 5)
    for line, latest in ((trend(MONTHS), "62"), (trend(late), "30")):
        texts = re.findall(r"<text[^>]*>([^<]+)</text>", draw_small(line, variant, shared).svg)
        assert set(ends) <= set(texts)
        assert latest in texts


def test_a_small_line_is_broken_where_it_is_not_known_or_not_comparable():
    gaps = [*MONTHS, withheld(6), shown(7, 61), shown(8, 61, instrument="crescendo-pulse@2.0.0")]
    pictures = [draw_small(trend(cells), "small", frame(trend(gaps))) for cells in (MONTHS, gaps)]
    assert [len(re.findall('stroke="#12436d" stroke-width="2"', picture.svg)) for picture in pictures] == [1, 3]
    assert frame(trend([shown(0, 50)])).months == 1
    one = draw_small(trend([shown(0, 50)]), "small-since", frame(trend([shown(0, 50)])))
    assert "1 month<" in one.svg


def test_a_small_picture_has_no_script_style_or_foreign_address():
    svg = draw_small(trend(MONTHS), "small", frame(trend(MONTHS))).svg
    assert not re.search(r"<style|<script|style=|href=|aria-label=", svg)


@pytest.mark.parametrize("size", SIZES)
def test_an_open_class_stands_over_its_point_where_it_is_not_cut_off(size):
    top = [*MONTHS, shown(6, 95, low=92.5, high=100.0)]
    for svg in (draw_trend(trend(top), size).svg, draw_small(trend(top), "small", frame(trend(top))).svg):
        (found,) = re.findall(r'<text text-anchor="(\w+)"[^>]*>95 or higher</text>', svg)
        assert found == "end"
    (beside,) = re.findall(
        r'<text text-anchor="(\w+)"[^>]*font-weight="bold"[^>]*>62</text>', draw_trend(trend(MONTHS), size).svg
    )
    assert beside == "start"
