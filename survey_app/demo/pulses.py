"""What the demo's authorities are asked over the months: a version that changes in the middle, and one that breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from instruments.definitions import Instrument
from instruments.files import read_instrument

FIRST = "crescendo-pulse@1.0.0"
SECOND = "crescendo-pulse@1.1.0"
BRIDGE_WAVE = 3
_FEWEST_WAVES_FOR_A_BRIDGE = 6
_PILOT = Path(__file__).parent / "instruments" / "crescendo-pulse-0.9.0.toml"


@dataclass(frozen=True)
class DemoPulse:
    """A pulse of the demo: from wave `changes_at` on it asks `second`, and that wave may be a bridge."""

    key: str
    name: str
    authorities: tuple[str, ...]
    first: str
    second: str
    changes_at: int
    is_bridged: bool

    def wave_key(self, month: str) -> str:
        """The key of a month's wave: the month, after the pulse's own name where it has one."""
        return month if self.key == "monthly" else f"{self.key.removesuffix('-monthly')}-{month}"


def read_pilot() -> Instrument:
    """The made-up version that one authority of the demo began with."""
    return read_instrument(_PILOT)


def demo_pulses(authorities: Sequence[str], waves: int) -> list[DemoPulse]:
    """The pulses of a demo: one for all authorities but the third, which took part in a pilot and has its own.

    The first changes to a minor version in the middle. The third authority's breaks with the pilot version at a bridge.
    """
    covered = tuple(authorities[:2]) if len(authorities) > 2 else ()  # none named: the whole programme
    together = DemoPulse("monthly", "Monthly pulse", covered, FIRST, SECOND, max(1, waves // 2), is_bridged=False)
    apart = [
        DemoPulse(
            f"{name}-monthly",
            f"Monthly pulse, {name.capitalize()}",
            (name,),
            read_pilot().reference,
            SECOND,
            BRIDGE_WAVE if waves >= _FEWEST_WAVES_FOR_A_BRIDGE else waves,
            is_bridged=True,
        )
        for name in authorities[2:]
    ]
    return [together, *apart]
