"""One measurement in a process of its own: prints CPU seconds and memory above the data as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from scoring import invariance, reliability
from scoring.factor import correlated_factors
from scoring.irt import fit_graded
from scoring.items import analyse
from scoring.missing import prorate
from scoring.pooling import reml
from scoring.scores import pomp

ITEMS = 12


def main(what: str, size: int) -> None:
    """Measure one task at one size."""
    work = TASKS[what](size)
    base, seconds = _peak(), []
    for _ in range(3):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    print(json.dumps({"seconds": min(seconds), "mebibytes": _peak() - base}))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _small(rows: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    answers = np.empty((rows, ITEMS), dtype=np.int8, order="F")
    for item in range(ITEMS):
        answers[:, item] = rng.integers(1, 6, rows, dtype=np.int8)
    return answers


def _gaps(rows: int) -> np.ndarray:
    answers = _small(rows).astype(np.float64)
    answers[np.random.default_rng(2).random(answers.shape) < 0.05] = np.nan
    return answers


def _traits(rows: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    common, own = rng.normal(size=(rows, 1)), rng.normal(size=(rows, 4))
    latent = np.repeat(0.4 * common + own, 3, axis=1) + 0.8 * rng.normal(size=(rows, ITEMS))
    return np.clip(np.round(3 + latent), 1, 5)


def _analyse(rows: int) -> Callable[[], object]:
    answers = _small(rows)
    return lambda: analyse(answers, 1, 5)


def _pingouin(rows: int) -> Callable[[], object]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pingouin

    frame = pd.DataFrame(_small(rows).astype(np.float64))
    return lambda: pingouin.cronbach_alpha(frame)


def _pairwise(rows: int) -> Callable[[], object]:
    answers = _gaps(rows)
    return lambda: reliability.cronbach_alpha(answers, missing="pairwise")


def _scores(rows: int) -> Callable[[], object]:
    answers = _gaps(rows)
    return lambda: pomp(prorate(answers, "half"), 1, 5)


def _reml(teams: int) -> Callable[[], object]:
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(teams), rng.integers(1, 15, teams))
    values = 0.3 * rng.normal(size=teams)[groups] + rng.normal(size=len(groups))
    return lambda: reml(values, groups)


def _on_traits(rows: int, estimate: Callable[[np.ndarray], object]) -> Callable[[], object]:
    answers = _traits(rows)
    return lambda: estimate(answers)


SCALES = {f"scale {place}": range(3 * place, 3 * place + 3) for place in range(4)}

TASKS: dict[str, Callable[[int], Callable[[], object]]] = {
    "analyse": _analyse,
    "pingouin": _pingouin,
    "pairwise": _pairwise,
    "scores": _scores,
    "reml": _reml,
    "omega": lambda rows: _on_traits(rows, lambda answers: reliability.omega_total(answers[:, :3])),
    "ordinal": lambda rows: _on_traits(rows, lambda answers: reliability.ordinal_omega(answers[:, :3])),
    "four factors": lambda rows: _on_traits(rows, lambda answers: correlated_factors(answers, SCALES)),
    "invariance": lambda rows: _on_traits(
        rows, lambda answers: invariance.test(answers, SCALES, np.arange(len(answers)) % 3)
    ),
    "graded": lambda rows: _on_traits(rows, lambda answers: fit_graded(answers[:, :3])),
}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
