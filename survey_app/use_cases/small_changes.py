"""Record what teams try."""

from __future__ import annotations

from datetime import date

from dashboards.snapshots import Level
from survey_app.extensions import db
from survey_app.models.small_changes import SmallChange
from survey_app.use_cases.groups import find_group


def record_small_change(team_key: str, title: str, started_on: date) -> None:
    """Note a small change of a team, to be drawn on its trend."""
    db.session.add(SmallChange(group_id=find_group(team_key, Level.TEAM).id, title=title, started_on=started_on))
    db.session.commit()
