"""Scores in points of 100."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.keys import in_range


def pomp(values: ArrayLike, minimum: float, maximum: float) -> NDArray[np.float64]:
    """Percent of maximum possible: ``100 (x - minimum) / (maximum - minimum)``; NaN stays NaN.

    Source: Cohen, Cohen, Aiken & West (1999), *Multivariate Behavioral Research* 34, 315-346.

    Parameters
    ----------
    values
        Answers or means of answers, any shape, in units of the response scale.
    minimum, maximum
        The declared ends of the response scale.

    Raises
    ------
    OutOfRange
        A value lies outside the declared range.

    Examples
    --------
    >>> pomp([1, 3, 5], 1, 5)
    array([  0.,  50., 100.])
    """
    return 100.0 * (in_range(values, minimum, maximum) - minimum) / (maximum - minimum)
