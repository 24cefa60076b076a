"""What a reader who holds everything published can work out of fewer than k people: the attack, not the defence.

It knows nothing of blocks. It takes sums of answers as a reader can compute them and looks for weighted sums over fewer
than k people that follow from them, and for answers that they leave less than W points of room.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.sparse import csr_array

TOP = 100.0
"""The most points that one answer is worth; the least is 0."""

MOST_SEARCHED = 16
"""Up to so many small classes, every set of them is searched; beyond, single ones and pairs."""

_ROUNDS = 60
_CLOSE = 1e-9


@dataclass(frozen=True)
class KnownMean:
    """A mean that a reader knows within bounds, in points of 100.

    `weights` say what each unit (a team, or whoever is always counted together) weighs in it, as the mean of its
    people; they add up to 1.
    """

    name: str
    weights: Mapping[str, float]
    low: float
    high: float


@dataclass(frozen=True)
class Leak:
    """People of whom more is known than may be: a sum over them is determined, or an answer has too little room."""

    units: tuple[str, ...]
    people: int
    kind: str
    room: float


@dataclass(frozen=True)
class Attack:
    """What was found.

    `fewest` is the smallest number of people that any determined sum is about, `least_room` the least points of room
    that any answer is left; None where nothing is known. `exhaustive` says whether every set was searched.
    """

    leaks: tuple[Leak, ...]
    fewest: int | None
    least_room: float | None
    means: int
    exhaustive: bool


def attack(means: Sequence[KnownMean], people: Mapping[str, int], *, minimum: int, width: float) -> Attack:
    """Attack means of one wave and one question or measure.

    Sums: units that enter every mean in the same proportions cannot be told apart, so they are one class. A determined
    sum always involves whole classes; where every class has `minimum` people there is nothing to find, and where some
    have fewer, a sum over them is determined exactly if their columns add to the rank of the others. Room: the bounds
    of each class's mean by interval propagation, which is exact where the classes of any two means are nested or apart.

    Parameters
    ----------
    people
        How many answered in each unit.
    minimum
        k.
    width
        W in points of 100.
    """
    classes = _classes(means, people)
    if not classes:
        return Attack((), None, None, len(means), exhaustive=True)
    sizes = np.array([sum(people[unit] for unit in units) for units in classes])
    table = _table(means, classes)
    small = np.flatnonzero(sizes < minimum)
    found, exhaustive = _determined(table, sizes, small, minimum)
    leaks = [_leak(classes, sizes, group, "determined", 0.0) for group in found]
    room = _room(table, means, _largest_shares(means, classes, people))
    leaks += [
        _leak(classes, sizes, (int(place),), "narrow", room[place]) for place in np.flatnonzero(room < width - _CLOSE)
    ]
    fewest = min((leak.people for leak in leaks if leak.kind == "determined"), default=int(sizes.min()))
    return Attack(tuple(leaks), fewest, float(room.min()), len(means), exhaustive)


def _classes(means: Sequence[KnownMean], people: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Units that enter every mean in the same proportions; those that enter none, and empty ones, are left out."""
    columns: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for place, mean in enumerate(means):
        for unit, weight in mean.weights.items():
            if weight and people[unit]:
                columns[unit].append((place, weight))
    alike: dict[tuple[tuple[int, float], ...], list[str]] = defaultdict(list)
    for unit, column in columns.items():
        first = column[0][1]
        alike[tuple((place, round(weight / first, 9)) for place, weight in column)].append(unit)
    return [tuple(sorted(units)) for units in alike.values()]


def _table(means: Sequence[KnownMean], classes: Sequence[tuple[str, ...]]) -> csr_array:
    """What each class weighs in each mean, shape (means, classes)."""
    class_of = {unit: place for place, units in enumerate(classes) for unit in units}
    rows, columns, weights = [], [], []
    for row, mean in enumerate(means):
        for unit, weight in mean.weights.items():
            if unit in class_of and weight:
                rows.append(row)
                columns.append(class_of[unit])
                weights.append(weight)
    return csr_array((weights, (rows, columns)), shape=(len(means), len(classes)))


def _determined(
    table: csr_array, sizes: np.ndarray, small: np.ndarray, minimum: int
) -> tuple[list[tuple[int, ...]], bool]:
    """The smallest sets of classes with fewer than `minimum` people over which some sum is determined."""
    found: list[tuple[int, ...]] = []
    if not len(small):
        return found, True
    exhaustive = len(small) <= MOST_SEARCHED
    dense = table.toarray()
    whole = np.linalg.matrix_rank(dense)
    for group in _sets(small, sizes, minimum, exhaustive=exhaustive):
        if any(set(earlier) <= set(group) for earlier in found):
            continue
        rest = np.delete(dense, group, axis=1)
        if whole > (np.linalg.matrix_rank(rest) if rest.size else 0):
            found.append(group)
    return found, exhaustive


def _sets(small: np.ndarray, sizes: np.ndarray, minimum: int, *, exhaustive: bool) -> Iterator[tuple[int, ...]]:
    """Sets of small classes that hold fewer than `minimum` people together, the smallest first."""
    largest = minimum - 1 if exhaustive else 2
    for count in range(1, largest + 1):
        for group in combinations(small.tolist(), count):
            if sizes[list(group)].sum() < minimum:
                yield group


def _largest_shares(
    means: Sequence[KnownMean], classes: Sequence[tuple[str, ...]], people: Mapping[str, int]
) -> np.ndarray:
    """The most that any one person weighs in the mean of their class, shape (classes,): 1 / n where all weigh alike."""
    weights: dict[str, float] = {}
    for mean in means:
        for unit, weight in mean.weights.items():
            weights.setdefault(unit, weight)
    return np.array(
        [
            max(weights[unit] / people[unit] for unit in units) / sum(weights[unit] for unit in units)
            for units in classes
        ]
    )


def _room(table: csr_array, means: Sequence[KnownMean], shares: np.ndarray) -> np.ndarray:
    """How many points of room the bounds of its class leave the answer that weighs most in it, shape (classes,)."""
    low, high = _bounds(table, np.array([mean.low for mean in means]), np.array([mean.high for mean in means]))
    least = np.maximum(0.0, (low - (1 - shares) * TOP) / shares)
    most = np.minimum(TOP, high / shares)
    return np.asarray(most - least)


def _bounds(table: csr_array, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bounds of each class's mean that the known means imply, one round after the other until nothing moves."""
    entries = table.tocoo()
    rows, columns, weights = entries.row, entries.col, entries.data
    least, most = np.zeros(table.shape[1]), np.full(table.shape[1], TOP)
    for _ in range(_ROUNDS):
        under, over = table @ least, table @ most
        upper = (high[rows] - (under[rows] - weights * least[columns])) / weights
        lower = (low[rows] - (over[rows] - weights * most[columns])) / weights
        new_most, new_least = most.copy(), least.copy()
        np.minimum.at(new_most, columns, upper)
        np.maximum.at(new_least, columns, lower)
        moved = max(float((most - new_most).max()), float((new_least - least).max()))
        most, least = new_most, new_least
        if moved < _CLOSE:
            break
    return least, np.maximum(most, least)


def _leak(
    classes: Sequence[tuple[str, ...]], sizes: np.ndarray, group: tuple[int, ...], kind: str, room: float
) -> Leak:
    units = tuple(sorted(unit for place in group for unit in classes[place]))
    return Leak(units, int(sizes[list(group)].sum()), kind, float(room))
