"""What was published, read from the database: the only door between dashboards and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from dashboards.snapshots import (
    Coverage,
    CutFigure,
    FavourableShare,
    FlaggedLine,
    Flags,
    Level,
    LinePlace,
    Measure,
    NewRange,
    PublishedCell,
    PublishedWave,
    Regrouping,
    ReportingGroup,
    ShownCell,
    SmallChangeMark,
    StoredChart,
    TriedChange,
    Withdrawal,
    WithheldCell,
    WithheldReason,
)
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.publications import (
    ProgrammeFlags,
    ProgrammeLikeness,
    PublishedCellRow,
    PublishedCut,
    PublishedMeasure,
    StoredChartRow,
)
from survey_app.models.pulses import Pulse, Wave, WaveState, WaveTerms
from survey_app.models.ranges import NewRangeRow
from survey_app.models.small_changes import SmallChange
from survey_app.stores.group_history import history_of

Row = PublishedCellRow

CUT_FIGURES = ("attribute", "measure", "n", "score", "low", "high", "likely_low", "likely_high")


class DatabaseResults:
    """Implements `dashboards.snapshots.PublishedResults` of one programme, for the length of a request or job."""

    def __init__(self, programme: str) -> None:
        self._programme = programme
        self._authorities: dict[str, str | None] = {}
        self._groups: dict[str, ReportingGroup | None] = {}
        self._fingerprints: dict[str, dict[tuple[str, str], str]] = {}
        self._last_cells: tuple[str, Sequence[PublishedCell]] = ("", [])

    def waves(self, group: str) -> Sequence[PublishedWave]:
        """Published waves in the authority that the group is part of, oldest first; of a programme, all its waves."""
        if self.group(group) is None:
            return []
        authority = self._authority_of(group)
        return [
            wave for wave_id, wave in self._waves_by_id.items() if authority in {None, *self._authorities_of[wave_id]}
        ]

    def group(self, key: str) -> ReportingGroup | None:
        """The group of this key, as named in the newest wave that knows it."""
        if key not in self._groups:
            self._groups[key] = self._find_group(key)
        return self._groups[key]

    def children(self, key: str) -> Sequence[ReportingGroup]:
        """The groups straight under this one in the newest wave of each authority, by name."""
        rows = db.session.execute(
            select(Row.group_key, Row.group_name, Row.level, Row.parent_key)
            .where(Row.parent_key == key, Row.wave_id.in_(self._newest_in(self._authority_of(key))))
            .distinct()
            .order_by(Row.group_name, Row.group_key)
        )
        return [ReportingGroup(row[0], row[1], Level(row[2]), row[3]) for row in rows]

    def cells(self, group: str) -> Sequence[PublishedCell]:
        """Every cell of a group, oldest wave first. A page asks for its group's several times, a job for one by one."""
        if self._last_cells[0] != group:
            self._last_cells = (group, self._read_cells(group))
        return self._last_cells[1]

    def _read_cells(self, group: str) -> Sequence[PublishedCell]:
        columns = PublishedCellRow.__table__.columns  # plain rows: a page reads hundreds
        rows = db.session.execute(select(*columns).where(Row.group_key == group, Row.wave_id.in_(self._waves_by_id)))
        order = {wave_id: place for place, wave_id in enumerate(self._waves_by_id)}
        return [
            to_cell(row, self._waves_by_id[row.wave_id].key) for row in sorted(rows, key=lambda row: order[row.wave_id])
        ]

    def cuts(self, group: str) -> Sequence[CutFigure]:
        """Figures by attribute of an authority in its newest wave."""
        rows = db.session.scalars(
            select(PublishedCut)
            .where(PublishedCut.group_key == group, PublishedCut.wave_id.in_(self._newest_in(group)))
            .order_by(PublishedCut.id)
        )
        return [
            CutFigure(
                wave=self._waves_by_id[row.wave_id].key,
                group=row.group_key,
                options=tuple(row.options),
                **{name: getattr(row, name) for name in CUT_FIGURES},
            )
            for row in rows
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

    def new_ranges(self, group: str) -> Sequence[NewRange]:
        """Where somebody let the group's usual ranges begin anew."""
        rows = db.session.scalars(select(NewRangeRow).where(NewRangeRow.group_key == group).order_by(NewRangeRow.id))
        return [NewRange(row.measure, row.wave_key, row.reason, row.decided_by) for row in rows]

    def withdrawals(self, group: str) -> Sequence[Withdrawal]:
        """Waves in the authority that the group is part of whose results were taken back, oldest first."""
        authority = self._authority_of(group)
        rows = db.session.execute(
            select(Wave.label, Wave.withdrawn_at, Wave.withdrawn_because, WaveTerms.authorities)
            .join(WaveTerms, WaveTerms.wave_id == Wave.id)
            .join(Pulse, Pulse.id == Wave.pulse_id)
            .join(Group, Group.id == Pulse.programme_id)
            .where(Wave.state == WaveState.WITHDRAWN, Group.key == self._programme)
            .order_by(Wave.closes_at, Wave.id)
        )
        return [
            Withdrawal(label, at.date(), because or "")
            for label, at, because, keys in rows
            if at is not None and authority in {None, *keys}
        ]

    def history(self, group: str) -> Sequence[Regrouping]:
        """How the group came out of others, or others out of it; and its parts, where they came or went."""
        return history_of(group)

    def tried(self, programme: str) -> Sequence[TriedChange]:
        """Every small change of a programme's teams, oldest first."""
        area, authority, whole = aliased(Group), aliased(Group), aliased(Group)
        rows = db.session.execute(
            select(
                *(SmallChange.title, Group.name, authority.name, SmallChange.started_on),
                *(Group.key, SmallChange.measure, SmallChange.theme),
            )
            .join(Group, Group.id == SmallChange.group_id)
            .join(area, area.id == Group.parent_id)
            .join(authority, authority.id == area.parent_id)
            .join(whole, whole.id == authority.parent_id)
            .where(whole.key == programme)
            .order_by(SmallChange.started_on, SmallChange.id)
        )
        return [TriedChange(*row) for row in rows]

    def flags(self, programme: str) -> Flags | None:
        """Lines of a programme that are outside their usual range, as counted when the newest wave was drawn."""
        row = db.session.get(ProgrammeFlags, programme)
        return None if row is None else Flags(row.lines, tuple(FlaggedLine(**line) for line in row.flagged))

    def autocorrelation(self) -> float | None:
        """How alike neighbouring waves of the programme are; None while too little is known."""
        return self._autocorrelation

    def groups(self) -> Sequence[ReportingGroup]:
        """Every group of the newest wave of each authority, and the programme, by key."""
        rows = db.session.execute(
            select(Row.group_key, Row.group_name, Row.level, Row.parent_key)
            .where(Row.wave_id.in_(self._newest_in(None)))
            .distinct()
            .order_by(Row.group_key)
        )
        found = {row[0]: ReportingGroup(row[0], row[1], Level(row[2]), row[3]) for row in rows}
        programme = self.group(self._programme)
        return list(({programme.key: programme} | found if programme else found).values())

    def fingerprint(self, group: str, measure: str, variant: str) -> str | None:
        """What names the content of the newest picture of this name, without reading the picture."""
        if group not in self._fingerprints:
            columns = (StoredChartRow.measure, StoredChartRow.variant, StoredChartRow.fingerprint)
            rows = db.session.execute(select(*columns).where(StoredChartRow.group_key == group)).all()
            self._fingerprints[group] = {(row.measure, row.variant): row.fingerprint for row in rows}
        return self._fingerprints[group].get((measure, variant))

    def chart(self, group: str, measure: str, variant: str) -> StoredChart | None:
        """The newest picture of this name."""
        row = db.session.get(StoredChartRow, (group, measure, variant))
        return None if row is None else StoredChart(row.svg, row.fingerprint)

    def _find_group(self, key: str) -> ReportingGroup | None:
        row = db.session.execute(
            select(Row.group_key, Row.group_name, Row.level, Row.parent_key)
            .where(Row.group_key == key, Row.wave_id.in_(self._waves_by_id))
            .order_by(Row.wave_id.desc())
            .limit(1)
        ).one_or_none()
        if row is None and key == self._programme and self._waves_by_id:
            name = db.session.scalar(select(Group.name).where(Group.key == key))
            return None if name is None else ReportingGroup(key, name, Level.PROGRAMME, None)
        return None if row is None else ReportingGroup(row[0], row[1], Level(row[2]), row[3])

    @cached_property
    def _waves_by_id(self) -> Mapping[int, PublishedWave]:
        measures = self._measures
        return {row.id: _published_wave(row, measures.get(row.id, ())) for row in self._rows}

    @cached_property
    def _authorities_of(self) -> Mapping[int, Sequence[str]]:
        return {row.id: row.authorities for row in self._rows}

    @cached_property
    def _rows(self) -> Sequence[Any]:  # Any: rows of the columns named here
        return db.session.execute(
            select(
                *(Wave.id, Wave.key, Wave.label, Wave.closed_at, Wave.closes_at, Wave.bridge),
                *(WaveTerms.minimum_group_size, WaveTerms.answer_width, WaveTerms.authorities),
            )
            .join(WaveTerms, WaveTerms.wave_id == Wave.id)
            .join(Pulse, Pulse.id == Wave.pulse_id)
            .join(Group, Group.id == Pulse.programme_id)
            .where(Wave.state == WaveState.CLOSED, Group.key == self._programme)
            .order_by(Wave.closes_at, Wave.id)
        ).all()

    @cached_property
    def _autocorrelation(self) -> float | None:
        row = db.session.get(ProgrammeLikeness, self._programme)
        return None if row is None else row.autocorrelation

    @cached_property
    def _measures(self) -> Mapping[int, Sequence[Any]]:  # Any: rows of the table's columns
        found: dict[int, list[Any]] = {}
        rows = db.session.execute(
            select(*PublishedMeasure.__table__.columns)
            .where(PublishedMeasure.wave_id.in_([row.id for row in self._rows]))
            .order_by(PublishedMeasure.wave_id, PublishedMeasure.place)
        )
        for row in rows:
            found.setdefault(row.wave_id, []).append(row)
        return found

    def _newest_in(self, authority: str | None) -> set[int]:
        """The newest wave of an authority, or those of every authority."""
        newest: dict[str, int] = {}
        for wave_id, authorities in self._authorities_of.items():
            newest.update(dict.fromkeys(authorities, wave_id))
        return {wave_id for key, wave_id in newest.items() if authority in {None, key}}

    def _authority_of(self, key: str) -> str | None:
        """The authority that a group is part of; None for a programme, and for a block across authorities."""
        if key not in self._authorities:
            found = self.group(key)
            while found is not None and found.level is not Level.AUTHORITY:
                found = self.group(found.parent) if found.parent else None
            self._authorities[key] = None if found is None else found.key
        return self._authorities[key]


def to_cell(row: Any, wave_key: str) -> PublishedCell:  # Any: a row of the table, or of its columns
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
        return WithheldCell(**common, reason=WithheldReason(row.reason), counted_in=row.counted_in)
    figures = {
        name: getattr(row, name)
        for name in ("n", "roster_size", "score", "low", "high", "likely_low", "likely_high", "response_rate")
    }
    favourable = None
    if row.favourable:
        favourable = FavourableShare(**{**row.favourable, "covers": tuple(row.favourable.get("covers", ()))})
    rest = {"covers": tuple(row.covers or ()), "coverage": Coverage(row.coverage or ""), "favourable": favourable}
    return ShownCell(**common, **figures, **rest)  # type: ignore[arg-type]


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
    columns["favourable"] = dict(vars(cell.favourable)) if isinstance(cell, ShownCell) and cell.favourable else None
    columns["covers"] = list(cell.covers) if isinstance(cell, ShownCell) else None
    columns["reason"] = cell.reason if isinstance(cell, WithheldCell) else None
    columns["counted_in"] = cell.counted_in if isinstance(cell, WithheldCell) else None
    return columns


def _published_wave(row: Any, measures: Sequence[Any]) -> PublishedWave:  # Any: as DatabaseResults._rows
    return PublishedWave(
        key=row.key,
        label=row.label,
        closed_on=(row.closed_at or row.closes_at).date(),
        minimum_group_size=row.minimum_group_size,
        answer_width=row.answer_width,
        measures=tuple(Measure(each.measure, each.title, each.higher_is_better) for each in measures),
        places={
            each.measure: LinePlace(each.series, each.questions, each.offset, each.offset_error) for each in measures
        },
        bridge=row.bridge,
    )
