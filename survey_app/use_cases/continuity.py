"""Where a wave's measures stand in their lines: which earlier figures they may share one with, and at what offset."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, hypot, sqrt

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.orm import defer

from dashboards.suppression.protection import protect
from dashboards.suppression.publication import MeasureCounts
from dashboards.suppression.rounding import display_step
from dashboards.suppression.terms import DisclosureTerms
from instruments.changes import ChangeLevel
from instruments.definitions import Direction, Instrument, Scale
from instruments.equivalence import Comparison
from instruments.files import digest
from scoring.offsets import ItemCounts, nominal_weights_mean
from survey_app.extensions import db
from survey_app.models.publications import PublishedMeasure
from survey_app.models.pulses import Pulse, Wave, WaveState, WaveTerms
from survey_app.use_cases.instrument_library import compare_versions
from survey_app.use_cases.tallying import count_kept_answers
from survey_app.use_cases.wave_terms import FrozenWave, thaw

FEWEST_ANSWERS_TO_LINK = 10
"""The fewest answers to any item, in either version, from which lines are linked."""


@dataclass(frozen=True)
class _Place:
    """Where a measure stands in its line."""

    series: str
    questions: str
    offset: float = 0.0
    offset_error: float = 0.0


@dataclass(frozen=True)
class _Earlier:
    """The publication that this one follows on, with the places of its measures and its answers by block."""

    frozen: FrozenWave
    places: Mapping[str, _Place]
    counts: Sequence[MeasureCounts]


def store_measures(wave: Wave, frozen: FrozenWave, measures: Sequence[MeasureCounts]) -> None:
    """Add a wave's measures to the running transaction, each at its place in its line.

    A version that was published before in one of the wave's authorities takes up its line again. Another one goes on
    the line of the publication before it, at an offset computed from the items in common, unless the change breaks
    that line: then, and where there was none, a line of its own begins.

    Parameters
    ----------
    measures
        The wave's answers by block, one entry a scale, before protection.
    """
    neighbours = _neighbours(wave)
    version = digest(frozen.instrument)
    known = next((_places(other.id) for other, terms in neighbours if terms.instrument_digest == version), {})
    earlier = None if known else _publication_before(wave, neighbours)
    own_line = _own_line(frozen.instrument, neighbours)
    verdict = None if earlier is None else compare_versions(earlier.frozen.instrument, frozen.instrument)
    rows = []
    for scale, counts in zip(frozen.instrument.scales, measures, strict=True):
        found = known.get(scale.id)
        if found is None and earlier is not None and verdict is not None:
            found = _next_place(earlier, verdict, frozen, scale, counts)
        rows.append(_row(wave, scale, found or _Place(own_line, own_line)))
    db.session.execute(insert(PublishedMeasure), [{**row, "place": place} for place, row in enumerate(rows)])


def _own_line(instrument: Instrument, neighbours: Sequence[tuple[Wave, WaveTerms]]) -> str:
    """The name of a line of this version's own; a past survey may bring another content under the same name."""
    taken = any(terms.instrument_reference == instrument.reference for _, terms in neighbours)
    return f"{instrument.reference}#{digest(instrument)[:8]}" if taken else instrument.reference


def _publication_before(wave: Wave, neighbours: Sequence[tuple[Wave, WaveTerms]]) -> _Earlier | None:
    """The newest publication that closed before this wave did, or with it."""
    for earlier, terms in neighbours:
        if earlier.closes_at <= wave.closes_at:
            thawed = thaw(earlier.key, terms)
            return _Earlier(thawed, _places(earlier.id), count_kept_answers(earlier.id, thawed.instrument))
    return None


def _neighbours(wave: Wave) -> list[tuple[Wave, WaveTerms]]:
    """Published waves that share an authority with this one, the newest first: their figures may meet in a line."""
    if wave.terms is None:
        return []
    rows = db.session.execute(
        select(Wave, WaveTerms)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .where(Pulse.programme_id == wave.pulse.programme_id, Wave.state == WaveState.CLOSED, Wave.id != wave.id)
        .order_by(Wave.closes_at.desc(), Wave.id.desc())
        .options(defer(WaveTerms.tree), defer(WaveTerms.instrument))  # read of the one wave that matters
    ).all()
    return [(other, terms) for other, terms in rows if set(terms.authorities) & set(wave.terms.authorities)]


def _places(wave_id: int) -> Mapping[str, _Place]:
    rows = db.session.scalars(select(PublishedMeasure).where(PublishedMeasure.wave_id == wave_id))
    return {row.measure: _Place(row.series, row.questions, row.offset, row.offset_error) for row in rows}


def _next_place(
    earlier: _Earlier, verdict: Comparison, frozen: FrozenWave, scale: Scale, counts: MeasureCounts
) -> _Place | None:
    """The place on the earlier line; None where the change breaks it, or where it cannot be linked."""
    on_scale = verdict.verdict_on(scale.id)
    before = earlier.places.get(scale.id)
    if on_scale is None or before is None or not on_scale.level.keeps_line:
        return None
    questions = frozen.instrument.reference if on_scale.level is ChangeLevel.MINOR else before.questions
    old_items = _protected_totals(earlier.frozen.instrument, earlier.counts, scale.id, earlier.frozen.terms)
    new_items = _protected_totals(frozen.instrument, [counts], scale.id, frozen.terms)
    if set(on_scale.common_items) == old_items.keys() == new_items.keys():
        return _Place(before.series, questions, before.offset, before.offset_error)
    return _linked(before, questions, old_items, new_items, on_scale.common_items, frozen.terms.minimum_group_size)


def _linked(
    before: _Place,
    questions: str,
    old_items: ItemCounts,
    new_items: ItemCounts,
    anchors: Collection[str],
    minimum_group_size: int,
) -> _Place | None:
    """The place at the offset that the items in common tell; None where too few answered one of the items.

    An offset is a figure of items, which rest on ten answers or more and are rounded as figures of so many people are.
    """
    fewest = min(int(counts.sum()) for items in (old_items, new_items) for counts in items.values())
    if fewest < max(FEWEST_ANSWERS_TO_LINK, minimum_group_size):
        return None
    link = nominal_weights_mean(old_items, new_items, anchors)
    step = display_step(fewest) / 2
    return _Place(
        before.series,
        questions,
        offset=before.offset + step * round(link.shift / step),
        offset_error=_rounded_up(hypot(before.offset_error, link.standard_error, step / sqrt(12)), step),
    )


def _rounded_up(value: float, step: float) -> float:
    return step * ceil(value / step)


def _protected_totals(
    instrument: Instrument, measures: Sequence[MeasureCounts], scale: str, terms: DisclosureTerms
) -> ItemCounts:
    """A scale's answers item by item, over the blocks whose figure on it may be published, and over no others.

    A function of protected counts, as all that is published: a block in which too few answered one of the items is
    left out here as it is there, else an offset would tell what its withheld figure does not.
    """
    tallies = next(measure.items for measure in measures if measure.id == scale)
    items = instrument.core_items_of(instrument.scales_by_id[scale])
    fewest = np.min([tally.sum(axis=1) for tally in tallies], axis=0)
    publishable = fewest >= terms.fewest_answers_to_an_item
    return {
        item.id: protect(tally[publishable], terms.answer_width).sum(axis=0)
        for item, tally in zip(items, tallies, strict=True)
    }


def _row(wave: Wave, scale: Scale, place: _Place) -> dict[str, object]:
    return {
        "wave_id": wave.id,
        "measure": scale.id,
        "title": scale.title.get("en") or next(iter(scale.title.values())),
        "higher_is_better": scale.direction is Direction.HIGHER_IS_BETTER,
        "series": place.series,
        "questions": place.questions,
        "offset": place.offset,
        "offset_error": place.offset_error,
    }
