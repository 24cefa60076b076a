"""Keep answers to rotating items, and to items without a scale, where they can be nobody's: alone, in groups of ten."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy import insert

from dashboards.suppression.blocks import Block, form_coarser_blocks
from survey_app.extensions import db
from survey_app.models.ballots import AnswerApart
from survey_app.use_cases.protecting import protect_item
from survey_app.use_cases.wave_terms import FrozenWave

FEWEST_ANSWERS = 10
"""The fewest answers to an item that are kept together."""


def store_answers_apart(
    wave_id: int, frozen: FrozenWave, answers: pd.DataFrame, blocks: Sequence[Block], block_of_row: Sequence[int]
) -> None:
    """Add a wave's answers apart to the running transaction.

    For each item, blocks are joined until each group has ten answers to it, by looking at counts only. Answers that no
    group of ten takes in are not kept, and no group is unanimous in what is. Rows of all items are shuffled together,
    and each has an id of its own.

    Parameters
    ----------
    answers
        A row a person and a column an item, NaN where it was skipped or not asked.
    block_of_row
        The place of each person's block in `blocks`; negative for somebody in none.
    """
    minimum = max(FEWEST_ANSWERS, frozen.terms.minimum_group_size)
    rows: list[dict[str, object]] = []
    for item in frozen.instrument.items_apart:
        given = pd.DataFrame({"block": list(block_of_row), item.id: answers[item.id].to_numpy()}).dropna()
        given = given[given["block"] >= 0]
        group_of_block = _groups(frozen, blocks, Counter(given["block"].astype(int)), minimum)
        codes, names = pd.factorize(
            np.array([group_of_block.get(blocks[int(block)].key) for block in given.pop("block")], dtype=object)
        )
        protect_item(frozen.instrument, item, given, codes, frozen.terms.answer_width)
        rows += [
            {
                "id": UUID(bytes=secrets.token_bytes(16), version=4),
                "wave_id": wave_id,
                "item": item.id,
                "group_key": str(names[int(code)]),
                "answer": int(answer),
            }
            for code, answer in zip(codes, given[item.id], strict=True)
            if code >= 0
        ]
    secrets.SystemRandom().shuffle(rows)
    if rows:
        db.session.execute(insert(AnswerApart), rows)


def _groups(frozen: FrozenWave, blocks: Sequence[Block], counts: Mapping[int, int], minimum: int) -> Mapping[str, str]:
    """The key of each block's group, by the block's key."""
    sizes = {block.key: counts.get(place, 0) for place, block in enumerate(blocks)}
    coarser = form_coarser_blocks(frozen.tree, blocks, sizes, minimum)
    return {member: "+".join(members) for members in coarser for member in members}
