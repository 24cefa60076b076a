"""Reliability within groups and between them: what tells persons apart need not tell teams apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scoring.alpha import raw_alpha
from scoring.errors import TooFewAnswers
from scoring.matrices import Floats, as_floats, group_codes


@dataclass(frozen=True)
class TwoLevelAlpha:
    """Alpha of persons within their groups and of groups, with the covariances they come from, shape (k, k).

    `between` is None where the groups differ no more than chance.
    """

    within: float | None
    between: float | None
    within_covariance: Floats
    between_covariance: Floats
    groups: int
    n_used: int
    method: str
    missing: str
    warnings: tuple[str, ...]


def two_level_alpha(answers: ArrayLike | pd.DataFrame, groups: ArrayLike) -> TwoLevelAlpha:
    """Alpha at either level.

    The pooled covariance within groups, and the covariance between them less what chance adds: ``(S_B - S_W) / n0``
    (Muthen 1994, *Sociological Methods & Research* 22, 376-398), each put into alpha's formula (Geldhof, Preacher &
    Zyphur 2014, *Psychological Methods* 19, 72-91). Pooled alpha mixes the two.

    Parameters
    ----------
    answers
        Shape (n, k), in the scored direction; rows with a missing answer are left out.
    groups
        Shape (n,), one label a person.

    Raises
    ------
    TooFewAnswers
        Fewer than two groups, or nobody beyond one a group.
    """
    values = as_floats(answers)
    codes, _ = group_codes(groups, len(values))
    used = ~np.isnan(values).any(axis=1) & (codes >= 0)
    values, places = values[used], np.unique(codes[used], return_inverse=True)[1].reshape(-1)
    counts = np.bincount(places)
    n, labels = len(values), len(counts)
    if labels < 2 or n <= labels:
        raise TooFewAnswers("Two levels need two groups or more, one of them of two people.")
    indicator = np.eye(labels)[places]
    means = (indicator.T @ values) / counts[:, None]
    apart = values - means[places]
    centred = means - values.mean(axis=0)
    within = apart.T @ apart / (n - labels)
    between = (centred * counts[:, None]).T @ centred / (labels - 1)
    size = (n - float(counts @ counts) / n) / (labels - 1)
    found = (between - within) / size
    alpha_between = raw_alpha(found) if found.sum() > 0 else None
    return TwoLevelAlpha(
        within=raw_alpha(within),
        between=alpha_between,
        within_covariance=within,
        between_covariance=found,
        groups=labels,
        n_used=n,
        method="moment estimates of the covariances at either level",
        missing="complete rows",
        warnings=("groups differ no more than chance",) if alpha_between is None else (),
    )
