"""Freeze what holds for a wave when it opens, and read it back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from dashboards.snapshots import Level
from dashboards.suppression.terms import DisclosureTerms
from dashboards.suppression.tree import GroupNode, GroupTree
from instruments.definitions import Instrument
from instruments.files import digest, from_document, to_document
from survey_app.extensions import db, settings
from survey_app.models.pulses import Pulse, Wave, WaveTerms
from survey_app.phrases import phrase

PROMISE = phrase(
    "Nobody sees your answers. They are locked as you send them, results are shown only for {minimum} or more people "
    "together, and after the pulse closes nothing links them to you."
)


@dataclass(frozen=True)
class FrozenWave:
    """What holds for a wave, as values."""

    key: str
    instrument: Instrument
    tree: GroupTree
    terms: DisclosureTerms
    cuts: tuple[str, ...] = ()


def freeze(
    wave: Wave,
    instrument: Instrument,
    tree: GroupTree,
    terms: DisclosureTerms,
    *,
    public_key: bytes,
    promise: str | None = None,
) -> WaveTerms:
    """Write down what holds for a wave from now on; without a promise of its own, the one to live respondents."""
    promise = promise or PROMISE.format(minimum=terms.minimum_group_size)
    return WaveTerms(
        wave_id=wave.id,
        instrument=to_document(instrument),
        instrument_reference=instrument.reference,
        instrument_digest=digest(instrument),
        minimum_group_size=terms.minimum_group_size,
        answer_width=terms.answer_width,
        promise=promise,
        promise_hash=hashlib.sha256(promise.encode()).hexdigest(),
        public_key=public_key,
        tree={"groups": [_to_row(node) for node in tree.nodes]},
        authorities=[node.key for node in tree.nodes if node.level is Level.AUTHORITY],
        asks_comment=wave.pulse.asks_comment,
        cuts=[item for item in wave.pulse.cuts if item in attributes_of(instrument)],
    )


def thaw(wave_key: str, terms: WaveTerms) -> FrozenWave:
    """Read back what holds for a wave."""
    groups: list[list[Any]] = terms.tree["groups"]  # Any: JSON, in the order that freeze wrote
    return FrozenWave(
        key=wave_key,
        instrument=from_document(terms.instrument),
        tree=GroupTree(tuple(_from_row(row) for row in groups)),
        terms=DisclosureTerms(terms.minimum_group_size, terms.answer_width),
        cuts=tuple(terms.cuts),
    )


def attributes_of(instrument: Instrument) -> tuple[str, ...]:
    """The items by which figures may be divided: asked of everybody, and part of no scale."""
    return tuple(item.id for item in instrument.core_items if item.scale is None)


def disclosure_terms(pulse: Pulse) -> DisclosureTerms:
    """The thresholds of the next wave: never below those of any wave that the programme has had."""
    used = db.session.execute(
        select(func.max(WaveTerms.minimum_group_size), func.max(WaveTerms.answer_width))
        .join(Wave, Wave.id == WaveTerms.wave_id)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .where(Pulse.programme_id == pulse.programme_id)
    ).one()
    return DisclosureTerms(
        minimum_group_size=max(settings().minimum_group_size, pulse.minimum_group_size, used[0] or 0),
        answer_width=max(pulse.answer_width, used[1] or 0.0),
    )


def _to_row(node: GroupNode) -> list[object]:
    return [node.key, node.name, node.level, node.parent, node.is_leads, node.is_reported]


def _from_row(row: list[Any]) -> GroupNode:  # Any: JSON, in the order that _to_row wrote
    """Read a row of a tree; the first release's rows end before `is_reported`."""
    key, name, level, parent, is_leads, *later = row
    return GroupNode(key, name, Level(level), parent, is_leads=is_leads, is_reported=later[0] if later else True)
