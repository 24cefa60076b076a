"""Time the publishing of one wave, from answers in memory to cells that have stood the attack, as teams grow."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pandas as pd

from dashboards.snapshots import Level
from dashboards.suppression.audit import audit
from dashboards.suppression.terms import DisclosureTerms
from dashboards.suppression.tree import GroupNode, GroupTree
from instruments.library import load_released
from survey_app.use_cases.publishing import TEAM, compute_results
from survey_app.use_cases.wave_terms import FrozenWave

TEAMS_OF_AN_AREA, AREAS_OF_AN_AUTHORITY = 10, 10


def report() -> None:
    """Print a line a size."""
    print("publishing a wave of 4 measures, CPU seconds; the attack on the cells is part of it")
    for teams in (100, 600, 2_000, 6_000, 18_000):
        print(f"  {teams:6} teams  {_line(teams)}")


def _line(teams: int) -> str:
    frozen, answers, invited = _wave(teams)
    started = time.process_time()
    results = compute_results(frozen, answers, invited)
    seconds = time.process_time() - started
    started = time.process_time()
    found = audit(results.cells, frozen.terms)
    attacked = time.process_time() - started
    findings = sum(len(measure.leaks) for measure in found)
    return (
        f"{len(answers):7} answers  {seconds:6.2f} s, of which {attacked:5.2f} s attack  {len(results.cells):7} cells  "
        f"{findings} findings"
    )


def _wave(teams: int) -> tuple[FrozenWave, pd.DataFrame, dict[str, int]]:
    rng = np.random.default_rng(1)
    instrument = load_released("crescendo-pulse@1.0.0")
    tree = GroupTree(tuple(_nodes(teams)))
    sizes = {leaf.key: int(rng.integers(0, 12)) for leaf in tree.leaves}
    people = np.repeat(list(sizes), list(sizes.values()))
    items = [item.id for item in instrument.scored_items]
    values = rng.integers(1, 6, (len(people), len(items))).astype(float)
    values[rng.random(values.shape) < 0.02] = np.nan
    answers = pd.DataFrame(values, columns=items).assign(**{TEAM: people})
    frozen = FrozenWave("w", instrument, tree, DisclosureTerms(5, 25.0))
    return frozen, answers, dict.fromkeys(sizes, 14)


def _nodes(teams: int) -> Iterator[GroupNode]:
    """A programme of authorities with ten service areas of ten teams each."""
    yield GroupNode("p", "Programme", Level.PROGRAMME, None)
    for team in range(teams):
        area = team // TEAMS_OF_AN_AREA
        authority = area // AREAS_OF_AN_AUTHORITY
        if team % (TEAMS_OF_AN_AREA * AREAS_OF_AN_AUTHORITY) == 0:
            yield GroupNode(f"a{authority}", "Authority", Level.AUTHORITY, "p")
        if team % TEAMS_OF_AN_AREA == 0:
            yield GroupNode(f"a{authority}s{area}", "Area", Level.SERVICE_AREA, f"a{authority}")
        yield GroupNode(f"a{authority}s{area}t{team}", "Team", Level.TEAM, f"a{authority}s{area}")
