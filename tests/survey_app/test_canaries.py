"""Numbers planted in the rows of what is withheld come out nowhere: page, picture, header, export, message or log."""

import io
import json
import logging
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pyreadstat
import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from sqlalchemy import func, select

from dashboards.exports.formats import Format
from dashboards.snapshots import WithheldCell
from notifications.rendering import render
from survey_app.cli.results import results as results_command
from survey_app.extensions import db
from survey_app.models.publications import PublishedCellRow, StoredChartRow
from survey_app.models.pulses import Wave
from survey_app.stores.outbox import DatabaseOutbox
from survey_app.use_cases import publishing
from survey_app.use_cases.api_keys import make_api_key
from survey_app.use_cases.digesting import plan_digests
from survey_app.use_cases.drawing import draw_charts
from tests.conftest import HAS_PANGO
from tests.factories import mixed_answers, signed_in
from tests.people import BEN, CHLOE, DEV
from tests.survey_app.test_exports import make_all, order
from tests.survey_app.test_scrape import reached

PLANTED = {
    "n": 61507,
    "roster_size": 61511,
    "score": 61519,
    "low": 61543.25,
    "high": 61547.25,
    "likely_low": 61553,
    "likely_high": 61559,
    "response_rate": 61561,
}
CANARY = re.compile(r"(?<![0-9a-f])615(?:07|11|19|43|47|53|59|61)(?![0-9a-f])")
TEAMS = [f"northtown-team-{letter}" for letter in "abcd"]


@pytest.fixture
def programme(studio, monkeypatch):
    """Two waves of four teams: one is shown, two are counted together, one is too small and skips a question."""
    real = publishing.to_row

    def planted(cell, wave_id):
        return real(cell, wave_id) | (PLANTED if isinstance(cell, WithheldCell) else {})

    monkeypatch.setattr(publishing, "to_row", planted)
    studio.set_up({"Team A": 12, "Team B": 3, "Team C": 8, "Team D": 4})
    studio.appoint()
    for _ in range(2):
        studio.run_wave(dict(zip(TEAMS, map(mixed_answers, (10, 2, 7, 4)), strict=True)))
    rows = db.session.scalar(select(func.count()).where(PublishedCellRow.score == PLANTED["score"]))
    assert rows >= 8, "the canaries are where withheld figures would be"
    draw_charts(datetime.now(UTC))
    db.session.rollback()
    return studio


def texts_of(data, suffix):
    """Everything that can be read in a file."""
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return [parts.read(name).decode("utf-8", "replace") for name in parts.namelist()]
    if data[:4] == b"%PDF":
        return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]
    if suffix == Format.SAV:
        frame, about = pyreadstat.read_sav(io.BytesIO(data))
        return [frame.to_csv(), repr(vars(about))]
    return [data.decode("utf-8-sig")]


def exports_of(browser, key):
    for kind in [kind for kind in Format if HAS_PANGO or kind not in {Format.PDF, Format.HANDOUT}]:
        address = order(browser, key, kind)
        make_all()
        reply = browser.get(f"{address}/file")
        assert reply.status_code == 200, kind
        yield from texts_of(reply.data, kind)
        yield repr(reply.headers)


def everything(programme):
    """Every word that leaves the product, by where it was read."""
    for person in (BEN, CHLOE, DEV):
        browser = signed_in(programme, person)
        for path, reply in reached(browser):
            yield f"{person.name} {path}", reply.text + repr(reply.headers)
    dev = signed_in(programme, DEV)
    for key in ("crescendo", "northtown", *TEAMS[:2]):
        for text in exports_of(dev, key):
            yield f"export of {key}", text
    yield from api(programme)
    db.session.remove()
    result = CliRunner().invoke(results_command, ["published", "--json"], obj=lambda: programme.app)
    yield "pulse results published", result.output
    closed_at = db.session.scalar(select(func.max(Wave.closed_at)))
    outbox = DatabaseOutbox(programme.vault, "https://pulse.example.org")
    for message_id in plan_digests(closed_at + timedelta(hours=1)):
        if claimed := outbox.claim(message_id, closed_at + timedelta(hours=30)):
            yield "digest", repr(render(claimed))
    yield "pictures", "".join(db.session.scalars(select(StoredChartRow.svg)))
    db.session.rollback()


def api(programme):
    now = datetime.now(UTC)
    secret = make_api_key(f"k{now:%f}", "crescendo", lasts=timedelta(1), by="Dev", now=now, vault=programme.vault)
    db.session.rollback()
    browser = programme.app.test_client()
    for name in ("groups", "waves", "instruments", "cells"):
        reply = browser.get(f"/api/v1/{name}", headers={"Authorization": f"Bearer {secret}"})
        assert reply.status_code == 200
        yield f"api {name}", reply.text + repr(reply.headers)


@pytest.mark.slow
def test_no_canary_leaves_by_any_way(programme, caplog):
    caplog.set_level(logging.DEBUG)
    found = list(everything(programme))
    assert {where.split()[0] for where, _ in found} == {
        "Ben",
        "Chloe",
        "Dev",
        "export",
        "api",
        "pulse",
        "digest",
        "pictures",
    }
    assert [where for where, text in found if CANARY.search(text)] == []
    assert not CANARY.search(caplog.text)


def test_the_canary_would_be_heard():
    assert CANARY.search(json.dumps(PLANTED))
    assert not CANARY.search("a61507f")
