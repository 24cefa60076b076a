"""Comments: what is kept of them when a wave closes, who reads them first, and when they are shown."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert

from dashboards.suppression.blocks import Block, form_coarser_blocks
from dashboards.suppression.terms import FEWEST_FOR_SHARES
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.comments import Comment, CommentState
from survey_app.use_cases.comment_texts import FEWEST_COMMENTS
from survey_app.use_cases.wave_terms import FrozenWave


@dataclass(frozen=True)
class Written:
    """What somebody wrote, and the team in which they are counted."""

    team: str
    text: str


def keep_comments(
    wave_id: int, frozen: FrozenWave, written: Sequence[Written], blocks: Sequence[Block], vault: Vault
) -> None:
    """Add a wave's comments to the running transaction, encrypted and shuffled, each with an id of its own.

    Whole blocks are joined until ten people answered in each group, by counts only. Comments of a group in which fewer
    than three were written, or of none, are not kept: one of one or two would be somebody's.
    """
    minimum = max(FEWEST_FOR_SHARES, frozen.terms.minimum_group_size)
    sizes = {block.key: block.respondents for block in blocks}
    groups = form_coarser_blocks(frozen.tree, blocks, sizes, minimum)
    group_of_block = {member: "+".join(members) for members in groups for member in members}
    group_of_team = {team: group_of_block.get(block.key) for block in blocks for team in block.teams}
    kept = [(group_of_team.get(each.team), each.text) for each in written]
    enough = {group for group, count in Counter(group for group, _ in kept).items() if count >= FEWEST_COMMENTS}
    rows = [
        {
            "id": UUID(bytes=secrets.token_bytes(16), version=4),
            "wave_id": wave_id,
            "group_key": group,
            "text_encrypted": vault.encrypt(text),
            "state": CommentState.WAITING,
        }
        for group, text in kept
        if group is not None and group in enough
    ]
    secrets.SystemRandom().shuffle(rows)
    if rows:
        db.session.execute(insert(Comment), rows)
