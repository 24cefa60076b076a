"""Links between graded response models of two versions that share items, and scores that stand for the same theta."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.special import expit

from scoring.errors import ShapesDiffer, TooFewAnswers, UnknownChoice
from scoring.irt import GradedModel, expected_sum
from scoring.matrices import Floats

METHODS = ("mean-sigma", "mean-mean", "haebara", "stocking-lord")

_THETA = np.linspace(-4, 4, 41)
_WEIGHTS = np.exp(-(_THETA**2) / 2) / np.exp(-(_THETA**2) / 2).sum()


@dataclass(frozen=True)
class ThetaLink:
    """``theta on the new scale = slope theta + intercept``; discriminations are divided by the slope.

    `criterion` is what the characteristic-curve methods made smallest, None for the moment methods.
    """

    slope: float
    intercept: float
    criterion: float | None
    anchors: tuple[str, ...]
    method: str


def link_thetas(old: GradedModel, new: GradedModel, method: str = "stocking-lord") -> ThetaLink:
    """Put the thetas of an old version on the scale of a new one, by the items that both ask.

    Mean-sigma and mean-mean match moments of the thresholds and discriminations (Kolen & Brennan 2014, 6.2); Haebara
    1980 matches the categories' curves, Stocking & Lord 1983 the expected sum of the anchors.

    Raises
    ------
    TooFewAnswers
        No item in common.
    ShapesDiffer
        A common item has other categories.
    UnknownChoice
        There is no such method.
    """
    if method not in METHODS:
        raise UnknownChoice("linking method", method, METHODS)
    anchors = [item for item in old.items if item in new.items]
    if not anchors:
        raise TooFewAnswers("Two versions are linked by the items they share, and these share none.")
    pairs = [(old.items.index(item), new.items.index(item)) for item in anchors]
    if any(old.categories[first] != new.categories[second] for first, second in pairs):
        raise ShapesDiffer("An item in common has other categories in the two versions.")
    moments = _by_moments(old, new, pairs)
    if method in moments:
        slope, intercept = moments[method]
        return ThetaLink(slope, intercept, None, tuple(anchors), method)
    curve = _haebara if method == "haebara" else _stocking_lord

    def apart(link: Floats) -> float:
        return curve(old, new, pairs, link)

    found = minimize(apart, np.array([1.0, 0.0]), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14})
    return ThetaLink(float(found.x[0]), float(found.x[1]), float(found.fun), tuple(anchors), method)


def true_score_equating(old: GradedModel, new: GradedModel, link: ThetaLink, scores: Sequence[float]) -> Floats:
    """The sum on the new version to expect of somebody whose expected sum on the old one is each score.

    Kolen & Brennan 2014, 6.5. NaN at and beyond the lowest and highest possible sums, which no theta expects.

    Parameters
    ----------
    link
        From the old version's thetas to the new one's.
    """
    lowest = sum(categories[0] for categories in old.categories)
    highest = sum(categories[-1] for categories in old.categories)
    found = []
    for score in scores:
        if not lowest < score < highest:
            found.append(np.nan)
            continue
        theta = brentq(lambda at, wanted=score: float(expected_sum(old, at)[0]) - wanted, -40, 40, xtol=1e-12)
        found.append(float(expected_sum(new, link.slope * theta + link.intercept)[0]))
    return np.array(found)


Pairs = Sequence[tuple[int, int]]


def _by_moments(old: GradedModel, new: GradedModel, pairs: Pairs) -> dict[str, tuple[float, float]]:
    first, second = zip(*pairs, strict=True)
    thresholds = [model.thresholds[list(items)] for model, items in ((old, first), (new, second))]
    thresholds = [part[~np.isnan(part)] for part in thresholds]
    spread = float(thresholds[1].std() / thresholds[0].std())
    ratio = float(old.discriminations[list(first)].mean() / new.discriminations[list(second)].mean())
    return {
        name: (slope, float(thresholds[1].mean()) - slope * float(thresholds[0].mean()))
        for name, slope in (("mean-sigma", spread), ("mean-mean", ratio))
    }


def _curves(model: GradedModel, item: int, slope: float, intercept: float) -> Floats:
    """Probabilities of an item's categories over theta, its parameters moved by a link, shape (categories, nodes)."""
    steps = len(model.categories[item]) - 1
    thresholds = slope * model.thresholds[item, :steps] + intercept
    above = expit(model.discriminations[item] / slope * (_THETA[None, :] - thresholds[:, None]))
    return np.asarray(-np.diff(np.vstack([np.ones_like(_THETA), above, np.zeros_like(_THETA)]), axis=0))


def _haebara(old: GradedModel, new: GradedModel, pairs: Pairs, link: Floats) -> float:
    return sum(
        float(((_curves(old, first, *link) - _curves(new, second, 1.0, 0.0)) ** 2 @ _WEIGHTS).sum())
        for first, second in pairs
    )


def _stocking_lord(old: GradedModel, new: GradedModel, pairs: Pairs, link: Floats) -> float:
    apart = np.zeros_like(_THETA)
    for first, second in pairs:
        worth = np.array(old.categories[first])
        apart += worth @ (_curves(old, first, *link) - _curves(new, second, 1.0, 0.0))
    return float(apart**2 @ _WEIGHTS)
