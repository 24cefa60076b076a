"""A tiny instrument, one feature at a time."""

from __future__ import annotations

import copy
from typing import Any

DOCUMENT: dict[str, Any] = {
    "id": "tiny",
    "version": "1.2.3",
    "title": {"en": "Tiny"},
    "owner": "Tests",
    "licence": {"name": "CC0"},
    "recall_window": {"en": "Today"},
    "languages": ["en"],
    "estimated_seconds": 5,
    "response_sets": [
        {
            "id": "agreement",
            "stem": {"en": "Do you agree?"},
            "options": [{"value": value, "label": {"en": f"Option {value}"}} for value in (1, 2, 3)],
        }
    ],
    "scales": [
        {"id": "mood", "title": {"en": "Mood"}, "direction": "higher_is_better", "reference_sd": 20.0},
    ],
    "items": [
        {"id": "bright", "scale": "mood", "text": {"en": "It is bright."}, "response_set": "agreement"},
        {
            "id": "dark",
            "scale": "mood",
            "text": {"en": "It is dark."},
            "response_set": "agreement",
            "reverse_keyed": True,
            "core": False,
        },
    ],
}


def document(**changes: Any) -> dict[str, Any]:
    """The tiny instrument with some keys changed."""
    return {**copy.deepcopy(DOCUMENT), **changes}
