"""What groups were called, and where they were: staff lists go on saying so long after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select

from survey_app.extensions import db
from survey_app.models.groups import ChangedGroup, Group, GroupChange
from survey_app.use_cases.groups import groups_inside_of
from survey_app.use_cases.roster_changes import Place
from survey_app.use_cases.roster_files import RefusedRow, Roster, RosterRow

_Names = tuple[str, str]
"""The names of a service area and of a team, in small letters."""


@dataclass(frozen=True)
class FormerNames:
    """Service areas by the names that they had, and the teams that came out of those of a place and name."""

    areas: Mapping[str, str]
    teams: Mapping[_Names, tuple[Place, ...]]

    def read(self, roster: Roster, living: Mapping[_Names, Place]) -> Roster:
        """A roster in today's names. `living` are today's teams: they go before any that was called so once.

        A row that names a team which was split is refused: nobody here knows who went where.
        """
        rows: list[RosterRow] = []
        refused = list(roster.refused)
        said: dict[str, None] = {}
        for row in roster.rows:
            places = self._places(row, living)
            if len(places) > 1:
                teams = " and ".join(place.team for place in places)
                refused.append(RefusedRow(row.line, f"team was divided into {teams}: name the one of this person"))
                continue
            rows.append(replace(row, service_area=places[0].service_area, team=places[0].team))
            written = Place(row.service_area, row.team)
            if places[0].spelled_alike != written.spelled_alike:
                said[f"{written} is {places[0]} now, and is read so."] = None
        refused.sort(key=lambda row: row.line)
        return replace(roster, rows=tuple(rows), refused=tuple(refused), oddities=(*roster.oddities, *said))

    def _places(self, row: RosterRow, living: Mapping[_Names, Place]) -> tuple[Place, ...]:
        written = Place(row.service_area, row.team)
        in_todays_area = Place(self.areas.get(row.service_area.casefold(), row.service_area), row.team)
        for place in (written, in_todays_area):
            if place.spelled_alike in living:
                return (place,)
        for place in (written, in_todays_area):
            if found := self.teams.get(place.spelled_alike):
                return found
        return (in_todays_area,)


def former_names(authority: Group) -> FormerNames:
    """Read what an authority's groups were called, oldest first: the newest owner of a name is meant."""
    inside = groups_inside_of([authority])
    by_key = {group.key: group for group in db.session.scalars(select(Group).where(Group.key.in_(inside)))}
    ids = select(ChangedGroup.change_id).where(ChangedGroup.group_id.in_([group.id for group in by_key.values()]))
    changes = db.session.scalars(select(GroupChange).where(GroupChange.id.in_(ids)).order_by(GroupChange.id)).all()
    successors = {each["key"]: [new["key"] for new in change.after] for change in changes for each in change.before}
    areas: dict[str, str] = {}
    teams: dict[_Names, tuple[Place, ...]] = {}
    for change in changes:
        for each in change.before:
            living = [by_key[key] for key in _living(each["key"], successors, by_key)]
            if each["parent_key"] == authority.key and len(living) == 1:
                areas[each["name"].casefold()] = living[0].name
            elif each["parent_key"] != authority.key and each["key"] in inside:
                places = tuple(Place(group.parent.name, group.name) for group in living if group.parent)
                teams[(each["parent"].casefold(), each["name"].casefold())] = places
    return FormerNames(areas, teams)


def _living(key: str, successors: Mapping[str, list[str]], by_key: Mapping[str, Group]) -> Iterator[str]:
    """The groups that came out of one, and did not end."""
    group = by_key.get(key)
    if group is not None and group.ended_on is None:
        yield key
        return
    for successor in successors.get(key, ()):
        if successor != key:
            yield from _living(successor, successors, by_key)
