"""Reverse keying, from the declared range and never from the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.matrices import as_floats, check_range, names_of


def reverse(values: ArrayLike | pd.DataFrame, minimum: float, maximum: float) -> NDArray[np.float64]:
    """Turn answers round within their declared range; NaN stays NaN.

    Formula: ``minimum + maximum - x``, as R's ``psych::reverse.code`` with declared minima and maxima.

    Parameters
    ----------
    values
        Answers, any shape.
    minimum, maximum
        The declared ends of the response scale.

    Raises
    ------
    OutOfRange
        An answer lies outside the declared range.

    Examples
    --------
    >>> reverse([1, 2, 5], 1, 5)
    array([5., 4., 1.])
    """
    return minimum + maximum - in_range(values, minimum, maximum)


def in_range(values: ArrayLike | pd.DataFrame, minimum: float, maximum: float) -> NDArray[np.float64]:
    """Return `values` as floats, or raise `OutOfRange` naming the first that is not within the range."""
    answers = _numbers(values)
    table = answers if answers.ndim == 2 else answers.reshape(-1, 1)
    check_range(table, minimum, maximum, names_of(values, table.shape[1]) if answers.ndim == 2 else None)
    return answers


def _numbers(values: ArrayLike | pd.DataFrame) -> NDArray[np.float64]:
    """Floats in the shape given, whatever they were held in; NaN where missing."""
    if isinstance(values, pd.DataFrame):
        return as_floats(values)
    given = np.asarray(values)
    if given.dtype.kind in "iufb":
        return given.astype(np.float64)
    return as_floats(given.reshape(-1, 1)).reshape(given.shape)
