"""The pulse that is open now, or comes next, as far as a lead may know of it: never who, and how many in bands only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import case, func, or_, select

from dashboards.snapshots import Level
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.invitations import Invitation
from survey_app.models.pulses import Pulse, Wave, WaveState
from survey_app.use_cases.groups import authority_of, groups_inside_of, programme_of

FEWEST_ASKED = 20
"""From how many people asked a band is told: in a smaller group its change could be somebody's."""


class Band(StrEnum):
    """How many have answered so far."""

    FEW = "under half"
    HALF = "over half"
    MOST = "most"


@dataclass(frozen=True)
class Ahead:
    """A wave that is open, or comes next; `band` is None where it is not told."""

    label: str
    is_open: bool
    opens_at: datetime
    closes_at: datetime
    band: Band | None


def ahead_of(group_key: str) -> Ahead | None:
    """The wave that is open for a group now, else the next that is planned; None where none is."""
    group = db.session.scalars(select(Group).where(Group.key == group_key)).one_or_none()
    if group is None:
        return None
    waves = db.session.execute(
        select(Wave, Pulse.authorities)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .where(Pulse.programme_id == programme_of(group).id)
        .where(or_(Wave.state == WaveState.OPEN, Wave.state == WaveState.PLANNED))
        .order_by(case((Wave.state == WaveState.OPEN, 0), else_=1), Wave.opens_at)
    ).all()
    own = {authority_of(group).key} if group.level != Level.PROGRAMME else set()
    found = next((wave for wave, authorities in waves if not (own and authorities) or own & set(authorities)), None)
    if found is None:
        return None
    is_open = found.state == WaveState.OPEN
    band = _band(found.id, groups_inside_of([group])) if is_open else None
    return Ahead(found.label, is_open, found.opens_at, found.closes_at, band)


def _band(wave_id: int, teams: frozenset[str]) -> Band | None:
    asked, answered = db.session.execute(
        select(func.count(), func.coalesce(func.sum(case((Invitation.answered, 1), else_=0)), 0)).where(
            Invitation.wave_id == wave_id, Invitation.team_key.in_(teams)
        )
    ).one()
    if asked < FEWEST_ASKED:
        return None
    if answered * 2 < asked:
        return Band.FEW
    return Band.MOST if answered * 5 >= asked * 4 else Band.HALF
