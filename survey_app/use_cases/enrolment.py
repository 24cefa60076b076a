"""Bring a roster into the database: joiners, movers and leavers; the same file again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from dashboards.snapshots import Level
from survey_app.crypto.vault import Vault
from survey_app.extensions import db, settings
from survey_app.models.groups import Group
from survey_app.use_cases.errors import TooManyLeavers
from survey_app.use_cases.former_names import former_names
from survey_app.use_cases.groups import find_group
from survey_app.use_cases.roster_changes import Change, Move, changes_of
from survey_app.use_cases.roster_files import RefusedRow, read_roster
from survey_app.use_cases.roster_staff import Staff

FEW_LEAVERS = 5
LARGEST_SHARE_ABSENT = 0.2
"""Of everybody who works there: more that are not in a file are more likely a wrong file than a bad year."""


@dataclass(frozen=True)
class RosterReport:
    """What an import did, or would do. Names people by their staff reference only.

    `unchanged` counts those who stay where they are; `updated` of these, or of movers, got other details. `absent` of
    the leavers are not in the file; `is_suspicious` where they are so many that the file may be a wrong one.
    """

    joined: int
    moved: int
    left: int
    unchanged: int
    updated: int
    absent: int
    is_suspicious: bool
    refused: tuple[RefusedRow, ...]
    oddities: tuple[str, ...]
    new_groups: tuple[str, ...]
    changes: tuple[Change, ...]

    def of(self, move: Move) -> list[Change]:
        """The changes of one kind, in the order of the file."""
        return [change for change in self.changes if change.move is move]


def import_roster(
    authority_key: str,
    content: bytes,
    today: date,
    vault: Vault,
    *,
    dry_run: bool = False,
    absent_have_left: bool = False,
    however_many: bool = False,
) -> RosterReport:
    """Import a roster file for an authority, all usable rows or none.

    With `absent_have_left` the file names everybody: who works there and is not in it left today. Where these are more
    than a fifth, only `however_many` makes it so.

    Raises
    ------
    UnknownGroup
        There is no such authority.
    UnreadableFile
        The file is no roster at all.
    TooManyLeavers
        More people are absent from the file than is believed without being told so; nothing was changed.
    """
    roster = read_roster(content, settings().mobile_countries)  # before anything is locked: a large one takes seconds
    authority = find_group(authority_key, Level.AUTHORITY)
    db.session.get_one(Group, authority.id, with_for_update={"key_share": True})  # a second import waits for this one
    staff = Staff(authority, today, vault)
    roster = former_names(authority).read(roster, staff.living_places())
    everybody = staff.places()
    changes = changes_of(roster, everybody, today, absent_have_left=absent_have_left)
    if not (dry_run or however_many) and _is_suspicious(changes, len(everybody)):
        db.session.rollback()
        raise TooManyLeavers(_absent(changes), len(everybody))
    new_groups = staff.new_groups(changes)
    updated = staff.take_in(roster, changes)
    if dry_run:
        db.session.rollback()
    else:
        db.session.commit()
    return RosterReport(
        **{move.value: sum(change.move is move for change in changes) for move in Move},
        updated=updated,
        absent=_absent(changes),
        is_suspicious=_is_suspicious(changes, len(everybody)),
        refused=roster.refused,
        oddities=roster.oddities,
        new_groups=new_groups,
        changes=tuple(change for change in changes if change.move is not Move.UNCHANGED),
    )


def _absent(changes: Sequence[Change]) -> int:
    return sum(change.line is None for change in changes)


def _is_suspicious(changes: Sequence[Change], everybody: int) -> bool:
    return _absent(changes) > max(FEW_LEAVERS, LARGEST_SHARE_ABSENT * everybody)
