"""Ways to link people to answers by whatever two tables have in common: equal values, and order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import binom

Record = Mapping[str, object]
"""What is held of one person, or of one row of answers: columns by name. `block` says where it is counted."""

_CERTAIN = 0.5
"""The share of answers that a row must have in common with a person's own to be theirs; the rest was protected."""


@dataclass(frozen=True)
class Score:
    """How many people a way of linking named rightly, of how many rows, and how many chance alone would name."""

    linker: str
    named: int
    rows: int
    by_chance: float

    @property
    def share(self) -> float:
        """Of the rows."""
        return self.named / self.rows if self.rows else 0.0

    @property
    def chance(self) -> float:
        """What chance alone reaches: one row a block."""
        return self.by_chance / self.rows if self.rows else 0.0

    @property
    def p(self) -> float:
        """How likely chance alone would do as well: one-sided binomial."""
        return float(binom.sf(self.named - 1, self.rows, self.chance)) if self.rows else 1.0


def link_all(people: Sequence[Record], rows: Sequence[Record], truth: Mapping[int, int]) -> Iterator[Score]:
    """Try every pair of a person's column and a row's column, by equal values and by order within each block.

    Parameters
    ----------
    truth
        The place of each person's row, by the person's place. The attacker does not have it: it only counts.
    """
    blocks = len({row["block"] for row in rows})
    for own in _columns(people):
        for other in _columns(rows):
            for way, guess in (("equal", _by_equality), ("order", _by_order)):
                found = guess(people, rows, own, other)
                named = sum(truth.get(person) == row for person, row in found)
                yield Score(f"{way}: {own} ~ {other}", named, len(rows), float(blocks))


def pooled(scores: Sequence[Score]) -> list[Score]:
    """The scores of several waves added up, by linker, the best first."""
    sums: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0.0])
    for score in scores:
        total = sums[score.linker]
        total[0] += score.named
        total[1] += score.rows
        total[2] += score.by_chance
    found = [Score(linker, int(named), int(rows), chance) for linker, (named, rows, chance) in sums.items()]
    return sorted(found, key=lambda score: (-score.share, score.linker))


def whose_rows(answers: Sequence[Record], rows: Sequence[Record]) -> dict[int, int]:
    """Which row is whose, by the answers that only the game knows: the assignment with most answers in common.

    Parameters
    ----------
    answers
        What each person answered: `block`, and `answers` as a sequence.
    rows
        The same of each row that is kept.
    """
    agreement = np.array([[_common(person, row) for row in rows] for person in answers]).reshape(
        len(answers), len(rows)
    )
    chosen = linear_sum_assignment(-agreement)
    return {int(person): int(row) for person, row in zip(*chosen, strict=True) if agreement[person, row] > _CERTAIN}


def _common(person: Record, row: Record) -> float:
    if person["block"] != row["block"]:
        return -1.0
    own, other = list(person["answers"]), list(row["answers"])  # type: ignore[call-overload]  # sequences by contract
    return float(np.mean([one == two for one, two in zip(own, other, strict=True)]))


def _columns(records: Sequence[Record]) -> list[str]:
    return sorted(set().union(*records) - {"block", "answers"}) if records else []


def _by_equality(people: Sequence[Record], rows: Sequence[Record], own: str, other: str) -> list[tuple[int, int]]:
    """Values that occur once on either side."""
    once = {value for value, count in Counter(str(person[own]) for person in people).items() if count == 1}
    there = Counter(str(row[other]) for row in rows)
    place = {str(row[other]): index for index, row in enumerate(rows) if there[str(row[other])] == 1}
    return [
        (index, place[str(person[own])])
        for index, person in enumerate(people)
        if str(person[own]) in once and str(person[own]) in place
    ]


def _by_order(people: Sequence[Record], rows: Sequence[Record], own: str, other: str) -> list[tuple[int, int]]:
    """The n-th person of a block and its n-th row, both sorted by a column."""
    found = []
    for block in {row["block"] for row in rows}:
        mine = _sorted(people, block, own)
        theirs = _sorted(rows, block, other)
        found += list(zip(mine, theirs, strict=False))
    return found


def _sorted(records: Sequence[Record], block: object, column: str) -> list[int]:
    inside = [index for index, record in enumerate(records) if record["block"] == block]
    return sorted(
        inside, key=lambda index: (type(records[index][column]).__name__, _comparable(records[index][column]))
    )


def _comparable(value: object) -> object:
    return value if isinstance(value, int | float | str | bytes) else str(value)
