"""Turn a wave's answers into its publication: tallies, blocks, protection, cells; all in memory, then stored once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import cast
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy import Table, func, insert, or_, select

from dashboards.errors import AuditFailed
from dashboards.snapshots import CutFigure, PublishedCell
from dashboards.suppression.audit import audit
from dashboards.suppression.blocks import Block, form_blocks
from dashboards.suppression.publication import MeasureCounts, WaveCounts, publish
from survey_app.extensions import Base, db
from survey_app.models.ballots import Response
from survey_app.models.invitations import Invitation
from survey_app.models.publications import PublishedBlock, PublishedCellRow, PublishedCut
from survey_app.models.pulses import Wave, WaveState
from survey_app.stores.published_results import to_row
from survey_app.use_cases.answers_apart import store_answers_apart
from survey_app.use_cases.continuity import store_measures
from survey_app.use_cases.cutting import compute_cuts
from survey_app.use_cases.protecting import protect_answers
from survey_app.use_cases.tallying import count_measures
from survey_app.use_cases.wave_terms import FrozenWave

TEAM = "team"
"""The column of an answers frame that says where a person is counted."""


@dataclass(frozen=True)
class WaveResults:
    """A wave's publication, and its protected answers by block, in memory."""

    cells: tuple[PublishedCell, ...]
    cuts: tuple[CutFigure, ...]
    blocks: tuple[Block, ...]
    measures: tuple[MeasureCounts, ...]
    answers: pd.DataFrame
    block_of_row: Sequence[int]


def compute_results(
    frozen: FrozenWave,
    answers: pd.DataFrame,
    invited: Mapping[str, int] | None,
    previous: Sequence[Sequence[str]] = (),
) -> WaveResults:
    """Compute everything that will be published of a wave.

    Parameters
    ----------
    answers
        A row a person: the column `team` and one an item, NaN where it was skipped or not asked. Only items that are
        scored count; past surveys have no others.
    invited
        People asked, by team key; None where nobody knows.
    previous
        The teams of each combined block of the wave before.

    Raises
    ------
    AuditFailed
        Somebody could be found out; nothing may be published. The findings name groups and counts, never answers.
    """
    items = [item.id for item in frozen.instrument.scored_items]
    answered = answers[answers[items].notna().any(axis=1)].copy()
    respondents = {str(team): int(count) for team, count in answered[TEAM].value_counts().items()}
    blocks = form_blocks(frozen.tree, respondents, frozen.terms.minimum_group_size, previous=previous)
    block_of_team = {team: index for index, block in enumerate(blocks) for team in block.teams}
    block_of_row = answered[TEAM].map(block_of_team).fillna(-1).astype(np.intp).to_numpy()
    protect_answers(frozen.instrument, answered, block_of_row, frozen.terms.answer_width)
    measures = count_measures(frozen.instrument, answered, block_of_row, len(blocks))
    counts = WaveCounts(
        wave=frozen.key,
        instrument=frozen.instrument.reference,
        tree=frozen.tree,
        invited=invited,
        respondents=respondents,
        blocks=blocks,
        measures=measures,
    )
    cells = publish(counts, frozen.terms)
    _refuse_leaks(cells, frozen)
    cuts = compute_cuts(frozen, answered, block_of_row, blocks)
    return WaveResults(cells, cuts, blocks, measures, answered.drop(columns=TEAM), block_of_row.tolist())


def _refuse_leaks(cells: Sequence[PublishedCell], frozen: FrozenWave) -> None:
    """Attack what is about to be published, and publish nothing if anything is found."""
    leaks = [
        f"{found.measure}: {leak.kind}, {leak.people} people in {', '.join(leak.units)}"
        for found in audit(cells, frozen.terms)
        for leak in found.leaks
    ]
    if leaks:
        raise AuditFailed(leaks)


def store_results(wave: Wave, frozen: FrozenWave, results: WaveResults) -> None:
    """Add a wave's publication and its shuffled answers to the running transaction."""
    store_measures(wave, frozen, results.measures)
    scored = [item.id for item in frozen.instrument.scored_items]
    _insert(PublishedBlock, [_block_row(block, wave.id) for block in results.blocks])
    _insert(PublishedCellRow, [to_row(cell, wave.id) for cell in results.cells])
    _insert(PublishedCut, [_cut_row(cut, wave.id) for cut in results.cuts])
    _insert(Response, _shuffled_responses(wave.id, results, scored))
    if results.answers.shape[1] > len(scored):
        store_answers_apart(wave.id, frozen, results.answers, results.blocks, results.block_of_row)


def _insert(model: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Add rows to a model's table itself: half the time of going through the model, and large waves have many."""
    if rows:
        db.session.execute(insert(cast("Table", model.__table__)), list(rows))


def _block_row(block: Block, wave_id: int) -> dict[str, object]:
    return {"wave_id": wave_id, "key": block.key, "teams": list(block.teams), "respondents": block.respondents}


def _cut_row(cut: CutFigure, wave_id: int) -> dict[str, object]:
    columns = asdict(cut) | {"wave_id": wave_id, "group_key": cut.group, "options": list(cut.options)}
    return {name: value for name, value in columns.items() if name not in ("wave", "group")}


def invited_by_team(wave_id: int) -> dict[str, int]:
    """People asked in a wave, by team key."""
    rows = db.session.execute(
        select(Invitation.team_key, func.count()).where(Invitation.wave_id == wave_id).group_by(Invitation.team_key)
    )
    return {team_key: count for team_key, count in rows.all()}  # noqa: C416 - rows are no pairs to a type checker


def previous_combinations(wave: Wave) -> list[list[str]]:
    """The combined blocks of the pulse's last closed wave; for a bridge, of the last before it."""
    last = db.session.scalar(
        select(Wave.id)
        .where(Wave.pulse_id == wave.pulse_id, Wave.state == WaveState.CLOSED, Wave.id != wave.id)
        .where(or_(Wave.bridge.is_(None), Wave.bridge != (wave.bridge or "")))
        .order_by(Wave.closed_at.desc(), Wave.id.desc())
        .limit(1)
    )
    teams = db.session.scalars(
        select(PublishedBlock.teams).where(PublishedBlock.wave_id == last).order_by(PublishedBlock.key)
    )
    return [members for members in teams if len(members) > 1]


def _shuffled_responses(wave_id: int, results: WaveResults, items: Sequence[str]) -> list[dict[str, object]]:
    """Rows by block, in an order drawn from the system's randomness; answers of no block are dropped."""
    rows = [
        {
            "id": UUID(bytes=secrets.token_bytes(16), version=4),
            "wave_id": wave_id,
            "block_key": results.blocks[block].key,
            "answers": [None if np.isnan(value) else int(value) for value in values],
        }
        for block, values in zip(results.block_of_row, results.answers[list(items)].to_numpy(dtype=float), strict=True)
        if block >= 0
    ]
    secrets.SystemRandom().shuffle(rows)
    return rows
