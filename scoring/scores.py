"""Persons' scores: means, sums, and points of 100."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from instruments.definitions import MissingRule
from scoring.keys import in_range
from scoring.matrices import Floats, as_floats, check_range, names_of
from scoring.missing import prorate


def mean_score(
    answers: ArrayLike | pd.DataFrame,
    minimum: float | None = None,
    maximum: float | None = None,
    *,
    rule: MissingRule | str = MissingRule.ANY,
) -> Floats:
    """Mean of each person's answers.

    Parameters
    ----------
    answers
        Shape (n, k), in the scored direction; NaN where missing.
    minimum, maximum
        The declared ends of the response scale; where given, answers outside are refused.
    rule
        How many answers are enough: see `scoring.missing.answers_needed`.

    Returns
    -------
    numpy.ndarray
        Shape (n,), in units of the response scale; NaN where too little was answered.

    Raises
    ------
    OutOfRange
        An answer lies outside the declared range.
    """
    values = as_floats(answers)
    if minimum is not None and maximum is not None:
        check_range(values, minimum, maximum, names_of(answers, values.shape[1]))
    return prorate(values, rule)


def sum_score(
    answers: ArrayLike | pd.DataFrame,
    minimum: float | None = None,
    maximum: float | None = None,
    *,
    rule: MissingRule | str = MissingRule.ANY,
) -> Floats:
    """Prorated sum of each person's answers: the mean of those given times the number of items.

    Parameters, returns and errors as `mean_score`.

    Examples
    --------
    >>> sum_score([[1, 2, 3], [1, 2, np.nan]])
    array([6. , 4.5])
    """
    return np.asarray(mean_score(answers, minimum, maximum, rule=rule) * as_floats(answers).shape[1])


def pomp(values: ArrayLike | pd.DataFrame, minimum: float, maximum: float) -> NDArray[np.float64]:
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
