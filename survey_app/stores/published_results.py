"""What was published, read from the database: the only door between dashboards and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from sqlalchemy import select

from dashboards.snapshots import (
    Coverage,
    Level,
    Measure,
    PublishedCell,
    PublishedWave,
    ReportingGroup,
    ShownCell,
    SmallChangeMark,
    StoredChart,
    WithheldCell,
    WithheldReason,
)
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.publications import PublishedCellRow, StoredChartRow
from survey_app.models.pulses import Pulse, Wave, WaveState, WaveTerms
from survey_app.models.small_changes import SmallChange

Row = PublishedCellRow


class DatabaseResults:
    """Implements `dashboards.snapshots.PublishedResults` of one programme, for the length of a request or job."""

    def __init__(self, programme: str) -> None:
        self._programme = programme

    def waves(self) -> Sequence[PublishedWave]:
        """Published waves, oldest first."""
        return list(self._waves_by_id.values())

    def group(self, key: str) -> ReportingGroup | None:
        """The group of this key, as named in the newest wave that knows it."""
        row = db.session.execute(
            select(Row.group_key, Row.group_name, Row.level, Row.parent_key)
            .where(Row.group_key == key, Row.wave_id.in_(self._waves_by_id))
            .order_by(Row.wave_id.desc())
            .limit(1)
        ).one_or_none()
        return None if row is None else ReportingGroup(row[0], row[1], Level(row[2]), row[3])

    def children(self, key: str) -> Sequence[ReportingGroup]:
        """The groups straight under this one in the newest wave, by name."""
        rows = db.session.execute(
            select(Row.group_key, Row.group_name, Row.level, Row.parent_key)
            .where(Row.parent_key == key, Row.wave_id == self._newest_wave_id)
            .distinct()
            .order_by(Row.group_name, Row.group_key)
        )
        return [ReportingGroup(row[0], row[1], Level(row[2]), row[3]) for row in rows]

    def cells(self, group: str) -> Sequence[PublishedCell]:
        """Every cell of a group, oldest wave first."""
        rows = db.session.scalars(select(Row).where(Row.group_key == group, Row.wave_id.in_(self._waves_by_id))).all()
        order = {wave_id: place for place, wave_id in enumerate(self._waves_by_id)}
        return [
            to_cell(row, self._waves_by_id[row.wave_id].key) for row in sorted(rows, key=lambda row: order[row.wave_id])
        ]

    def small_changes(self, group: str) -> Sequence[SmallChangeMark]:
        """What the group tried, oldest first."""
        rows = db.session.scalars(
            select(SmallChange)
            .join(Group, Group.id == SmallChange.group_id)
            .where(Group.key == group)
            .order_by(SmallChange.started_on, SmallChange.id)
        )
        return [SmallChangeMark(row.title, row.started_on) for row in rows]

    def groups(self) -> Sequence[ReportingGroup]:
        """Every group of the newest wave, by key."""
        rows = db.session.execute(
            select(Row.group_key, Row.group_name, Row.level, Row.parent_key)
            .where(Row.wave_id == self._newest_wave_id)
            .distinct()
            .order_by(Row.group_key)
        )
        return [ReportingGroup(row[0], row[1], Level(row[2]), row[3]) for row in rows]

    def chart(self, group: str, measure: str, variant: str) -> StoredChart | None:
        """The newest picture of this name."""
        row = db.session.get(StoredChartRow, (group, measure, variant))
        return None if row is None else StoredChart(row.svg, row.fingerprint)

    @cached_property
    def _waves_by_id(self) -> Mapping[int, PublishedWave]:
        rows = db.session.execute(
            select(Wave, WaveTerms)
            .join(WaveTerms, WaveTerms.wave_id == Wave.id)
            .join(Pulse, Pulse.id == Wave.pulse_id)
            .join(Group, Group.id == Pulse.programme_id)
            .where(Wave.state == WaveState.CLOSED, Group.key == self._programme)
            .order_by(Wave.closed_at, Wave.id)
        )
        return {wave.id: _published_wave(wave, terms) for wave, terms in rows}

    @property
    def _newest_wave_id(self) -> int | None:
        return list(self._waves_by_id)[-1] if self._waves_by_id else None


def to_cell(row: PublishedCellRow, wave_key: str) -> PublishedCell:
    """Turn a row into the value that dashboards see."""
    common = {
        "wave": wave_key,
        "group": row.group_key,
        "name": row.group_name,
        "level": Level(row.level),
        "parent": row.parent_key,
        "measure": row.measure,
        "instrument": row.instrument,
    }
    if row.status == "withheld":
        return WithheldCell(**common, reason=WithheldReason(row.reason), counted_in=row.counted_in)  # type: ignore[arg-type]
    figures = {
        name: getattr(row, name)
        for name in ("n", "roster_size", "score", "low", "high", "likely_low", "likely_high", "response_rate")
    }
    covers = tuple(row.covers or ())
    return ShownCell(**common, **figures, covers=covers, coverage=Coverage(row.coverage))  # type: ignore[arg-type]


def to_row(cell: PublishedCell, wave_id: int) -> dict[str, object]:
    """Turn a value into the columns of its row, of which `to_cell` is the inverse."""
    columns: dict[str, object] = {
        "wave_id": wave_id,
        "group_key": cell.group,
        "group_name": cell.name,
        "level": cell.level,
        "parent_key": cell.parent,
        "measure": cell.measure,
        "instrument": cell.instrument,
    }
    shown = isinstance(cell, ShownCell)
    for name in (
        "n",
        "roster_size",
        "score",
        "low",
        "high",
        "likely_low",
        "likely_high",
        "coverage",
        "response_rate",
    ):
        columns[name] = getattr(cell, name) if shown else None
    columns["status"] = "shown" if shown else "withheld"
    columns["covers"] = list(cell.covers) if isinstance(cell, ShownCell) else None
    columns["reason"] = cell.reason if isinstance(cell, WithheldCell) else None
    columns["counted_in"] = cell.counted_in if isinstance(cell, WithheldCell) else None
    return columns


def _published_wave(wave: Wave, terms: WaveTerms) -> PublishedWave:
    scales = terms.instrument["scales"]
    return PublishedWave(
        key=wave.key,
        label=wave.label,
        closed_on=(wave.closed_at or wave.closes_at).date(),
        minimum_group_size=terms.minimum_group_size,
        answer_width=terms.answer_width,
        measures=tuple(
            Measure(scale["id"], scale["title"]["en"], scale["direction"] == "higher_is_better") for scale in scales
        ),
    )
