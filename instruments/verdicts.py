"""Say in words what a comparison of two versions found."""

from __future__ import annotations

from collections.abc import Iterator

from instruments.changes import ChangeLevel
from instruments.equivalence import Comparison, ScaleVerdict

_WHOLE = {
    ChangeLevel.SAME: "nothing changed: lines go on",
    ChangeLevel.PATCH: "corrections only: lines go on without a mark",
    ChangeLevel.MINOR: "lines go on with a mark, linked by the items in common",
    ChangeLevel.MAJOR: "a line breaks: scores before and after are not comparable there",
}
_SCALE = {
    ChangeLevel.SAME: "goes on as it is",
    ChangeLevel.PATCH: "goes on as it is",
    ChangeLevel.MINOR: "goes on with a mark",
    ChangeLevel.MAJOR: "breaks here",
}


def headline(comparison: Comparison) -> str:
    """The verdict in a sentence."""
    level = comparison.level
    named = "same" if level is ChangeLevel.SAME else f"{level.word} change"
    return f"{comparison.before} to {comparison.after}: {named}, {_WHOLE[level]}."


def about_scale(verdict: ScaleVerdict) -> str:
    """What happens to one scale's line, and what links it."""
    common = len(verdict.common_items)
    if verdict.level is ChangeLevel.MAJOR:
        return f"{_SCALE[verdict.level]} ({common} {_items(common)} in common)"
    if verdict.level is ChangeLevel.MINOR:
        return f"{_SCALE[verdict.level]}; linked by {common} {_items(common)}: {', '.join(verdict.common_items)}"
    return _SCALE[verdict.level]


def lines(comparison: Comparison) -> Iterator[str]:
    """The whole verdict, a line each: headline, scales, reasons with the weightiest first."""
    yield headline(comparison)
    if comparison.level is not ChangeLevel.SAME:
        for verdict in comparison.scales:
            yield f"  {verdict.scale}: {about_scale(verdict)}"
        for reason in comparison.reasons:
            yield f"  {reason.level.word}: {reason.sentence}"


def _items(count: int) -> str:
    return "item" if count == 1 else "items"
