"""What R says of the reference data, and the data themselves as R saw them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scoring.keys import reverse

REFERENCE = Path(__file__).parent / "reference"


@cache
def results(name: str) -> dict[str, Any]:
    """The contents of a file of results."""
    found: dict[str, Any] = json.loads((REFERENCE / f"{name}.json").read_text())
    return found


@cache
def data(name: str) -> pd.DataFrame:
    """A data set; callers do not change it."""
    return pd.read_csv(REFERENCE / f"{name}.csv")


def floats(values: Any) -> np.ndarray:
    """Numbers of a results file, with NaN for R's NA."""
    return np.array(values, dtype=np.float64)


def assert_near(found: ArrayLike, expected: Any, tolerance: float) -> None:
    """Every number within an absolute tolerance, and missing where R's is missing."""
    np.testing.assert_allclose(
        np.array(found, dtype=np.float64), floats(expected), rtol=0, atol=tolerance, equal_nan=True
    )


def keyed(frame: pd.DataFrame, reversed_items: str | list[str], minimum: int, maximum: int) -> pd.DataFrame:
    """Answers with the reverse-keyed items turned round; R writes a list of one as the one."""
    turned = frame.astype(float).copy()
    for item in [reversed_items] if isinstance(reversed_items, str) else reversed_items:
        turned[item] = reverse(turned[item], minimum, maximum)
    return turned


SCALES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("agree", "consc", "extra", "neuro", "open"), ("bfi_scales", "bfi")),
    **dict.fromkeys(("lead", "tsig", "hostil"), ("lq2002_scales", "lq2002")),
    "anxiety": ("sai_a_scale_rci", "sai_a"),
}
"""Nine scales with everything that R's reliability functions say of them: their results and their data."""


def scale(name: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Keyed answers to a scale, and R's results."""
    file, source = SCALES[name]
    found = results(file)["scale_time1" if name == "anxiety" else name]
    answers = data(source)
    rows = answers[answers["time"] == 1] if name == "anxiety" else answers
    return keyed(rows[found["items"]], found["reversed"], found["min"], found["max"]), found


def two_forms() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keyed answers of the people who answered all ten words in both formats: 0 to 3, and 1 to 4."""
    answers = data("twoforms_a")
    words = [name.removesuffix("_sai") for name in answers if name.endswith("_sai")]
    turned = ["calm", "at_ease", "confident", "relaxed", "content"]
    both = [
        keyed(answers[[f"{word}_{form}" for word in words]], [f"{word}_{form}" for word in turned], low, low + 3)
        for form, low in (("msq", 0), ("sai", 1))
    ]
    complete = both[0].notna().all(axis=1) & both[1].notna().all(axis=1)
    return both[0][complete], both[1][complete]
