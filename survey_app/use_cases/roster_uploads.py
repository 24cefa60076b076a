"""Rosters that programme leads upload: kept until somebody has read what they would change, an hour at most."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import aliased

from dashboards.snapshots import Level
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.participants import Membership, Participant
from survey_app.models.rosters import RosterUpload
from survey_app.use_cases.auditing import note
from survey_app.use_cases.enrolment import RosterReport, import_roster
from survey_app.use_cases.errors import UnknownGroup, UnknownUpload
from survey_app.use_cases.groups import find_group, programme_of
from survey_app.use_cases.roster_changes import Move
from survey_app.use_cases.roster_files import read_roster

KEPT_FOR = timedelta(hours=1)
MOST_LISTED = 50
"""Of each kind of change on a page; the counts are of all."""


@dataclass(frozen=True)
class AuthorityLine:
    """An authority and how many people work there today."""

    key: str
    name: str
    staff: int


@dataclass(frozen=True)
class Upload:
    """An upload to be looked at: what its import would do, or did."""

    id: UUID
    authority: str
    file_name: str
    absent_have_left: bool
    is_imported: bool
    report: Mapping[str, Any]  # Any: figures and words, as JSON holds them


def authorities_of(programme: str, today: date) -> list[AuthorityLine]:
    """The authorities of a programme, by name."""
    parent = aliased(Group)
    works_there = and_(
        Membership.participant_id == Participant.id,
        Membership.started_on <= today,
        or_(Membership.ended_on.is_(None), Membership.ended_on > today),
    )
    rows = db.session.execute(
        select(Group.key, Group.name, func.count(Membership.participant_id.distinct()))
        .join(parent, Group.parent_id == parent.id)
        .outerjoin(Participant, Participant.authority_id == Group.id)
        .outerjoin(Membership, works_there)
        .where(parent.key == programme, Group.level == Level.AUTHORITY)
        .group_by(Group.key, Group.name)
        .order_by(Group.name)
    )
    return [AuthorityLine(*row) for row in rows]


def keep_upload(  # noqa: PLR0913 - the file, and who says what of it
    programme: str,
    authority_key: str,
    file_name: str,
    content: bytes,
    *,
    absent_have_left: bool,
    by: str,
    now: datetime,
    vault: Vault,
) -> UUID:
    """Keep a roster, encrypted, until somebody confirms it.

    Raises
    ------
    UnknownGroup
        The programme has no such authority.
    UnreadableFile
        The file is no roster at all.
    """
    db.session.rollback()  # a file is read before anything is locked
    read_roster(content)
    authority = find_group(authority_key, Level.AUTHORITY)
    if programme_of(authority).key != programme:
        raise UnknownGroup(authority_key, Level.AUTHORITY)
    upload = RosterUpload(
        id=uuid4(),
        authority_id=authority.id,
        uploaded_by=by,
        uploaded_at=now,
        file_name=re.split(r"[\\/]", file_name)[-1][:100],
        absent_have_left=absent_have_left,
        content_encrypted=vault.contact_cipher.encrypt(content),
    )
    db.session.add(upload)
    db.session.commit()
    return upload.id


def look_at(programme: str, upload_id: UUID, now: datetime, vault: Vault) -> Upload:
    """What an upload would change; or, once it is imported, what it changed.

    Raises
    ------
    UnknownUpload
        There is none, or it is gone after its hour.
    """
    upload, authority = _find(programme, upload_id)
    if upload.content_encrypted is None:
        return _seen(upload, authority, upload.report or {})
    report = _import(upload, authority, now, vault, dry_run=True)
    return _seen(upload, authority, _plain(report))


def confirm(programme: str, upload_id: UUID, *, however_many: bool, by: str, now: datetime, vault: Vault) -> None:
    """Import an upload; once it is imported, saying so again does nothing.

    Raises
    ------
    UnknownUpload
        There is none, or it is gone after its hour.
    TooManyLeavers
        More people are absent from the file than is believed without being told so; nothing was changed.
    """
    upload, authority = _find(programme, upload_id)
    if upload.content_encrypted is None:
        return
    report = _import(upload, authority, now, vault, however_many=however_many)
    db.session.refresh(upload, with_for_update=True)
    if upload.content_encrypted is not None:  # else a second press was faster, and found everybody new
        upload.content_encrypted = None
        upload.report = _plain(report)
        counts = {"joined": report.joined, "moved": report.moved, "left": report.left, "refused": len(report.refused)}
        note(by, "roster imported", authority.key, now, **counts)
    db.session.commit()


def forget_uploads(now: datetime) -> int:
    """Delete what nobody confirmed within the hour, and reports of that age; returns how many."""
    forgotten = db.session.execute(delete(RosterUpload).where(RosterUpload.uploaded_at < now - KEPT_FOR))
    db.session.commit()
    return int(forgotten.rowcount)  # type: ignore[attr-defined]  # a DELETE's result counts its rows


def _import(upload: RosterUpload, authority: Group, now: datetime, vault: Vault, **options: bool) -> RosterReport:
    content = vault.contact_cipher.decrypt(upload.content_encrypted or b"")
    absent = upload.absent_have_left
    db.session.commit()  # a file is read before anything is locked
    return import_roster(authority.key, content, now.date(), vault, absent_have_left=absent, **options)


def _find(programme: str, upload_id: UUID) -> tuple[RosterUpload, Group]:
    upload = db.session.get(RosterUpload, upload_id)
    if upload is None:
        raise UnknownUpload
    authority = db.session.get_one(Group, upload.authority_id)
    if programme_of(authority).key != programme:
        raise UnknownUpload
    return upload, authority


def _seen(upload: RosterUpload, authority: Group, report: Mapping[str, Any]) -> Upload:  # Any: as in Upload
    is_imported = upload.content_encrypted is None
    return Upload(upload.id, authority.name, upload.file_name, upload.absent_have_left, is_imported, report)


def _plain(report: RosterReport) -> dict[str, Any]:  # Any: as in Upload
    """A report's figures, and the first of each kind of change in words."""
    plain = {name: value for name, value in asdict(report).items() if name not in {"changes", "refused"}}
    plain["refused"] = [asdict(row) for row in report.refused]
    plain["changes"] = {
        move.value: [
            {
                "staff_ref": change.staff_ref,
                "line": change.line,
                "before": str(change.before or ""),
                "after": str(change.after or ""),
                "last_day": change.after.ended_on.isoformat() if change.after and change.after.ended_on else "",
            }
            for change in report.of(move)[:MOST_LISTED]
        ]
        for move in (Move.JOINED, Move.MOVED, Move.LEFT)
    }
    return plain
