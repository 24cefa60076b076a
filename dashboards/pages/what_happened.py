"""What became of a group and of its waves, in sentences at the foot of its pages."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards import words
from dashboards.snapshots import FormerGroup, PublishedResults, Regrouping, RegroupingKind


def what_happened(results: PublishedResults, key: str) -> tuple[str, ...]:
    """How a group came out of others, and which waves of its authority were taken back."""
    changes = (regrouping(change, key) for change in results.history(key))
    return *changes, *map(words.withdrawal, results.withdrawals(key))


def regrouping(change: Regrouping, key: str) -> str:
    """What a change meant for the group of this key, and for its line."""
    day = words.day(change.happened_on)
    own = key in {each.key for each in (*change.before, *change.after)}
    if not own:
        return _of_parts(change, key, day)
    if change.kind is RegroupingKind.RENAMED:
        return f"Called {change.before[0].name} until {day}."
    if change.kind is RegroupingKind.MOVED:
        before, after = change.before[0].parent, change.after[0].parent
        return f"Moved from {before} to {after} on {day}. Its line goes on."
    if change.begins(key):
        origin = words.listed(_names(change.before))
        verb = "Made of" if change.kind is RegroupingKind.MERGED else "Came out of"
        return f"{verb} {origin} on {day}. Its own line begins there; what came before is in grey and no part of it."
    verb = "Became part of" if change.kind is RegroupingKind.MERGED else "Divided into"
    return f"{verb} {words.listed(_names(change.after))} on {day}. Its line ends here."


def _of_parts(change: Regrouping, key: str, day: str) -> str:
    """What it meant for the group that they are part of, or were."""
    before, after = words.listed(_names(change.before)), words.listed(_names(change.after))
    if change.kind is RegroupingKind.RENAMED:
        return f"{before} is called {after} since {day}."
    if change.kind is RegroupingKind.MOVED:
        if change.after[0].parent_key == key:
            return f"{after} came here from {change.before[0].parent} on {day}: figures from then on count it here."
        return f"{before} went to {change.after[0].parent} on {day}: figures until then count it here."
    verb = "became" if change.kind is RegroupingKind.MERGED else "was divided into"
    return f"{before} {verb} {after} on {day}."


def _names(groups: Sequence[FormerGroup]) -> list[str]:
    return [each.name for each in groups]
