"""What a change of the options or the lead-in does to items that are answered with them."""

from __future__ import annotations

from collections.abc import Sequence

from instruments.changes import ChangeLevel
from instruments.definitions import ResponseSet
from instruments.likeness import Likeness, likeness

FormatChange = tuple[ChangeLevel, str]
"""(level, what changed)"""


def format_change(
    before: ResponseSet, after: ResponseSet, languages: Sequence[str], *, codes_count: bool
) -> FormatChange:
    """Compare what an item was answered with, before and after; the names of the sets say nothing.

    Parameters
    ----------
    languages
        The languages of the earlier version, the first being the one it was written in.
    codes_count
        Whether scores are computed from the codes themselves, and not from points of 100.
    """
    return max(
        _options_change(before, after, languages, codes_count=codes_count),
        _lead_in_change(before, after, languages),
        key=lambda change: change[0],
    )


def _options_change(
    before: ResponseSet, after: ResponseSet, languages: Sequence[str], *, codes_count: bool
) -> FormatChange:
    where = f"“{before.id}”"
    if before.kind != after.kind or len(before.options) != len(after.options):
        return ChangeLevel.MAJOR, f"The response format {where} changed from {_size(before)} to {_size(after)}"
    labels = [
        likeness(ours.label, theirs.label, languages)
        for ours, theirs in zip(before.options, after.options, strict=True)
    ]
    if Likeness.REWRITTEN in labels or _is_another_order(before, after):
        return ChangeLevel.MAJOR, f"Labels of the response format {where} were rewritten"
    if before.values != after.values:
        level = ChangeLevel.MAJOR if codes_count else ChangeLevel.PATCH
        return level, f"The codes of {where} changed from {_ends(before)} to {_ends(after)}"
    if Likeness.CORRECTED in labels:
        return ChangeLevel.PATCH, f"Labels of the response format {where} were corrected"
    return ChangeLevel.SAME, ""


def _is_another_order(before: ResponseSet, after: ResponseSet) -> bool:
    """Whether the labels of any language are the same ones in another order."""
    for language in before.options[0].label:
        ours = [option.label.get(language) for option in before.options]
        theirs = [option.label.get(language) for option in after.options]
        if ours != theirs and sorted(map(str, ours)) == sorted(map(str, theirs)):
            return True
    return False


def _lead_in_change(before: ResponseSet, after: ResponseSet, languages: Sequence[str]) -> FormatChange:
    found = likeness(before.stem, after.stem, languages)
    if found is Likeness.SAME:
        return ChangeLevel.SAME, ""
    if found is Likeness.CORRECTED:
        return ChangeLevel.PATCH, f"The lead-in to “{before.id}” was corrected; it reads like the same wording"
    return ChangeLevel.MAJOR, f"The lead-in to “{before.id}” was rewritten"


def _size(response_set: ResponseSet) -> str:
    return f"{len(response_set.options)} {response_set.kind} options"


def _ends(response_set: ResponseSet) -> str:
    return f"{response_set.minimum} to {response_set.maximum}"
