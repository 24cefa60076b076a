"""An authority's local blueprint: what teams cannot change by themselves, who takes it up, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import aliased

from dashboards.pages.themes import PassedUp
from dashboards.snapshots import Level
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.small_changes import BlueprintItem, SmallChange
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import ChangedMeanwhile, UnknownBlueprintItem, UnusableSmallChange
from survey_app.use_cases.groups import authority_of, find_group
from survey_app.use_cases.small_changes import LONGEST_TEXT, LONGEST_TITLE


class Status(StrEnum):
    """Where something that a team passed up stands."""

    OPEN = "open"
    TAKEN_UP = "taken_up"
    DONE = "done"
    NOT_POSSIBLE = "not_possible"


@dataclass(frozen=True)
class BlueprintLine:
    """Something that a team passed up, as the authority's page shows it."""

    id: int
    title: str
    team: str
    theme: str
    owner: str
    status: Status
    answer: str
    small_change: str
    passed_on: date
    version: int


@dataclass(frozen=True)
class Answer:
    """What an authority makes of it."""

    theme: str
    owner: str
    status: Status
    answer: str

    def __post_init__(self) -> None:
        if max(len(self.theme), len(self.owner)) > LONGEST_TITLE or len(self.answer) > LONGEST_TEXT:
            raise UnusableSmallChange("answer", f"Write at most {LONGEST_TEXT} letters")
        if self.status is Status.NOT_POSSIBLE and not self.answer:
            raise UnusableSmallChange("answer", "Say why: the team reads it")


def pass_up(team_key: str, title: str, *, change_id: int | None, by: str, now: datetime) -> None:
    """Put something that is beyond a team's gift into its authority's blueprint; twice the same is once."""
    if not title or len(title) > LONGEST_TEXT:
        raise UnusableSmallChange("beyond", f"Write what is beyond the team’s gift, in at most {LONGEST_TEXT} letters")
    team = find_group(team_key, Level.TEAM)
    same = select(BlueprintItem.id).where(BlueprintItem.group_id == team.id, BlueprintItem.title == title)
    if db.session.scalar(same) is None:
        item = BlueprintItem(
            authority_id=authority_of(team).id,
            group_id=team.id,
            small_change_id=change_id,
            title=title,
            status=Status.OPEN,
            passed_on=now.date(),
        )
        db.session.add(item)
        note(by, "pass up", team_key, now)
    db.session.commit()


def answer_item(authority_key: str, item_id: int, answer: Answer, *, expected: int, by: str, now: datetime) -> None:
    """Say who takes something up and what came of it.

    Raises
    ------
    UnknownBlueprintItem
        The authority has none of this id.
    ChangedMeanwhile
        Its version is not the `expected` one any more.
    """
    authority = find_group(authority_key, Level.AUTHORITY)
    item = db.session.scalar(
        select(BlueprintItem)
        .where(BlueprintItem.id == item_id, BlueprintItem.authority_id == authority.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if item is None:
        db.session.rollback()
        raise UnknownBlueprintItem
    if item.version != expected:
        found = item.status.replace("_", " ")
        db.session.rollback()
        raise ChangedMeanwhile(found)
    for name, value in vars(answer).items():
        setattr(item, name, value)
    item.version += 1
    note(by, "answer blueprint item", authority_key, now, status=str(answer.status))
    db.session.commit()


def blueprint_of(authority_key: str) -> list[BlueprintLine]:
    """Everything that an authority's teams passed up: what is open first, the newest first."""
    authority, team = find_group(authority_key, Level.AUTHORITY), aliased(Group)
    rows = db.session.execute(
        select(BlueprintItem, team.name, SmallChange.title)
        .join(team, team.id == BlueprintItem.group_id)
        .outerjoin(SmallChange, SmallChange.id == BlueprintItem.small_change_id)
        .where(BlueprintItem.authority_id == authority.id)
        .order_by(BlueprintItem.passed_on.desc(), BlueprintItem.id.desc())
    )
    order = list(Status)
    lines = [
        BlueprintLine(
            item.id,
            item.title,
            name,
            item.theme,
            item.owner,
            Status(item.status),
            item.answer,
            title or "",
            item.passed_on,
            item.version,
        )
        for item, name, title in rows
    ]
    return sorted(lines, key=lambda line: order.index(line.status))


def passed_up_in(programme_key: str) -> list[PassedUp]:
    """What teams of a programme passed up, by theme and where it stands."""
    authority, programme = aliased(Group), aliased(Group)
    rows = db.session.execute(
        select(BlueprintItem.theme, authority.name, BlueprintItem.status)
        .join(authority, authority.id == BlueprintItem.authority_id)
        .join(programme, programme.id == authority.parent_id)
        .where(programme.key == programme_key)
        .order_by(BlueprintItem.id)
    )
    return [PassedUp(theme, name, status.replace("_", " ")) for theme, name, status in rows]
