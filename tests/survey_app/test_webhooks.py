"""Whoever asked to be told of waves is told once, signed, until they take it; whatever dies meanwhile."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from standardwebhooks import Webhook as Reader

from notifications.webhooks import UnusableAddress
from survey_app.extensions import db, settings, vault
from survey_app.models.audit import AuditEntry
from survey_app.models.pulses import Wave
from survey_app.models.webhooks import CallState, Webhook, WebhookCall
from survey_app.processes.clock import tick
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.program_errors import UnknownWebhook, WebhookTaken
from survey_app.use_cases.webhooks import (
    LEASE,
    PAUSES,
    calls_to_make,
    end_webhook,
    list_webhooks,
    make_calls,
    make_webhook,
    plan_calls,
)
from survey_app.use_cases.withdrawing import withdraw_wave
from tests.factories import MONDAY, mixed_answers, signed_in
from tests.notifications.test_webhooks import Receiver
from tests.people import DEV

CLOSED = MONDAY + timedelta(days=10)
TEAMS = {"northtown-team-a": mixed_answers(8)}


@pytest.fixture
def receiver():
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 8, "Team B": 3})
    studio.appoint()
    return studio


def ask(receiver, path="/hook"):
    address = f"http://127.0.0.1:{receiver.port}{path}"
    return make_webhook("crescendo", address, by="Dev", now=MONDAY, vault=vault(), allow_loopback=True)


def go(now):
    """What the clock and a worker do."""
    plan_calls(now)
    return make_calls(calls_to_make(now), lambda: now, settings(), vault())


def events(receiver):
    return [json.loads(body)["type"] for _, _, body in receiver.calls]


def states():
    db.session.rollback()
    return [(row.event, row.state) for row in db.session.scalars(select(WebhookCall).order_by(WebhookCall.event))]


def test_each_event_is_told_once_and_can_be_held_to_its_signature(programme, receiver):
    secret = ask(receiver)
    programme.run_wave(TEAMS)
    assert go(CLOSED) == 1
    draw_charts(CLOSED)
    assert (go(CLOSED), go(CLOSED)) == (1, 0)
    withdraw_wave("wave-1", because="the wrong list", by="Dev", now=CLOSED)
    assert (go(CLOSED), go(CLOSED + timedelta(days=1))) == (1, 0)
    assert events(receiver) == ["wave.closed", "results.published", "results.withdrawn"]
    _, headers, body = receiver.calls[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("standardwebhooks.webhooks.datetime", _At(CLOSED))
        assert Reader(secret).verify(body, {name.lower(): value for name, value in headers.items()})["type"]
    assert json.loads(body)["data"] == {
        "wave": "wave-1",
        "label": "June 2026",
        "pulse": "monthly",
        "authorities": ["northtown"],
        "cells": f"{settings().public_base_url}/api/v1/cells?wave=wave-1",
    }
    assert len({headers["webhook-id"] for _, headers, _ in receiver.calls}) == 3


class _At:
    """A clock that stands still, for a library that reads the time itself."""

    def __init__(self, moment):
        self.moment = moment

    def now(self, tz=None):
        return self.moment.astimezone(tz)

    def __getattr__(self, name):
        return getattr(datetime, name)


def test_who_does_not_take_it_is_called_again_for_three_days_by_the_same_id(programme, receiver):
    ask(receiver)
    programme.run_wave(TEAMS)
    receiver.status = 500
    now = CLOSED
    for pause in PAUSES:
        assert go(now) == 0
        assert go(now + pause - timedelta(seconds=1)) == 0
        now += pause
    go(now)
    assert len(receiver.calls) == len(PAUSES) + 1
    assert len({headers["webhook-id"] for _, headers, _ in receiver.calls}) == 1
    assert len({body for _, _, body in receiver.calls}) == 1
    assert timedelta(days=3) < now - CLOSED < timedelta(days=4)
    assert states() == [("wave.closed", CallState.FAILED)]
    (line,) = list_webhooks("crescendo")
    assert (line.failed, line.waiting, line.last_answer) == (1, 0, "500")
    receiver.status = 204
    assert go(now + timedelta(days=1)) == 0


def test_one_that_recovers_gets_what_waited(programme, receiver):
    ask(receiver)
    programme.run_wave(TEAMS)
    receiver.status = 503
    go(CLOSED)
    receiver.status = 200
    assert go(CLOSED + timedelta(minutes=1)) == 1
    assert states() == [("wave.closed", CallState.TAKEN)]


def test_one_that_is_gone_is_called_no_more(programme, receiver):
    ask(receiver)
    programme.run_wave(TEAMS)
    receiver.status = 410
    go(CLOSED)
    draw_charts(CLOSED)
    go(CLOSED + timedelta(days=1))
    assert len(receiver.calls) == 1
    assert list_webhooks("crescendo") == []
    assert db.session.scalars(select(AuditEntry.action).where(AuditEntry.actor == "clock")).all() == ["end webhook"]


def test_a_worker_that_dies_in_the_middle_is_followed_by_another(programme, receiver):
    ask(receiver)
    programme.run_wave(TEAMS)
    plan_calls(CLOSED)
    db.session.execute(update(WebhookCall).values(state=CallState.CALLING, lease_until=CLOSED + LEASE, attempts=1))
    db.session.commit()
    assert go(CLOSED + LEASE - timedelta(seconds=1)) == 0
    assert go(CLOSED + LEASE + timedelta(seconds=1)) == 1


def test_two_workers_make_a_call_once(programme, receiver):
    ask(receiver)
    programme.run_wave(TEAMS)
    plan_calls(CLOSED)
    ids = calls_to_make(CLOSED)
    make_calls([*ids, *ids], lambda: CLOSED, settings(), vault())
    assert len(receiver.calls) == 1


def test_only_what_happens_from_now_on_and_in_the_own_programme_is_told(programme, receiver):
    programme.run_wave(TEAMS)
    address = f"http://127.0.0.1:{receiver.port}/late"
    later = CLOSED + timedelta(hours=1)
    make_webhook("crescendo", address, by="Dev", now=later, vault=vault(), allow_loopback=True)
    assert go(later) == 0
    assert receiver.calls == []


def test_nothing_that_was_said_is_in_a_call(programme, receiver):
    ask(receiver)
    programme.run_wave(TEAMS)
    draw_charts(CLOSED)
    go(CLOSED)
    sent = json.dumps(receiver.calls)
    assert not any(name in sent for name in ("score", "likely", "respondents", "Person", "staff.example.org"))


def test_an_address_is_asked_for_once_and_its_secret_is_not_kept_in_the_open(programme, receiver):
    secret = ask(receiver)
    with pytest.raises(WebhookTaken):
        ask(receiver)
    with pytest.raises(UnusableAddress):
        make_webhook("crescendo", "http://example.org", by="Dev", now=MONDAY, vault=vault())
    row = db.session.scalars(select(Webhook)).one()
    assert secret.encode() not in row.secret_encrypted
    end_webhook("crescendo", row.id, by="Dev", now=MONDAY)
    end_webhook("crescendo", row.id, by="Dev", now=MONDAY)
    with pytest.raises(UnknownWebhook):
        end_webhook("crescendo", row.id + 1, by="Dev", now=MONDAY)
    assert ask(receiver) != secret
    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.contains("webhook"))).all()
    assert sorted(actions) == ["add webhook", "add webhook", "end webhook"]


def test_the_clock_plans_calls_and_goes_on_where_nobody_is_there(programme, receiver):
    ask(receiver)
    programme.run_wave(TEAMS)
    db.session.execute(update(Wave).values(closed_at=datetime.now(UTC)))
    db.session.execute(update(Webhook).values(made_at=datetime.now(UTC) - timedelta(days=1)))
    db.session.commit()
    tick(settings(), datetime.now(UTC))
    assert states() == [("wave.closed", CallState.PENDING)]


def test_a_programme_lead_looks_after_keys_and_addresses_on_a_page(programme, receiver):
    dev = signed_in(programme, DEV)
    at = "/manage/programs"
    key = {"name": "warehouse", "group": "northtown", "days": "365"}
    for field in key:
        assert dev.post(f"{at}/keys", data={**key, field: ""}).status_code == 400
    made = dev.post(f"{at}/keys", data={**key, "may_write": "yes"})
    assert (made.status_code, "pulse_" in made.text) == (200, True)
    assert dev.post(f"{at}/keys", data=key).status_code == 409
    page = dev.get(at).text
    assert ("warehouse" in page, "pulse_" in page, "read and write" in page) == (True, False, True)
    assert dev.post(f"{at}/keys/nobody/revoke").status_code == 404
    assert dev.post(f"{at}/keys/warehouse/revoke").status_code == 303
    assert "revoked" in dev.get(at).text
    address = f"http://127.0.0.1:{receiver.port}/hook"
    refused = dev.post(f"{at}/webhooks", data={"address": "http://example.org"})
    assert (refused.status_code, "http://example.org" in refused.text) == (400, True)
    added = dev.post(f"{at}/webhooks", data={"address": address})
    assert (added.status_code, "whsec_" in added.text) == (200, True)
    assert dev.post(f"{at}/webhooks", data={"address": address}).status_code == 409
    webhook = db.session.scalars(select(Webhook.id)).one()
    db.session.rollback()
    assert dev.post(f"{at}/webhooks/{webhook + 1}/end").status_code == 404
    assert dev.post(f"{at}/webhooks/{webhook}/end").status_code == 303
    assert address not in dev.get(at).text


def test_a_slow_call_takes_no_time_from_the_next_and_each_is_signed_by_its_own_hour(programme, receiver):
    ask(receiver, "/one")
    ask(receiver, "/two")
    programme.run_wave(TEAMS)
    plan_calls(CLOSED)
    hours = iter([CLOSED + timedelta(seconds=50 * number) for number in range(6)])
    make_calls(calls_to_make(CLOSED), lambda: next(hours), settings(), vault())
    signed = sorted(int(headers["webhook-timestamp"]) for _, headers, _ in receiver.calls)
    assert [each - int(CLOSED.timestamp()) for each in signed] == [50, 200]
    assert states() == [("wave.closed", CallState.TAKEN)] * 2


def test_an_attempt_that_was_given_up_writes_nothing_over_the_next(programme, receiver):
    ask(receiver)
    programme.run_wave(TEAMS)
    plan_calls(CLOSED)
    (call_id,) = calls_to_make(CLOSED)

    def another_took_it_up():
        db.session.execute(update(WebhookCall).values(attempts=2))
        db.session.commit()
        return CLOSED

    moments = iter([datetime.now, datetime.now, another_took_it_up])

    def clock():
        return CLOSED if next(moments) is not another_took_it_up else another_took_it_up()

    make_calls([call_id], clock, settings(), vault())
    assert states() == [("wave.closed", CallState.CALLING)]


def test_the_log_knows_the_host_of_an_address_and_not_its_path(programme, receiver):
    ask(receiver, "/hooks/canary-token")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "add webhook")).one()
    assert entry.detail == {"host": "127.0.0.1"}
