"""How far a factor model is from the data: chi-squared, CFI, TLI, RMSEA and SRMR."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, chndtr

from scoring.matrices import Floats


@dataclass(frozen=True)
class FitIndices:
    """Fit of a model estimated by maximum likelihood, as R's lavaan reports it.

    The RMSEA's limits enclose 90 %. With no degrees of freedom nothing can be tested: `p` is None and the indices say
    perfect fit, which means nothing.
    """

    chi2: float
    df: int
    p: float | None
    cfi: float
    tli: float
    rmsea: float
    rmsea_lower: float
    rmsea_upper: float
    srmr: float
    log_likelihood: float
    aic: float
    bic: float
    baseline_chi2: float
    baseline_df: int
    parameters: int
    n_used: int

    @property
    def testable(self) -> bool:
        """Whether there is any degree of freedom."""
        return self.df > 0


@dataclass(frozen=True)
class RobustIndices:
    """CFI, TLI and RMSEA that estimate what they would be for complete, normal answers."""

    cfi: float
    tli: float
    rmsea: float


@dataclass(frozen=True)
class Tested:
    """What the indices are computed from: log-likelihoods of the model, of none, and of no relations, and df."""

    model: float
    unrestricted: float
    independent: float
    parameters: int
    df: int
    baseline_df: int
    groups: int
    n: int


def fit_indices(tested: Tested, srmr: float) -> FitIndices:
    """Indices from log-likelihoods.

    chi2 is twice the distance of log-likelihoods. CFI: Bentler 1990, *Psychological Bulletin* 107, 238-246. TLI:
    Tucker & Lewis 1973. RMSEA: Steiger & Lind 1980, with the root of the number of groups (Steiger 1998) and n for n.
    """
    chi2 = max(0.0, 2 * (tested.unrestricted - tested.model))
    baseline = max(0.0, 2 * (tested.unrestricted - tested.independent))
    lower, upper = rmsea_limits(chi2, tested.df, tested.n, tested.groups)
    return FitIndices(
        chi2=chi2,
        df=tested.df,
        p=float(chdtrc(tested.df, chi2)) if tested.df else None,
        cfi=cfi(chi2, tested.df, baseline, tested.baseline_df),
        tli=tli(chi2, tested.df, baseline, tested.baseline_df),
        rmsea=rmsea(chi2, tested.df, tested.n, tested.groups),
        rmsea_lower=lower,
        rmsea_upper=upper,
        srmr=srmr,
        log_likelihood=tested.model,
        aic=2 * tested.parameters - 2 * tested.model,
        bic=log(tested.n) * tested.parameters - 2 * tested.model,
        baseline_chi2=baseline,
        baseline_df=tested.baseline_df,
        parameters=tested.parameters,
        n_used=tested.n,
    )


def cfi(chi2: float, df: int, baseline: float, baseline_df: int) -> float:
    """``1 - max(chi2 - df, 0) / max(chi2 - df, baseline - df_b, 0)``; 1 without df, or where neither exceeds its df."""
    worst = max(chi2 - df, baseline - baseline_df, 0.0)
    return 1.0 if worst == 0 or df == 0 else 1 - max(chi2 - df, 0.0) / worst


def tli(chi2: float, df: int, baseline: float, baseline_df: int) -> float:
    """``(b / df_b - chi2 / df) / (b / df_b - 1)``; 1 without degrees of freedom."""
    if df == 0 or baseline_df in (0, baseline):
        return 1.0
    relative = baseline / baseline_df
    return (relative - chi2 / df) / (relative - 1)


def rmsea(chi2: float, df: int, n: int, groups: int = 1) -> float:
    """``sqrt(max(chi2 - df, 0) / (n df)) sqrt(groups)``; 0 without degrees of freedom."""
    return sqrt(max(chi2 - df, 0.0) / (n * df) * groups) if df else 0.0


def robust_indices(model: tuple[float, int, float], baseline: tuple[float, int, float], n: int) -> RobustIndices:
    """Indices with the misfit that chance alone would leave, a factor times the df, taken off.

    Brosseau-Liard, Savalei & Li 2012, *Multivariate Behavioral Research* 47, 904-930; Brosseau-Liard & Savalei 2014,
    the same 49, 460-470 (R: lavaan's ``cfi.robust``, ``tli.robust``, ``rmsea.robust``). All say perfect fit without
    degrees of freedom.

    Parameters
    ----------
    model, baseline
        Chi-squared, df and the factor, of the model and of no relations.
    n
        What the chi-squared is a multiple of.
    """
    (chi2, df, factor), (apart, apart_df, apart_factor) = model, baseline
    left, worst = chi2 - factor * df, apart - apart_factor * apart_df
    if df == 0:
        return RobustIndices(1.0, 1.0, 0.0)
    most = max(left, worst, 0.0)
    return RobustIndices(
        cfi=1.0 if most == 0 else 1 - max(left, 0.0) / most,
        tli=1 - left * apart_df / (worst * df) if worst else 1.0,
        rmsea=sqrt(max(left, 0.0) / (n * df)),
    )


def standardised_residual(mean: Floats, covariance: Floats, model_mean: Floats, model_covariance: Floats) -> float:
    """SRMR of one group: residuals over the observed spreads, means included; divisor k (k + 1) / 2 + k."""
    spreads = np.sqrt(np.diag(covariance))
    residual = np.tril((covariance - model_covariance) / np.outer(spreads, spreads))
    away = (mean - model_mean) / spreads
    k = len(mean)
    return sqrt(float((residual**2).sum() + (away**2).sum()) / (k * (k + 1) / 2 + k))


def rmsea_limits(chi2: float, df: int, n: int, groups: int = 1) -> tuple[float, float]:
    """The RMSEAs at which a chi-squared as large as this has 95 % and 5 % below it; 0 without degrees of freedom."""
    return _rmsea_limit(chi2, df, n, groups, 0.95), _rmsea_limit(chi2, df, n, groups, 0.05)


def _rmsea_limit(chi2: float, df: int, n: int, groups: int, probability: float) -> float:
    if df == 0 or float(chndtr(chi2, df, 0.0)) < probability:
        return 0.0
    high = max(chi2, 1.0)
    while float(chndtr(chi2, df, high)) > probability:
        high *= 2
    beyond = float(brentq(lambda away: float(chndtr(chi2, df, away)) - probability, 0.0, high, xtol=1e-10))
    return sqrt(beyond / (n * df) * groups)
