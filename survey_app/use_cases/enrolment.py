"""Bring a roster into the database: joiners, movers and leavers; the same file again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from dashboards.snapshots import Level
from notifications.messages import Channel
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.participants import ContactPoint, Membership, Participant
from survey_app.use_cases.groups import ensure_group, find_group
from survey_app.use_cases.roster_files import RefusedRow, RosterRow, read_roster


@dataclass(frozen=True)
class RosterReport:
    """What an import did, or would do."""

    joined: int
    moved: int
    left: int
    unchanged: int
    refused: tuple[RefusedRow, ...]


def import_roster(
    authority_key: str, content: bytes, today: date, vault: Vault, *, dry_run: bool = False
) -> RosterReport:
    """Import a roster file for an authority, all usable rows or none.

    Raises
    ------
    UnknownGroup
        There is no such authority.
    UnreadableFile
        The file is no roster at all.
    """
    authority = find_group(authority_key, Level.AUTHORITY)
    rows, refused = read_roster(content)
    importer = _Import(authority, today, vault)
    outcomes = [importer.apply(row) for row in rows]
    if dry_run:
        db.session.rollback()
    else:
        db.session.commit()
    return RosterReport(
        joined=outcomes.count("joined"),
        moved=outcomes.count("moved"),
        left=outcomes.count("left"),
        unchanged=outcomes.count("unchanged"),
        refused=tuple(refused),
    )


class _Import:
    """One file on its way in, with what it has already looked up."""

    def __init__(self, authority: Group, today: date, vault: Vault) -> None:
        self._authority = authority
        self._today = today
        self._vault = vault
        self._teams: dict[tuple[str, str], Group] = {}
        self._participants = {
            participant.staff_ref: participant
            for participant in db.session.scalars(select(Participant).where(Participant.authority_id == authority.id))
        }

    def apply(self, row: RosterRow) -> str:
        """Bring one row in and say what it meant."""
        team = self._team(row)
        participant = self._participants.get(row.staff_ref)
        is_new = participant is None
        if participant is None:
            participant = Participant(authority_id=self._authority.id, staff_ref=row.staff_ref)
            db.session.add(participant)
            self._participants[row.staff_ref] = participant
        self._describe(participant, row)
        db.session.flush()
        self._reach(participant, Channel.EMAIL, row.email)
        self._reach(participant, Channel.SMS, row.mobile)
        return self._place(participant, team, row, is_new=is_new)

    def _team(self, row: RosterRow) -> Group:
        name = (row.service_area, row.team)
        if name not in self._teams:
            area = ensure_group(row.service_area, Level.SERVICE_AREA, self._authority)
            self._teams[name] = ensure_group(row.team, Level.TEAM, area)
        return self._teams[name]

    def _describe(self, participant: Participant, row: RosterRow) -> None:
        known = participant.name_encrypted and self._vault.decrypt(participant.name_encrypted)
        if row.name != (known or ""):
            participant.name_encrypted = self._vault.encrypt(row.name) if row.name else None
        participant.role = row.role or None
        participant.language = row.language

    def _reach(self, participant: Participant, channel: Channel, address: str) -> None:
        known = db.session.scalar(
            select(ContactPoint).where(ContactPoint.participant_id == participant.id, ContactPoint.channel == channel)
        )
        address_hash = self._vault.address_hash(address)
        if known is not None and known.address_hash != address_hash and address:
            known.address_encrypted = self._vault.encrypt(address)
            known.address_hash = address_hash
            known.invalid_code = None
        elif known is None and address:
            db.session.add(
                ContactPoint(
                    participant_id=participant.id,
                    channel=channel,
                    address_encrypted=self._vault.encrypt(address),
                    address_hash=address_hash,
                )
            )

    def _place(self, participant: Participant, team: Group, row: RosterRow, *, is_new: bool) -> str:
        current = db.session.scalar(
            select(Membership).where(Membership.participant_id == participant.id, Membership.ended_on.is_(None))
        )
        if row.left_on is not None:
            if current is None:
                return "unchanged"
            current.ended_on = row.left_on
            return "left"
        if current is not None and current.team_id == team.id:
            return "unchanged"
        starts = (row.started_on or self._today) if is_new else self._today
        if current is not None:
            current.ended_on = self._today
        db.session.add(Membership(participant_id=participant.id, team_id=team.id, started_on=starts))
        return "joined" if current is None else "moved"
