"""Who has which role, since when: given, ended, and never without somebody who leads the programme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, and_, delete, func, select, update

from dashboards.snapshots import Level
from notifications.messages import Channel
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.accounts import Account, Role, RoleGrant, Session
from survey_app.models.groups import Group
from survey_app.models.participants import ContactPoint
from survey_app.models.shared_pages import SharedPage
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import LastProgrammeLead, RoleDoesNotFit, UnknownGroup, UnknownRole
from survey_app.use_cases.groups import groups_inside_of

LEVELS: Mapping[Role, frozenset[Level]] = {
    Role.TEAM_LEAD: frozenset({Level.TEAM}),
    Role.SERVICE_LEAD: frozenset({Level.SERVICE_AREA}),
    Role.AUTHORITY_LEAD: frozenset({Level.AUTHORITY}),
    Role.PROGRAMME_LEAD: frozenset({Level.PROGRAMME}),
    Role.GOVERNANCE_READER: frozenset({Level.AUTHORITY, Level.PROGRAMME}),
}
"""The levels of the groups that a role can be in."""


@dataclass(frozen=True)
class HeldRole:
    """A role somebody holds or held; the address of whoever left long ago is not kept."""

    id: int
    account_id: int
    name: str
    email: str
    role: str
    group: str
    level: Level
    granted_at: datetime
    granted_by: str
    ended_at: datetime | None


def add_account(
    name: str,
    email: str,
    role: Role,
    group_key: str,
    vault: Vault,
    *,
    by: str = "set-up",
    now: datetime | None = None,
) -> None:
    """Give somebody a role in a group, creating the account where there is none for the address. Twice is once.

    Raises
    ------
    UnknownGroup
        There is no such group.
    RoleDoesNotFit
        The group is not of a level that the role can be in.
    """
    now = now or datetime.now(UTC)
    group = db.session.scalar(select(Group).where(Group.key == group_key))
    if group is None:
        raise UnknownGroup(group_key, "group")
    if Level(group.level) not in LEVELS[role]:
        raise RoleDoesNotFit(role, group.name, LEVELS[role])
    account_id = _account_id(email, vault) or _new_account(name, email, vault)
    held = select(RoleGrant.id).where(
        RoleGrant.account_id == account_id,
        RoleGrant.group_id == group.id,
        RoleGrant.role == role,
        RoleGrant.ended_at.is_(None),
    )
    if db.session.scalar(held) is None:
        grant = RoleGrant(account_id=account_id, group_id=group.id, role=role, granted_at=now, granted_by=by)
        db.session.add(grant)
        note(by, "give role", group_key, now, role=str(role), to=name)
    db.session.commit()


def end_role(grant_id: int, programme: str, *, by: str, now: datetime) -> None:
    """End a role, the sessions of whoever held it, and the pages that it shared. Once more changes nothing.

    Raises
    ------
    UnknownRole
        There is none of this id in the programme.
    LastProgrammeLead
        Nobody would be left who leads the programme.
    """
    db.session.scalar(select(Group.id).where(Group.key == programme).with_for_update())  # one after the other
    found = db.session.execute(
        select(RoleGrant, Group, Account.name)
        .join(Group, Group.id == RoleGrant.group_id)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(RoleGrant.id == grant_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or found[1].key not in _groups_of(programme):
        db.session.rollback()
        raise UnknownRole
    grant, group, name = found
    if grant.ended_at is None:
        if grant.role == Role.PROGRAMME_LEAD and _leads_of(group.id) <= 1:
            db.session.rollback()
            raise LastProgrammeLead(name)
        grant.ended_at, grant.ended_by = now, by
        db.session.execute(delete(Session).where(Session.account_id == grant.account_id))
        db.session.execute(
            update(SharedPage)
            .where(SharedPage.account_id == grant.account_id, SharedPage.ended_at.is_(None))
            .values(ended_at=now)
        )
        note(by, "end role", group.key, now, role=str(grant.role), of=name)
    db.session.commit()


def people_of(programme: str, vault: Vault, *, ended: bool = False) -> list[HeldRole]:
    """Every role in a programme that is held, or with `ended` every one that was: by name and group."""
    rows = db.session.execute(
        select(RoleGrant, Account.name, ContactPoint.address_encrypted, Group.name, Group.level)
        .join(Account, Account.id == RoleGrant.account_id)
        .outerjoin(ContactPoint, and_(ContactPoint.account_id == Account.id, ContactPoint.channel == Channel.EMAIL))
        .join(Group, Group.id == RoleGrant.group_id)
        .where(Group.key.in_(_groups_of(programme)))
        .where(RoleGrant.ended_at.is_not(None) if ended else RoleGrant.ended_at.is_(None))
        .order_by(Account.name, Group.name, RoleGrant.id)
    )
    return [
        HeldRole(
            grant.id,
            grant.account_id,
            name,
            vault.decrypt(address) if address else "",
            grant.role.replace("_", " "),
            group,
            Level(level),
            grant.granted_at,
            grant.granted_by,
            grant.ended_at,
        )
        for grant, name, address, group, level in rows
    ]


def contact_of_account(email: str, vault: Vault) -> Select[ContactPoint]:
    """The contact point by which an account of this address is reached."""
    return select(ContactPoint).where(
        ContactPoint.account_id.is_not(None), ContactPoint.address_hash == vault.address_hash(email)
    )


def _groups_of(programme: str) -> frozenset[str]:
    return groups_inside_of(db.session.scalars(select(Group).where(Group.key == programme)).all())


def _leads_of(programme_id: int) -> int:
    """How many people lead a programme."""
    leads = select(func.count()).where(
        RoleGrant.group_id == programme_id, RoleGrant.role == Role.PROGRAMME_LEAD, RoleGrant.ended_at.is_(None)
    )
    return db.session.scalar(leads) or 0


def _account_id(email: str, vault: Vault) -> int | None:
    contact = db.session.scalar(contact_of_account(email, vault))
    return None if contact is None else contact.account_id


def _new_account(name: str, email: str, vault: Vault) -> int:
    account = Account(name=name)
    db.session.add(account)
    db.session.flush()
    db.session.add(
        ContactPoint(
            account_id=account.id,
            channel=Channel.EMAIL,
            address_encrypted=vault.encrypt(email),
            address_hash=vault.address_hash(email),
        )
    )
    db.session.flush()
    return account.id
