"""What can go wrong when answers are scored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class ScoringError(Exception):
    """The family of all errors of this package."""


class OutOfRange(ScoringError):
    """A value outside the declared range: refused, never clipped."""

    def __init__(self, value: float, minimum: float, maximum: float, column: str | None = None) -> None:
        self.value = value
        self.column = column
        where = "" if column is None else f" in {column}"
        super().__init__(f"The value {value:g}{where} lies outside the declared range {minimum:g} to {maximum:g}.")


class NotANumber(ScoringError):
    """Something among the answers that is no number."""

    def __init__(self, value: object, column: str) -> None:
        self.value = value
        self.column = column
        super().__init__(f"The value {value!r} in {column} is not a number; leave the place empty if it is missing.")


class NotACategory(ScoringError):
    """A fraction where only whole categories can stand."""

    def __init__(self, value: float, column: str) -> None:
        self.value = value
        self.column = column
        super().__init__(f"The value {value:g} in {column} is no whole number; categories are numbered.")


class ImpossibleConfidence(ScoringError):
    """A confidence that is no probability between 0 and 1."""

    def __init__(self, confidence: float) -> None:
        self.confidence = confidence
        super().__init__(f"A confidence of {confidence:g} cannot be; give one between 0 and 1, as 0.95.")


class EmptyRange(ScoringError):
    """A declared range whose lowest value is not below its highest."""

    def __init__(self, minimum: float, maximum: float) -> None:
        super().__init__(f"A range from {minimum:g} to {maximum:g} is empty; the minimum lies below the maximum.")


class ImpossibleSample(ScoringError):
    """Counts that cannot be: more answers than people asked, or none at all."""


class ShapesDiffer(ScoringError):
    """Arguments that do not fit one another, as five groups for six rows."""


class UnknownItem(ScoringError):
    """Items of an instrument that are none of the columns."""

    def __init__(self, items: Sequence[str], columns: Iterable[object]) -> None:
        self.items = tuple(items)
        there = ", ".join(map(str, columns))
        super().__init__(f"No column is called {', '.join(items)}; there are: {there}.")


class UnknownChoice(ScoringError):
    """A rule or method that this package does not have."""

    def __init__(self, argument: str, given: object, known: Iterable[object]) -> None:
        self.argument = argument
        choices = ", ".join(map(str, known))
        super().__init__(f"There is no {argument} {given!r}; choose one of: {choices}.")


class TooFewAnswers(ScoringError):
    """Not enough answers, items or groups for what was asked."""


class DidNotConverge(ScoringError):
    """An estimation that found no answer within its iterations."""

    def __init__(self, what: str, iterations: int) -> None:
        super().__init__(f"{what} found no stable answer in {iterations} iterations; the data may not fit the model.")
