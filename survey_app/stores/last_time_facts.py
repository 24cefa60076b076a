"""What a team may be told of its newest wave, as it is stored beside its pictures: no figure, and no language yet."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from dashboards.pages.last_time import LastTime
from dashboards.snapshots import Level, Measure, ReportingGroup, SmallChangeMark
from dashboards.trends import Reading, ReadingKind

Facts = dict[str, Any]  # Any: JSON


def to_facts(told: LastTime) -> Facts:
    """Turn it into JSON."""
    change = told.small_change
    return {
        "group": asdict(told.group),
        "is_own_team": told.is_own_team,
        "wave": told.wave,
        "closed_on": told.closed_on.isoformat(),
        "readings": [[asdict(measure), asdict(reading)] for measure, reading in told.readings],
        "small_change": {"title": change.title, "started_on": change.started_on.isoformat()} if change else None,
    }


def from_facts(facts: Facts) -> LastTime:
    """Turn it back."""
    group, change = facts["group"], facts["small_change"]
    return LastTime(
        group=ReportingGroup(**{**group, "level": Level(group["level"])}),
        is_own_team=facts["is_own_team"],
        wave=facts["wave"],
        closed_on=date.fromisoformat(facts["closed_on"]),
        readings=tuple(
            (Measure(**measure), Reading(**{**reading, "kind": ReadingKind(reading["kind"])}))
            for measure, reading in facts["readings"]
        ),
        small_change=SmallChangeMark(change["title"], date.fromisoformat(change["started_on"])) if change else None,
    )
