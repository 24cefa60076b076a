"""Tell programs of others what happened to a wave: planned from the database, called until they take it."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import and_, insert, select, update
from sqlalchemy.exc import IntegrityError

from dashboards.snapshots import Level
from notifications.webhooks import Answered, Call, call, require_usable
from survey_app.config import Settings
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.pulses import Pulse, Wave, WaveState
from survey_app.models.webhooks import CallState, Webhook, WebhookCall
from survey_app.use_cases.auditing import note
from survey_app.use_cases.groups import find_group
from survey_app.use_cases.program_errors import UnknownWebhook, WebhookTaken

LEASE = timedelta(seconds=60)
"""Longer than the slowest call takes."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 960, 1440, 1440))
"""After each try that was not taken; after the last it is given up: three days in all."""
_TOLD_FOR = timedelta(days=7)
_SECRET_BYTES = 32

EVENTS = {
    "wave.closed": and_(Wave.state.in_((WaveState.CLOSED, WaveState.WITHDRAWN)), Wave.closed_at.is_not(None)),
    "results.published": and_(Wave.state == WaveState.CLOSED, Wave.charts_drawn_at.is_not(None)),
    "results.withdrawn": Wave.state == WaveState.WITHDRAWN,
}
"""What is told, and when it has happened."""


@dataclass(frozen=True)
class WebhookLine:
    """An address in the list, how many calls wait, and what the newest one came to. Never its secret."""

    id: int
    address: str
    made_by: str
    made_at: datetime
    waiting: int
    failed: int
    last_event: str
    last_answer: str


def make_webhook(
    programme: str, address: str, *, by: str, now: datetime, vault: Vault, allow_loopback: bool = False
) -> str:
    """Call an address from now on; return the secret that signs the calls: it is shown this once.

    Raises
    ------
    UnusableAddress
        It must not be called.
    WebhookTaken
        It is called already.
    """
    require_usable(address, allow_loopback=allow_loopback)
    group = find_group(programme, Level.PROGRAMME)
    db.session.scalar(select(Group.id).where(Group.id == group.id).with_for_update())  # of a double click, one waits
    same = select(Webhook.id).where(
        Webhook.programme_id == group.id, Webhook.address == address, Webhook.ended_at.is_(None)
    )
    if db.session.scalar(same) is not None:
        db.session.rollback()
        raise WebhookTaken(address)
    secret = "whsec_" + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    encrypted = vault.encrypt(secret)
    db.session.add(Webhook(programme_id=group.id, address=address, secret_encrypted=encrypted, made_by=by, made_at=now))
    note(by, "add webhook", programme, now, host=_host(address))
    db.session.commit()
    return secret


def end_webhook(programme: str, webhook_id: int, *, by: str, now: datetime) -> None:
    """Call an address no more; what waits for it is given up. Once more changes nothing.

    Raises
    ------
    UnknownWebhook
        The programme has none of this id.
    """
    group = find_group(programme, Level.PROGRAMME)
    found = db.session.scalar(
        select(Webhook).where(Webhook.id == webhook_id, Webhook.programme_id == group.id).with_for_update()
    )
    if found is None:
        db.session.rollback()
        raise UnknownWebhook
    if found.ended_at is None:
        _end(found, now)
        note(by, "end webhook", programme, now, host=_host(found.address))
    db.session.commit()


def list_webhooks(programme: str) -> list[WebhookLine]:
    """The addresses that a programme calls, by address."""
    group = find_group(programme, Level.PROGRAMME)
    rows = db.session.scalars(
        select(Webhook)
        .where(Webhook.programme_id == group.id, Webhook.ended_at.is_(None))
        .order_by(Webhook.address, Webhook.id)
    )
    return [_line(row) for row in rows]


def plan_calls(now: datetime) -> None:
    """Plan a call for everything that happened and was not told; and take up again what a restart cut off."""
    db.session.execute(
        update(WebhookCall)
        .where(WebhookCall.state == CallState.CALLING, WebhookCall.lease_until < now)
        .values(state=CallState.PENDING, lease_until=None)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    for event in EVENTS:
        for row in _untold(event, now):
            try:
                db.session.execute(insert(WebhookCall).values(**row))
                db.session.commit()
            except IntegrityError:  # another clock was faster
                db.session.rollback()


def calls_to_make(now: datetime) -> list[UUID]:
    """The calls that are due, the oldest first."""
    due = select(WebhookCall.id).where(WebhookCall.state == CallState.PENDING, WebhookCall.not_before <= now)
    found = list(db.session.scalars(due.order_by(WebhookCall.not_before, WebhookCall.id)))
    db.session.rollback()
    return found


def make_calls(call_ids: Iterable[UUID], clock: Callable[[], datetime], settings: Settings, vault: Vault) -> int:
    """Make each call once, if nobody else does; returns how many were taken. A slow one takes no time from the next."""
    taken = 0
    for call_id in call_ids:
        attempt = _claim(call_id, clock())
        if attempt is not None:
            answered = call(_call_of(call_id, settings, vault), clock(), allow_loopback=settings.demo)
            _record(call_id, attempt, answered, clock())
            taken += answered.is_taken
    return taken


def _untold(event: str, now: datetime) -> list[dict[str, Any]]:  # Any: columns of a row
    """What happened lately, since somebody asked to be told, and has no call yet."""
    happened_at = Wave.withdrawn_at if event == "results.withdrawn" else Wave.closed_at
    is_told = select(WebhookCall.id).where(
        WebhookCall.webhook_id == Webhook.id, WebhookCall.event == event, WebhookCall.wave_id == Wave.id
    )
    rows = db.session.execute(
        select(Webhook.id, Wave.id, happened_at)
        .join(Pulse, Pulse.programme_id == Webhook.programme_id)
        .join(Wave, Wave.pulse_id == Pulse.id)
        .where(EVENTS[event], Webhook.ended_at.is_(None), ~is_told.exists())
        .where(happened_at >= Webhook.made_at, happened_at > now - _TOLD_FOR)
        .order_by(happened_at, Wave.id, Webhook.id)
    ).all()
    db.session.rollback()
    return [
        {
            "id": uuid4(),
            "webhook_id": webhook,
            "event": event,
            "wave_id": wave,
            "happened_at": moment,
            "state": CallState.PENDING,
            "not_before": now,
            "attempts": 0,
        }
        for webhook, wave, moment in rows
    ]


def _claim(call_id: UUID, now: datetime) -> int | None:
    """Take a call that is due for one attempt, and return its number; None where somebody else has it."""
    attempt = db.session.scalars(
        update(WebhookCall)
        .where(WebhookCall.id == call_id, WebhookCall.state == CallState.PENDING, WebhookCall.not_before <= now)
        .values(state=CallState.CALLING, lease_until=now + LEASE, attempts=WebhookCall.attempts + 1)
        .returning(WebhookCall.attempts)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    db.session.commit()
    return attempt


def _call_of(call_id: UUID, settings: Settings, vault: Vault) -> Call:
    row, webhook, wave = db.session.execute(
        select(WebhookCall, Webhook, Wave)
        .join(Webhook, Webhook.id == WebhookCall.webhook_id)
        .join(Wave, Wave.id == WebhookCall.wave_id)
        .where(WebhookCall.id == call_id)
    ).one()
    found = Call(
        webhook.address, vault.decrypt(webhook.secret_encrypted), f"msg_{row.id.hex}", _body(row, wave, settings)
    )
    db.session.rollback()
    return found


def _body(row: WebhookCall, wave: Wave, settings: Settings) -> str:
    """What is told: the same whenever it is told. It holds no figure: these are asked for with a key."""
    data = {
        "wave": wave.key,
        "label": wave.label,
        "pulse": wave.pulse.key,
        "authorities": wave.terms.authorities if wave.terms else [],
        "cells": f"{settings.public_base_url}/api/v1/cells?wave={wave.key}",
    }
    return json.dumps({"type": row.event, "timestamp": row.happened_at.isoformat(), "data": data}, sort_keys=True)


def _record(call_id: UUID, attempt: int, answered: Answered, now: datetime) -> None:
    """Write down what came of a call, unless its lease ran out and it was taken up again."""
    row = db.session.get_one(WebhookCall, call_id, with_for_update=True, populate_existing=True)
    if row.state != CallState.CALLING or row.attempts != attempt:
        db.session.rollback()
        return
    row.last_answer, row.lease_until = answered.code, None
    if answered.is_taken:
        row.state, row.settled_at = CallState.TAKEN, now
    elif answered.is_gone:
        row.state, row.settled_at = CallState.FAILED, now
        webhook = db.session.get_one(Webhook, row.webhook_id)
        _end(webhook, now)
        note("clock", "end webhook", db.session.get_one(Group, webhook.programme_id).key, now, because="it is gone")
    elif row.attempts > len(PAUSES):
        row.state, row.settled_at = CallState.FAILED, now
    else:
        row.state, row.not_before = CallState.PENDING, now + PAUSES[row.attempts - 1]
    db.session.commit()


def _host(address: str) -> str:
    """What the log may know of an address: its path may hold a token."""
    return urlsplit(address).hostname or ""


def _end(webhook: Webhook, now: datetime) -> None:
    webhook.ended_at = now
    db.session.execute(
        update(WebhookCall)
        .where(WebhookCall.webhook_id == webhook.id, WebhookCall.state == CallState.PENDING)
        .values(state=CallState.FAILED, settled_at=now)
        .execution_options(synchronize_session=False)
    )


def _line(webhook: Webhook) -> WebhookLine:
    calls = db.session.scalars(
        select(WebhookCall).where(WebhookCall.webhook_id == webhook.id).order_by(WebhookCall.happened_at.desc())
    ).all()
    newest = next((each for each in calls if each.last_answer), None)
    return WebhookLine(
        id=webhook.id,
        address=webhook.address,
        made_by=webhook.made_by,
        made_at=webhook.made_at,
        waiting=sum(each.state in {CallState.PENDING, CallState.CALLING} for each in calls),
        failed=sum(each.state == CallState.FAILED for each in calls),
        last_event=newest.event if newest else "",
        last_answer=(newest.last_answer or "") if newest else "",
    )
