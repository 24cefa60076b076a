"""Move, merge, split and end groups: from the next wave on; what was published, and open waves, stay as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from dashboards.snapshots import Level, RegroupingKind
from survey_app.extensions import db
from survey_app.models.accounts import RoleGrant
from survey_app.models.groups import Group
from survey_app.models.participants import Membership, Participant
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import ChangedMeanwhile, UnknownGroup, UnusableReorganisation
from survey_app.use_cases.groups import (
    add_groups,
    as_it_is,
    authority_of,
    find_group,
    remember_change,
    require_free_name,
)

FEWEST_MERGED = 2
FEWEST_PARTS, MOST_PARTS = 2, 6


@dataclass(frozen=True)
class NewTeam:
    """A team that comes out of a split, and the staff references of those who go there."""

    name: str
    staff_refs: tuple[str, ...]


def move_team(key: str, area_key: str, *, expected: str, by: str, now: datetime) -> None:
    """Put a team into another service area of its authority; its line goes on. There already is done already.

    Raises
    ------
    UnknownGroup
        There is no such team, or no such service area in its authority.
    ChangedMeanwhile
        It is not in the service area of the `expected` key any more.
    NameTaken
        A team there has its name.
    """
    team = _living(key, Level.TEAM)
    area = _living(area_key, Level.SERVICE_AREA)
    if authority_of(area).id != authority_of(team).id:
        _refuse(UnknownGroup(area_key, Level.SERVICE_AREA))
    if team.parent_id != area.id:
        before = as_it_is(team)
        if before["parent_key"] != expected:
            _refuse(ChangedMeanwhile(f"in {before['parent']}"))
        require_free_name(team.name, area.id)
        team.parent = area
        remember_change(RegroupingKind.MOVED, [before], [team], by=by, on=now.date())
        note(by, "move team", key, now, before=before["parent_key"], after=area_key)
    db.session.commit()


def merge_groups(keys: Collection[str], name: str, level: Level, *, by: str, now: datetime) -> str:
    """Make one new team of several, or one service area; return its key.

    Everybody in the teams, or every team in the areas, goes there from today; who leads one of them leads it. The old
    ones end, and keep what was published of them.

    Raises
    ------
    UnusableReorganisation
        They are fewer than two, or of several authorities.
    UnknownGroup
        One of them is not there, or ended.
    NameTaken
        Another group beside it has the name.
    """
    today = now.date()
    merged = [_living(key, level) for key in sorted(set(keys))]
    if len(merged) < FEWEST_MERGED:
        _refuse(UnusableReorganisation("merged", f"Choose at least two, to be merged into {name}"))
    if len({authority_of(group).id for group in merged}) > 1:
        _refuse(UnusableReorganisation("merged", "Choose groups of one authority: staff belong to their authority"))
    parent = db.session.get_one(Group, merged[0].parent_id)
    ids = [group.id for group in merged]
    require_free_name(name, parent.id, besides=ids)
    before = [as_it_is(group) for group in merged]
    (new,) = add_groups([(name, parent)], level)
    if level is Level.TEAM:
        _reassign(dict.fromkeys(_people_in(ids, today), new.id), ids, today)
    else:
        _take_in_teams(new, ids)
    _carry_leads(ids, new, by, now)
    _end(merged, today)
    remember_change(RegroupingKind.MERGED, before, [new], by=by, on=today)
    note(by, "merge groups", new.key, now, of=", ".join(group.key for group in merged), name=name)
    db.session.commit()
    return new.key


def split_team(key: str, parts: Sequence[NewTeam], *, by: str, now: datetime) -> list[str]:
    """Make several new teams of one; return their keys. The old one ends, and keeps what was published of it.

    Raises
    ------
    UnusableReorganisation
        Fewer than two parts, a name twice, or somebody who is in none, in two, or not in the team.
    UnknownGroup, NameTaken
        The team is not there, or ended; another group beside it has one of the names.
    """
    team = _living(key, Level.TEAM)
    today = now.date()
    parent = db.session.get_one(Group, team.parent_id)
    _require_parts(parts)
    for part in parts:
        require_free_name(part.name, parent.id, besides=[team.id])
    placed = _placed(parts, _staff_of([team.id], today))
    before = as_it_is(team)
    new = add_groups([(part.name, parent) for part in parts], Level.TEAM)
    _reassign({person: new[place].id for person, place in placed.items()}, [team.id], today)
    _end([team], today)
    remember_change(RegroupingKind.SPLIT, [before], new, by=by, on=today)
    note(by, "split team", key, now, into=", ".join(group.key for group in new))
    db.session.commit()
    return [group.key for group in new]


def end_group(key: str, level: Level, *, by: str, now: datetime) -> None:
    """Let a group that nobody and nothing is in any more be part of no further wave. Ended already is done already.

    Raises
    ------
    UnusableReorganisation
        Somebody works there, or a team is in it.
    """
    group = find_group(key, level)
    if group.ended_on is None:
        db.session.scalar(select(Group.id).where(Group.id == group.id).with_for_update())
        if level is Level.TEAM and _staff_of([group.id], now.date()):
            _refuse(
                UnusableReorganisation("end", f"People are in {group.name}: a roster, a merge or a split moves them")
            )
        inside = select(Group.id).where(Group.parent_id == group.id, Group.ended_on.is_(None)).limit(1)
        if db.session.scalar(inside) is not None:
            _refuse(UnusableReorganisation("end", f"Teams are in {group.name}: move them first"))
        _end([group], now.date())
        note(by, "end group", key, now)
    db.session.commit()


def staff_refs_of(team_key: str, today: date) -> list[str]:
    """The staff references of those who are in a team today or will be, in order."""
    return sorted(_staff_of([find_group(team_key, Level.TEAM).id], today))


def _refuse(error: Exception) -> NoReturn:
    db.session.rollback()
    raise error


def _living(key: str, level: Level) -> Group:
    """A group that has not ended, locked until the transaction ends."""
    group = db.session.scalar(
        select(Group)
        .where(Group.key == key, Group.level == level, Group.ended_on.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if group is None:
        db.session.rollback()
        raise UnknownGroup(key, level)
    return group


def _current(team_ids: Sequence[int], today: date) -> ColumnElement[bool]:
    return and_(Membership.team_id.in_(team_ids), or_(Membership.ended_on.is_(None), Membership.ended_on > today))


def _people_in(team_ids: Sequence[int], today: date) -> list[int]:
    people = select(Membership.participant_id).where(_current(team_ids, today)).distinct()
    return list(db.session.scalars(people))


def _staff_of(team_ids: Sequence[int], today: date) -> dict[str, int]:
    """Who is in these teams or will be: ids by staff reference."""
    rows = db.session.execute(
        select(Participant.staff_ref, Participant.id).where(Participant.id.in_(_people_in(team_ids, today)))
    )
    return {staff_ref: person for staff_ref, person in rows}  # noqa: C416 - rows are no pairs to a type checker


def _reassign(goes_to: Mapping[int, int], left: Sequence[int], today: date) -> None:
    """End people's time in the teams that they leave, and begin one where each goes: ids of teams by person."""
    found = db.session.scalars(select(Membership).where(_current(left, today)).order_by(Membership.id))
    of_person: dict[int, list[Membership]] = defaultdict(list)
    for membership in found:
        of_person[membership.participant_id].append(membership)
    for person, memberships in of_person.items():
        begins = max(today, min(each.started_on for each in memberships))
        ends = [each.ended_on for each in memberships]
        last = None if None in ends else max(day for day in ends if day is not None)
        db.session.add(Membership(participant_id=person, team_id=goes_to[person], started_on=begins, ended_on=last))
        for membership in memberships:
            membership.ended_on = max(today, membership.started_on)


def _take_in_teams(area: Group, merged: Sequence[int]) -> None:
    """Put the teams of merged areas into the new one; two of one name would be taken for one another."""
    living = and_(Group.parent_id.in_(merged), Group.ended_on.is_(None))
    names = db.session.scalars(select(func.lower(Group.name)).where(living)).all()
    if twice := sorted({name for name in names if names.count(name) > 1}):
        _refuse(UnusableReorganisation("merged", f"Both have a team {twice[0]}: rename one, or merge the teams first"))
    db.session.execute(
        update(Group).where(living).values(parent_id=area.id).execution_options(synchronize_session=False)
    )


def _carry_leads(merged: Sequence[int], new: Group, by: str, now: datetime) -> None:
    """Who leads one of several groups leads what is made of them."""
    held = db.session.execute(
        select(RoleGrant.account_id, RoleGrant.role)
        .where(RoleGrant.group_id.in_(merged), RoleGrant.ended_at.is_(None))
        .distinct()
    )
    db.session.add_all(
        RoleGrant(account_id=account, group_id=new.id, role=role, granted_at=now, granted_by=by)
        for account, role in held
    )


def _end(groups: Sequence[Group], today: date) -> None:
    for group in groups:
        group.ended_on = today


def _require_parts(parts: Sequence[NewTeam]) -> None:
    if not FEWEST_PARTS <= len(parts) <= MOST_PARTS:
        _refuse(UnusableReorganisation("parts", f"Name {FEWEST_PARTS} to {MOST_PARTS} new teams"))
    names = [part.name.casefold() for part in parts]
    if twice := [part.name for part in parts if names.count(part.name.casefold()) > 1]:
        _refuse(UnusableReorganisation("parts", f"Two of the new teams are called {twice[0]}"))


def _placed(parts: Sequence[NewTeam], staff: Mapping[str, int]) -> dict[int, int]:
    """In which part each person is, by their id: everybody in exactly one."""
    placed: dict[int, int] = {}
    for place, part in enumerate(parts):
        for staff_ref in part.staff_refs:
            if staff_ref not in staff:
                _refuse(UnusableReorganisation("parts", f"{staff_ref} is not in the team"))
            if staff[staff_ref] in placed:
                _refuse(UnusableReorganisation("parts", f"{staff_ref} stands in two places"))
            placed[staff[staff_ref]] = place
    if forgotten := [staff_ref for staff_ref, person in sorted(staff.items()) if person not in placed]:
        _refuse(UnusableReorganisation("parts", f"These are in none of the new teams: {', '.join(forgotten)}"))
    return placed
