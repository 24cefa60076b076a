"""Random programmes: trees with unary branches, empty and tiny teams, skips and unanimous teams."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from dashboards.snapshots import Level
from dashboards.suppression.blocks import Block, form_blocks
from dashboards.suppression.publication import MeasureCounts, WaveCounts
from dashboards.suppression.terms import DisclosureTerms
from dashboards.suppression.tree import GroupNode, GroupTree
from scoring.tallies import tally


@dataclass(frozen=True)
class Programme:
    """A wave's answers before anything is published."""

    tree: GroupTree
    terms: DisclosureTerms
    teams: list[str]
    answers: np.ndarray
    counts: WaveCounts


@st.composite
def trees(draw):
    """A programme of up to three authorities, each with up to three service areas of up to four teams."""
    nodes = [GroupNode("p", "Programme", Level.PROGRAMME, None)]
    for authority in range(draw(st.integers(1, 3))):
        nodes.append(GroupNode(f"a{authority}", f"Authority {authority}", Level.AUTHORITY, "p"))
        for area in range(draw(st.integers(1, 3))):
            key = f"a{authority}s{area}"
            nodes.append(GroupNode(key, f"Area {area}", Level.SERVICE_AREA, f"a{authority}"))
            if draw(st.booleans()):
                nodes.append(GroupNode(f"{key}.leads", "Leads", Level.TEAM, key, is_leads=True))
            for team in range(draw(st.integers(0, 4))):
                nodes.append(GroupNode(f"{key}t{team}", f"Team {team}", Level.TEAM, key))
    return GroupTree(tuple(nodes))


@st.composite
def programmes(draw):
    """A tree with respondents and answers to two items of five options (0 to 4)."""
    tree = draw(trees())
    terms = DisclosureTerms(draw(st.integers(5, 8)), draw(st.sampled_from([25.0, 50.0])))
    sizes = {leaf.key: draw(st.integers(0, 14)) for leaf in tree.leaves}
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    teams = [key for key, size in sizes.items() for _ in range(size)]
    answers = rng.integers(0, 5, (len(teams), 2)).astype(float)
    for key in sizes:
        if rng.random() < 0.3:
            answers[np.array(teams) == key] = rng.integers(0, 5)
    skipped = rng.random(answers.shape) < 0.04
    skipped[:, 0] &= ~skipped[:, 1]
    answers[skipped] = np.nan
    blocks = form_blocks(tree, sizes, terms.minimum_group_size)
    return Programme(tree, terms, teams, answers, count(tree, sizes, blocks, teams, answers))


def count(
    tree: GroupTree, sizes: dict[str, int], blocks: tuple[Block, ...], teams: list[str], answers: np.ndarray
) -> WaveCounts:
    """Tally answers by block."""
    places = {team: index for index, block in enumerate(blocks) for team in block.teams}
    rows = np.array([places.get(team, -1) for team in teams], dtype=np.intp)
    items = tuple(tally(answers[:, item], rows, len(blocks), minimum=0, maximum=4) for item in range(answers.shape[1]))
    return WaveCounts(
        wave="w",
        instrument="tiny@1.0.0",
        tree=tree,
        invited={key: size + 2 for key, size in sizes.items()},
        respondents={key: size for key, size in sizes.items() if size},
        blocks=blocks,
        measures=(MeasureCounts("mood", 20.0, items),),
    )
