"""Rosters that a program brings: the same rules as for a file, so that they are made one."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboards.snapshots import Level
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.use_cases.auditing import note_now
from survey_app.use_cases.enrolment import RosterReport, import_roster
from survey_app.use_cases.groups import find_group
from survey_app.use_cases.roster_tables import REQUIRED

LINES_ABOVE = 2
"""The first person of a list stands in the second line of its file."""


@dataclass(frozen=True)
class Wanted:
    """How a roster is to be taken; see `use_cases.enrolment.import_roster`."""

    dry_run: bool = False
    absent_have_left: bool = False
    however_many: bool = False


@dataclass(frozen=True)
class RefusedPerson:
    """Somebody of the list who was not taken, by their place in it, which counts from 0."""

    place: int
    staff_ref: str
    reason: str


@dataclass(frozen=True)
class ProgramReport:
    """What a roster did, or would do, as a program reads it."""

    dry_run: bool
    joined: int
    moved: int
    left: int
    unchanged: int
    updated: int
    refused: tuple[RefusedPerson, ...]
    oddities: tuple[str, ...]
    new_groups: tuple[str, ...]


def take_roster(
    authority: str, people: Sequence[Mapping[str, str]], wanted: Wanted, *, by: str, now: datetime, vault: Vault
) -> ProgramReport:
    """Import a list of people by their columns, all usable ones or none.

    Raises
    ------
    UnknownGroup
        There is no such authority.
    UnreadableFile
        It has more rows than a roster may.
    TooManyLeavers
        More people are absent from it than is believed without being told so; nothing was changed.
    """
    find_group(authority, Level.AUTHORITY)
    db.session.rollback()  # a list is read before anything is locked
    report = import_roster(authority, _as_file(people), now.date(), vault, **vars(wanted))
    if not wanted.dry_run:
        counts = {"joined": report.joined, "moved": report.moved, "left": report.left, "refused": len(report.refused)}
        note_now(by, "roster imported", authority, now, **counts)
    return _report(report, people, wanted)


def _as_file(people: Sequence[Mapping[str, str]]) -> bytes:
    columns = sorted(REQUIRED | {name for person in people for name in person})
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns, restval="")
    writer.writeheader()
    writer.writerows({name: " ".join(value.split()) for name, value in person.items()} for person in people)
    return file.getvalue().encode()


def _report(report: RosterReport, people: Sequence[Mapping[str, str]], wanted: Wanted) -> ProgramReport:
    places = ((row.line - LINES_ABOVE, row.reason) for row in report.refused)
    return ProgramReport(
        dry_run=wanted.dry_run,
        joined=report.joined,
        moved=report.moved,
        left=report.left,
        unchanged=report.unchanged,
        updated=report.updated,
        refused=tuple(RefusedPerson(place, people[place].get("staff_ref", ""), why) for place, why in places),
        oddities=report.oddities,
        new_groups=report.new_groups,
    )
