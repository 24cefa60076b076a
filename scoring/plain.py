"""Results as plain values that any program can read: numbers, texts, lists and mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from math import isfinite
from typing import Any

import numpy as np

from instruments.definitions import Instrument, Scale


def as_plain(value: Any) -> Any:  # any result, and what JSON can hold
    """A result at full precision, None for what is not a number; an instrument or scale as its name.

    Examples
    --------
    >>> as_plain({"alpha": np.float64(0.5), "missing": float("nan")})
    {'alpha': 0.5, 'missing': None}
    """
    if isinstance(value, (Instrument, Scale)):
        return value.reference if isinstance(value, Instrument) else value.id
    if is_dataclass(value):
        return {part.name: as_plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray):
        return as_plain(value.tolist())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_plain(part) for part in value]
    return _single(value)


def _single(value: Any) -> Any:  # as above
    plain = value.item() if isinstance(value, np.generic) else value.value if isinstance(value, Enum) else value
    return None if isinstance(plain, float) and not isfinite(plain) else plain
