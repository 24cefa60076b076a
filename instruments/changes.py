"""Levels of a change between two versions, and the reasons for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

NO_SCALE = ""
"""What a reason concerns that concerns no scale's line."""


class ChangeLevel(IntEnum):
    """What a new version does to a line. `MAJOR` breaks it, `MINOR` marks it, `PATCH` and `SAME` leave it as it is."""

    SAME = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        """The level as people write it."""
        return self.name.lower()

    @property
    def keeps_line(self) -> bool:
        """Whether scores before and after may share one line."""
        return self is not ChangeLevel.MAJOR


@dataclass(frozen=True)
class Reason:
    """One change and what it does. `scale` is the scale it concerns; None where it concerns all, `NO_SCALE` none."""

    level: ChangeLevel
    sentence: str
    scale: str | None = None
