"""The staff of one authority as they are written here, looked up once and changed by a roster's rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import insert, or_, select

from dashboards.snapshots import Level
from notifications.messages import Channel
from survey_app.crypto.vault import Vault
from survey_app.extensions import Base, db
from survey_app.models.groups import Group
from survey_app.models.participants import ContactPoint, Membership, Participant
from survey_app.use_cases.groups import add_groups
from survey_app.use_cases.roster_changes import Change, Move, Place
from survey_app.use_cases.roster_files import Roster, RosterRow

OFF_ROSTER = "off-roster"
"""Why an address is no longer used that a roster has taken away; messages of the past still refer to it."""
_COLUMNS = {Channel.EMAIL: "email", Channel.SMS: "mobile"}


class Staff:
    """Everybody whom an authority's rosters have named: where they work, who they are and how to reach them."""

    def __init__(self, authority: Group, today: date, vault: Vault) -> None:
        self._authority = authority
        self._today = today
        self._vault = vault
        self._people = _people(authority)
        self._contacts = _contacts(authority)
        self._memberships = _memberships(authority, today)
        self._areas = {area.name.casefold(): area for area in _areas(authority)}
        groups = {team.id: (area, team) for area, team in _teams(authority)}
        self._place_of = {team_id: (area.name, team.name) for team_id, (area, team) in groups.items()}
        self._teams = {Place(area.name, team.name).spelled_alike: team for area, team in reversed(groups.values())}
        self._new: set[str] = set()
        self._inserts: dict[type[Base], list[dict[str, object]]] = defaultdict(list)

    def places(self) -> dict[str, Place]:
        """Where each of those who work here now, or will, has their place."""
        found = {}
        for staff_ref, person in self._people.items():
            if membership := self._memberships.get(person.id):
                found[staff_ref] = Place(*self._place_of[membership.team_id], membership.ended_on)
        return found

    def living_places(self) -> dict[tuple[str, str], Place]:
        """The teams that there are, by their names in small letters."""
        return {names: Place(*self._place_of[team.id]) for names, team in self._teams.items()}

    def new_groups(self, changes: Iterable[Change]) -> tuple[str, ...]:
        """The service areas and teams that the changes need and that are not there yet, in words."""
        areas, teams = self._missing(changes)
        return *(f"service area {name}" for name in sorted(areas)), *(f"team {place}" for place in sorted(teams))

    def _missing(self, changes: Iterable[Change]) -> tuple[list[str], list[Place]]:
        """Service areas and teams to be added, in the spelling of the first line that names them."""
        areas: dict[str, str] = {}
        teams: dict[tuple[str, str], Place] = {}
        for change in changes:
            if change.move in {Move.JOINED, Move.MOVED} and change.after is not None:
                alike = change.after.spelled_alike
                if alike[0] not in self._areas:
                    areas.setdefault(alike[0], change.after.service_area)
                if alike not in self._teams:
                    teams.setdefault(alike, replace(change.after, ended_on=None))
        return list(areas.values()), list(teams.values())

    def _add_groups(self, changes: Iterable[Change]) -> None:
        areas, teams = self._missing(changes)
        for area in add_groups([(name, self._authority) for name in areas], Level.SERVICE_AREA):
            self._areas[area.name.casefold()] = area
        parents = [(place.team, self._areas[place.service_area.casefold()]) for place in teams]
        added = add_groups(parents, Level.TEAM)
        self._teams.update(zip((place.spelled_alike for place in teams), added, strict=True))

    def take_in(self, roster: Roster, changes: Sequence[Change]) -> int:
        """Write rows and changes into the running transaction; returns how many of those known got other details."""
        joining = {change.staff_ref for change in changes if change.move is Move.JOINED}
        unknown = joining - self._people.keys()
        self._add_people([row for row in roster.rows if row.staff_ref in unknown])
        rows = [row for row in roster.rows if row.staff_ref in self._people]
        updated = {row.staff_ref for row in rows if self._describe(row, roster.columns)}
        updated |= {row.staff_ref for row in rows if self._reach(row, roster.columns)}
        self._add_groups(changes)
        starts = {row.staff_ref: row.started_on for row in rows}
        for change in changes:
            self._place(change, starts.get(change.staff_ref) or self._today)
        for table, values in self._inserts.items():
            db.session.execute(insert(table), values)
        return len(updated - joining)

    def _add_people(self, rows: Sequence[RosterRow]) -> None:
        if not rows:
            return
        people = [
            {
                "authority_id": self._authority.id,
                "staff_ref": row.staff_ref,
                "name_encrypted": self._sealed(row.name),
                **_details(row),
            }
            for row in rows
        ]
        db.session.execute(insert(Participant), people)
        self._new = {row.staff_ref for row in rows}
        self._people = _people(self._authority)

    def _describe(self, row: RosterRow, columns: Collection[str]) -> bool:
        if row.staff_ref in self._new:
            return False
        person = self._people[row.staff_ref]
        other: dict[str, str | bytes | None] = {
            name: value for name, value in _details(row).items() if name in columns and getattr(person, name) != value
        }
        known = self._vault.decrypt(person.name_encrypted) if person.name_encrypted else ""
        if "name" in columns and row.name != known:
            other["name_encrypted"] = self._sealed(row.name)
        for name, value in other.items():
            setattr(person, name, value)
        return bool(other)

    def _sealed(self, text: str) -> bytes | None:
        return self._vault.encrypt(text) if text else None

    def _reach(self, row: RosterRow, columns: Collection[str]) -> bool:
        """Keep the addresses of a row: a new one replaces the old, and a cell that is empty takes it away."""
        person = self._people[row.staff_ref].id
        changed = [
            self._keep_address(person, channel, getattr(row, column))
            for channel, column in _COLUMNS.items()
            if column in columns
        ]
        return any(changed)

    def _keep_address(self, person: int, channel: Channel, address: str) -> bool:
        known = self._contacts.get((person, channel))
        if not address:
            if known is None or known.invalid_code is not None:
                return False
            known.invalid_code = OFF_ROSTER
            return True
        address_hash = self._vault.address_hash(address)
        if known is None:
            self._inserts[ContactPoint].append(
                {
                    "participant_id": person,
                    "channel": channel,
                    "address_encrypted": self._vault.encrypt(address),
                    "address_hash": address_hash,
                }
            )
            return True
        is_back, is_other = known.invalid_code == OFF_ROSTER, known.address_hash != address_hash
        if is_other:
            known.address_encrypted, known.address_hash = self._vault.encrypt(address), address_hash
            known.paused_until = None
        if is_back or is_other:
            known.invalid_code = None
        return is_back or is_other

    def _place(self, change: Change, starts: date) -> None:
        if change.after is None:
            return
        person = self._people[change.staff_ref].id
        current = self._memberships.get(person)
        if current is not None:
            last = self._today if change.move is Move.MOVED else change.after.ended_on
            current.ended_on = last and max(last, current.started_on)
        if change.move in {Move.JOINED, Move.MOVED}:
            self._inserts[Membership].append(
                {
                    "participant_id": person,
                    "team_id": self._teams[change.after.spelled_alike].id,
                    "started_on": starts if change.staff_ref in self._new else self._today,
                    "ended_on": change.after.ended_on,
                }
            )


def _details(row: RosterRow) -> dict[str, str | None]:
    return {"role": row.role or None, "language": row.language, "hours": row.hours or None}


def _people(authority: Group) -> dict[str, Participant]:
    rows = db.session.scalars(select(Participant).where(Participant.authority_id == authority.id))
    return {person.staff_ref: person for person in rows}


def _contacts(authority: Group) -> dict[tuple[int, str], ContactPoint]:
    rows = db.session.scalars(
        select(ContactPoint)
        .join(Participant, ContactPoint.participant_id == Participant.id)
        .where(Participant.authority_id == authority.id)
    )
    return {(contact.participant_id or 0, contact.channel): contact for contact in rows}


def _memberships(authority: Group, today: date) -> dict[int, Membership]:
    """The last place of each person, without those that are over."""
    rows = db.session.scalars(
        select(Membership)
        .join(Participant, Membership.participant_id == Participant.id)
        .where(
            Participant.authority_id == authority.id,
            or_(Membership.ended_on.is_(None), Membership.ended_on > today),
        )
        .order_by(Membership.id)
    )
    return {membership.participant_id: membership for membership in rows}


def _areas(authority: Group) -> Sequence[Group]:
    areas = select(Group).where(
        Group.parent_id == authority.id, Group.level == Level.SERVICE_AREA, Group.ended_on.is_(None)
    )
    return db.session.scalars(areas.order_by(Group.id.desc())).all()


def _teams(authority: Group) -> list[tuple[Group, Group]]:
    """Service areas and teams, the earliest first."""
    by_id = {area.id: area for area in _areas(authority)}
    teams = db.session.scalars(
        select(Group).where(Group.parent_id.in_(by_id), Group.ended_on.is_(None)).order_by(Group.id)
    )
    return [(by_id[team.parent_id or 0], team) for team in teams]
