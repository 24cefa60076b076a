"""Compute every published cell of a wave, at every level, from protected block counts and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dashboards.errors import AuditFailed
from dashboards.snapshots import (
    Coverage,
    FavourableShare,
    Level,
    PublishedCell,
    ShownCell,
    WithheldCell,
    WithheldReason,
)
from dashboards.suppression.blocks import Block, form_coarser_blocks, is_large_enough
from dashboards.suppression.figures import BlockSizes, ProtectedMeasure, favourable_of, mean_of, unions_inside
from dashboards.suppression.protection import protect, spans_width
from dashboards.suppression.rounding import display_step, round_for_display, whole
from dashboards.suppression.terms import (
    FEWEST_FOR_SHARES,
    SHARE_NEARLY_ALL,
    SHARE_TO_SHOW,
    DisclosureTerms,
)
from dashboards.suppression.tree import GroupNode, GroupTree
from scoring.tallies import Tally
from scoring.uncertainty import Counted, reference_interval


@dataclass(frozen=True)
class MeasureCounts:
    """A measure and its items' answers by block: each tally has shape (blocks, options), blocks as given."""

    id: str
    reference_sd: float
    items: tuple[Tally, ...]
    higher_is_better: bool = True


@dataclass(frozen=True)
class WaveCounts:
    """All that publishing a wave may look at. `invited` is None where nobody knows how many were asked."""

    wave: str
    instrument: str
    tree: GroupTree
    invited: Mapping[str, int] | None
    respondents: Mapping[str, int]
    blocks: tuple[Block, ...]
    measures: tuple[MeasureCounts, ...]


@dataclass(frozen=True)
class _Unit:
    """A group with the blocks that lie wholly inside it, its teams' respondents, and the block it went into."""

    node: GroupNode
    blocks: tuple[int, ...]
    respondents: int
    counted_in: str | None = None


def publish(counts: WaveCounts, terms: DisclosureTerms) -> tuple[PublishedCell, ...]:
    """Return every cell of a wave: for each group and each combined block, each measure.

    Raises
    ------
    AuditFailed
        A block is smaller than k, two blocks share a team, or a protected item spans less than W.
    """
    measures = [protect_measure(measure, counts.tree, counts.blocks, terms) for measure in counts.measures]
    _audit(counts, measures, terms)
    units = [*_groups(counts), *_combined_blocks(counts)]
    wave = _Wave(counts, _sizes(counts), terms)
    return tuple(_cell(unit, measure, wave) for unit in units for measure in measures)


@dataclass(frozen=True)
class _Wave:
    """A wave's counts with the sizes of its blocks, and its thresholds."""

    counts: WaveCounts
    sizes: BlockSizes
    terms: DisclosureTerms


def _sizes(counts: WaveCounts) -> BlockSizes:
    answered = np.array([block.respondents for block in counts.blocks], dtype=np.int64)
    if counts.invited is None:
        return BlockSizes(answered, None)
    asked = [sum(counts.invited.get(team, 0) for team in block.teams) for block in counts.blocks]
    return BlockSizes(answered, np.array(asked, dtype=np.int64))


def protect_measure(
    measure: MeasureCounts, tree: GroupTree, blocks: Sequence[Block], terms: DisclosureTerms
) -> ProtectedMeasure:
    """A measure's counts as they may be computed with: none unanimous, and whole unions for shares of answers."""
    answered = np.stack([tally.sum(axis=1) for tally in measure.items]).min(axis=0)
    enough = answered >= terms.fewest_answers_to_an_item
    places = {block.key: place for place, block in enumerate(blocks) if enough[place]}
    sizes = {key: int(answered[place]) for key, place in places.items()}
    usable = [block for block in blocks if block.key in places]
    fewest = max(FEWEST_FOR_SHARES, terms.minimum_group_size)
    return ProtectedMeasure(
        id=measure.id,
        reference_sd=measure.reference_sd,
        higher_is_better=measure.higher_is_better,
        items=tuple(protect(tally, terms.answer_width) for tally in measure.items),
        enough_answers=enough,
        unions=tuple(
            frozenset(places[key] for key in union) for union in form_coarser_blocks(tree, usable, sizes, fewest)
        ),
    )


def _audit(counts: WaveCounts, measures: Sequence[ProtectedMeasure], terms: DisclosureTerms) -> None:
    findings = [
        f"block {block.key} has fewer than {terms.minimum_group_size} respondents"
        for block in counts.blocks
        if not is_large_enough(counts.tree, counts.respondents, block.teams, terms.minimum_group_size)
    ]
    times_used = Counter(team for block in counts.blocks for team in block.teams)
    findings += [f"team {team} is in two blocks" for team, times in sorted(times_used.items()) if times > 1]
    for measure in measures:
        for tally in measure.items:
            narrow = measure.enough_answers & ~spans_width(tally, terms.answer_width)
            findings += [f"{measure.id} of {counts.blocks[row].key} is too narrow" for row in np.flatnonzero(narrow)]
    if findings:
        raise AuditFailed(findings)


def _groups(counts: WaveCounts) -> Iterator[_Unit]:
    inside: dict[str, list[int]] = {node.key: [] for node in counts.tree.nodes}
    combined_into: dict[str, str] = {}
    for index, block in enumerate(counts.blocks):
        if block.is_combined:
            holder = counts.tree.nearest_common_ancestor(block.teams)
            combined_into.update(dict.fromkeys(block.teams, block.key))
        else:
            holder = block.teams[0]
        for key in (holder, *counts.tree.ancestors(holder)):
            inside[key].append(index)
    for node in counts.tree.nodes:
        if not node.is_reported:
            continue
        teams = counts.tree.leaves_under[node.key]
        respondents = sum(counts.respondents.get(team, 0) for team in teams)
        yield _Unit(node, tuple(inside[node.key]), respondents, combined_into.get(node.key))


def _combined_blocks(counts: WaveCounts) -> Iterator[_Unit]:
    for index, block in enumerate(counts.blocks):
        if block.is_combined:
            parent = counts.tree.nearest_common_ancestor(block.teams)
            node = GroupNode(block.key, _combined_name(counts.tree, block), Level.TEAM, parent)
            yield _Unit(node, (index,), block.respondents)


def _combined_name(tree: GroupTree, block: Block) -> str:
    """As people say it: `North with South`, `North with South, East and West`."""
    first, *others = (tree[team].name for team in block.teams)
    company = " and ".join([", ".join(others[:-1]), others[-1]]) if len(others) > 1 else others[0]
    return f"{first} with {company}"


def _cell(unit: _Unit, measure: ProtectedMeasure, wave: _Wave) -> PublishedCell:
    usable = [index for index in unit.blocks if measure.enough_answers[index]]
    covered = int(wave.sizes.answered[usable].sum())
    if covered == 0 or covered < SHARE_TO_SHOW * unit.respondents:
        return WithheldCell(
            wave=wave.counts.wave,
            group=unit.node.key,
            name=unit.node.name,
            level=unit.node.level,
            parent=unit.node.parent,
            measure=measure.id,
            instrument=wave.counts.instrument,
            reason=_reason(unit, wave.counts, wave.terms),
            counted_in=unit.counted_in,
        )
    return _shown(unit, measure, wave, usable)


def _reason(unit: _Unit, counts: WaveCounts, terms: DisclosureTerms) -> WithheldReason:
    if unit.counted_in is not None:
        return WithheldReason.COMBINED
    if unit.respondents < terms.minimum_group_size:
        return WithheldReason.TOO_FEW
    inside = sum(counts.blocks[index].respondents for index in unit.blocks)
    enough_inside = inside >= SHARE_TO_SHOW * unit.respondents
    return WithheldReason.TOO_MANY_SKIPPED if enough_inside else WithheldReason.COUNTED_ELSEWHERE


def _shown(unit: _Unit, measure: ProtectedMeasure, wave: _Wave, usable: list[int]) -> ShownCell:
    counts, sizes = wave.counts, wave.sizes
    n = int(sizes.answered[usable].sum())
    roster_size = None if sizes.invited is None else int(sizes.invited[usable].sum())
    shown = round_for_display(mean_of(measure, usable, sizes), n, wave.terms.answer_width)
    likely = reference_interval(
        float(shown.score),
        [Counted(*people) for people in _people(sizes, usable)],
        reference_sd=measure.reference_sd,
        rounding_step=display_step(n),
    )
    return ShownCell(
        wave=counts.wave,
        group=unit.node.key,
        name=unit.node.name,
        level=unit.node.level,
        parent=unit.node.parent,
        measure=measure.id,
        instrument=counts.instrument,
        n=n,
        roster_size=roster_size,
        score=shown.score,
        low=shown.low,
        high=shown.high,
        likely_low=whole(likely.lower),
        likely_high=whole(likely.upper),
        covers=tuple(sorted(team for index in usable for team in counts.blocks[index].teams)),
        coverage=_coverage(n / unit.respondents),
        response_rate=_response_rate(n, roster_size),
        favourable=_favourable(unit, measure, wave, usable),
    )


def _people(sizes: BlockSizes, blocks: list[int]) -> Iterator[tuple[int, int | None]]:
    """How many answered and how many were asked, block by block."""
    for block in blocks:
        yield int(sizes.answered[block]), None if sizes.invited is None else int(sizes.invited[block])


def _favourable(unit: _Unit, measure: ProtectedMeasure, wave: _Wave, usable: list[int]) -> FavourableShare | None:
    """The share of favourable answers in the unions that lie wholly in a unit, where they hold most of its answers."""
    inside = unions_inside(measure, usable)
    covered = sum(int(wave.sizes.answered[list(measure.unions[union])].sum()) for union in inside)
    if covered < max(1, SHARE_TO_SHOW * unit.respondents):
        return None
    return favourable_of(measure, inside, wave.sizes, wave.counts.blocks)


def _coverage(share: float) -> Coverage:
    if share == 1:
        return Coverage.ALL
    return Coverage.NEARLY_ALL if share >= SHARE_NEARLY_ALL else Coverage.MOST


def _response_rate(answered: int, invited: int | None) -> int | None:
    """Steps of five per cent; 95 stands for 95 or more, and is said of nothing less."""
    if invited is None:
        return None
    if answered * 20 >= invited * 19:
        return 95
    return min(90, whole(answered / invited * 20) * 5)
