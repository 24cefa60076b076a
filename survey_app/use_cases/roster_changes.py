"""What a roster would change: who joins, moves and leaves, decided before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from survey_app.use_cases.roster_files import Roster, RosterRow


class Move(StrEnum):
    """What a line means for somebody's place."""

    JOINED = "joined"
    MOVED = "moved"
    LEFT = "left"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, order=True)
class Place:
    """Where somebody works: team and service area as they are written here, and the last day, which is not worked."""

    service_area: str
    team: str
    ended_on: date | None = None

    @property
    def spelled_alike(self) -> tuple[str, str]:
        """The same for names that differ in capitals only."""
        return self.service_area.casefold(), self.team.casefold()

    def __str__(self) -> str:
        return f"{self.team}, {self.service_area}"


@dataclass(frozen=True)
class Change:
    """What becomes of one member of staff; `line` is None for those who are not in the file."""

    staff_ref: str
    move: Move
    line: int | None = None
    before: Place | None = None
    after: Place | None = None


def changes_of(
    roster: Roster, places: Mapping[str, Place], today: date, *, absent_have_left: bool = False
) -> list[Change]:
    """Decide what each line means, and what it means not to be in the file.

    Parameters
    ----------
    places
        Where each member of staff works now or will, by staff reference.
    absent_have_left
        The file names everybody: who works here and is not in it left today. Refused lines name people too.
    """
    says_who_left = "left_on" in roster.columns
    changes = []
    for row in roster.rows:
        now = places.get(row.staff_ref)
        last = row.left_on if says_who_left or now is None else now.ended_on
        changes.append(_change(row, now, last, today))
    return [*changes, *_absent(places, roster.named, today)] if absent_have_left else changes


def _change(row: RosterRow, now: Place | None, last: date | None, today: date) -> Change:
    there = Place(row.service_area, row.team, last)
    is_gone = last is not None and last <= today
    if now is None:
        return _of(row, Move.UNCHANGED) if is_gone else _of(row, Move.JOINED, None, there)
    if not is_gone and there.spelled_alike != now.spelled_alike:
        return _of(row, Move.MOVED, now, there)
    stays = replace(now, ended_on=last)
    return _of(row, Move.LEFT if last is not None and stays != now else Move.UNCHANGED, now, stays)


def _of(row: RosterRow, move: Move, before: Place | None = None, after: Place | None = None) -> Change:
    return Change(row.staff_ref, move, row.line, before, after)


def _absent(places: Mapping[str, Place], named: Collection[str], today: date) -> Iterator[Change]:
    for staff_ref, now in sorted(places.items()):
        if staff_ref not in named and now.ended_on is None:
            yield Change(staff_ref, Move.LEFT, None, now, replace(now, ended_on=today))
