"""How far an interval reaches for a given confidence."""

from __future__ import annotations

from statistics import NormalDist

from scoring.errors import ImpossibleConfidence


def upper_tail(confidence: float) -> float:
    """The probability below the upper limit: 0.975 for a confidence of 0.95.

    Raises
    ------
    ImpossibleConfidence
        It does not lie between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ImpossibleConfidence(confidence)
    return (1 + confidence) / 2


def normal_reach(confidence: float) -> float:
    """Standard errors on either side of a normal mean.

    Examples
    --------
    >>> round(normal_reach(0.95), 3)
    1.96
    """
    return NormalDist().inv_cdf(upper_tail(confidence))
