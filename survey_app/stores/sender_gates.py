"""The gates before the sender accounts, one row each; every change is a short transaction that holds the row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from notifications.gates import Gate, Turn, ask_for_turn, learn
from notifications.messages import Accepted, Outcome
from survey_app.extensions import db
from survey_app.models.senders import SenderGate

_NOTED_EVERY = timedelta(seconds=10)


def take_turn(account: str, now: datetime, per_second: float) -> Turn:
    """Queue at an account's gate."""
    row = _held(account)
    gate, turn = ask_for_turn(_gate(row), now, per_second)
    _keep(row, gate)
    db.session.commit()
    return turn


def note_outcome(account: str, outcome: Outcome, now: datetime) -> None:
    """Let an account's gate learn; where all is well it is written down now and then only."""
    row = db.session.get(SenderGate, account, populate_existing=True)
    noted = row is not None and row.accepted_at is not None and row.accepted_at > now - _NOTED_EVERY
    unchanged = row is not None and learn(_gate(row), outcome, now) == _gate(row)
    db.session.rollback()
    if unchanged and (noted or not isinstance(outcome, Accepted)):
        return
    row = _held(account)
    _keep(row, learn(_gate(row), outcome, now))
    if isinstance(outcome, Accepted):
        row.accepted_at = now
    db.session.commit()


def close_gate(account: str, fault: str, until: datetime) -> None:
    """Let nothing pass until then; in the running transaction."""
    row = _held(account)
    row.closed_until, row.fault = until, fault


def all_gates() -> Mapping[str, SenderGate]:
    """Every gate that anybody came to, by the account's name."""
    return {row.account: row for row in db.session.scalars(select(SenderGate))}


def _held(account: str) -> SenderGate:
    """An account's row, locked; made where this is the first to come."""
    found = db.session.get(SenderGate, account, with_for_update=True, populate_existing=True)
    if found is not None:
        return found
    dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(SenderGate).values(account=account, **asdict(Gate()))
    db.session.execute(fresh.on_conflict_do_nothing())
    return db.session.get_one(SenderGate, account, with_for_update=True, populate_existing=True)


def _gate(row: SenderGate) -> Gate:
    return Gate(row.slowdown, row.next_turn, row.failures, row.failing_since, row.closed_until, row.fault)


def _keep(row: SenderGate, gate: Gate) -> None:
    for name, value in asdict(gate).items():
        setattr(row, name, value)
