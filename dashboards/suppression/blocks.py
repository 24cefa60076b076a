"""Put respondents into blocks of at least k people, by looking at counts only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboards.snapshots import Level
from dashboards.suppression.tree import GroupNode, GroupTree


@dataclass(frozen=True)
class Block:
    """Teams whose answers are only ever published together; `respondents` is their total."""

    teams: tuple[str, ...]
    respondents: int

    @property
    def key(self) -> str:
        """A team's own key, or the keys of combined teams joined by `+`."""
        return "+".join(self.teams)

    @property
    def is_combined(self) -> bool:
        """Whether more than one team is in it."""
        return len(self.teams) > 1


def form_blocks(
    tree: GroupTree,
    respondents: Mapping[str, int],
    minimum: int,
    *,
    previous: Iterable[Sequence[str]] = (),
) -> tuple[Block, ...]:
    """Partition a wave's respondents.

    Bottom-up: a team with `minimum` respondents or more is a block. Smaller teams of a group are combined,
    largest first and ties by key, a block being closed at the minimum; what remains joins the last block so
    formed, or is passed to the group above if none was. Whoever is left over at the root is in no block.
    Leads' groups come last, and count towards the minimum only among themselves.

    Parameters
    ----------
    respondents
        Respondents by team key; a team that is absent has none.
    previous
        The teams of each combined block of the last wave: kept where still valid, so that lines continue.

    Returns
    -------
    tuple of Block
        By key. Every team is in one block at most, and every block has `minimum` respondents or more, leads
        not counted where others are in it.
    """
    sizes = {leaf.key: respondents.get(leaf.key, 0) for leaf in tree.leaves}
    blocks = [Block((team,), size) for team, size in sizes.items() if size >= minimum]
    earlier = [tuple(sorted(teams)) for teams in previous if len(teams) > 1]
    waiting: dict[str, list[str]] = defaultdict(list)
    for node in tree.bottom_up():
        pending = waiting.pop(node.key, [])
        if 0 < sizes.get(node.key, 0) < minimum:
            pending.append(node.key)
        if node.key in sizes and node.parent is not None:
            waiting[node.parent].extend(pending)
            continue
        formed, left = _combine(pending, _Company(tree, sizes, minimum), earlier)
        blocks.extend(Block(tuple(sorted(teams)), sum(sizes[team] for team in teams)) for teams in formed)
        if node.parent is not None:
            waiting[node.parent].extend(left)
    return tuple(sorted(blocks, key=lambda block: block.key))


def form_coarser_blocks(
    tree: GroupTree, blocks: Sequence[Block], sizes: Mapping[str, int], minimum: int
) -> tuple[tuple[str, ...], ...]:
    """Join whole blocks until each union has `minimum` answers, by the same procedure as blocks themselves.

    Parameters
    ----------
    sizes
        Answers by a block's key.

    Returns
    -------
    tuple
        The keys of the blocks in each union. A block whose answers no union takes in is in none.
    """
    leaves = {leaf.key for leaf in tree.leaves}
    nodes = [node for node in tree.nodes if node.key not in leaves]
    for block in blocks:
        parent = tree.nearest_common_ancestor(block.teams) if block.is_combined else tree[block.teams[0]].parent
        is_leads = all(tree[team].is_leads for team in block.teams)
        nodes.append(GroupNode(block.key, block.key, Level.TEAM, parent, is_leads=is_leads))
    return tuple(union.teams for union in form_blocks(GroupTree(tuple(nodes)), sizes, minimum))


def is_large_enough(tree: GroupTree, sizes: Mapping[str, int], teams: Iterable[str], minimum: int) -> bool:
    """Whether teams may form a block: leads are not counted where others are in it."""
    members = list(teams)
    others = [team for team in members if not tree[team].is_leads]
    return sum(sizes[team] for team in others or members) >= minimum


@dataclass(frozen=True)
class _Company:
    """What decides who may be combined with whom."""

    tree: GroupTree
    sizes: Mapping[str, int]
    minimum: int

    def suffices(self, teams: Iterable[str]) -> bool:
        return is_large_enough(self.tree, self.sizes, teams, self.minimum)

    def in_order(self, teams: Iterable[str], *, leads: bool) -> list[str]:
        """The leads' groups, or the others: the largest first, ties by key."""
        wanted = [team for team in teams if self.tree[team].is_leads == leads]
        return sorted(wanted, key=lambda team: (-self.sizes[team], team))


def _combine(
    pending: Sequence[str], company: _Company, earlier: Iterable[tuple[str, ...]]
) -> tuple[list[list[str]], list[str]]:
    formed: list[list[str]] = []
    loose = set(pending)
    for teams in earlier:
        if loose.issuperset(teams) and company.suffices(teams):
            formed.append(list(teams))
            loose.difference_update(teams)
    others = [block for block in formed if company.in_order(block, leads=False)]
    fresh, left_others = _fill(company.in_order(loose, leads=False), company, others)
    formed += fresh
    fresh, left_leads = _fill(company.in_order(loose, leads=True), company, formed)
    return formed + fresh, left_others + left_leads


def _fill(teams: Sequence[str], company: _Company, hosts: Sequence[list[str]]) -> tuple[list[list[str]], list[str]]:
    """Form blocks of teams in their order; what remains joins the last of them, else of `hosts`, else is left."""
    formed: list[list[str]] = []
    open_block: list[str] = []
    for team in teams:
        open_block.append(team)
        if company.suffices(open_block):
            formed.append(open_block)
            open_block = []
    if open_block and (formed or hosts):
        (formed or hosts)[-1].extend(open_block)
        open_block = []
    return formed, open_block
