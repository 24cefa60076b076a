"""Compare two versions of an instrument: may the scores before and after share one line?

The same question decides every rule. Two versions share a scale's line only where respondents meet the same task:
the same recall window, response format and scoring, and at least two of the scale's items unchanged. Where something
cannot be known, such as whether a rewritten sentence still means the same, the answer is the cautious one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from instruments.changes import ChangeLevel, Reason
from instruments.definitions import Instrument
from instruments.differences import (
    about_items,
    about_scale,
    about_scales_in_general,
    about_the_whole,
    common_items,
)
from instruments.errors import LevelLowered


@dataclass(frozen=True)
class ScaleVerdict:
    """What the new version does to one scale's line, and the items by which before and after can be linked."""

    scale: str
    level: ChangeLevel
    common_items: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """The verdict on two versions: the level, every reason for it, and each scale that both have."""

    before: str
    after: str
    level: ChangeLevel
    reasons: tuple[Reason, ...]
    scales: tuple[ScaleVerdict, ...]

    def verdict_on(self, scale: str) -> ScaleVerdict | None:
        """The verdict on one scale; None where only one of the versions has it."""
        return next((verdict for verdict in self.scales if verdict.scale == scale), None)

    def raised_to(self, level: ChangeLevel, why: str) -> Comparison:
        """The same comparison at a higher level, because a person says so; every scale's line is raised with it.

        Raises
        ------
        LevelLowered
            The level is below what the changes amount to.
        """
        if level < self.level:
            raise LevelLowered(self.level.word, level.word)
        return replace(
            self,
            level=level,
            reasons=(*self.reasons, Reason(level, why)),
            scales=tuple(replace(verdict, level=max(level, verdict.level)) for verdict in self.scales),
        )


def compare(old: Instrument, new: Instrument) -> Comparison:
    """Say what `new` does to lines that were drawn with `old`.

    Returns
    -------
    Comparison
        Its level is the highest of its reasons'. Each scale's own level counts the reasons that concern the scale, so
        that a change in one scale breaks no other's line.
    """
    common = {scale.id: common_items(old, new, scale.id) for scale in new.scales if scale.id in old.scales_by_id}
    reasons: tuple[Reason, ...] = (
        *about_the_whole(old, new),
        *about_items(old, new),
        *(reason for scale in common for reason in about_scale(old, new, scale, common[scale])),
        *about_scales_in_general(old, new),
    )
    if not reasons and _content(old) != _content(new):
        reasons = (Reason(ChangeLevel.PATCH, "Only names inside the file changed; nothing that anybody sees."),)
    scales = tuple(
        ScaleVerdict(
            scale,
            max((reason.level for reason in reasons if reason.scale in {None, scale}), default=ChangeLevel.SAME),
            tuple(item.id for item in items),
        )
        for scale, items in common.items()
    )
    level = max((reason.level for reason in reasons), default=ChangeLevel.SAME)
    weightiest_first = tuple(sorted(reasons, key=lambda reason: -reason.level))
    return Comparison(old.reference, new.reference, level, weightiest_first, scales)


def _content(instrument: Instrument) -> Instrument:
    return replace(instrument, id="", version="", anchors=())
