"""A lead's page is light and cheap, however long the line; a wave's pictures are drawn at the cost that was planned."""

import re
import sys
import time
from datetime import UTC, datetime

import pytest

from survey_app.extensions import db
from survey_app.use_cases.drawing import draw_charts
from tests.factories import mixed_answers, signed_in
from tests.people import BEN

TEAM_A = "northtown-team-a"
PACKED = {"Accept-Encoding": "gzip"}

pytestmark = pytest.mark.slow


def cpu_of(act, times=15):
    """The CPU milliseconds of something, the least of so many, without what coverage adds."""
    tracer = sys.gettrace()
    sys.settrace(None)
    spent = []
    for _ in range(times):
        started = time.process_time()
        act()
        spent.append(1000 * (time.process_time() - started))
    sys.settrace(tracer)
    return min(spent)


def cpu_of_a_picture(studio):
    """The CPU milliseconds that one of a wave's pictures takes a job whose designs are compiled."""
    drawn = []
    for _ in range(2):
        studio.run_wave({TEAM_A: mixed_answers(10), "northtown-team-b": mixed_answers(7)})
        whole = cpu_of(lambda: drawn.append(draw_charts(datetime.now(UTC))), times=1)
        db.session.rollback()
    return whole / drawn[-1]


def test_a_team_page_of_twenty_four_waves(studio):
    studio.set_up({"Team A": 12, "Team B": 8})
    studio.appoint()
    for _ in range(22):
        studio.run_wave({TEAM_A: mixed_answers(10), "northtown-team-b": mixed_answers(7)})
    picture = cpu_of_a_picture(studio)
    ben = signed_in(studio, BEN)
    page = ben.get(f"/teams/{TEAM_A}")
    assert page.text.count("<li>") >= 4
    needed = re.findall(r'(?:href|src)="(/(?:static|charts)/[^"]+)"', page.text)
    weight = len(page.data) + sum(len(ben.get(path, headers=PACKED, buffered=True).data) for path in needed)
    assert weight <= 60_000
    costs = [cpu_of(lambda path=path: ben.get(path)) for path in (f"/teams/{TEAM_A}", f"/teams/{TEAM_A}/burnout")]
    assert max(costs) < 30, costs
    assert picture <= 75, picture
