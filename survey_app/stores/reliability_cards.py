"""The stored reliability cards of a programme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dashboards.pages.reliability import Card, card_from
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.publications import ReliabilityCard
from survey_app.models.pulses import Pulse, Wave, WaveState


@dataclass(frozen=True)
class StoredCard:
    """A card with the wave and the group it is about."""

    wave: str
    group: str
    card: Card


def list_cards(programme: str) -> Sequence[StoredCard]:
    """Every card of a programme, the newest wave first, the programme's before the authorities'."""
    rows = db.session.execute(
        select(ReliabilityCard, Wave.key)
        .join(Wave, Wave.id == ReliabilityCard.wave_id)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .join(Group, Group.id == Pulse.programme_id)
        .where(Group.key == programme, Wave.state == WaveState.CLOSED)
        .order_by(
            Wave.closes_at.desc(),
            Wave.id.desc(),
            ReliabilityCard.group_key != programme,
            ReliabilityCard.group_key,
        )
    ).all()
    return [StoredCard(wave, row.group_key, card_from(row.card)) for row, wave in rows]


def find_card(programme: str, wave: str, group: str) -> StoredCard | None:
    """One card; None where there is none in this programme."""
    return next((found for found in list_cards(programme) if (found.wave, found.group) == (wave, group)), None)
