"""Whether people of two groups with the same score answer an item differently."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from scoring.errors import TooFewAnswers
from scoring.matrices import Floats, as_categories, group_codes, names_of
from scoring.proportional_odds import proportional_odds

MODERATE, LARGE = 0.035, 0.070
"""Changes of Nagelkerke's R2: Jodoin & Gierl 2001, *Applied Measurement in Education* 14, 329-349."""

_ROUNDS = 10


class Size(StrEnum):
    """How large a difference is; the classes A, B and C of the literature."""

    NEGLIGIBLE = "negligible"
    MODERATE = "moderate"
    LARGE = "large"


@dataclass(frozen=True)
class ItemDifference:
    """One item: tests of a group difference at every score (uniform), of one that grows with it, and of both."""

    item: str
    chi2: float
    df: int
    p: float
    chi2_uniform: float
    p_uniform: float
    chi2_nonuniform: float
    p_nonuniform: float
    delta_r2: float
    delta_r2_mcfadden: float
    log_likelihoods: tuple[float, float, float, float]
    group_effects: tuple[float, ...]
    size: Size

    @property
    def classification(self) -> str:
        """A, B or C."""
        return {Size.NEGLIGIBLE: "A", Size.MODERATE: "B", Size.LARGE: "C"}[self.size]


@dataclass(frozen=True)
class DifferentialFunctioning:
    """All items of a scale; `matched_on` are the items whose sum stood for what people have in common."""

    items: tuple[ItemDifference, ...]
    labels: tuple[Any, ...]
    sizes: tuple[int, ...]
    matched_on: tuple[str, ...]
    n_used: int
    method: str
    missing: str
    warnings: tuple[str, ...]

    @property
    def flagged(self) -> tuple[ItemDifference, ...]:
        """The items with more than a negligible difference."""
        return tuple(item for item in self.items if item.size is not Size.NEGLIGIBLE)


def ordinal_logistic(answers: ArrayLike | pd.DataFrame, groups: ArrayLike) -> DifferentialFunctioning:
    """Differential item functioning, matched on the sum of all items.

    Three nested proportional-odds models for each item: the sum; the sum and the group; and both with their product
    (Zumbo 1999; Swaminathan & Rogers 1990; R: ``MASS::polr``). With thousands of rows every test is "significant": the
    class goes by the change of Nagelkerke's R2 from the first to the last.

    Parameters
    ----------
    answers
        Shape (n, k), whole-numbered categories in the scored direction; rows with a missing answer are left out.
    groups
        Shape (n,), one label a person; rows without one are left out.

    Raises
    ------
    TooFewAnswers
        Fewer than two groups or items, or an item all answered alike.
    NotACategory
        A fraction among the answers.
    """
    sample = _sample(answers, groups)
    return _all_items(sample, np.arange(sample.values.shape[1]))


def purified_ordinal_logistic(answers: ArrayLike | pd.DataFrame, groups: ArrayLike) -> DifferentialFunctioning:
    """As `ordinal_logistic`, matched on the sum of the items that do not differ, found in rounds.

    Items with more than a negligible difference leave the sum until no more do; two items always stay (Crane et al.
    2006, *Medical Care* 44, S115-S123).
    """
    sample = _sample(answers, groups)
    anchors = np.arange(sample.values.shape[1])
    found = _all_items(sample, anchors)
    for _ in range(_ROUNDS):
        order = np.argsort([item.delta_r2 for item in found.items], kind="stable")
        kept = [place for place in order if found.items[place].size is Size.NEGLIGIBLE]
        chosen = np.sort(np.array(kept if len(kept) > 1 else order[:2], dtype=np.intp))
        if np.array_equal(chosen, anchors):
            break
        anchors = chosen
        found = _all_items(sample, anchors)
    return found


@dataclass(frozen=True)
class _Sample:
    values: Floats
    names: tuple[str, ...]
    dummies: Floats
    labels: tuple[Any, ...]
    sizes: tuple[int, ...]


def _sample(answers: ArrayLike | pd.DataFrame, groups: ArrayLike) -> _Sample:
    values = as_categories(answers)
    names = names_of(answers, values.shape[1])
    codes, labels = group_codes(groups, len(values))
    used = ~np.isnan(values).any(axis=1) & (codes >= 0)
    values = values[used]
    present, codes = np.unique(codes[used], return_inverse=True)
    if len(present) < 2 or values.shape[1] < 2:
        raise TooFewAnswers("Items are compared between two groups or more, on a scale of two items or more.")
    for place, name in enumerate(names):
        if len(np.unique(values[:, place])) < 2:
            raise TooFewAnswers(f"All chose the same answer to {name}; nothing can differ.")
    codes = codes.reshape(-1)
    return _Sample(
        values=values,
        names=names,
        dummies=np.eye(len(present))[codes][:, 1:],
        labels=tuple(labels[code] for code in present),
        sizes=tuple(int(count) for count in np.bincount(codes)),
    )


def _all_items(sample: _Sample, anchors: NDArray[np.intp]) -> DifferentialFunctioning:
    items = tuple(_item(sample, place, anchors) for place in range(len(sample.names)))
    few = min(sample.sizes) < 100
    return DifferentialFunctioning(
        items=items,
        labels=sample.labels,
        sizes=sample.sizes,
        matched_on=tuple(sample.names[place] for place in anchors),
        n_used=len(sample.values),
        method="ordinal logistic regression; class by Nagelkerke's R2 (Jodoin & Gierl 2001)",
        missing="complete rows",
        warnings=("a group has fewer than 100 people: differences of this size come by chance",) if few else (),
    )


def _item(sample: _Sample, place: int, anchors: NDArray[np.intp]) -> ItemDifference:
    matched = np.union1d(anchors, [place])
    total = sample.values[:, matched].sum(axis=1, keepdims=True)
    answers, dummies = sample.values[:, place], sample.dummies
    designs = [
        np.zeros((len(total), 0)),
        total,
        np.hstack([total, dummies]),
        np.hstack([total, dummies, total * dummies]),
    ]
    models = [proportional_odds(answers, design) for design in designs]
    nothing, score, uniform, both = (model.log_likelihood for model in models)
    df = dummies.shape[1]
    chi2_uniform, chi2_nonuniform = max(0.0, 2 * (uniform - score)), max(0.0, 2 * (both - uniform))
    delta = _nagelkerke(both, nothing, len(total)) - _nagelkerke(score, nothing, len(total))
    return ItemDifference(
        item=sample.names[place],
        chi2=chi2_uniform + chi2_nonuniform,
        df=2 * df,
        p=float(chdtrc(2 * df, chi2_uniform + chi2_nonuniform)),
        chi2_uniform=chi2_uniform,
        p_uniform=float(chdtrc(df, chi2_uniform)),
        chi2_nonuniform=chi2_nonuniform,
        p_nonuniform=float(chdtrc(df, chi2_nonuniform)),
        delta_r2=delta,
        delta_r2_mcfadden=(score - both) / nothing,
        log_likelihoods=(nothing, score, uniform, both),
        group_effects=tuple(map(float, models[2].coefficients[1:])),
        size=Size.LARGE if delta > LARGE else Size.MODERATE if delta > MODERATE else Size.NEGLIGIBLE,
    )


def _nagelkerke(model: float, nothing: float, n: int) -> float:
    return float((1 - np.exp(2 * (nothing - model) / n)) / (1 - np.exp(2 * nothing / n)))
