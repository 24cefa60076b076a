"""Attack everything that was ever published here, withdrawn waves included, and keep the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from dashboards.snapshots import ShownCell
from dashboards.suppression.audit import AuditedMeasure, audit
from dashboards.suppression.terms import DisclosureTerms
from survey_app.extensions import db
from survey_app.models.publications import DisclosureAudit, PublishedCellRow
from survey_app.models.pulses import Wave, WaveState, WaveTerms
from survey_app.stores.published_results import to_cell


@dataclass(frozen=True)
class AuditedWave:
    """A wave with what the attack reached on each of its measures."""

    wave: str
    minimum_group_size: int
    answer_width: float
    figures: int
    measures: tuple[AuditedMeasure, ...]

    @property
    def fewest(self) -> int | None:
        """The smallest number of people that anything known for certain is about."""
        return min((found.means.fewest for found in self.measures if found.means.fewest is not None), default=None)

    @property
    def least_room(self) -> float | None:
        """The least room, in points, that any answer is left."""
        return min(
            (found.means.least_room for found in self.measures if found.means.least_room is not None), default=None
        )

    @property
    def findings(self) -> int:
        """How many leaks were found."""
        return sum(len(found.leaks) for found in self.measures)


def audit_disclosure(now: datetime) -> list[AuditedWave]:
    """Attack every published wave, oldest first, and write down how it came out."""
    waves = db.session.execute(
        select(Wave.id, Wave.key, WaveTerms.minimum_group_size, WaveTerms.answer_width)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .where(Wave.state.in_((WaveState.CLOSED, WaveState.WITHDRAWN)))
        .order_by(Wave.closed_at, Wave.id)
    ).all()
    found = [_audit_wave(*wave) for wave in waves]
    db.session.add(
        DisclosureAudit(
            ran_at=now,
            waves=len(found),
            figures=sum(wave.figures for wave in found),
            findings=sum(wave.findings for wave in found),
        )
    )
    db.session.commit()
    return found


def _audit_wave(wave_id: int, key: str, minimum: int, width: float) -> AuditedWave:
    rows = db.session.scalars(select(PublishedCellRow).where(PublishedCellRow.wave_id == wave_id))
    cells = [to_cell(row, key) for row in rows]
    db.session.expunge_all()
    figures = sum(isinstance(cell, ShownCell) for cell in cells)
    return AuditedWave(key, minimum, width, figures, audit(cells, DisclosureTerms(minimum, width)))
