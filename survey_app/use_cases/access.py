"""Who signs in, how, and what they may see."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Select, delete, select, update

from dashboards.snapshots import Level
from notifications.catalogue import latest_version
from notifications.messages import Channel, MessageState
from survey_app.crypto.link_tokens import sign_in_token
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.accounts import Account, Role, RoleGrant, Session, SignInRequest
from survey_app.models.groups import Group
from survey_app.models.messages import Message
from survey_app.models.participants import ContactPoint
from survey_app.use_cases.errors import UnknownGroup
from survey_app.use_cases.groups import groups_inside_of, programme_of

LINK_LIFETIME = timedelta(minutes=10)
SESSION_LIFETIME = timedelta(hours=12)


@dataclass(frozen=True)
class Viewer:
    """Somebody who is signed in: the groups they have a role in, largest first, and those inside them."""

    account_id: int
    name: str
    roles: tuple[tuple[str, str, Level], ...]
    """(role, group key, level of the group)"""
    own_groups: frozenset[str]
    inside: frozenset[str]
    programme: str
    """The programme of the largest role; empty for somebody without a role."""

    @property
    def home(self) -> tuple[str, Level] | None:
        """The group that the first screen is about."""
        return None if not self.roles else (self.roles[0][1], self.roles[0][2])


def add_account(name: str, email: str, role: Role, group_key: str, vault: Vault) -> None:
    """Give somebody a role in a group, creating the account where there is none for the address."""
    group = db.session.scalar(select(Group).where(Group.key == group_key))
    if group is None:
        raise UnknownGroup(group_key, "group")
    account_id = _account_id(email, vault)
    if account_id is None:
        account = Account(name=name)
        db.session.add(account)
        db.session.flush()
        account_id = account.id
        db.session.add(
            ContactPoint(
                account_id=account_id,
                channel=Channel.EMAIL,
                address_encrypted=vault.encrypt(email),
                address_hash=vault.address_hash(email),
            )
        )
    db.session.merge(RoleGrant(account_id=account_id, group_id=group.id, role=role))
    db.session.commit()


def request_sign_in(email: str, browser: str, now: datetime, vault: Vault) -> list[UUID]:
    """Put a sign-in link for this browser into the outbox, if the address is somebody's.

    Returns
    -------
    list of UUID
        The message to ring for; empty where nobody has this address, which the page must not tell.
    """
    contact = db.session.scalar(_contact_of_account(email, vault))
    if contact is None:
        db.session.rollback()
        return []
    request_id, message_id = uuid4(), uuid4()
    db.session.add(
        SignInRequest(
            id=request_id,
            account_id=contact.account_id,
            token_hash=vault.lookup_hash(sign_in_token(vault.link_key, request_id)),
            browser_hash=vault.lookup_hash(browser),
            expires_at=now + LINK_LIFETIME,
        )
    )
    db.session.flush()
    db.session.add(
        Message(
            id=message_id,
            dedupe_key=f"sign-in:{request_id}",
            purpose="sign_in",
            channel=Channel.EMAIL,
            language="en",
            contact_point_id=contact.id,
            sign_in_request_id=request_id,
            state=MessageState.PENDING,
            not_before=now,
            expires_at=now + LINK_LIFETIME,
            attempt_number=0,
            wording_version=latest_version("sign_in"),
        )
    )
    db.session.commit()
    return [message_id]


def sign_in(token: str, browser: str, now: datetime, vault: Vault) -> str | None:
    """Use a sign-in link and return a new session's reference.

    None where the link is wrong, used, too old, or was asked for by another browser: the page says the same of each.
    """
    used = db.session.execute(
        update(SignInRequest)
        .where(SignInRequest.token_hash == vault.lookup_hash(token))
        .where(SignInRequest.browser_hash == vault.lookup_hash(browser))
        .where(SignInRequest.used_at.is_(None), SignInRequest.expires_at > now)
        .values(used_at=now)
        .returning(SignInRequest.account_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if used is None:
        db.session.rollback()
        return None
    reference = secrets.token_urlsafe(32)
    db.session.add(
        Session(reference_hash=vault.lookup_hash(reference), account_id=used, expires_at=now + SESSION_LIFETIME)
    )
    db.session.commit()
    return reference


def sign_out(reference: str, vault: Vault) -> None:
    """End a session."""
    db.session.execute(delete(Session).where(Session.reference_hash == vault.lookup_hash(reference)))
    db.session.commit()


def find_viewer(reference: str, now: datetime, vault: Vault) -> Viewer | None:
    """Return who a session belongs to, if it is still good."""
    account = db.session.scalar(
        select(Account)
        .join(Session, Session.account_id == Account.id)
        .where(Session.reference_hash == vault.lookup_hash(reference), Session.expires_at > now)
    )
    if account is None:
        return None
    grants = db.session.execute(
        select(RoleGrant.role, Group)
        .join(Group, Group.id == RoleGrant.group_id)
        .where(RoleGrant.account_id == account.id)
    ).all()
    order = list(reversed(Level))
    roles = sorted(
        ((role, group.key, Level(group.level)) for role, group in grants),
        key=lambda held: order.index(held[2]),
    )
    own = frozenset(group.key for _, group in grants)
    largest = next((group for _, group in grants if roles and group.key == roles[0][1]), None)
    return Viewer(
        account_id=account.id,
        name=account.name,
        roles=tuple(roles),
        own_groups=own,
        inside=groups_inside_of([group for _, group in grants]),
        programme=programme_of(largest).key if largest else "",
    )


@dataclass(frozen=True)
class DemoAccount:
    """Somebody whom the demo offers to sign in as."""

    name: str
    email: str
    role: str
    group: str


def demo_accounts(vault: Vault) -> Sequence[DemoAccount]:
    """Everybody who may sign in, for the demo's list."""
    rows = db.session.execute(
        select(Account.name, ContactPoint.address_encrypted, RoleGrant.role, Group.name)
        .join(ContactPoint, ContactPoint.account_id == Account.id)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .join(Group, Group.id == RoleGrant.group_id)
        .order_by(Account.id)
    )
    return [
        DemoAccount(name, vault.decrypt(address), role.replace("_", " "), group) for name, address, role, group in rows
    ]


def _contact_of_account(email: str, vault: Vault) -> Select[ContactPoint]:
    return select(ContactPoint).where(
        ContactPoint.account_id.is_not(None), ContactPoint.address_hash == vault.address_hash(email)
    )


def _account_id(email: str, vault: Vault) -> int | None:
    contact = db.session.scalar(_contact_of_account(email, vault))
    return None if contact is None else contact.account_id
