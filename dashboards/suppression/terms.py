"""The thresholds under which a wave is published, frozen when the wave opens."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.errors import InvalidTerms

SMALLEST_GROUP_SIZE = 5
NARROWEST_WIDTH = 25.0
WIDEST_WIDTH = 50.0
SHARE_TO_SHOW = 0.8
SHARE_NEARLY_ALL = 0.95
FEWEST_FOR_SHARES = 10


@dataclass(frozen=True)
class DisclosureTerms:
    """k, the fewest people a figure may rest on, and W, the points by which any answer stays uncertain."""

    minimum_group_size: int
    answer_width: float

    def __post_init__(self) -> None:
        if self.minimum_group_size < SMALLEST_GROUP_SIZE:
            raise InvalidTerms(f"The minimum group size may be raised above {SMALLEST_GROUP_SIZE}, not lowered.")
        if not NARROWEST_WIDTH <= self.answer_width <= WIDEST_WIDTH:
            raise InvalidTerms(f"The answer width lies between {NARROWEST_WIDTH:g} and {WIDEST_WIDTH:g} points.")

    @property
    def fewest_answers_to_an_item(self) -> int:
        """A block's measure is shown only where each item has this many answers: one may have skipped."""
        return self.minimum_group_size - 1
