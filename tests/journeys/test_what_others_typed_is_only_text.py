"""Attacks in every text that somebody can type, put past all checks into the rows, are text on every page.

A whole demo is seeded, every free text of every table gets attacks behind it, pictures are drawn from that, and a real
browser opens every page that each role reaches: no dialog, nothing that the policy for content had to stop.
"""

import json
from datetime import UTC, date, datetime
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from sqlalchemy import JSON, String, select, text

from survey_app.crypto.link_tokens import invitation_token
from survey_app.demo.seeding import DemoPlan, DemoSeed
from survey_app.extensions import Base, db, settings, vault
from survey_app.migrations.written_once import trigger_names
from survey_app.models.invitations import Invitation
from survey_app.models.pulses import Wave, WaveState
from survey_app.use_cases.access import demo_accounts
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.field_keys import encrypted_columns
from tests.factories import signed_in
from tests.journeys.street import served
from tests.people import Person
from tests.survey_app.test_scrape import reached

MARK = "{{7*7}}"
ATTACK = (
    f"""{MARK}"><script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>'"--></title></style>"""
    """<a href="javascript:alert(4)">x</a>`${alert(5)}`</textarea><iframe srcdoc="<script>alert(6)</script>">"""
)
FREE_TEXTS = {
    "accounts": ("name",),
    "api_keys": ("name", "made_by"),
    "audit_entries": ("actor", "subject"),
    "blueprint_items": ("title", "theme", "owner", "answer"),
    "export_orders": ("made_by", "problem"),
    "group_changes": ("decided_by",),
    "groups": ("name",),
    "instrument_permissions": ("granted_by", "scope", "recorded_by"),
    "instrument_releases": ("released_by",),
    "key_holders": ("name",),
    "level_rulings": ("reason", "ruled_by"),
    "new_ranges": ("reason", "decided_by"),
    "participants": ("role",),
    "published_cells": ("group_name",),
    "published_measures": ("title",),
    "pulses": ("name", "run_by"),
    "role_grants": ("granted_by", "ended_by"),
    "roster_uploads": ("uploaded_by", "file_name"),
    "sender_accounts": ("name",),
    "small_change_ideas": ("words", "outcome"),
    "small_changes": ("title", "aims", "opposite", "mission", "helps", "how_it_went", "theme"),
    "wave_terms": ("promise",),
    "waves": ("label", "withdrawn_because"),
    "webhooks": ("address", "made_by"),
}
IN_DOCUMENTS = {"wave_terms": ("instrument",), "instrument_releases": ("definition",), "audit_entries": ("detail",)}
ENCRYPTED = {"participants.name_encrypted", "comments.text_encrypted", "comments.shown_encrypted"}


@pytest.fixture
def attacked(app):
    DemoSeed(
        DemoPlan(authorities=2, waves=7, seed=3, today=date(2026, 11, 23)), settings(), vault(), lambda _: None
    ).run()
    for table in Base.metadata.sorted_tables:
        for trigger in trigger_names(table.name, "sqlite"):
            db.session.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
    attack_texts()
    attack_documents()
    attack_what_is_encrypted()
    db.session.execute(text("UPDATE waves SET charts_drawn_at = NULL"))
    db.session.commit()
    draw_charts(datetime.now(UTC))
    return SimpleNamespace(app=app, vault=vault())


def attack_texts():
    for table, columns in FREE_TEXTS.items():
        for column in columns:
            attacked = f"UPDATE {table} SET {column} = {column} || :attack WHERE {column} != ''"
            db.session.execute(text(attacked), {"attack": ATTACK})


def attack_documents():
    for table, columns in IN_DOCUMENTS.items():
        for column in columns:
            for rowid, document in db.session.execute(text(f"SELECT rowid, {column} FROM {table}")).all():
                spoilt = {"of": rowid, "it": json.dumps(spoil(json.loads(document)))}
                db.session.execute(text(f"UPDATE {table} SET {column} = :it WHERE rowid = :of"), spoilt)


def attack_what_is_encrypted():
    for column in (each for each in encrypted_columns() if str(each) in ENCRYPTED):
        attacked = f"UPDATE {column.table.name} SET {column.name} = :attack WHERE {column.name} != ''"
        db.session.execute(text(attacked), {"attack": vault().encrypt("Words " + ATTACK)})


def is_news(message):
    """A picture opened by itself has no icon to offer; everything else counts."""
    return not message.location["url"].endswith("/favicon.ico")


def spoil(document):
    """Attacks behind everything that a document says to people."""
    if isinstance(document, list):
        return [spoil(each) for each in document]
    if not isinstance(document, dict):
        return document
    said = {"title", "text", "wording", "label", "name", "because", "lead_in", "attribution", "citation"}
    return {
        key: value + ATTACK if key in said and isinstance(value, str) else spoil(value)
        for key, value in document.items()
    }


def test_the_table_of_free_texts_names_columns_that_there_are():
    tables = {table.name: table for table in Base.metadata.sorted_tables}
    for known in (FREE_TEXTS, IN_DOCUMENTS):
        for name, columns in known.items():
            assert all(isinstance(tables[name].c[column].type, String | JSON) for column in columns)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_no_attack_runs_on_any_page(attacked, chromium):
    tokens = db.session.scalars(
        select(Invitation.id).join(Wave, Wave.id == Invitation.wave_id).where(Wave.state == WaveState.OPEN).limit(3)
    ).all()
    public = [f"/p/{invitation_token(vault().link_key, each)}" for each in tokens] + ["/", "/privacy", "/how-anonymous"]
    shown = {"nobody": public}
    accounts = [Person(account.name, account.email) for account in demo_accounts(vault())]
    browsers = {}
    for person in accounts:
        db.session.rollback()
        browsers[person.email] = signed_in(attacked, person)
        paths = reached(browsers[person.email])
        shown[person.email] = [path for path, reply in paths if reply.mimetype in {"text/html", "image/svg+xml"}]
    db.session.remove()
    attacked_pages = 0
    seen: set[str] = set()
    with served(attacked.app) as url:
        for who, paths in shown.items():
            context = chromium.new_context()
            if who in browsers:
                cookie = browsers[who].get_cookie("session")
                context.add_cookies([{"name": "session", "value": cookie.value, "url": url}])
            page = context.new_page()
            alarms: list[str] = []
            page.on("dialog", lambda dialog, to=alarms: (to.append(f"dialog {dialog.message}"), dialog.dismiss()))
            page.on("console", lambda message, to=alarms: to.append(message.text) if is_news(message) else None)
            page.on("pageerror", lambda error, to=alarms: to.append(str(error)))
            for path in paths:
                if path in seen:
                    continue
                seen.add(path)
                answer = page.goto(url + path)
                assert answer.status == 200, path
                assert alarms == [], (who, path, alarms[:3])
                assert urlsplit(page.url).netloc == urlsplit(url).netloc
                attacked_pages += MARK in page.content()
            context.close()
    assert attacked_pages > 100, attacked_pages


@pytest.mark.browser
def test_the_browser_tells_when_an_attack_runs(chromium):
    """What finds nothing above finds something here."""
    page = chromium.new_page()
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.set_content(f"<p>{ATTACK}</p>")
    page.wait_for_timeout(300)
    page.close()
    assert {"1", "2"} <= set(ran)
