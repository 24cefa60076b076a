"""Round a mean for display, with the bounds that the display allows."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor


@dataclass(frozen=True)
class ShownMean:
    """A rounded mean, and the bounds of the exact mean that a reader can infer; all in points of 100."""

    score: int
    low: float
    high: float
    step: int


def display_step(n: int) -> int:
    """The step a mean of `n` people is rounded to: 5 below ten people, 2 below twenty-five, else 1."""
    if n < 10:
        return 5
    return 2 if n < 25 else 1


def round_for_display(mean: float, n: int, width: float) -> ShownMean:
    """Round a mean to its step, with open classes at both ends.

    The lowest class is the first step whose interval holds `width` points of answers in total ("5 or lower"),
    and the highest likewise ("95 or higher"), so that a mean at an end says nothing sharp about anybody.

    Parameters
    ----------
    mean
        In points of 100.
    n
        How many people the mean rests on.
    width
        W in points of 100.
    """
    step = display_step(n)
    lowest = lowest_class(n, width)
    highest = 100 - lowest
    score = min(max(whole(mean / step) * step, lowest), highest)
    low = 0.0 if score == lowest else score - step / 2
    high = 100.0 if score == highest else score + step / 2
    return ShownMean(score=score, low=low, high=high, step=step)


FEW = 2
"""So many people on one side are told as so many or fewer: somebody who is the exception learns nothing sharp."""


def round_share(share: float, n: int) -> ShownMean:
    """Round a share of answers, in per cent: to 10 below twenty-five people, else 5, with open classes at both ends.

    Parameters
    ----------
    share
        In per cent.
    n
        How many people it rests on.
    """
    step = 10 if n < 25 else 5
    lowest = 0
    while n * (lowest + step / 2) < 100 * FEW:
        lowest += step
    score = min(max(whole(share / step) * step, lowest), 100 - lowest)
    low = 0.0 if score == lowest else score - step / 2
    high = 100.0 if score == 100 - lowest else score + step / 2
    return ShownMean(score=score, low=low, high=high, step=step)


def lowest_class(n: int, width: float) -> int:
    """The score shown for everything at or below it, for a mean of `n` people."""
    step = display_step(n)
    score = 0
    while n * (score + step / 2) < width:
        score += step
    return score


def whole(value: float) -> int:
    """Round half up, as readers do and as browsers format numbers.

    Examples
    --------
    >>> [whole(value) for value in (56.4, 56.5, 57.5)]
    [56, 57, 58]
    """
    return floor(value + 0.5)
