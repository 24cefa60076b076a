"""What teams try, by the programme's template: written down by the lead, suggested by anybody, reviewed, decided on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, update

from dashboards.snapshots import Level
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.pulses import Pulse, Wave, WaveState
from survey_app.models.small_changes import BlueprintItem, SmallChange, SmallChangeIdea
from survey_app.stores.group_drawings import forget_drawings
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import ChangedMeanwhile, TooManyIdeas, UnknownSmallChange, UnusableSmallChange
from survey_app.use_cases.groups import find_group, groups_inside_of, programme_of

LONGEST_TITLE, LONGEST_TEXT = 120, 600
MOST_IDEAS = 50
"""Waiting for one team's lead: more would be a flood."""


class Decision(StrEnum):
    """What a team makes of a small change at its review."""

    ADOPT = "adopt"
    ADAPT = "adapt"
    STOP = "stop"


@dataclass(frozen=True)
class ChangeRecord:
    """A small change as a lead writes it down.

    Raises
    ------
    UnusableSmallChange
        A field is missing, too long, or dates are out of order; the error names the field.
    """

    title: str
    started_on: date
    aims: str = ""
    """What the team wants to be like."""
    opposite: str = ""
    """And what that is the opposite of."""
    mission: str = ""
    helps: str = ""
    """Whom it helps."""
    measure: str | None = None
    """The scale on which it is expected to be seen."""
    review_on: date | None = None
    how_it_went: str = ""
    decision: Decision | None = None
    theme: str = ""
    """A word that teams share who try things for the same."""

    def __post_init__(self) -> None:
        if not self.title:
            raise UnusableSmallChange("title", "Enter what the team tries, in a few words")
        for name in ("title", "theme"):
            if len(getattr(self, name)) > LONGEST_TITLE:
                raise UnusableSmallChange(name, f"Write at most {LONGEST_TITLE} letters")
        for name in ("aims", "opposite", "mission", "helps", "how_it_went"):
            if len(getattr(self, name)) > LONGEST_TEXT:
                raise UnusableSmallChange(name, f"Write at most {LONGEST_TEXT} letters")
        if self.review_on is not None and self.review_on <= self.started_on:
            raise UnusableSmallChange("review_on", "Choose a day for the review after the change starts")


def record_small_change(team_key: str, title: str, started_on: date) -> None:
    """Note a small change of a team, to be drawn on its trend."""
    db.session.add(_new(find_group(team_key, Level.TEAM), ChangeRecord(title, started_on)))
    db.session.commit()


def add_small_change(team_key: str, record: ChangeRecord, *, by: str, now: datetime) -> int:
    """Write a small change of a team down and return its id; twice the same is once."""
    team = find_group(team_key, Level.TEAM)
    db.session.scalar(
        select(Group.id).where(Group.id == team.id).with_for_update()
    )  # of a double click the second waits
    same = select(SmallChange.id).where(
        SmallChange.group_id == team.id, SmallChange.title == record.title, SmallChange.started_on == record.started_on
    )
    if (known := db.session.scalar(same)) is not None:
        db.session.rollback()
        return known
    change = _new(team, record)
    db.session.add(change)
    note(by, "add small change", team_key, now, title=record.title)
    _draw_again(team)
    db.session.commit()
    return change.id


def change_small_change(
    team_key: str, change_id: int, record: ChangeRecord, *, expected: int, by: str, now: datetime
) -> None:
    """Save a small change as it is now.

    Raises
    ------
    UnknownSmallChange
        The team has none of this id.
    ChangedMeanwhile
        Its version is not the `expected` one any more.
    """
    change = find_small_change(team_key, change_id)
    db.session.refresh(change, with_for_update=True)
    if change.version != expected:
        title = change.title
        db.session.rollback()
        raise ChangedMeanwhile(f"“{title}”")
    for name, value in vars(record).items():
        setattr(change, name, value)
    change.version += 1
    note(by, "change small change", team_key, now, title=record.title, decision=record.decision or "")
    _draw_again(find_group(team_key, Level.TEAM))
    db.session.commit()


def find_small_change(team_key: str, change_id: int) -> SmallChange:
    """A small change of a team, or raise `UnknownSmallChange`."""
    team = find_group(team_key, Level.TEAM)
    change = db.session.scalar(select(SmallChange).where(SmallChange.id == change_id, SmallChange.group_id == team.id))
    if change is None:
        raise UnknownSmallChange
    return change


def changes_of(team_key: str) -> list[SmallChange]:
    """Every small change of a team, the newest first."""
    team = find_group(team_key, Level.TEAM)
    return list(
        db.session.scalars(
            select(SmallChange)
            .where(SmallChange.group_id == team.id)
            .order_by(SmallChange.started_on.desc(), SmallChange.id.desc())
        )
    )


def themes_of(programme_key: str) -> list[str]:
    """Themes that a programme's teams and authorities have used, each in the spelling of the first."""
    teams = groups_inside_of(db.session.scalars(select(Group).where(Group.key == programme_key)).all())
    own = select(Group.id).where(Group.key.in_(teams))
    used = [
        *db.session.scalars(select(SmallChange.theme).where(SmallChange.group_id.in_(own)).order_by(SmallChange.id)),
        *db.session.scalars(
            select(BlueprintItem.theme).where(BlueprintItem.group_id.in_(own)).order_by(BlueprintItem.id)
        ),
    ]
    found: dict[str, str] = {}
    for theme in filter(None, used):
        found.setdefault(theme.casefold(), theme)
    return sorted(found.values(), key=str.casefold)


def suggest(team_key: str, words: str, today: date) -> None:
    """Keep an idea for the lead of a team; twice the same is once.

    Raises
    ------
    UnusableSmallChange
        It is empty or too long.
    TooManyIdeas
        As many wait as anybody reads.
    """
    if not words or len(words) > LONGEST_TEXT:
        raise UnusableSmallChange("idea", f"Write what you would try, in at most {LONGEST_TEXT} letters")
    team = find_group(team_key, Level.TEAM)
    waiting = select(SmallChangeIdea).where(SmallChangeIdea.group_id == team.id, SmallChangeIdea.outcome.is_(None))
    if (db.session.scalar(select(func.count()).select_from(waiting.subquery())) or 0) >= MOST_IDEAS:
        db.session.rollback()
        raise TooManyIdeas
    if db.session.scalar(waiting.where(SmallChangeIdea.words == words)) is None:
        db.session.add(SmallChangeIdea(group_id=team.id, words=words, suggested_on=today))
    db.session.commit()


def ideas_of(team_key: str) -> list[SmallChangeIdea]:
    """Ideas that wait for the lead of a team, by their words: not by when they came."""
    team = find_group(team_key, Level.TEAM)
    waiting = select(SmallChangeIdea).where(SmallChangeIdea.group_id == team.id, SmallChangeIdea.outcome.is_(None))
    return sorted(db.session.scalars(waiting), key=lambda idea: (idea.words.casefold(), idea.id))


def settle_idea(team_key: str, idea_id: UUID, *, by: str, now: datetime) -> str:
    """Take an idea off the list and return its words. Raises `UnknownSmallChange` where it is not there."""
    team = find_group(team_key, Level.TEAM)
    idea = db.session.scalar(
        select(SmallChangeIdea)
        .where(SmallChangeIdea.id == idea_id, SmallChangeIdea.group_id == team.id)
        .with_for_update()
    )
    if idea is None:
        db.session.rollback()
        raise UnknownSmallChange
    idea.outcome = "settled"
    note(by, "settle idea", team_key, now)
    db.session.commit()
    return idea.words


def _new(team: Group, record: ChangeRecord) -> SmallChange:
    return SmallChange(group_id=team.id, **vars(record))


def _draw_again(team: Group) -> None:
    """The next drawing job finds the programme's newest wave undrawn: pictures carry the marks of small changes."""
    newest = db.session.scalar(
        select(Wave.id)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .where(Pulse.programme_id == programme_of(team).id, Wave.state == WaveState.CLOSED)
        .order_by(Wave.closes_at.desc(), Wave.id.desc())
        .limit(1)
    )
    db.session.execute(
        update(Wave).where(Wave.id == newest).values(charts_drawn_at=None).execution_options(synchronize_session=False)
    )
    forget_drawings(programme_of(team).key)
