"""How well a scale tells people apart: alpha, omega, and the error of measurement they imply."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, nan, sqrt

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scoring.alpha import Alpha, alpha_of, cronbach_alpha, raw_alpha
from scoring.confidence import normal_reach
from scoring.errors import DidNotConverge, ImpossibleSample, TooFewAnswers
from scoring.factor import FactorModel, one_factor
from scoring.matrices import Floats, complete_rows
from scoring.moments import complete_moments
from scoring.ordinal import fit_to, omega_of_scores
from scoring.polychoric import polychoric

__all__ = [
    "Alpha",
    "Omega",
    "OrdinalReliability",
    "cronbach_alpha",
    "omega_total",
    "ordinal_alpha",
    "ordinal_omega",
    "smallest_detectable_change",
    "standard_error_of_measurement",
]


@dataclass(frozen=True)
class Omega:
    """McDonald's omega of one factor. None where it does not exist; loadings and uniquenesses have shape (k,).

    `observed` has the observed variance of the sum for denominator, which differs where one factor does not fit.
    """

    omega: float | None
    lower: float | None
    upper: float | None
    observed: float | None
    loadings: Floats
    uniquenesses: Floats
    heywood: bool
    n_used: int
    n_items: int
    confidence: float
    method: str
    missing: str
    warnings: tuple[str, ...]


def omega_total(answers: ArrayLike | pd.DataFrame, confidence: float = 0.95) -> Omega:
    """Omega total: the share of a sum's variance that one factor explains.

    ``(sum l)^2 / ((sum l)^2 + sum t)`` with loadings l and uniquenesses t of the one-factor model by maximum likelihood
    (McDonald 1999, *Test Theory*; R: ``semTools::compRelSEM(obs.var = FALSE)``). Limits by the delta method on
    ``log(w / (1 - w))`` (Raykov & Marcoulides 2011, *Introduction to Psychometric Theory*). Two items have equal
    loadings, and omega is alpha.

    Parameters
    ----------
    answers
        Shape (n, k), in the scored direction; rows with a missing answer are left out.
    """
    values = complete_rows(answers)
    people, items = values.shape
    if items == 2 and people > 2:
        return _omega_of_two(values, confidence)
    try:
        model = one_factor(answers)
    except (TooFewAnswers, DidNotConverge) as problem:
        return _no_omega(people, items, confidence, str(problem))
    return _omega_of(model, float(np.cov(values, rowvar=False, bias=True).sum()), confidence)


@dataclass(frozen=True)
class OrdinalReliability:
    """A coefficient from polychoric correlations, from the model and from the correlations as observed.

    Ordinal alpha describes the responses behind the answers and not the score; ordinal omega (Green & Yang) describes
    the score.
    """

    value: float | None
    observed: float | None
    n_used: int
    n_items: int
    method: str
    warnings: tuple[str, ...]


def ordinal_alpha(answers: ArrayLike | pd.DataFrame) -> OrdinalReliability:
    """Alpha of polychoric correlations, which describes the latent responses and not the score.

    Zumbo, Gadermann & Zeisser 2007, *Journal of Modern Applied Statistical Methods* 6, 21-29; against its use for
    scores: Chalmers 2018, *Educational and Psychological Measurement* 78, 1056-1071. There is no model, so `value` and
    `observed` are one.

    Parameters
    ----------
    answers
        Shape (n, k), whole-numbered categories in the scored direction; rows with a missing answer are left out.

    Raises
    ------
    NotACategory
        A fraction among the answers.
    TooFewAnswers
        An item without two categories in use, or no more people than items.
    """
    found = polychoric(answers)
    alpha = raw_alpha(found.correlations)
    label = "describes latent responses, not the score"
    return OrdinalReliability(
        alpha, alpha, found.n_used, len(found.items), "ordinal alpha (Zumbo 2007)", (label, *found.warnings)
    )


def ordinal_omega(answers: ArrayLike | pd.DataFrame) -> OrdinalReliability:
    """Omega of the score when one factor lies behind ordered categories: Green & Yang 2009.

    Parameters and errors as `ordinal_alpha`, with three items or more. Where model and observation differ by more than
    .02, a warning says so.
    """
    found = polychoric(answers)
    model = fit_to(found)
    value, observed = omega_of_scores(found, model.loadings)
    warnings = model.warnings + _misfit(value, observed)
    return OrdinalReliability(
        value, observed, found.n_used, len(found.items), "ordinal omega (Green & Yang 2009)", warnings
    )


def standard_error_of_measurement(sd: float, reliability: float) -> float:
    """``SD sqrt(1 - r)``, in units of the SD, which is that of a reference group and not of a team.

    Source: Lord & Novick 1968, *Statistical Theories of Mental Test Scores*.

    Raises
    ------
    ImpossibleSample
        A negative SD or a reliability above 1.

    Examples
    --------
    >>> round(standard_error_of_measurement(20, 0.8), 3)
    8.944
    """
    if not (sd >= 0 and reliability <= 1):
        raise ImpossibleSample(f"An SD of {sd:g} with a reliability of {reliability:g} cannot be.")
    return sd * sqrt(1 - reliability)


def smallest_detectable_change(sem: float, confidence: float = 0.95) -> float:
    """``z sqrt(2) SEM``: two scores of one person differ by more than chance only beyond it.

    Examples
    --------
    >>> round(smallest_detectable_change(standard_error_of_measurement(20, 0.8)), 1)
    24.8
    """
    return normal_reach(confidence) * sqrt(2) * sem


def logit_interval(value: float, error: float, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a coefficient between 0 and 1 that stays there: normal on ``log(r / (1 - r))``."""
    if not 0 < value < 1:
        return nan, nan
    reach = normal_reach(confidence) * error / (value * (1 - value))
    centre = log(value / (1 - value))
    return 1 / (1 + exp(-(centre - reach))), 1 / (1 + exp(-(centre + reach)))


_APART = 0.02
_OMEGA = "McDonald 1999, one factor by maximum likelihood; interval by the delta method on the logit"


def _omega_of(model: FactorModel, total: float, confidence: float) -> Omega:
    loadings, uniquenesses = model.loadings[:, 0], model.uniquenesses
    omega = model.omega["factor"]
    lower, upper = logit_interval(omega, _omega_error(loadings, uniquenesses, model.parameter_covariance), confidence)
    observed = float(loadings.sum()) ** 2 / total
    return Omega(
        omega=omega,
        lower=lower,
        upper=upper,
        observed=observed,
        loadings=loadings,
        uniquenesses=uniquenesses,
        heywood=bool(model.heywood),
        n_used=model.n_used,
        n_items=len(loadings),
        confidence=confidence,
        method=_OMEGA,
        missing="complete rows",
        warnings=model.warnings + _misfit(omega, observed),
    )


def _no_omega(people: int, items: int, confidence: float, why: str) -> Omega:
    nothing = np.full(items, nan)
    return Omega(
        omega=None,
        lower=None,
        upper=None,
        observed=None,
        loadings=nothing,
        uniquenesses=nothing,
        heywood=False,
        n_used=people,
        n_items=items,
        confidence=confidence,
        method=_OMEGA,
        missing="complete rows",
        warnings=(why,),
    )


def _misfit(modelled: float, observed: float) -> tuple[str, ...]:
    apart = abs(observed - modelled) > _APART
    return ("modelled and observed omega differ by over .02: one factor does not describe the items",) if apart else ()


def _omega_of_two(values: Floats, confidence: float) -> Omega:
    """Two items: one loading for both, l^2 being their covariance."""
    covariance = np.cov(values, rowvar=False, bias=True)
    shared = float(covariance[0, 1])
    alpha = alpha_of(complete_moments(values), confidence)
    loadings = np.full(2, sqrt(shared) if shared > 0 else nan)
    return Omega(
        omega=alpha.alpha if shared > 0 else None,
        lower=alpha.lower if shared > 0 else None,
        upper=alpha.upper if shared > 0 else None,
        observed=alpha.alpha if shared > 0 else None,
        loadings=loadings,
        uniquenesses=np.diag(covariance) - shared,
        heywood=bool((np.diag(covariance) < shared).any()),
        n_used=len(values),
        n_items=2,
        confidence=confidence,
        method="two items with equal loadings: omega is alpha; interval Feldt 1965",
        missing="complete rows",
        warnings=("two items cannot test one factor",),
    )


def _omega_error(loadings: Floats, uniquenesses: Floats, covariance: Floats) -> float:
    """Standard error by the delta method; the parameters' order is loadings, then the free uniquenesses."""
    root, noise = float(loadings.sum()), float(uniquenesses.sum())
    total = root**2 + noise
    slopes = np.zeros(len(covariance))
    free = int(np.count_nonzero(uniquenesses != 0.0))
    slopes[: len(loadings)] = 2 * root * noise / total**2
    slopes[len(loadings) : len(loadings) + free] = -(root**2) / total**2
    return sqrt(float(slopes @ covariance @ slopes))
