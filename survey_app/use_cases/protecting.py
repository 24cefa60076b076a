"""Protect answers at the door: from here on, no block's answers to an item are unanimous, in figures or in rows."""

from __future__ import annotations

import secrets

import numpy as np
import pandas as pd

from dashboards.suppression.protection import protect
from instruments.definitions import Instrument, Item, ResponseSet
from scoring.tallies import tally
from survey_app.use_cases.tallying import enough_of_scale

_CHANCE = np.random.default_rng(secrets.randbits(128))


def protect_answers(instrument: Instrument, answers: pd.DataFrame, block_of_row: np.ndarray, width: float) -> None:
    """Move one answer wherever a block's answers to a scored item span less than `width` points, in place.

    The counts are then those that protecting the tallies would give, so published figures are the same; and whoever
    reads the rows that are kept finds no unanimity either. Who of those with the extreme answer is moved is drawn from
    the system's randomness. First the people whose answers count for the scale, then everybody.

    Parameters
    ----------
    answers
        A row a person and a column a scored item, in units of the response scale; NaN where skipped.
    block_of_row
        The place of each person's block; negative for somebody in none.
    width
        W in points of 100.
    """
    for scale in instrument.scales:
        items = instrument.core_items_of(scale)
        counted = enough_of_scale(answers[[item.id for item in items]], scale).to_numpy()
        for item in items:
            protect_item(instrument, item, answers, np.where(counted, block_of_row, -1), width)
            protect_item(instrument, item, answers, block_of_row, width)


def protect_item(
    instrument: Instrument, item: Item, answers: pd.DataFrame, group_of_row: np.ndarray, width: float
) -> None:
    """The same for one item and any groups of people."""
    options = instrument.response_set_of(item)
    places = _places(answers[item.id].to_numpy(dtype=float, na_value=np.nan), options, reverse_keyed=item.reverse_keyed)
    groups = int(group_of_row.max(initial=-1)) + 1
    counts = tally(places, group_of_row, groups, minimum=0, maximum=options.maximum - options.minimum)
    moves = protect(counts, width) - counts
    known = np.flatnonzero((group_of_row >= 0) & ~np.isnan(places))
    holders = known[moves[group_of_row[known], places[known].astype(np.intp)] < 0]
    _CHANCE.shuffle(holders)
    moved, first = np.unique(group_of_row[holders], return_index=True)
    places[holders[first]] = moves[moved].argmax(axis=1)
    answers[item.id] = (options.maximum - places) if item.reverse_keyed else (options.minimum + places)


def _places(given: np.ndarray, options: ResponseSet, *, reverse_keyed: bool) -> np.ndarray:
    """Answers as places from 0 on in the scored direction."""
    return options.maximum - given if reverse_keyed else given - options.minimum
