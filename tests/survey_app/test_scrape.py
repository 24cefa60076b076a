"""Everything that anybody can fetch, as every role, for a whole demo: it is a function of what was published."""

import json
import re
from collections import defaultdict
from datetime import date
from html import unescape
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from dashboards.snapshots import Level
from survey_app.cli.results import results as results_command
from survey_app.demo.seeding import DemoPlan, DemoSeed
from survey_app.extensions import db, settings, vault
from survey_app.models.accounts import Role
from survey_app.models.groups import Group
from survey_app.models.publications import StoredChartRow
from survey_app.models.pulses import Wave
from survey_app.use_cases.access import demo_accounts
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.people import add_account
from tests.factories import MONDAY, signed_in
from tests.people import Person

LINK = re.compile(r'(?:href|src|srcset)="(/[^"#]*)"')
ROW = re.compile(r'<tr><th scope="row">(.*?)</th><td>(\d+)(?:<br>.*?)?</td><td>(.*?)</td><td>(.*?)</td></tr>', re.S)
FIGURE = re.compile(r'<p class="figure"><strong>(\d+)')
SCORES = re.compile(r'<div class="score"><strong>(\d+)')


@pytest.fixture
def demo(app):
    DemoSeed(
        DemoPlan(authorities=2, waves=7, seed=3, today=date(2026, 11, 23)), settings(), vault(), lambda _: None
    ).run()
    for level, role in ((Level.SERVICE_AREA, Role.SERVICE_LEAD), (Level.AUTHORITY, Role.AUTHORITY_LEAD)):
        group = db.session.scalars(select(Group.key).where(Group.level == level).order_by(Group.key)).first()
        add_account(f"A {role}", f"{role}@example.org", role, group, vault())
    add_account("A reader", "reader@example.org", Role.GOVERNANCE_READER, "crescendo", vault())
    return SimpleNamespace(app=app, vault=vault())


def reached(browser):
    """Every address that somebody reaches from the first page by following links, and what it answered."""
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith(("/static", "/demo", "/sign-", "/manage/instruments")):
            continue
        seen.add(path)
        reply = browser.get(path, follow_redirects=True)
        assert reply.status_code == 200, path
        yield path, reply
        if reply.mimetype == "text/html":
            waiting += [unescape(link) for link in LINK.findall(reply.text)]


def scrape(demo):
    """Every page and picture that each account reaches from its first page, by account and address."""
    found = {}
    for account in demo_accounts(vault()):
        db.session.rollback()
        browser = signed_in(demo, Person(account.name, account.email))
        found |= {(account.name, path): reply.text for path, reply in reached(browser)}
    return found


def published(demo):
    db.session.remove()
    result = CliRunner().invoke(results_command, ["published", "--json"], obj=lambda: demo.app)
    return json.loads(result.output)


@pytest.mark.slow
def test_each_number_that_anybody_sees_is_published_and_nothing_else_decides_a_page(demo):
    pages = scrape(demo)
    assert len(pages) > 200
    assert {account.role for account in demo_accounts(vault())} == {role.replace("_", " ") for role in Role}
    assert {name for name, _ in pages} == {account.name for account in demo_accounts(vault())}
    _assert_figures_are_published(pages, published(demo))
    _assert_withheld_groups_have_no_figure(pages, published(demo))
    _assert_answers_decide_nothing(demo, pages)


def _assert_figures_are_published(pages, cells):
    known = defaultdict(set)
    for cell in cells:
        if cell["status"] == "shown":
            figure = str(cell["score"]), (str(cell["likely_low"]), str(cell["likely_high"])), str(cell["n"])
            known[cell["group"], cell["measure"]].add(figure)
    rows = [(where, row) for where, page in _measure_pages(pages) for row in ROW.findall(_table(page))]
    for where, (_, score, likely, people) in rows:
        assert (score, tuple(re.findall(r"\d+", likely)), re.search(r"\d+", people).group()) in known[where]
    assert len(rows) > 300
    scores = {where: {figure[0] for figure in figures} for where, figures in known.items()}
    for where, page in _measure_pages(pages):
        assert set(FIGURE.findall(page)) <= scores.get(where, set())
    every = set().union(*scores.values())
    assert all(set(SCORES.findall(page)) <= every for page in pages.values())


def _table(page):
    """The table of every pulse."""
    return page.partition("<h2>Every pulse in a table</h2>")[2].partition("</table>")[0]


def _measure_pages(pages):
    """Each page of a group and a measure."""
    for (_, path), page in pages.items():
        if match := re.fullmatch(r"/(?:teams|service-areas|authorities)/([^/]+)/([^/]+)", path):
            yield match.groups(), page


def _assert_withheld_groups_have_no_figure(pages, cells):
    """A group that has never been shown on a measure has neither a figure nor a picture."""
    shown = {(cell["group"], cell["measure"]) for cell in cells if cell["status"] == "shown"}
    never = {(cell["group"], cell["measure"]) for cell in cells if cell["status"] == "withheld"} - shown
    for where, page in _measure_pages(pages):
        if where in never:
            assert not FIGURE.search(page)
            assert "/charts/" not in page
    charts = {(row.group_key, row.measure) for row in db.session.scalars(select(StoredChartRow))}
    db.session.rollback()
    assert not charts & never


def _assert_answers_decide_nothing(demo, pages):
    """Without a single answer left, and with every picture drawn anew, each page is the same byte by byte."""
    for table in ("responses", "answers_apart", "ballots"):
        db.session.execute(text(f"DELETE FROM {table}"))
    db.session.query(StoredChartRow).delete()
    db.session.query(Wave).filter(Wave.state == "closed").update({"charts_drawn_at": None})
    db.session.commit()
    assert draw_charts(MONDAY) > 100
    again = scrape(demo)
    assert again.keys() == pages.keys()
    changed = {path.partition("?")[0] for (name, path), page in pages.items() if again[name, path] != page}
    assert changed <= {"/account", "/manage/log"}, "which tell of sessions and of what was done meanwhile"
