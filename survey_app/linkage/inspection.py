"""Look at an installation's own database as its thief would, read only: what could anything in it be tied to?"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect, text

from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.use_cases.comment_texts import FEWEST_COMMENTS

_COLUMNS = {
    "ballots": {"tag", "wave_id", "sealed"},
    "responses": {"id", "wave_id", "block_key", "answers"},
    "answers_apart": {"id", "wave_id", "item", "group_key", "answer"},
    "comments": {"id", "wave_id", "group_key", "text_encrypted", "shown_encrypted", "state", "out_at"},
}
"""All that may stand beside an answer: nothing of a person, and no time."""

_APART = 10


@dataclass(frozen=True)
class Observation:
    """One thing that was looked at, and whether it is as promised."""

    what: str
    holds: bool


def inspect_store(vault: Vault) -> Iterator[Observation]:
    """Whether what is kept of answers is as the promise says; nothing is changed."""
    yield from _columns()
    over = {row.id: row for row in _rows("SELECT id, key FROM waves WHERE key_destroyed_at IS NOT NULL")}
    left = _count("SELECT count(*) FROM ballots WHERE wave_id IN (SELECT id FROM waves WHERE state = 'closed')")
    yield Observation(f"{left} ballots of closed waves are left", left == 0)
    keys = [row.key for row in over.values() if vault.wave_keys.exists(row.key) or vault.escrow.holders_of(row.key)]
    yield Observation(f"{len(over)} waves are over, the keys of {len(keys)} are still there", not keys)
    yield from _responses()
    yield from _apart()
    smallest = min(
        Counter((row.wave_id, row.group_key) for row in _rows("SELECT * FROM comments")).values(), default=None
    )
    said = "no comments are kept" if smallest is None else f"the smallest group of comments has {smallest}"
    yield Observation(said, smallest is None or smallest >= FEWEST_COMMENTS)


def _columns() -> Iterator[Observation]:
    """A column that nobody promised could be anything."""
    for table, allowed in _COLUMNS.items():
        there = {column["name"] for column in inspect(db.session.connection()).get_columns(table)}
        more = sorted(there - allowed)
        yield Observation(
            f"{table}: {'nothing beside the answer' if not more else 'also ' + ', '.join(more)}", not more
        )


def _responses() -> Iterator[Observation]:
    """Rows by wave and block: as many as were promised, and of no block all alike."""
    minimum = {row.wave_id: row.minimum_group_size for row in _rows("SELECT * FROM wave_terms")}
    blocks: dict[tuple[int, str], list[list[int | None]]] = defaultdict(list)
    for row in _rows("SELECT * FROM responses"):
        blocks[row.wave_id, row.block_key].append(_list(row.answers))
    small = sum(len(rows) < minimum[wave] for (wave, _), rows in blocks.items())
    yield Observation(f"{len(blocks)} blocks of rows, {small} smaller than promised", small == 0)
    alike = sum(_of_one_mind(column) for rows in blocks.values() for column in zip(*rows, strict=True))
    yield Observation(f"{alike} items in which a block is of one mind", alike == 0)


def _apart() -> Iterator[Observation]:
    groups: dict[tuple[int, str, str], list[int]] = defaultdict(list)
    for row in _rows("SELECT * FROM answers_apart"):
        groups[row.wave_id, row.item, row.group_key].append(row.answer)
    small = sum(len(answers) < _APART for answers in groups.values())
    alike = sum(_of_one_mind(answers) for answers in groups.values())
    yield Observation(
        f"{len(groups)} groups of answers apart, {small} smaller than {_APART}, {alike} of one mind", not small + alike
    )


def _of_one_mind(answers: Any) -> bool:  # Any: a column of a row, with None where skipped
    given = [answer for answer in answers if answer is not None]
    return len(given) > 1 and len(set(given)) == 1


def _list(answers: Any) -> list[int | None]:  # Any: JSON as text (SQLite) or read (PostgreSQL)
    found: list[int | None] = json.loads(answers) if isinstance(answers, str) else answers
    return found


def _rows(query: str) -> Any:  # Any: rows of the columns that the query names
    return db.session.execute(text(query)).all()


def _count(query: str) -> int:
    return int(db.session.scalar(text(query)) or 0)
