"""Posters for people whom no message reaches: a code that leads to asking for an invitation, never to a ballot."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased

from dashboards.snapshots import Level
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.use_cases.errors import UnknownGroup


@dataclass(frozen=True)
class Poster:
    """A team's poster: whose it is, and the code in its address."""

    team_key: str
    team: str
    service_area: str
    authority: str
    code: str


def posters_of(programme: str, vault: Vault) -> list[Poster]:
    """A poster for each team of a programme, by authority and name."""
    query = _TEAMS.where(_PROGRAMME.key == programme).order_by(_AUTHORITY.name, Group.name, Group.id)
    return [_poster(vault, *row) for row in db.session.execute(query)]


def poster_of(programme: str, team_key: str, vault: Vault) -> Poster:
    """The poster of one team, or raise `UnknownGroup`."""
    row = db.session.execute(_TEAMS.where(_PROGRAMME.key == programme, Group.key == team_key)).one_or_none()
    if row is None:
        raise UnknownGroup(team_key, Level.TEAM)
    return _poster(vault, *row)


def find_poster(code: str, vault: Vault) -> Poster:
    """The poster that a code is on, or raise `UnknownGroup`: codes cannot be guessed from one another."""
    found = re.fullmatch(r"([1-9][0-9]{0,8})-([0-9a-f]{10})", code)
    row = found and db.session.execute(_TEAMS.where(Group.id == int(found[1]))).one_or_none()
    if not row or not hmac.compare_digest(_code(row.id, vault), code):
        raise UnknownGroup(code, Level.TEAM)
    return _poster(vault, *row)


_AREA, _AUTHORITY, _PROGRAMME = aliased(Group), aliased(Group), aliased(Group)
_TEAMS = (
    select(Group.id, Group.key, Group.name, _AREA.name.label("area"), _AUTHORITY.name.label("authority"))
    .join(_AREA, _AREA.id == Group.parent_id)
    .join(_AUTHORITY, _AUTHORITY.id == _AREA.parent_id)
    .join(_PROGRAMME, _PROGRAMME.id == _AUTHORITY.parent_id)
    .where(Group.level == Level.TEAM, Group.ended_on.is_(None))
)


def _poster(vault: Vault, group_id: int, key: str, name: str, area: str, authority: str) -> Poster:
    return Poster(team_key=key, team=name, service_area=area, authority=authority, code=_code(group_id, vault))


def _code(group_id: int, vault: Vault) -> str:
    """Short enough for a code that an old phone reads across a room."""
    return f"{group_id}-{vault.lookup_hash(f'poster {group_id}').hex()[:10]}"
