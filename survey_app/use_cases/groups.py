"""Create and find groups."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, count

from sqlalchemy import func, select

from dashboards.pages.addresses import slug
from dashboards.snapshots import Level, RegroupingKind
from dashboards.suppression.tree import GroupNode, GroupTree
from survey_app.extensions import db
from survey_app.models.groups import ChangedGroup, Group, GroupChange
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import ChangedMeanwhile, KeyTaken, NameTaken, UnknownGroup, UnusableKey

LEADS_SUFFIX = ".leads"
PARENT_LEVELS = {
    Level.AUTHORITY: Level.PROGRAMME,
    Level.SERVICE_AREA: Level.AUTHORITY,
    Level.TEAM: Level.SERVICE_AREA,
}
LEVEL_INSIDE = {Level.AUTHORITY: Level.SERVICE_AREA, Level.SERVICE_AREA: Level.TEAM}
"""What can be added to a group of a level, merged in it and ended."""


def find_group(key: str, level: Level) -> Group:
    """Return the group of this key and level, or raise `UnknownGroup`."""
    group = db.session.scalar(select(Group).where(Group.key == key, Group.level == level))
    if group is None:
        raise UnknownGroup(key, level)
    return group


def find_groups(keys: Collection[str]) -> list[Group]:
    """The groups of these keys, whatever their level."""
    return list(db.session.scalars(select(Group).where(Group.key.in_(keys)).order_by(Group.id)))


def add_group(key: str, name: str, level: Level, parent_key: str | None = None) -> None:
    """Create a programme, or a group under its parent.

    Raises
    ------
    KeyTaken
        Another group has this key.
    UnknownGroup
        There is no parent of the level above.
    """
    require_usable_key(key)
    if db.session.scalar(select(Group.id).where(Group.key == key)):
        raise KeyTaken(key)
    parent = None
    if level in PARENT_LEVELS:
        parent = find_group(parent_key or "", PARENT_LEVELS[level])
    db.session.add(Group(key=key, name=name, level=level, parent_id=parent.id if parent else None))
    db.session.commit()


def add_named_group(name: str, level: Level, parent_key: str, *, by: str, now: datetime) -> str:
    """Create a group under its parent with a key made of its name; return the key.

    Raises
    ------
    NameTaken
        A group beside it has this name.
    UnknownGroup
        There is no parent of the level above, or it has ended.
    """
    parent = find_group(parent_key, PARENT_LEVELS[level])
    if parent.ended_on is not None:
        db.session.rollback()
        raise UnknownGroup(parent_key, PARENT_LEVELS[level])
    require_free_name(name, parent.id)
    (group,) = add_groups([(name, parent)], level)
    note(by, "add group", group.key, now, name=name)
    db.session.commit()
    return group.key


def rename_group(key: str, name: str, *, expected: str, by: str, now: datetime) -> None:
    """Give a group another name from now on; published waves keep the one that they had, and its line goes on.

    Raises
    ------
    NameTaken
        A group beside it has this name.
    ChangedMeanwhile
        Its name is not the `expected` one any more.
    """
    group = db.session.scalar(select(Group).where(Group.key == key).with_for_update())
    if group is None:
        raise UnknownGroup(key, "group")
    if group.name != expected:
        found = group.name
        db.session.rollback()
        raise ChangedMeanwhile(found)
    if name != group.name:
        require_free_name(name, group.parent_id)
        note(by, "rename group", key, now, before=group.name, after=name)
        before = as_it_is(group)
        group.name = name
        remember_change(RegroupingKind.RENAMED, [before], [group], by=by, on=now.date())
    db.session.commit()


def as_it_is(group: Group) -> dict[str, str]:
    """A group's key and name and those of its parent, to be remembered."""
    parent = group.parent
    return {
        "key": group.key,
        "name": group.name,
        "parent_key": parent.key if parent else "",
        "parent": parent.name if parent else "",
    }


def remember_change(
    kind: RegroupingKind, before: Sequence[Mapping[str, str]], after: Sequence[Group], *, by: str, on: date
) -> None:
    """Add to the running transaction how groups came out of others."""
    now = [as_it_is(group) for group in after]
    change = GroupChange(kind=kind, happened_on=on, decided_by=by, before=[dict(each) for each in before], after=now)
    db.session.add(change)
    db.session.flush()
    keys = {each[name] for each in [*before, *now] for name in ("key", "parent_key")}
    db.session.add_all(ChangedGroup(change_id=change.id, group_id=group.id) for group in find_groups(keys))


def require_free_name(name: str, parent_id: int | None, besides: Collection[int] = ()) -> None:
    """Refuse a name that a group beside it has, other than those of `besides` and those that ended."""
    beside = select(Group.id).where(
        Group.parent_id == parent_id,
        func.lower(Group.name) == name.lower(),
        Group.ended_on.is_(None),
        Group.id.not_in(besides),
    )
    if db.session.scalar(beside) is not None:
        db.session.rollback()
        raise NameTaken(name)


def add_groups(wanted: Sequence[tuple[str, Group]], level: Level) -> list[Group]:
    """Add groups by name and parent to the running transaction, with keys that nobody has."""
    taken = set(db.session.scalars(select(Group.key)))
    groups = []
    for name, parent in wanted:
        authority = authority_of(parent)
        full = name if authority.level != Level.AUTHORITY else f"{authority.key} {name}"
        key = _free_key(full, parent, taken)
        taken.add(key)
        groups.append(Group(key=key, name=name, level=level, parent_id=parent.id))
    db.session.add_all(groups)
    db.session.flush()
    return groups


def authority_of(group: Group) -> Group:
    """The authority that a group belongs to; an authority is its own."""
    while group.level != Level.AUTHORITY and group.parent is not None:
        group = group.parent
    return group


def programme_of(group: Group) -> Group:
    """The programme that a group belongs to."""
    while group.parent is not None:
        group = group.parent
    return group


def groups_inside_of(groups: Sequence[Group]) -> frozenset[str]:
    """The keys of these groups and of every group inside them."""
    found = {group.id: group.key for group in groups}
    layer = list(found)
    while layer:
        children = db.session.execute(select(Group.id, Group.key).where(Group.parent_id.in_(layer))).all()
        found.update((child_id, key) for child_id, key in children)
        layer = [child_id for child_id, _ in children]
    return frozenset(found.values())


@dataclass(frozen=True)
class GroupLine:
    """A group as lists show it: how deep it lies, what it is, where, and since when it is no more."""

    key: str
    name: str
    level: Level
    parent: str
    parent_key: str
    depth: int
    ended_on: date | None = None


def groups_of_programme(programme_key: str) -> list[GroupLine]:
    """A programme and every group inside it, each after the one that it is part of, by name."""
    inside = groups_inside_of(db.session.scalars(select(Group).where(Group.key == programme_key)).all())
    rows = db.session.scalars(select(Group).where(Group.key.in_(inside)).order_by(Group.name, Group.id)).all()
    children: dict[int | None, list[Group]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    found: list[GroupLine] = []

    def walk(group: Group, parent: Group | None, depth: int) -> None:
        name, key = (parent.name, parent.key) if parent else ("", "")
        found.append(GroupLine(group.key, group.name, Level(group.level), name, key, depth, group.ended_on))
        for child in children.get(group.id, ()):
            walk(child, group, depth + 1)

    for row in rows:
        if row.key == programme_key:
            walk(row, None, 0)
    return found


def current_tree(
    programme: Group, areas_with_leads: Collection[str] = (), *, authorities: Collection[str] = ()
) -> GroupTree:
    """The programme's groups as they are now, with a leads' group in the service areas of these keys.

    Where `authorities` are named, the tree holds these and no others, and unless they are all that the programme has,
    the programme itself is not reported on. Groups that ended are in no tree any more.
    """
    rows = db.session.scalars(select(Group).where(Group.ended_on.is_(None)).order_by(Group.id)).all()
    inside_of: dict[int | None, list[Group]] = defaultdict(list)
    for row in rows:
        inside_of[row.parent_id].append(row)
    is_whole = not authorities or {row.key for row in inside_of[programme.id]} <= set(authorities)
    nodes = [GroupNode(programme.key, programme.name, Level(programme.level), None, is_reported=is_whole)]
    layer = [programme]
    while layer:
        below = [(parent, row) for parent in layer for row in inside_of[parent.id]]
        if layer == [programme] and authorities:
            below = [(parent, row) for parent, row in below if row.key in authorities]
        for parent, row in below:
            nodes.append(GroupNode(row.key, row.name, Level(row.level), parent.key))
            if row.key in areas_with_leads:
                leads = GroupNode(leads_key(row.key), f"Leads of {row.name}", Level.TEAM, row.key, is_leads=True)
                nodes.append(leads)
        layer = [row for _, row in below]
    return GroupTree(tuple(nodes))


def leads_key(service_area_key: str) -> str:
    """The key under which the answers of a service area's team leads are counted: one unit up from their teams."""
    return service_area_key + LEADS_SUFFIX


def require_usable_key(key: str) -> None:
    """Refuse a key that could not stand in an address or in a file's name."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,99}", key):
        raise UnusableKey(key)


def _free_key(text: str, parent: Group, taken: Collection[str]) -> str:
    wanted = slug(text)
    candidates = chain([wanted, f"{slug(parent.key)}-{wanted}"], (f"{wanted}-{number}" for number in count(2)))
    return next(key for key in candidates if key not in taken)
