"""Keys of programs: made once, shown once, kept as a hash, scoped like a person with a role in one group."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from dashboards.snapshots import Level
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.api_keys import ApiKey
from survey_app.models.groups import Group
from survey_app.use_cases.access import Viewer
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import KeyTaken, UnknownGroup
from survey_app.use_cases.groups import groups_inside_of, programme_of
from survey_app.use_cases.program_errors import UnknownApiKey

LONGEST_LIFE = timedelta(days=730)
_PREFIX = "pulse_"
_BYTES = 32


@dataclass(frozen=True)
class ApiKeyLine:
    """A key in the list: never its secret."""

    name: str
    group: str
    made_by: str
    expires_at: datetime
    state: str
    may_write: bool


@dataclass(frozen=True)
class Program:
    """A program whose key is good: which key it is, what it sees, and whether it may bring rosters in."""

    key_id: int
    viewer: Viewer
    may_write: bool


def make_api_key(
    name: str, group_key: str, *, lasts: timedelta, by: str, now: datetime, vault: Vault, may_write: bool = False
) -> str:
    """Make a key for a program and return it: it is shown this once.

    Raises
    ------
    UnknownGroup
        There is no such group.
    KeyTaken
        Another key has this name.
    """
    group = db.session.scalars(select(Group).where(Group.key == group_key)).one_or_none()
    if group is None:
        raise UnknownGroup(group_key, "group")
    if db.session.scalar(select(ApiKey.id).where(ApiKey.name == name)):
        raise KeyTaken(name)
    secret = _PREFIX + secrets.token_urlsafe(_BYTES)
    db.session.add(
        ApiKey(
            name=name,
            secret_hash=vault.lookup_hash(secret),
            group_id=group.id,
            made_by=by,
            made_at=now,
            expires_at=now + min(lasts, LONGEST_LIFE),
            may_write=may_write,
        )
    )
    note(by, "make api key", name, now, group=group_key, may="read and write" if may_write else "read")
    db.session.commit()
    return secret


def revoke_api_key(name: str, *, by: str, now: datetime) -> None:
    """End a key at once, or raise `UnknownApiKey`. Once more changes nothing."""
    key = db.session.scalars(select(ApiKey).where(ApiKey.name == name).with_for_update()).one_or_none()
    if key is None:
        db.session.rollback()
        raise UnknownApiKey(name)
    if key.revoked_at is None:
        key.revoked_at = now
        note(by, "revoke api key", name, now)
    db.session.commit()


def list_api_keys(now: datetime, *, programme: str | None = None) -> list[ApiKeyLine]:
    """Every key there ever was, or those of a programme and the groups inside it, by name."""
    wanted = select(ApiKey, Group.key).join(Group, Group.id == ApiKey.group_id).order_by(ApiKey.name)
    if programme is not None:
        of_programme = groups_inside_of(db.session.scalars(select(Group).where(Group.key == programme)).all())
        wanted = wanted.where(Group.key.in_(of_programme))
    return [
        ApiKeyLine(key.name, group, key.made_by, key.expires_at, _state(key, now), key.may_write)
        for key, group in db.session.execute(wanted)
    ]


def find_program(secret: str, now: datetime, vault: Vault) -> Program | None:
    """The program that a key is of; None where the key is wrong, over or revoked."""
    if not secret.startswith(_PREFIX):
        return None
    key = db.session.scalars(
        select(ApiKey).where(
            ApiKey.secret_hash == vault.lookup_hash(secret), ApiKey.revoked_at.is_(None), ApiKey.expires_at > now
        )
    ).one_or_none()
    if key is None:
        return None
    group = db.session.get_one(Group, key.group_id)
    viewer = Viewer(
        account_id=0,
        name=f"program {key.name}",
        roles=(("program", group.key, Level(group.level)),),
        own_groups=frozenset({group.key}),
        inside=groups_inside_of([group]),
        programme=programme_of(group).key,
    )
    return Program(key.id, viewer, key.may_write)


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "over" if key.expires_at <= now else "good"
