"""Everything that a set of answers tells of an instrument's scales, in one go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from instruments.definitions import Instrument, Item, Scale
from scoring import invariance
from scoring.aggregation import (
    NULLS,
    IntraclassCorrelation,
    average_deviation,
    icc1,
    icc2,
    null_variance,
    rwgj,
    size_needed,
)
from scoring.careless import longstring
from scoring.dif import DifferentialFunctioning, purified_ordinal_logistic
from scoring.errors import DidNotConverge, ScoringError, TooFewAnswers, UnknownItem
from scoring.factor import FactorModel, correlated_factors, one_factor
from scoring.invariance import PEOPLE_NEEDED, Invariance
from scoring.items import ItemAnalysis, analyse
from scoring.keys import reverse
from scoring.matrices import check_range
from scoring.missing import prorate
from scoring.pooling import SteadiedMeans, shrunken_means
from scoring.reliability import (
    Omega,
    OrdinalReliability,
    omega_total,
    ordinal_omega,
    smallest_detectable_change,
    standard_error_of_measurement,
)
from scoring.scores import pomp
from scoring.two_levels import TwoLevelAlpha, two_level_alpha

PEOPLE_FOR_CATEGORIES = 200
"""From how many people categories are taken for what they are; below, tables of pairs are mostly empty."""

GROUP_RELIABILITY = 0.70

R = TypeVar("R")


@dataclass(frozen=True)
class TauEquivalence:
    """Whether items weigh alike, which alpha assumes: the chi-squared that equal loadings cost."""

    chi2: float
    df: int
    p: float


@dataclass(frozen=True)
class Agreement:
    """How far members of a group agree on a scale, and groups differ.

    `shares_from_70` tells, for each null distribution, which share of groups reaches an rwg(j) of .70: several, because
    the uniform one proves nothing. `answers_needed` is the group size from which a mean is reliable at .70; None where
    no size would do.
    """

    icc1: IntraclassCorrelation
    icc2: IntraclassCorrelation
    shares_from_70: Mapping[str, float]
    average_deviation: float
    deviation_cutoff: float
    answers_needed: int | None
    two_levels: TwoLevelAlpha
    steadied: SteadiedMeans


@dataclass(frozen=True)
class ScaleAnalysis:
    """One scale. Scores are persons' scores by the missing-answer rule, in points of 100; None where nobody has one."""

    scale: Scale
    items: ItemAnalysis
    omega: Omega
    ordinal: OrdinalReliability | None
    factor: FactorModel | None
    tau_equivalence: TauEquivalence | None
    scored: int
    mean: float | None
    sd: float | None
    standard_error_of_measurement: float | None
    smallest_detectable_change: float | None
    agreement: Agreement | None
    differences: DifferentialFunctioning | None
    missing_rule: str


@dataclass(frozen=True)
class Analysis:
    """All scales of an instrument, and how they hang together and mean the same across groups."""

    instrument: Instrument
    n_rows: int
    scales: tuple[ScaleAnalysis, ...]
    model: FactorModel | None
    model_reason: str | None
    invariance: Invariance | None
    straight_share: float
    warnings: tuple[str, ...]

    @property
    def instrument_version(self) -> str:
        """The version whose keys and rules were used."""
        return self.instrument.reference


def analyse_instrument(
    instrument: Instrument,
    answers: pd.DataFrame,
    groups: ArrayLike | None = None,
    divisions: ArrayLike | None = None,
    *,
    people_needed: int = PEOPLE_NEEDED,
) -> Analysis:
    """Analyse the core items of every scale.

    Parameters
    ----------
    instrument
        Its keys, ranges and missing-answer rules are applied; they are never guessed from the answers.
    answers
        A row a person, a column an item as answered (not reversed), NaN where missing. Other columns are left out.
    groups
        A label a person, for agreement within and differences between groups; None for neither.
    divisions
        A label a person, for invariance and items that are answered differently; None for neither.
    people_needed
        In every group, for invariance and differences to be tested.

    Raises
    ------
    UnknownItem
        An item of the instrument is not among the columns.
    OutOfRange
        An answer lies outside its declared range.
    NotANumber
        A text among the answers.
    """
    keyed = keyed_answers(instrument, answers)
    teams = _labels(groups, keyed)
    parts = _labels(divisions, keyed)
    model, reason = _model(instrument, keyed)
    scales = tuple(
        _scale(instrument, scale, keyed, _Divided(teams, parts, people_needed)) for scale in instrument.scales
    )
    return Analysis(
        instrument=instrument,
        n_rows=len(answers),
        scales=scales,
        model=model,
        model_reason=reason,
        invariance=None if parts is None else _invariance(instrument, keyed, parts, people_needed),
        straight_share=_straight_share(answers[[item.id for item in instrument.scored_items]]),
        warnings=("fewer than 300 people: nothing is validated by this",) if len(answers) < 300 else (),
    )


def keyed_answers(instrument: Instrument, answers: pd.DataFrame) -> pd.DataFrame:
    """Answers to the scored items in the scored direction, as floats; the declared range is checked."""
    missing = [item.id for item in instrument.scored_items if item.id not in answers.columns]
    if missing:
        raise UnknownItem(missing, answers.columns)
    return pd.DataFrame(
        {item.id: _keyed(instrument, item, answers[item.id]) for item in instrument.scored_items}, index=answers.index
    )


def scale_columns(instrument: Instrument) -> dict[str, list[str]]:
    """The core items of each scale."""
    return {scale.id: [item.id for item in instrument.core_items_of(scale)] for scale in instrument.scales}


def _keyed(instrument: Instrument, item: Item, answers: pd.Series) -> np.ndarray:
    options = instrument.response_set_of(item)
    given = pd.to_numeric(answers, errors="raise").to_numpy(dtype=np.float64, na_value=np.nan)
    check_range(given.reshape(-1, 1), options.minimum, options.maximum, [item.id])
    return reverse(given, options.minimum, options.maximum) if item.reverse_keyed else given


@dataclass(frozen=True)
class _Divided:
    """How people are divided into teams and into larger parts, and how many each part needs."""

    teams: pd.Series | None
    parts: pd.Series | None
    people_needed: int


def _labels(labels: ArrayLike | None, keyed: pd.DataFrame) -> pd.Series | None:
    return None if labels is None else pd.Series(np.asarray(labels), index=keyed.index)


def _scale(instrument: Instrument, scale: Scale, keyed: pd.DataFrame, divided: _Divided) -> ScaleAnalysis:
    answers, minimum, maximum = _in_one_unit(instrument, scale, keyed)
    columns = list(answers.columns)
    items = analyse(answers, minimum, maximum)
    scores = pomp(prorate(answers, scale.missing_rule), minimum, maximum)
    known = scores[~np.isnan(scores)]
    sd = float(known.std(ddof=1)) if len(known) > 1 else None
    alpha = items.alpha.alpha
    sem = None if sd is None or alpha is None else standard_error_of_measurement(sd, alpha)
    factor = _tried(one_factor, answers)
    return ScaleAnalysis(
        scale=scale,
        items=items,
        omega=omega_total(answers),
        ordinal=_tried(ordinal_omega, answers) if items.n_used >= PEOPLE_FOR_CATEGORIES and len(columns) > 2 else None,
        factor=factor,
        tau_equivalence=None if factor is None else _tau_equivalence(factor, answers),
        scored=len(known),
        mean=float(known.mean()) if len(known) else None,
        sd=sd,
        standard_error_of_measurement=sem,
        smallest_detectable_change=None if sem is None else smallest_detectable_change(sem),
        agreement=None if divided.teams is None else _agreement(answers, scores, divided.teams, maximum - minimum + 1),
        differences=None if divided.parts is None else _differences(answers, divided.parts, divided.people_needed),
        missing_rule=str(scale.missing_rule),
    )


def _straight_share(raw: pd.DataFrame) -> float:
    """The share of people who gave one answer throughout."""
    return float((longstring(raw) == raw.shape[1]).mean()) if len(raw) and raw.shape[1] > 1 else 0.0


def _in_one_unit(instrument: Instrument, scale: Scale, keyed: pd.DataFrame) -> tuple[pd.DataFrame, int, int]:
    """A scale's answers with their range: in units of the options, or in points where its items differ in options."""
    sets = {item.id: instrument.response_set_of(item) for item in instrument.core_items_of(scale)}
    ranges = {(options.minimum, options.maximum) for options in sets.values()}
    answers = keyed[list(sets)]
    if len(ranges) == 1:
        return answers, *ranges.pop()
    return answers.apply(lambda item: pomp(item, sets[item.name].minimum, sets[item.name].maximum)), 0, 100


def _tried(estimate: Callable[[pd.DataFrame], R], answers: pd.DataFrame) -> R | None:
    """An estimate, or None where the data allow none."""
    try:
        return estimate(answers)
    except ScoringError:
        return None


def _tau_equivalence(free: FactorModel, answers: pd.DataFrame) -> TauEquivalence | None:
    try:
        equal = one_factor(answers, equal_loadings=True)
    except DidNotConverge:
        return None
    chi2, df = max(0.0, equal.chi2 - free.chi2), equal.df - free.df
    return TauEquivalence(chi2, df, float(chdtrc(df, chi2)))


def _model(instrument: Instrument, keyed: pd.DataFrame) -> tuple[FactorModel | None, str | None]:
    scales = {scale: items for scale, items in scale_columns(instrument).items() if len(items) > 1}
    if len(scales) < 2:
        return None, "one scale only"
    try:
        return correlated_factors(keyed, scales), None
    except (TooFewAnswers, DidNotConverge) as problem:
        return None, str(problem)


def _agreement(answers: pd.DataFrame, scores: np.ndarray, labels: pd.Series, options: int) -> Agreement | None:
    try:
        share, reliability = icc1(scores, labels), icc2(scores, labels)
        nulls = NULLS if options == 5 else ("uniform",)
        return Agreement(
            icc1=share,
            icc2=reliability,
            shares_from_70={
                null: rwgj(answers, labels, null_variance(null, options)).share_from(0.70) for null in nulls
            },
            average_deviation=average_deviation(answers, labels).mean,
            deviation_cutoff=options / 6,
            answers_needed=size_needed(share.value, GROUP_RELIABILITY),
            two_levels=two_level_alpha(answers, labels),
            steadied=shrunken_means(scores, labels),
        )
    except TooFewAnswers:
        return None


def _differences(answers: pd.DataFrame, labels: pd.Series, people_needed: int) -> DifferentialFunctioning | None:
    complete = labels[answers.notna().all(axis=1)]
    if complete.nunique() < 2 or complete.value_counts().min() < people_needed:
        return None
    try:
        return purified_ordinal_logistic(answers, labels)
    except (TooFewAnswers, DidNotConverge):
        return None


def _invariance(instrument: Instrument, keyed: pd.DataFrame, labels: pd.Series, people_needed: int) -> Invariance:
    scales = {scale: items for scale, items in scale_columns(instrument).items() if len(items) > 1}
    return invariance.test(keyed, scales, labels, people_needed=people_needed)
