"""Whether a group, or a person, changed by more than chance between two occasions."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.confidence import normal_reach
from scoring.differences import Overlap, TeamChange, Verdict, team_change, verdict_of
from scoring.errors import ImpossibleSample, UnknownChoice
from scoring.matrices import Floats
from scoring.reliability import standard_error_of_measurement

__all__ = [
    "RELIABLE_CHANGE_METHODS",
    "Overlap",
    "ReliableChange",
    "TeamChange",
    "Verdict",
    "reliable_change",
    "team_change",
    "verdict_of",
]

RELIABLE_CHANGE_METHODS = ("jacobson-truax", "edwards-nunnally", "prediction")


@dataclass(frozen=True)
class ReliableChange:
    """Each person's change in units of its error. For a person's own eyes, in bands; never for anybody else's.

    `verdicts` holds -1, 0 or 1 a person, and 0 where an occasion is missing; `threshold` is the raw difference from
    which Jacobson & Truax call a change reliable.
    """

    index: Floats
    verdicts: NDArray[np.int64]
    threshold: float
    n_used: int
    down: int
    unchanged: int
    up: int
    method: str
    warnings: tuple[str, ...]


def reliable_change(
    x1: ArrayLike,
    x2: ArrayLike,
    reliability: float,
    sd: float,
    method: str = RELIABLE_CHANGE_METHODS[0],
    *,
    mean: float | None = None,
    confidence: float = 0.95,
) -> ReliableChange:
    """Which persons changed more than the error of measurement explains.

    - jacobson-truax: ``(x2 - x1) / (sqrt(2) SEM)``; Jacobson & Truax 1991, *JCCP* 59, 12-19.
    - edwards-nunnally: ``(x2 - (m + r (x1 - m))) / SEM``; Speer 1992, *JCCP* 60, 402-408.
    - prediction: ``(x2 - (m + r (x1 - m))) / (SD sqrt(1 - r^2))``; Lord & Novick 1968; Hsu 1989.

    Parameters
    ----------
    x1, x2
        Shape (n,), scores before and after; NaN where missing.
    reliability, sd, mean
        Of a reference group before; without a mean (m) that of `x1`.

    Raises
    ------
    UnknownChoice
        There is no such method.
    ImpossibleSample
        A negative SD, a reliability of 1 or more, or one below 0.
    """
    if method not in RELIABLE_CHANGE_METHODS:
        raise UnknownChoice("method", method, RELIABLE_CHANGE_METHODS)
    if not (0 <= reliability < 1 and sd > 0):
        raise ImpossibleSample(f"Change cannot be judged with a reliability of {reliability:g} and an SD of {sd:g}.")
    index = _index(np.asarray(x1, dtype=np.float64), np.asarray(x2, dtype=np.float64), (reliability, sd, mean), method)
    critical = normal_reach(confidence)
    verdicts = np.where(np.abs(np.nan_to_num(index)) > critical, np.sign(np.nan_to_num(index)), 0).astype(np.int64)
    known = ~np.isnan(index)
    return ReliableChange(
        index=index,
        verdicts=verdicts,
        threshold=critical * sqrt(2) * standard_error_of_measurement(sd, reliability),
        n_used=int(known.sum()),
        down=int((verdicts == -1).sum()),
        unchanged=int((known & (verdicts == 0)).sum()),
        up=int((verdicts == 1).sum()),
        method=method,
        warnings=(),
    )


def _index(before: Floats, after: Floats, reference: tuple[float, float, float | None], method: str) -> Floats:
    """Each person's change in units of its error."""
    reliability, sd, mean = reference
    sem = standard_error_of_measurement(sd, reliability)
    centre = float(np.nanmean(before)) if mean is None else mean
    expected = before if method == "jacobson-truax" else centre + reliability * (before - centre)
    errors = (sqrt(2) * sem, sem, sd * sqrt(1 - reliability**2))
    return np.asarray((after - expected) / errors[RELIABLE_CHANGE_METHODS.index(method)])
