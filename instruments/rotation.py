"""Which rotating items somebody is asked in a wave: one of each scale's bank, all of them asked alike often."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256

from instruments.definitions import Instrument, Item


def rotating_items(instrument: Instrument, person: int, wave: int) -> tuple[Item, ...]:
    """One item of each scale's bank, balanced over persons and over waves.

    From wave to wave a person moves on by one item, and so comes round to all of a bank's m items in m waves. Within a
    wave, m persons with neighbouring numbers get each of the m items once; from one such run of persons to the next
    the banks are shifted against one another by a fixed draw, so that before long every pair of items of two banks is
    asked of somebody (a planned-missing design: Graham et al. 2006, *Psychological Methods* 11, 323-343).

    Parameters
    ----------
    person
        A number that stays the person's own; neighbouring numbers for people who joined together.
    wave
        How many waves went before.

    Examples
    --------
    >>> from instruments.library import load_released
    >>> pulse = load_released("crescendo-pulse@1.0.0")
    >>> [item.id for item in rotating_items(pulse, person=0, wave=0)]
    ['apart', 'time', 'resources', 'sleep']
    >>> [item.id for item in rotating_items(pulse, person=0, wave=1)]
    ['cut-off', 'values', 'leaders-act', 'temper']
    """
    chosen = []
    for number, scale in enumerate(instrument.scales):
        if bank := instrument.bank_of(scale):
            shift = _drawn(number, person // len(bank))
            chosen.append(bank[(person + shift + wave) % len(bank)])
    return tuple(chosen)


def _drawn(bank: int, run: int) -> int:
    """A shift that is the same for everybody in a run and always, and of no pattern from run to run."""
    return int.from_bytes(sha256(f"{bank}:{run}".encode()).digest()[:8], "big")


def asked_items(instrument: Instrument, rotating: Collection[str]) -> tuple[Item, ...]:
    """The core items and the rotating items of these ids, in the order of the instrument."""
    return tuple(item for item in instrument.items if item.core or item.id in rotating)
