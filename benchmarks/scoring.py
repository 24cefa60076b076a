"""Time and memory of the scoring package beside pingouin, and R where it is installed, in one run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

SIZES = (10_000, 100_000, 1_000_000)
ITEMS = 12
REPEATS = 3
R_ALPHA = """
x <- matrix(sample(1:5, {rows} * {items}, TRUE), {rows})
t <- system.time(suppressWarnings(psych::alpha(as.data.frame(x), check.keys = FALSE, warnings = FALSE)))
cat(t[["user.self"]] + t[["sys.self"]])
"""


def report() -> None:
    """Print a line a figure; each is measured in a process of its own with one thread, the best of three."""
    print(f"scoring, rows x {ITEMS} items, CPU seconds (memory above the data, MiB)")
    for rows in SIZES:
        ours, theirs = _measured("analyse", rows), _measured("pingouin", rows)
        print(
            f"  {rows:9,} rows   alpha with item analysis {ours['seconds']:7.4f} ({ours['mebibytes']:5.1f})"
            f"   pingouin's alpha alone {theirs['seconds']:7.4f} ({theirs['mebibytes']:5.1f})"
            f"   ratio {ours['seconds'] / theirs['seconds']:.2f}{_beside_r(rows)}"
        )
    for rows in SIZES:
        gaps, scores = _measured("pairwise", rows), _measured("scores", rows)
        print(
            f"  {rows:9,} rows   pairwise alpha, 5 % missing {gaps['seconds']:7.4f} ({gaps['mebibytes']:5.1f})"
            f"   half-rule scores {scores['seconds']:7.4f} ({scores['mebibytes']:5.1f})"
        )
    print("one-way REML, CPU seconds")
    for teams in (500, 5_000, 50_000):
        print(f"  {teams:9,} teams  {_measured('reml', teams)['seconds']:7.4f}")
    print("models, CPU seconds: 10,000 people")
    for name in ("omega", "ordinal", "four factors", "invariance", "graded"):
        print(f"  {name:14} {_measured(name, 10_000)['seconds']:7.3f}")
    print(f"importing scoring.reliability: {_imported():.2f} s")


def _measured(what: str, size: int) -> dict[str, float]:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.scoring_task", what, str(size)],
        env={**os.environ, **threads},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    measured: dict[str, float] = json.loads(found.stdout.splitlines()[-1])
    return measured


def _beside_r(rows: int) -> str:
    program = shutil.which("Rscript")
    if program is None or rows > 100_000:
        return ""
    script = R_ALPHA.format(rows=rows, items=ITEMS)
    found = subprocess.run([program, "-e", script], capture_output=True, text=True, check=False)
    return f"   R psych::alpha {float(found.stdout):7.3f}" if found.returncode == 0 and found.stdout else ""


def _imported() -> float:
    script = "import time; start = time.perf_counter(); import scoring.reliability; print(time.perf_counter() - start)"
    command = [sys.executable, "-c", script]
    return min(
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(REPEATS)
    )
