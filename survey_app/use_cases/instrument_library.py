"""The versions that may be asked here: those the product ships and those released in this installation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from instruments.changes import ChangeLevel
from instruments.definitions import Instrument
from instruments.equivalence import Comparison, compare
from instruments.errors import AlreadyReleased, AlteredRelease, UnknownInstrument
from instruments.files import digest, from_document, to_document
from instruments.library import load_released, released_references, require_honest_number
from survey_app.extensions import db
from survey_app.models.instruments import InstrumentPermission, InstrumentRelease, LevelRuling
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import PermissionMissing, PermissionOver


@dataclass(frozen=True)
class Permission:
    """An owner's permission to use a licensed version."""

    reference: str
    granted_by: str
    scope: str
    valid_until: date
    recorded_at: datetime
    recorded_by: str


def list_references() -> list[str]:
    """`id@version` of every version that may be asked, by id and then by version number."""
    ours = set(db.session.scalars(select(InstrumentRelease.reference)))
    return sorted(ours.union(released_references()), key=_by_number)


def find_instrument(reference: str) -> Instrument:
    """Return a version by its `id@version`.

    Raises
    ------
    UnknownInstrument
        There is no such version here.
    AlteredRelease
        It is not what was released.
    """
    row = db.session.get(InstrumentRelease, reference)
    if reference in released_references():
        shipped = load_released(reference)
        if row is not None and row.digest != digest(shipped):
            raise AlteredRelease(reference)
        return shipped
    if row is None:
        raise UnknownInstrument(reference, list_references())
    instrument = from_document(row.definition, source=reference)
    if digest(instrument) != row.digest or instrument.reference != reference:
        raise AlteredRelease(reference)
    return instrument


def release(instrument: Instrument, by: str, now: datetime) -> None:
    """Add a version to this installation; from now on it never changes. The same version again changes nothing.

    Raises
    ------
    AlreadyReleased
        The version is here with another content.
    UnderstatedChange
        Its number says less than what it changes against the last version before it.
    PermissionMissing, PermissionOver
        Its licence needs a permission that nobody recorded, or that has run out.
    """
    reference = instrument.reference
    require_permission(instrument, now.date())
    if reference in list_references():
        if digest(find_instrument(reference)) != digest(instrument):
            raise AlreadyReleased(reference)
        return
    require_honest_number(instrument, [find_instrument(other) for other in _versions_of(instrument.id)])
    db.session.add(
        InstrumentRelease(
            reference=reference,
            digest=digest(instrument),
            definition=to_document(instrument),
            released_at=now,
            released_by=by,
        )
    )
    note(by, "instrument released", reference, now, digest=digest(instrument))
    db.session.commit()


def record_permission(reference: str, *, granted_by: str, scope: str, until: date, by: str, now: datetime) -> None:
    """Write down that the owner of a licensed version lets it be used; the version need not be here yet."""
    db.session.add(
        InstrumentPermission(
            reference=reference,
            granted_by=granted_by,
            scope=scope,
            valid_until=until,
            recorded_at=now,
            recorded_by=by,
        )
    )
    note(by, "instrument permitted", reference, now, granted_by=granted_by, scope=scope, until=until)
    db.session.commit()


def find_permission(reference: str) -> Permission | None:
    """The permission for a version that was recorded last, if one was: it may shorten an earlier one."""
    row = db.session.scalar(
        select(InstrumentPermission)
        .where(InstrumentPermission.reference == reference)
        .order_by(InstrumentPermission.id.desc())
        .limit(1)
    )
    if row is None:
        return None
    return Permission(row.reference, row.granted_by, row.scope, row.valid_until, row.recorded_at, row.recorded_by)


def require_permission(instrument: Instrument, today: date) -> None:
    """Refuse a licensed version unless its owner's permission was recorded and still holds."""
    if not instrument.licence.permission_required:
        return
    permission = find_permission(instrument.reference)
    if permission is None:
        raise PermissionMissing(instrument.reference, instrument.owner)
    if permission.valid_until < today:
        raise PermissionOver(instrument.reference, permission.valid_until)


def compare_versions(before: Instrument, after: Instrument) -> Comparison:
    """Compare two versions, with what a person ruled about them."""
    found = compare(before, after)
    pair = (before.reference, after.reference)
    ruling = db.session.get(LevelRuling, pair) or db.session.get(LevelRuling, pair[::-1])
    if ruling is None or ChangeLevel(ruling.level) <= found.level:
        return found
    return found.raised_to(ChangeLevel(ruling.level), f"{ruling.ruled_by} raised it: {ruling.reason}")


def raise_level(
    before: Instrument, after: Instrument, level: ChangeLevel, *, reason: str, by: str, now: datetime
) -> Comparison:
    """Rule that a change is more than it looks, for waves that are published from now on.

    Raises
    ------
    LevelLowered
        The level is below what the comparison, or an earlier ruling, says.
    """
    raised = compare_versions(before, after).raised_to(level, f"{by} raised it: {reason}")
    db.session.merge(
        LevelRuling(
            before=before.reference,
            after=after.reference,
            level=int(level),
            reason=reason,
            ruled_at=now,
            ruled_by=by,
        )
    )
    note(by, "comparison raised", f"{before.reference} to {after.reference}", now, level=level.word, reason=reason)
    db.session.commit()
    return raised


def _versions_of(instrument_id: str) -> Sequence[str]:
    return [reference for reference in list_references() if reference.partition("@")[0] == instrument_id]


def _by_number(reference: str) -> tuple[str, tuple[int, ...]]:
    name, _, version = reference.partition("@")
    return name, tuple(int(part) for part in version.split("."))
