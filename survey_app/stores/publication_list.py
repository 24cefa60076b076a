"""The whole publication as a flat list, for anybody's audit."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import Select, and_, select

from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.models.publications import PublishedCellRow, PublishedCut, PublishedMeasure
from survey_app.models.pulses import Pulse, Wave, WaveState, WaveTerms

_FIGURES = (
    "n",
    "roster_size",
    "score",
    "low",
    "high",
    "likely_low",
    "likely_high",
    "covers",
    "coverage",
    "response_rate",
    "favourable",
)


_OF_CELL = and_(
    PublishedMeasure.wave_id == PublishedCellRow.wave_id, PublishedMeasure.measure == PublishedCellRow.measure
)
_CUT_FIGURES = ("n", "score", "low", "high", "likely_low", "likely_high")


def list_published(*, wave: str | None = None, group: str | None = None) -> Iterator[dict[str, Any]]:  # Any: JSON
    """Yield each cell of each wave, oldest first; figures only where they are shown, and none of withdrawn waves."""
    query = (
        select(PublishedCellRow, Wave.key, Wave.state, PublishedMeasure)
        .join(Wave, Wave.id == PublishedCellRow.wave_id)
        .join(PublishedMeasure, _OF_CELL)
        .order_by(Wave.closed_at, Wave.id, PublishedCellRow.id)
    )
    if wave is not None:
        query = query.where(Wave.key == wave)
    if group is not None:
        query = query.where(PublishedCellRow.group_key == group)
    yield from _cells(query)
    yield from _cuts(wave, group)


def page_of_cells(
    programme: str, groups: Collection[str] | None, wanted: Mapping[str, str], *, after: int, limit: int
) -> Iterator[dict[str, Any]]:  # Any: JSON
    """Yield cells of a programme's closed waves in the order of their ids, from the one after `after` on.

    Parameters
    ----------
    groups
        The keys of the groups that may be seen; None for all of the programme.
    wanted
        Only cells of this `wave`, `group` or `measure`.
    """
    query = (
        select(PublishedCellRow, Wave.key, Wave.state, PublishedMeasure)
        .join(Wave, Wave.id == PublishedCellRow.wave_id)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .join(Group, Group.id == Pulse.programme_id)
        .join(PublishedMeasure, _OF_CELL)
        .where(Group.key == programme, Wave.state == WaveState.CLOSED, PublishedCellRow.id > after)
        .order_by(PublishedCellRow.id)
        .limit(limit)
    )
    columns = {"wave": Wave.key, "group": PublishedCellRow.group_key, "measure": PublishedCellRow.measure}
    for name, value in wanted.items():
        query = query.where(columns[name] == value)
    if groups is not None:
        query = query.where(PublishedCellRow.group_key.in_(groups))
    yield from _cells(query)


def asked_instruments(programme: str) -> Mapping[str, set[str]]:
    """The waves of a programme whose results are out, by the version they asked."""
    found: dict[str, set[str]] = {}
    for wave, reference in db.session.execute(
        _asked(programme).with_only_columns(Wave.key, WaveTerms.instrument_reference)
    ):
        found.setdefault(reference, set()).add(wave)
    return found


def instrument_document(
    programme: str, reference: str, waves: Collection[str]
) -> dict[str, Any] | None:  # Any: an instrument's document
    """What a version asks, as one of these waves froze it; None where none of them asked it."""
    query = _asked(programme).where(WaveTerms.instrument_reference == reference, Wave.key.in_(waves)).limit(1)
    return db.session.scalar(query.with_only_columns(WaveTerms.instrument))


def _asked(programme: str) -> Select[Any]:  # Any: columns are chosen by whoever asks
    return (
        select(Wave.id)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .join(Group, Group.id == Pulse.programme_id)
        .where(Group.key == programme, Wave.state == WaveState.CLOSED)
    )


def _cells(query: Select[PublishedCellRow, str, str, PublishedMeasure]) -> Iterator[dict[str, Any]]:  # Any: JSON
    for row, wave_key, state, place in db.session.execute(query):
        cell: dict[str, Any] = {
            "id": row.id,
            "wave": wave_key,
            "group": row.group_key,
            "name": row.group_name,
            "level": row.level,
            "parent": row.parent_key,
            "measure": row.measure,
            "instrument": row.instrument,
            "series": place.series,
            "questions": place.questions,
            "offset": place.offset,
            "offset_error": place.offset_error,
            "status": "withdrawn" if state == WaveState.WITHDRAWN else row.status,
        }
        if cell["status"] == "withdrawn":
            yield cell
            continue
        if row.status == "shown":
            cell.update({name: getattr(row, name) for name in _FIGURES})
        else:
            cell.update({"reason": row.reason, "counted_in": row.counted_in})
        yield cell


def _cuts(wave: str | None, group: str | None) -> Iterator[dict[str, Any]]:  # Any: JSON
    """Figures by attribute: cells of the level `category`, whose parent is the authority."""
    query = (
        select(PublishedCut, Wave.key, Wave.state)
        .join(Wave, Wave.id == PublishedCut.wave_id)
        .order_by(Wave.closed_at, Wave.id, PublishedCut.id)
    )
    if wave is not None:
        query = query.where(Wave.key == wave)
    if group is not None:
        query = query.where(PublishedCut.group_key == group)
    for row, wave_key, state in db.session.execute(query):
        is_withdrawn = state == WaveState.WITHDRAWN
        cell: dict[str, Any] = {
            "id": f"cut-{row.id}",
            "wave": wave_key,
            "group": f"{row.group_key}:{row.attribute}:{'+'.join(row.options)}",
            "name": " or ".join(row.options),
            "level": "category",
            "parent": row.group_key,
            "attribute": row.attribute,
            "options": row.options,
            "measure": row.measure,
            "status": "withdrawn" if is_withdrawn else "shown",
        }
        yield cell if is_withdrawn else cell | {name: getattr(row, name) for name in _CUT_FIGURES}
