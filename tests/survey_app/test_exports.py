"""Exports from order to file: made once, fetched by whoever ordered them, written down, gone after a day."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, update

from dashboards.errors import NoPdf
from dashboards.exports.formats import KINDS, Format
from survey_app.cli.results import results as results_command
from survey_app.extensions import db
from survey_app.jobs.exports import make_export
from survey_app.models.accounts import RoleGrant
from survey_app.models.audit import AuditEntry
from survey_app.models.exports import ExportOrder
from survey_app.models.groups import Group
from survey_app.processes.clock import tick
from survey_app.use_cases import export_files
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.exporting import MOST_WAITING, forget_exports, orders_to_make
from tests.conftest import HAS_PANGO
from tests.factories import mixed_answers, signed_in
from tests.people import BEN, CHLOE, DEV

TEAM_A = "northtown-team-a"


@pytest.fixture
def programme(studio):
    """Team A and C have answered; B is too small and counted with another."""
    studio.set_up({"Team A": 12, "Team B": 3, "Team C": 8})
    studio.appoint()
    for _ in range(2):
        studio.run_wave(
            {TEAM_A: mixed_answers(10), "northtown-team-b": mixed_answers(2), "northtown-team-c": mixed_answers(7)}
        )
    draw_charts(datetime.now(UTC))
    db.session.rollback()
    return studio


def order(client, key, kind):
    """Order an export; return its address."""
    response = client.post(f"/exports/of/{key}", data={"format": kind})
    assert response.status_code == 303, response.text
    return response.headers["Location"]


def make_all():
    """What the worker does."""
    for order_id in orders_to_make(datetime.now(UTC)):
        make_export(str(order_id))


@pytest.mark.parametrize("kind", [kind for kind in Format if HAS_PANGO or KINDS[kind].suffix != "pdf"])
def test_a_lead_orders_waits_and_fetches(programme, kind):
    ben = signed_in(programme, BEN)
    assert f'href="/exports/of/{TEAM_A}"' in ben.get(f"/teams/{TEAM_A}").text
    assert 'value="pptx"' in ben.get(f"/exports/of/{TEAM_A}").text
    address = order(ben, TEAM_A, kind)
    waiting = ben.get(address).text
    assert "Your export is being made" in waiting
    assert '<meta http-equiv="refresh" content="2">' in waiting
    assert ben.get(f"{address}/file").status_code == 404
    make_all()
    ready = ben.get(address).text
    assert "Your export is ready" in ready
    assert "refresh" not in ready
    file = ben.get(f"{address}/file")
    assert file.status_code == 200
    assert re.search(rf'attachment; filename="pulse-{TEAM_A}', file.headers["Content-Disposition"])
    assert file.headers["Cache-Control"] == "no-store"
    assert len(file.data) > 500
    actions = [(entry.actor, entry.action, entry.detail) for entry in db.session.scalars(select(AuditEntry))]
    assert ("Ben", "order export", {"format": kind}) in [(a.split()[0], b, c) for a, b, c in actions]
    assert "fetch export" in [action for _, action, _ in actions]


def rows_of(programme, person, key):
    """The groups and figures of somebody's table."""
    client = signed_in(programme, person)
    address = order(client, key, "csv")
    make_all()
    content = client.get(f"{address}/file").data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def test_an_export_holds_what_whoever_ordered_it_may_see_and_equals_what_is_published(programme):
    published = json.loads(
        CliRunner().invoke(results_command, ["published", "--json"], obj=lambda: programme.app).output
    )
    by_place = {(cell["wave"], cell["group"], cell["measure"]): cell for cell in published}
    everything = rows_of(programme, DEV, "crescendo")
    assert {(row["wave"], row["group"], row["measure"]) for row in everything} == set(by_place)
    for row in everything:
        cell = by_place[row["wave"], row["group"], row["measure"]]
        assert row["score"] == ("" if cell["status"] == "withheld" else str(cell["score"]))
    assert {row["group"] for row in rows_of(programme, BEN, TEAM_A)} == {TEAM_A}
    level_above = rows_of(programme, BEN, "northtown-early-help")
    assert {row["group"] for row in level_above} == {"northtown-early-help"}, "not the teams of others"


def test_of_what_is_not_theirs_nobody_learns_anything(programme):
    ben, chloe = signed_in(programme, BEN), signed_in(programme, CHLOE)
    for key in ("crescendo", "northtown-team-c", "nothing"):
        assert ben.get(f"/exports/of/{key}").status_code == 404
        assert ben.post(f"/exports/of/{key}", data={"format": "csv"}).status_code == 404
    address = order(ben, TEAM_A, "csv")
    make_all()
    assert chloe.get(address).status_code == chloe.get(f"{address}/file").status_code == 404
    nobody = programme.app.test_client()
    assert nobody.get(address).headers["Location"] == "/sign-in"


def test_an_export_is_out_of_reach_when_the_role_has_ended(programme):
    ben = signed_in(programme, BEN)
    address = order(ben, TEAM_A, "csv")
    make_all()
    assert ben.get(f"{address}/file").status_code == 200
    team = db.session.scalar(select(Group.id).where(Group.key == TEAM_A))
    db.session.execute(delete(RoleGrant).where(RoleGrant.group_id == team))
    db.session.commit()
    assert ben.get(address).status_code == ben.get(f"{address}/file").status_code == 404


def test_bad_orders_say_what_is_wrong_and_change_nothing(programme):
    ben = signed_in(programme, BEN)
    refused = ben.post(f"/exports/of/{TEAM_A}", data={"format": "docx"})
    assert (refused.status_code, "Choose a format." in refused.text) == (400, True)
    for _ in range(5):
        order(ben, TEAM_A, "csv")
    many = ben.post(f"/exports/of/{TEAM_A}", data={"format": "csv"})
    assert (many.status_code, "Wait for one of them" in many.text) == (429, True)
    assert len(orders_to_make(datetime.now(UTC))) == 5


def test_an_export_is_made_once_however_often_it_is_rung_for(programme, monkeypatch):
    ben = signed_in(programme, BEN)
    order(ben, TEAM_A, "csv")
    (order_id,) = orders_to_make(datetime.now(UTC))
    make_export(str(order_id))
    made = db.session.scalars(select(ExportOrder.content)).one()
    db.session.rollback()
    monkeypatch.setattr(export_files, "make_export", lambda *_, **__: b"made twice")
    make_export(str(order_id))
    make_export("00000000-0000-0000-0000-000000000000")
    assert db.session.scalars(select(ExportOrder.content)).all() == [made]


def test_what_cannot_be_made_says_why(programme, monkeypatch):
    def without_pango(*_, **__):
        raise NoPdf

    ben = signed_in(programme, BEN)
    address = order(ben, TEAM_A, "pdf")
    monkeypatch.setattr(export_files, "make_export", without_pango)
    make_all()
    page = ben.get(address).text
    assert "Pango is missing" in page
    assert "refresh" not in page
    assert orders_to_make(datetime.now(UTC)) == []


def test_an_export_that_no_worker_made_for_an_hour_says_so_and_keeps_nobody_from_another(programme):
    ben = signed_in(programme, BEN)
    addresses = [order(ben, TEAM_A, "csv") for _ in range(MOST_WAITING)]
    assert ben.post(f"/exports/of/{TEAM_A}", data={"format": "csv"}).status_code == 429
    db.session.execute(update(ExportOrder).values(ordered_at=datetime.now(UTC) - timedelta(hours=2)))
    db.session.commit()
    page = ben.get(addresses[0]).text
    assert "No worker has made it for an hour. Order it again." in page
    assert "refresh" not in page
    assert order(ben, TEAM_A, "csv")


def test_the_clock_rings_for_what_a_lost_ring_left_and_forgets_after_a_day(programme, broker_url):
    ben = signed_in(programme, BEN)
    address = order(ben, TEAM_A, "csv")
    assert len(orders_to_make(datetime.now(UTC))) == 1
    assert orders_to_make(datetime.now(UTC) + timedelta(hours=2)) == [], "nobody waits that long"
    tick(programme.app.extensions["pulse_settings"], datetime.now(UTC))
    make_all()
    db.session.execute(update(ExportOrder).values(ordered_at=datetime.now(UTC) - timedelta(days=1, minutes=1)))
    db.session.commit()
    forget_exports(datetime.now(UTC))
    assert ben.get(address).status_code == 404


def run(programme, *arguments):
    return CliRunner().invoke(results_command, list(arguments), obj=lambda: programme.app)


def test_the_command_writes_files_and_is_written_down(programme, tmp_path):
    path = tmp_path / "all.xlsx"
    done = run(programme, "export", "--to", "xlsx", "--group", "crescendo", "--output", str(path), "--by", "Dev")
    assert re.search(rf"Wrote {path}, [\d,]+ bytes", done.output), done.output
    assert path.read_bytes()[:2] == b"PK"
    assert db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first().action == "export"
    db.session.rollback()
    refused = run(programme, "export", "--to", "csv", "--group", "nothing")
    assert (refused.exit_code, "There is no group" in refused.output) == (2, True)


def test_before_anything_is_published_the_command_says_so(studio):
    studio.set_up({"Team A": 6})
    refused = run(studio, "export", "--to", "csv", "--group", "crescendo")
    assert (refused.exit_code, "Nothing is published of 'crescendo' yet" in refused.output) == (2, True)
