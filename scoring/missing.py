"""What a person's answers count for when some are missing."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from instruments.definitions import MissingRule
from scoring.errors import UnknownChoice
from scoring.matrices import Floats, as_floats

_SHARE = {MissingRule.HALF: Fraction(1, 2), MissingRule.TWO_THIRDS: Fraction(2, 3), MissingRule.COMPLETE: Fraction(1)}


def answers_needed(rule: MissingRule | str, items: int) -> int:
    """The number of answered items from which a person is scored.

    any: 1; half: k / 2 rounded up, so 2 of 3; majority: more than k / 2; two-thirds: 2 k / 3 rounded up; complete: k.

    Raises
    ------
    UnknownChoice
        There is no such rule.

    Examples
    --------
    >>> [answers_needed("half", items) for items in (3, 4)]
    [2, 2]
    >>> [answers_needed("majority", items) for items in (3, 4)]
    [2, 3]
    """
    known = as_rule(rule)
    if known is MissingRule.ANY:
        return 1
    if known is MissingRule.MAJORITY:
        return items // 2 + 1
    return -int(-items * _SHARE[known] // 1)


def prorate(answers: ArrayLike | pd.DataFrame, rule: MissingRule | str) -> Floats:
    """Mean of the items that each person answered, where the rule says they are enough.

    The mean times k is the prorated sum. The rules are those of the Copenhagen inventories' scoring instructions and
    their like; what prorating assumes is in Graham 2009, *Annual Review of Psychology* 60, 549-576.

    Parameters
    ----------
    answers
        Shape (n, k), in the scored direction; NaN where missing.
    rule
        any, half, majority, two-thirds or complete: see `answers_needed`.

    Returns
    -------
    numpy.ndarray
        Shape (n,), in units of the answers; NaN where too little was answered.

    Examples
    --------
    >>> prorate([[4, 5, np.nan], [4, np.nan, np.nan]], "half")
    array([4.5, nan])
    """
    values = as_floats(answers)
    there = ~np.isnan(values)
    answered = there.sum(axis=1)
    enough = answered >= answers_needed(rule, values.shape[1])
    means = np.full(len(values), np.nan)
    np.divide(np.where(there, values, 0.0).sum(axis=1), answered, out=means, where=enough & (answered > 0))
    return means


def two_way_impute(answers: ArrayLike | pd.DataFrame) -> Floats:
    """Fill missing answers with person mean + item mean - overall mean, without error.

    Source: Bernaards & Sijtsma 2000, *Multivariate Behavioral Research* 35, 321-364. The means are of what was
    answered. A person without any answer stays missing.

    Returns
    -------
    numpy.ndarray
        Shape (n, k).
    """
    values = as_floats(answers)
    there = ~np.isnan(values)
    filled = np.where(there, values, 0.0)
    with np.errstate(invalid="ignore"):
        persons = filled.sum(axis=1) / there.sum(axis=1)
        items = filled.sum(axis=0) / there.sum(axis=0)
        overall = filled.sum() / there.sum()
    return np.where(there, values, persons[:, None] + items - overall)


def item_centred_means(answers: ArrayLike | pd.DataFrame, rule: MissingRule | str = MissingRule.ANY) -> Floats:
    """Scores for planned missingness: a person's mean distance from the items' means, plus the mean of those means.

    Where each person is asked some of the items at random, the plain mean of whatever was asked depends on how easy
    those items are; this one does not. Source: Graham, Taylor, Olchowski & Cumsille 2006, *Psychological Methods* 11,
    323-343.

    Returns
    -------
    numpy.ndarray
        Shape (n,), in units of the answers.

    Examples
    --------
    >>> item_centred_means([[1, 3], [2, np.nan], [np.nan, 4]])
    array([2. , 3. , 3. ])
    """
    values = as_floats(answers)
    with np.errstate(invalid="ignore"):
        items = np.nansum(values, axis=0) / (~np.isnan(values)).sum(axis=0)
    known = items[~np.isnan(items)]
    return np.asarray(prorate(values - items, rule) + (known.mean() if known.size else np.nan))


def as_rule(rule: MissingRule | str) -> MissingRule:
    """A rule by its name; ``two_thirds`` is read as ``two-thirds``."""
    try:
        return MissingRule(rule.replace("_", "-"))
    except ValueError:
        raise UnknownChoice("missing-answer rule", rule, MissingRule) from None


def answered_share(answers: ArrayLike | pd.DataFrame) -> NDArray[np.float64]:
    """The share of people who answered each item, shape (k,)."""
    return np.asarray((~np.isnan(as_floats(answers))).mean(axis=0))
