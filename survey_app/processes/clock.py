"""The clock: every ten seconds it rings for whatever waits in the database. Any number of clocks is harmless."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event

from flask import Flask

from survey_app.config import Settings
from survey_app.extensions import db, settings, vault
from survey_app.models.clock import ClockBeat
from survey_app.queues import (
    GROUPS_A_DRAWER,
    SLOT_SECONDS,
    ring_calls,
    ring_delivery,
    ring_drawing,
    ring_export,
    ring_reconciliation,
    ring_work,
)
from survey_app.stores.doubts import doubts_to_raise
from survey_app.stores.group_drawings import groups_waiting, programmes_to_draw
from survey_app.stores.outbox import due_messages, expire_messages, give_up_expired_leases
from survey_app.use_cases.answering_once import forget_requests
from survey_app.use_cases.audit_chain import seal_entries
from survey_app.use_cases.exporting import forget_exports, orders_to_make
from survey_app.use_cases.fieldwork import waves_to_close, waves_to_open
from survey_app.use_cases.phone_resets import forget_resets
from survey_app.use_cases.reminding import plan_reminders
from survey_app.use_cases.retention import is_due, run_retention
from survey_app.use_cases.roster_uploads import forget_uploads
from survey_app.use_cases.sharing import forget_shared
from survey_app.use_cases.signing_in import forget_tries
from survey_app.use_cases.webhooks import calls_to_make, plan_calls

_LOG = logging.getLogger(__name__)


def run_clock(app: Flask) -> None:
    """Tick until told to stop."""
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with app.app_context():
        while not stopped.is_set():
            tick(settings(), datetime.now(UTC))
            stopped.wait(SLOT_SECONDS)


def tick(current: Settings, now: datetime) -> None:
    """Go round once. A step that fails is logged and does not stop the others."""
    for step in (
        _reap,
        _expire,
        _remind,
        _ring_messages,
        _ring_doubts,
        _ring_waves,
        _ring_exports,
        _ring_calls,
        _tidy,
        _retain,
        _seal,
        _beat,
    ):
        _guarded(step, current, now)


def _guarded(step: Callable[[Settings, datetime], None], current: Settings, now: datetime) -> None:
    try:
        step(current, now)
    except Exception as error:  # noqa: BLE001 - the clock's edge: one bad row must not stop the clock
        _LOG.error("A step of the clock failed.", extra={"step": step.__name__, "error": type(error).__name__})
    finally:
        db.session.remove()


def _reap(_current: Settings, now: datetime) -> None:
    give_up_expired_leases(now)


def _expire(_current: Settings, now: datetime) -> None:
    expire_messages(now)


def _remind(_current: Settings, now: datetime) -> None:
    plan_reminders(now)  # those that are due are rung for in the next step


def _ring_messages(current: Settings, now: datetime) -> None:
    ring_delivery(current.redis_url, due_messages(now), now)


def _ring_doubts(current: Settings, now: datetime) -> None:
    ring_reconciliation(current.redis_url, doubts_to_raise(now), now)


def _ring_waves(current: Settings, now: datetime) -> None:
    for wave_id in waves_to_open(now):
        ring_work(current.redis_url, "open_wave", wave_id, now)
    for wave_id in waves_to_close(now):
        ring_work(current.redis_url, "close_wave", wave_id, now)
    if programmes_to_draw():
        ring_drawing(current.redis_url, 1 + groups_waiting() // GROUPS_A_DRAWER, now)


def _ring_exports(current: Settings, now: datetime) -> None:
    for order_id in orders_to_make(now):
        ring_export(current.redis_url, order_id, now)


def _ring_calls(current: Settings, now: datetime) -> None:
    plan_calls(now)
    ring_calls(current.redis_url, calls_to_make(now), now)


def _tidy(_current: Settings, now: datetime) -> None:
    forget_uploads(now)
    forget_exports(now)
    forget_shared(now)
    forget_tries(now)
    forget_requests(now)
    forget_resets(now)


def _retain(current: Settings, now: datetime) -> None:
    if is_due(now):
        run_retention(now, current, vault())


def _seal(_current: Settings, now: datetime) -> None:
    seal_entries(now, vault())


def _beat(_current: Settings, now: datetime) -> None:
    db.session.merge(ClockBeat(name="clock", beat_at=now))
    db.session.commit()
