"""What the demo's teams try, where they expect to see it, and what they pass up to their authority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from survey_app.demo.simulation import BUDDY_SCHEME_WAVE, REORGANISATION_WAVE
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.use_cases.blueprints import Answer, Status, answer_item, blueprint_of, pass_up
from survey_app.use_cases.small_changes import ChangeRecord, add_small_change

_LEAD = "Team lead"


@dataclass(frozen=True)
class _Tried:
    """A small change: the wave before which it began, who tries it, and where they expect to see it."""

    wave: int
    team: str
    title: str
    theme: str
    measure: str | None


_QUIET, _THINK = "Ten quiet minutes before duty", "Time to think"
_TRIED = (
    _Tried(2, "ashcombe-children-in-care", _QUIET, _THINK, "burnout"),
    _Tried(
        BUDDY_SCHEME_WAVE, "ashcombe-children-in-care", "Buddy scheme for visits", "Working together", "connectedness"
    ),
    _Tried(5, "ashcombe-assessment", "One page instead of three forms", "Less paper", "purpose-alignment"),
    _Tried(4, "brackenfield-early-help-north", _QUIET, _THINK, "burnout"),
    _Tried(6, "calderport-safeguarding-2", _QUIET, _THINK, "burnout"),
    _Tried(9, "calderport-in-care-1", _QUIET, _THINK, "burnout"),
    _Tried(8, "calderport-kinship", "Walk and talk", _THINK, "optimism"),
    _Tried(REORGANISATION_WAVE, "calderport-court-team", "Moved to the new safeguarding structure", "", None),
)
_PASSED_UP = (
    ("ashcombe-assessment", "Laptops that start within a minute", "Tools"),
    ("brackenfield-early-help-north", "A quiet room in the Bracken Road office", _THINK),
    ("calderport-kinship", "One form for all three panels", "Less paper"),
)


def record_what_teams_try(waves: int, opened_at: Sequence[datetime]) -> None:
    """Write down what the teams that there are try before these waves, and what they pass up."""
    teams = set(db.session.scalars(select(Group.key)))
    db.session.rollback()
    for tried in _TRIED:
        if tried.wave < waves and tried.team in teams:
            began = opened_at[tried.wave] - timedelta(days=9)
            record = ChangeRecord(tried.title, began.date(), theme=tried.theme, measure=tried.measure)
            add_small_change(tried.team, record, by=_LEAD, now=began)
    for team, title, theme in _PASSED_UP:
        if team in teams:
            pass_up(team, title, change_id=None, by=_LEAD, now=opened_at[0])
            _answer(team.partition("-")[0], title, theme, opened_at[0] + timedelta(days=20))


def _answer(authority: str, title: str, theme: str, now: datetime) -> None:
    line = next(each for each in blueprint_of(authority) if each.title == title)
    answer = Answer(theme, "Head of service", Status.TAKEN_UP, "On the list for this quarter.")
    answer_item(authority, line.id, answer, expected=line.version, by="Head of service", now=now)
