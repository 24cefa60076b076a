"""Whether a scale means the same in several groups: versions, authorities, waves, or ways of answering."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scoring.errors import DidNotConverge, TooFewAnswers
from scoring.factor import Scales, columns_of
from scoring.fit_indices import FitIndices
from scoring.group_models import NOTHING_FREED, WORST_CFI, WORST_RMSEA, Freed, Level, Step, fit_level
from scoring.likelihood import Sample, samples_of
from scoring.matrices import Floats, as_floats, group_codes, names_of
from scoring.moments import is_singular

__all__ = [
    "PEOPLE_NEEDED",
    "WORST_CFI",
    "WORST_RMSEA",
    "Invariance",
    "Level",
    "PartialInvariance",
    "Step",
    "partial",
    "test",
]

PEOPLE_NEEDED = 150
"""In every group, below which nothing is tested: too few people make any two groups look alike."""


@dataclass(frozen=True)
class Invariance:
    """The models from the loosest to the strictest, and how far the groups are alike.

    `level` is the last that holds without a break before it, None where not even the configural model was tested. Where
    it is not testable, `reason` says why and the steps are None. `latent_means` are the factors' means in the scalar
    model, by group, the first group's being 0.
    """

    testable: bool
    reason: str | None
    level: Level | None
    verdict: str
    configural: Step | None
    metric: Step | None
    scalar: Step | None
    strict: Step | None
    labels: tuple[Any, ...]
    sizes: tuple[int, ...]
    latent_means: tuple[Floats, ...]
    n_used: int
    method: str
    missing: str
    warnings: tuple[str, ...]


def test(
    answers: ArrayLike | pd.DataFrame,
    scales: Scales,
    groups: ArrayLike,
    *,
    people_needed: int = PEOPLE_NEEDED,  # noqa: PT028 - the contract's name is no test of pytest's
) -> Invariance:
    """Test measurement invariance step by step.

    Configural (the same items on the same factors), metric (equal loadings), scalar (equal intercepts), strict (equal
    uniquenesses), by maximum likelihood on complete rows, the first item of each scale marking its factor (R:
    ``lavaan::cfa(group = , group.equal = )``). A step holds if CFI falls by at most .010 and RMSEA rises by at most
    .015 (Chen 2007): with thousands of people chi-squared finds differences that do not matter.

    Parameters
    ----------
    answers
        Shape (n, p), in the scored direction.
    scales
        Items by scale; one of three items or several of two or more.
    groups
        Shape (n,), one label a person; rows without one are left out.
    people_needed
        In every group; below it the verdict is "not testable".

    Raises
    ------
    ShapesDiffer
        Labels do not match rows, or a scale names an item that is not there.
    """
    divided = _divide(answers, scales, groups)
    reason = _why_not(divided, people_needed)
    if reason:
        return _not_testable(reason, divided.labels, divided.sizes)
    alone = len(divided.items) == 3 and divided.factor_of.max() == 0
    said = ("three items alone fit any group perfectly: configural is not a test",) if alone else ()
    return _steps(divided, said)


test.__test__ = False  # type: ignore[attr-defined]  # nor may pytest collect it


@dataclass(frozen=True)
class PartialInvariance:
    """The level that holds when some items are left to differ between groups, and which.

    `holds` is False where even with all the items freed that may be, the level does not.
    """

    level: Level
    step: Step
    loadings: tuple[str, ...]
    intercepts: tuple[str, ...]
    holds: bool
    n_used: int
    method: str


def partial(
    answers: ArrayLike | pd.DataFrame, scales: Scales, groups: ArrayLike, *, people_needed: int = PEOPLE_NEEDED
) -> PartialInvariance:
    """Scalar invariance with as few items as possible left to differ.

    From the metric model on, the item whose freed loading or intercept improves chi-squared most is left to differ, one
    after the other, until the changes of CFI and RMSEA are small (Byrne, Shavelson & Muthen 1989, *Psychological
    Bulletin* 105, 456-466). Two items of each scale always stay equal; the first of those whose loading does marks the
    factor. Means may be compared where the level holds.

    Raises
    ------
    TooFewAnswers
        The scale is not testable between these groups; the sentence says why.
    DidNotConverge, ShapesDiffer
        As `test`; no stable answer.
    """
    divided = _divide(answers, scales, groups)
    reason = _why_not(divided, people_needed)
    if reason:
        raise TooFewAnswers(f"Not testable: {reason}.")
    samples, factor_of = divided.samples, divided.factor_of
    configural = fit_level(Level.CONFIGURAL, samples, factor_of, None).fit
    metric, freed = _free(Level.METRIC, divided, configural, NOTHING_FREED)
    freed = replace(freed, intercepts=freed.loadings)
    scalar, freed = _free(Level.SCALAR, divided, metric.fit, freed)
    return PartialInvariance(
        level=Level.SCALAR,
        step=scalar,
        loadings=tuple(divided.items[item] for item in sorted(freed.loadings)),
        intercepts=tuple(divided.items[item] for item in sorted(freed.intercepts)),
        holds=metric.holds and scalar.holds,
        n_used=sum(divided.sizes),
        method="partial invariance, items freed by chi-squared; judged by CFI and RMSEA (Chen 2007)",
    )


def _free(level: Level, divided: _Divided, previous: FitIndices, freed: Freed) -> tuple[Step, Freed]:
    """Free items one after the other until a level holds, or none may be freed any more."""
    factor_of = divided.factor_of
    step = fit_level(level, divided.samples, factor_of, previous, freed)
    while not step.holds:
        taken = freed.loadings | freed.intercepts
        left = [item for item in range(len(factor_of)) if item not in taken]
        spare = [item for item in left if _equal_items(factor_of, taken, item) > 2]
        if not spare:
            return step, freed
        tried = [(_with(level, freed, item), item) for item in spare]
        fitted = [(fit_level(level, divided.samples, factor_of, previous, more), more) for more, _ in tried]
        step, freed = min(fitted, key=lambda found: found[0].chi2)
    return step, freed


def _equal_items(factor_of: NDArray[np.intp], taken: frozenset[int], item: int) -> int:
    """How many items of an item's scale are still equal between groups."""
    return sum(1 for other in np.flatnonzero(factor_of == factor_of[item]) if int(other) not in taken)


def _with(level: Level, freed: Freed, item: int) -> Freed:
    if level is Level.METRIC:
        return replace(freed, loadings=freed.loadings | {item})
    return replace(freed, intercepts=freed.intercepts | {item})


@dataclass(frozen=True)
class _Divided:
    """Complete answers by group, and the factor of each item."""

    parts: tuple[Floats, ...]
    items: tuple[str, ...]
    factor_of: NDArray[np.intp]
    labels: tuple[Any, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(len(part) for part in self.parts)

    @property
    def samples(self) -> list[Sample]:
        return [sample for group, part in enumerate(self.parts) for sample in samples_of(part, group)]


def _divide(answers: ArrayLike | pd.DataFrame, scales: Scales, groups: ArrayLike) -> _Divided:
    places = columns_of(answers, scales)
    chosen = [place for items in places.values() for place in items]
    values = as_floats(answers)
    codes, labels = group_codes(groups, len(values))
    used = ~np.isnan(values[:, chosen]).any(axis=1) & (codes >= 0)
    names = names_of(answers, values.shape[1])
    return _Divided(
        parts=tuple(values[used & (codes == code)][:, chosen] for code in range(len(labels))),
        items=tuple(names[place] for place in chosen),
        factor_of=np.repeat(np.arange(len(places)), [len(items) for items in places.values()]),
        labels=labels,
    )


def _why_not(divided: _Divided, needed: int) -> str | None:
    if len(divided.parts) < 2:
        return "there are fewer than two groups"
    for part, label in zip(divided.parts, divided.labels, strict=True):
        if len(part) < max(needed, part.shape[1] + 1):
            return f"group {label} has {len(part)} complete answers; {needed} are needed in every group"
        constant = np.flatnonzero(part.var(axis=0) == 0)
        if len(constant):
            return f"everybody in group {label} gave the same answer to {divided.items[constant[0]]}"
    if len(divided.items) < 3:
        return "a scale needs three items"
    for part, label in zip(divided.parts, divided.labels, strict=True):
        if is_singular(np.cov(part, rowvar=False)):
            return f"in group {label} one item is told exactly by the others"
    return None


def _not_testable(reason: str, labels: tuple[Any, ...], sizes: tuple[int, ...]) -> Invariance:
    return Invariance(
        testable=False,
        reason=reason,
        level=None,
        verdict=f"not testable: {reason}",
        configural=None,
        metric=None,
        scalar=None,
        strict=None,
        labels=labels,
        sizes=sizes,
        latent_means=(),
        n_used=sum(sizes),
        method="multiple-group factor analysis, maximum likelihood",
        missing="complete rows",
        warnings=(),
    )


def _steps(divided: _Divided, warnings: tuple[str, ...]) -> Invariance:
    steps: dict[Level, Step] = {}
    for level in Level:
        try:
            before = None if not steps else steps[list(steps)[-1]].fit
            steps[level] = fit_level(level, divided.samples, divided.factor_of, before)
        except DidNotConverge:
            return _not_testable(f"the {level} model found no stable answer", divided.labels, divided.sizes)
    reached = _reached(steps)
    scalar = steps[Level.SCALAR]
    return Invariance(
        testable=True,
        reason=None,
        level=reached,
        verdict=_VERDICTS[reached],
        configural=steps[Level.CONFIGURAL],
        metric=steps[Level.METRIC],
        scalar=scalar,
        strict=steps[Level.STRICT],
        labels=divided.labels,
        sizes=divided.sizes,
        latent_means=tuple(group.factor_means for group in scalar.groups),
        n_used=sum(divided.sizes),
        method="multiple-group factor analysis, maximum likelihood; steps judged by CFI and RMSEA (Chen 2007)",
        missing="complete rows",
        warnings=warnings,
    )


_VERDICTS = {
    Level.CONFIGURAL: "the items hang together alike, but not equally strongly: scores are not comparable",
    Level.METRIC: "the items weigh alike, but some are answered higher in one group: means are not comparable",
    Level.SCALAR: "scores mean the same: means may be compared",
    Level.STRICT: "scores mean the same and are equally precise",
}


def _reached(steps: dict[Level, Step]) -> Level:
    reached = Level.CONFIGURAL
    for loose, strict in pairwise(Level):
        if reached is loose and steps[strict].holds:
            reached = strict
    return reached
