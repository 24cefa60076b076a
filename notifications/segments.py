"""How many parts a text is sent in, which is how many are paid for.

The default alphabet of 3GPP TS 23.038 holds 160 septets in one part and 153 in each of several; a text with a single
letter outside it goes in UCS-2, 70 units in one part and 67 in each of several.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("\f^{}\\[~]|€")


class Encoding(StrEnum):
    """How a text travels."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


_CAPACITY = {Encoding.GSM_7: (160, 153), Encoding.UCS_2: (70, 67)}


@dataclass(frozen=True)
class TextSize:
    """A text's encoding, its length in units of that encoding, and the parts that it needs.

    `costly` are the letters for whose sake it does not go in GSM-7.
    """

    encoding: Encoding
    units: int
    segments: int
    costly: tuple[str, ...] = ()


def measure(text: str) -> TextSize:
    """Measure a text as a network would send it: a letter of two units is never divided between two parts.

    Examples
    --------
    >>> measure("How is work?").segments, str(measure("Sut mae’r gwaith?").encoding)
    (1, 'UCS-2')
    """
    costly = tuple(sorted({letter for letter in text if letter not in _BASIC and letter not in _ESCAPED}))
    encoding = Encoding.UCS_2 if costly else Encoding.GSM_7
    widths = [_width(letter, encoding) for letter in text]
    one, several = _CAPACITY[encoding]
    units = sum(widths)
    return TextSize(encoding, units, 1 if units <= one else _parts(widths, several), costly)


def _width(letter: str, encoding: Encoding) -> int:
    if encoding is Encoding.UCS_2:
        return len(letter.encode("utf-16-be")) // 2
    return 2 if letter in _ESCAPED else 1


def _parts(widths: list[int], capacity: int) -> int:
    parts, filled = 1, 0
    for width in widths:
        if filled + width > capacity:
            parts, filled = parts + 1, 0
        filled += width
    return parts
