"""What can go wrong when answers are scored."""

from __future__ import annotations


class ScoringError(Exception):
    """The family of all errors of this package."""


class OutOfRange(ScoringError):
    """A value outside the declared range: refused, never clipped."""

    def __init__(self, value: float, minimum: float, maximum: float) -> None:
        self.value = value
        super().__init__(f"The value {value:g} lies outside the declared range {minimum:g} to {maximum:g}.")


class ImpossibleSample(ScoringError):
    """Counts that cannot be: more answers than people asked, or none at all."""
