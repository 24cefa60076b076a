"""The plan that would show an instrument to be valid: what is asked, what was found, what is not testable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd
from numpy.typing import ArrayLike

from instruments.definitions import Instrument
from scoring import invariance
from scoring.analysis import Analysis, ScaleAnalysis, analyse_instrument, keyed_answers, scale_columns
from scoring.dif import purified_ordinal_logistic
from scoring.errors import DidNotConverge, TooFewAnswers
from scoring.invariance import PEOPLE_NEEDED, Level
from scoring.items import LOW_CORRELATION, MANY_AT_THE_END, MANY_MISSING
from scoring.ordinal_invariance import ordinal_invariance

PEOPLE_FOR_VALIDATION = 300
CFI, RMSEA, HTMT, OMEGA = 0.95, 0.06, 0.85, 0.70


class Outcome(StrEnum):
    """How a check came out."""

    MET = "met"
    NOT_MET = "not met"
    NOT_TESTABLE = "not testable"


@dataclass(frozen=True)
class Check:
    """One thing that is asked: of what, the criterion, what was found, and how it came out."""

    subject: str
    criterion: str
    found: str
    outcome: Outcome


@dataclass(frozen=True)
class Validation:
    """The whole plan on one set of answers."""

    analysis: Analysis
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether everything was testable and met."""
        return all(check.outcome is Outcome.MET for check in self.checks)


def validate(
    instrument: Instrument,
    answers: pd.DataFrame,
    divisions: Mapping[str, ArrayLike | None],
    teams: ArrayLike | None = None,
    *,
    people_needed: int = PEOPLE_NEEDED,
) -> Validation:
    """Run the plan.

    Parameters
    ----------
    instrument, answers
        As `scoring.analysis.analyse_instrument`.
    divisions
        Labels by what people are divided by (authority, role, mode, wave); None where the answers do not tell.
    teams
        A label a person, for agreement; None where the answers do not tell.

    Raises
    ------
    UnknownItem, OutOfRange, NotANumber
        As `analyse_instrument`.
    """
    analysis = analyse_instrument(instrument, answers, teams)
    keyed = keyed_answers(instrument, answers)
    checks = [_people(analysis)]
    for scale in analysis.scales:
        checks += _scale_checks(scale)
    checks += _model_checks(analysis)
    for name, labels in divisions.items():
        checks += _division_checks(instrument, keyed, name, labels, people_needed)
    return Validation(analysis, tuple(checks))


def _people(analysis: Analysis) -> Check:
    complete = analysis.model.n_used if analysis.model else min(scale.items.n_used for scale in analysis.scales)
    return Check(
        "all", f"{PEOPLE_FOR_VALIDATION} people", f"{complete} complete", _met(complete >= PEOPLE_FOR_VALIDATION)
    )


def _scale_checks(scale: ScaleAnalysis) -> Iterator[Check]:
    name = scale.scale.id
    omega = scale.omega
    if omega.omega is None:
        yield Check(name, f"omega from {OMEGA:.2f}", "; ".join(omega.warnings), Outcome.NOT_TESTABLE)
    else:
        found = f"{omega.omega:.3f} ({omega.lower:.3f} to {omega.upper:.3f})"
        yield Check(name, f"omega from {OMEGA:.2f}", found, _met(omega.omega >= OMEGA))
    yield _one_factor(scale)
    for item in scale.items.items:
        yield _item(name, item.name, item.corrected_r, {"lowest": item.floor, "highest": item.ceiling}, item.missing)
    yield _team_size(scale)


def _one_factor(scale: ScaleAnalysis) -> Check:
    criterion = f"one factor: CFI from {CFI:.2f}"
    model = scale.factor
    if model is None or not model.testable:
        count = len(scale.items.items)
        why = "no answer was found" if model is None and count > 2 else f"{count} items have no degrees of freedom"
        return Check(scale.scale.id, criterion, why, Outcome.NOT_TESTABLE)
    return Check(scale.scale.id, criterion, f"CFI {model.cfi:.3f}, RMSEA {model.rmsea:.3f}", _met(model.cfi >= CFI))


def _item(scale: str, item: str, corrected_r: float | None, ends: Mapping[str, float | None], missing: float) -> Check:
    criterion = f"r from {LOW_CORRELATION:.2f}, ends to {MANY_AT_THE_END:.0%}, missing to {MANY_MISSING:.0%}"
    if corrected_r is None:
        return Check(f"{scale}, {item}", criterion, "the item or the others do not vary", Outcome.NOT_TESTABLE)
    shares = ", ".join(f"{end} {share or 0:.0%}" for end, share in ends.items())
    good = (
        corrected_r >= LOW_CORRELATION
        and all((share or 0) <= MANY_AT_THE_END for share in ends.values())
        and missing <= MANY_MISSING
    )
    return Check(f"{scale}, {item}", criterion, f"r {corrected_r:.2f}, {shares}, missing {missing:.0%}", _met(good))


def _team_size(scale: ScaleAnalysis) -> Check:
    criterion = "teams differ: ICC(1) above 0, with the answers needed for ICC(2) of .70"
    agreement = scale.agreement
    if agreement is None:
        return Check(scale.scale.id, criterion, "the answers do not tell teams apart", Outcome.NOT_TESTABLE)
    share = agreement.icc1
    needed = "no size would do" if agreement.answers_needed is None else f"{agreement.answers_needed} answers needed"
    found = f"ICC(1) {share.value:.3f} ({share.lower:.3f} to {share.upper:.3f}); {needed}"
    return Check(scale.scale.id, criterion, found, _met(share.lower > 0))


def _model_checks(analysis: Analysis) -> Iterator[Check]:
    subject = f"{len(analysis.scales)} scales together"
    model = analysis.model
    if model is None:
        for criterion in (f"CFI from {CFI:.2f}", f"RMSEA to {RMSEA:.2f}", f"HTMT below {HTMT:.2f}"):
            yield Check(subject, criterion, str(analysis.model_reason), Outcome.NOT_TESTABLE)
        return
    yield Check(subject, f"CFI from {CFI:.2f}", f"{model.cfi:.3f}", _met(model.cfi >= CFI))
    limits = f"{model.rmsea_lower:.3f} to {model.rmsea_upper:.3f}"
    yield Check(subject, f"RMSEA to {RMSEA:.2f}", f"{model.rmsea:.3f} ({limits})", _met(model.rmsea <= RMSEA))
    largest = max(abs(model.htmt[place, other]) for place in range(len(model.factors)) for other in range(place))
    yield Check(subject, f"HTMT below {HTMT:.2f}", f"at most {largest:.3f}", _met(largest < HTMT))


def _division_checks(
    instrument: Instrument, keyed: pd.DataFrame, name: str, labels: ArrayLike | None, people_needed: int
) -> Iterator[Check]:
    same = "scores mean the same (scalar invariance)"
    differ = "no item is answered differently at the same score"
    if labels is None:
        for criterion in (same, differ):
            yield Check(f"by {name}", criterion, "the answers do not tell", Outcome.NOT_TESTABLE)
        return
    scales = {scale: items for scale, items in scale_columns(instrument).items() if len(items) > 1}
    tested = invariance.test(keyed, scales, labels, people_needed=people_needed)
    if not tested.testable:
        for criterion in (same, differ):
            yield Check(f"by {name}", criterion, str(tested.reason), Outcome.NOT_TESTABLE)
        return
    yield Check(
        f"by {name}", same, f"{tested.level}: {tested.verdict}", _met(tested.level in (Level.SCALAR, Level.STRICT))
    )
    for scale, items in scales.items():
        yield _ordered(f"by {name}, {scale}", keyed[items], labels, people_needed)
        yield _differences(f"by {name}, {scale}", differ, keyed[items], labels)


def _ordered(subject: str, answers: pd.DataFrame, labels: ArrayLike, people_needed: int) -> Check:
    criterion = "answers taken as ordered categories mean the same"
    found = ordinal_invariance(answers, labels, people_needed=people_needed)
    if found.configural is None or found.thresholds_loadings is None:
        return Check(subject, criterion, str(found.reason), Outcome.NOT_TESTABLE)
    change = found.thresholds_loadings.cfi_scaled - found.configural.cfi_scaled
    return Check(subject, criterion, f"CFI changes by {change:+.3f}: {found.verdict}", _met(bool(found.holds)))


def _differences(subject: str, criterion: str, answers: pd.DataFrame, labels: ArrayLike) -> Check:
    try:
        found = purified_ordinal_logistic(answers, labels)
    except (TooFewAnswers, DidNotConverge) as problem:
        return Check(subject, criterion, str(problem), Outcome.NOT_TESTABLE)
    listed = ", ".join(f"{item.item} ({item.size})" for item in found.flagged)
    return Check(subject, criterion, listed or "none", _met(not found.flagged))


def _met(holds: bool) -> Outcome:  # noqa: FBT001 - a verdict is what it takes
    return Outcome.MET if holds else Outcome.NOT_MET
