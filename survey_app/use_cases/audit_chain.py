"""Seals over the log of acts: whoever changes, removes or reorders an entry breaks every seal after it.

A seal is HMAC-SHA-256 over the seal before it and the entry's own content, under a key that is not in the database: who
holds the database alone can make no new one. The clock seals what was added since, each entry within seconds.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.audit import AuditEntry, AuditSeal

_FIRST = b"\x00" * 32
_MOST_AT_ONCE = 5000
SEALED_WITHIN = timedelta(minutes=5)
"""An entry that has no seal for longer is a finding: the clock stands still, or a seal was taken away."""


@dataclass(frozen=True)
class ChainReport:
    """How the chain stands. `head` is its last seal: written down elsewhere, it shows if the end was cut off later."""

    sealed: int
    waiting: int
    head: str
    findings: tuple[str, ...]


def seal_entries(now: datetime, vault: Vault) -> int:
    """Seal what has no seal yet, in the order of its numbers; returns how many. Of two clocks one does it."""
    place, last = db.session.execute(
        select(AuditSeal.place, AuditSeal.seal).order_by(AuditSeal.place.desc()).limit(1)
    ).one_or_none() or (0, _FIRST)
    unsealed = (
        select(AuditEntry)
        .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
        .where(AuditSeal.place.is_(None))
        .order_by(AuditEntry.id)
        .limit(_MOST_AT_ONCE)
    )
    entries = db.session.scalars(unsealed).all()
    for entry in entries:
        place, last = place + 1, _seal(last, entry, vault)
        db.session.add(AuditSeal(place=place, entry_id=entry.id, seal=last, sealed_at=now))
    try:
        db.session.commit()
    except IntegrityError:  # another clock sealed the same a moment earlier
        db.session.rollback()
        return 0
    return len(entries)


def verify_chain(now: datetime, vault: Vault) -> ChainReport:
    """Compute every seal anew and compare."""
    findings: list[str] = []
    last, place = _FIRST, 0
    rows = db.session.execute(
        select(AuditSeal, AuditEntry)
        .outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
        .order_by(AuditSeal.place)
    )
    for seal, entry in rows:
        place += 1
        if seal.place != place:
            findings.append(f"the seals from {place} to {seal.place - 1} are gone")
            place = seal.place
        if entry is None:
            findings.append(f"entry {seal.entry_id} was removed")
        elif not hmac.compare_digest(seal.seal, _seal(last, entry, vault)):
            findings.append(f"entry {entry.id} or the seal before it was changed")
        last = seal.seal
    waiting, oldest = _unsealed()
    if oldest is not None and now - oldest > SEALED_WITHIN:
        findings.append(f"{waiting} entries have no seal, the oldest since {oldest:%Y-%m-%d %H:%M} UTC")
    return ChainReport(place, waiting, last.hex() if place else "", tuple(findings))


def _unsealed() -> tuple[int, datetime | None]:
    """How many entries have no seal, and when the oldest of them happened."""
    row = db.session.execute(
        select(func.count(), func.min(AuditEntry.happened_at))
        .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
        .where(AuditSeal.place.is_(None))
    ).one()
    return row[0], row[1]


def _seal(before: bytes, entry: AuditEntry, vault: Vault) -> bytes:
    content = {
        "id": entry.id,
        "happened_at": entry.happened_at.astimezone(UTC).isoformat(),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
    }
    told = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.digest(vault.audit_key, before + told.encode(), "sha256")
