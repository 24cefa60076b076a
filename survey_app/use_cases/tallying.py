"""Count a wave's answers by block and option, from ballots just opened or from the rows that were kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sqlalchemy import select

from dashboards.suppression.publication import MeasureCounts
from instruments.definitions import Direction, Instrument, Item, Scale
from scoring.missing import answers_needed
from scoring.tallies import Tally, tally
from survey_app.extensions import db
from survey_app.models.ballots import Response

BLOCK = "block"
"""The column of an answers frame that says in which block a person is counted."""


def count_measures(
    instrument: Instrument, answers: pd.DataFrame, block_of_row: np.ndarray, blocks: int
) -> tuple[MeasureCounts, ...]:
    """Count the answers to every scale's core items, of people who answered enough of the scale.

    Parameters
    ----------
    answers
        A row a person and a column a scored item, NaN where skipped.
    block_of_row
        The place of each person's block; negative for somebody in none.
    """
    return tuple(_measure(instrument, scale, answers, block_of_row, blocks) for scale in instrument.scales)


def count_kept_answers(wave_id: int, instrument: Instrument) -> tuple[MeasureCounts, ...]:
    """Count the answers of a wave that was published before, from its rows by block."""
    answers = kept_answers(wave_id, instrument)
    blocks, block_of_row = np.unique(answers[BLOCK].to_numpy(dtype=str), return_inverse=True)
    return count_measures(instrument, answers, block_of_row.astype(np.intp), len(blocks))


def kept_answers(wave_id: int, instrument: Instrument) -> pd.DataFrame:
    """The answers of a published wave: a row a person with the block, sorted by it, and a column a scored item."""
    rows = db.session.execute(
        select(Response.block_key, Response.answers).where(Response.wave_id == wave_id).order_by(Response.block_key)
    ).all()
    items = [item.id for item in instrument.scored_items]
    answers = pd.DataFrame([row.answers for row in rows], columns=items, dtype=float)
    return answers.assign(**{BLOCK: [row.block_key for row in rows]})


def scored_points(instrument: Instrument, answers: pd.DataFrame) -> pd.DataFrame:
    """Each person's answers to the scored items in points of 100, in the scored direction; NaN where none counts."""
    columns: dict[str, pd.Series] = {}
    for scale in instrument.scales:
        items = instrument.core_items_of(scale)
        scored = _scored(answers[[item.id for item in items]], scale)
        for item in items:
            options = instrument.response_set_of(item)
            share = (scored[item.id] - options.minimum) / (options.maximum - options.minimum)
            columns[item.id] = 100 * (1 - share if item.reverse_keyed else share)
    return pd.DataFrame(columns, index=answers.index)


def _measure(
    instrument: Instrument, scale: Scale, answers: pd.DataFrame, block_of_row: np.ndarray, blocks: int
) -> MeasureCounts:
    items = instrument.core_items_of(scale)
    scored = _scored(answers[[item.id for item in items]], scale)
    tallies = tuple(_tally(instrument, item, scored, block_of_row, blocks) for item in items)
    return MeasureCounts(scale.id, scale.reference_sd, tallies, scale.direction is Direction.HIGHER_IS_BETTER)


def enough_of_scale(answers: pd.DataFrame, scale: Scale) -> pd.Series:
    """Who answered enough of a scale for their answers to count, given a column an item of it."""
    return answers.notna().sum(axis=1) >= answers_needed(scale.missing_rule, answers.shape[1])


def _scored(answers: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """A scale's answers, without those of people who left out more of it than its missing-answer rule lets them."""
    return answers.where(enough_of_scale(answers, scale), axis=0)


def _tally(instrument: Instrument, item: Item, answers: pd.DataFrame, block_of_row: np.ndarray, blocks: int) -> Tally:
    options = instrument.response_set_of(item)
    given: Sequence[float] | np.ndarray = answers[item.id].to_numpy(dtype=float, na_value=np.nan)
    return tally(
        given,
        block_of_row,
        blocks,
        minimum=options.minimum,
        maximum=options.maximum,
        reverse_keyed=item.reverse_keyed,
    )
