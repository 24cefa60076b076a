"""The groups of one wave as a tree, frozen when the wave opens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from dashboards.errors import BrokenTree
from dashboards.snapshots import Level


@dataclass(frozen=True)
class GroupNode:
    """A group in a wave's tree.

    A leads' group holds the answers of people who read pages of teams nearby. In company of other teams they are
    not counted towards the minimum, so that a lead who knows their own answer still faces enough others. A programme
    of which a pulse covers only some authorities is not reported on: it would be a part under the name of the whole.
    """

    key: str
    name: str
    level: Level
    parent: str | None
    is_leads: bool = False
    is_reported: bool = True


@dataclass(frozen=True)
class GroupTree:
    """The groups of a wave: one root, every other group under a parent, answers given at the leaves."""

    nodes: tuple[GroupNode, ...]

    def __post_init__(self) -> None:
        keys = [node.key for node in self.nodes]
        if len(set(keys)) != len(keys):
            raise BrokenTree("Two groups of the tree have the same key.")
        if sum(node.parent is None for node in self.nodes) != 1:
            raise BrokenTree("A tree has exactly one group without a parent.")
        if len(list(self.bottom_up())) != len(keys):
            raise BrokenTree("A group of the tree does not hang under its root.")

    def __getitem__(self, key: str) -> GroupNode:
        return self._by_key[key]

    @cached_property
    def root(self) -> GroupNode:
        """The group above all others."""
        return next(node for node in self.nodes if node.parent is None)

    @cached_property
    def leaves(self) -> tuple[GroupNode, ...]:
        """The teams: groups at which answers are given, by key."""
        return tuple(sorted((node for node in self.nodes if node.level is Level.TEAM), key=lambda node: node.key))

    def bottom_up(self) -> Iterator[GroupNode]:
        """Every group after all groups under it."""
        waiting = [self.root]
        order: list[GroupNode] = []
        while waiting:
            node = waiting.pop()
            order.append(node)
            waiting.extend(self._children[node.key])
        return reversed(order)

    def ancestors(self, key: str) -> Iterator[str]:
        """The keys above a group, nearest first."""
        parent = self._by_key[key].parent
        while parent is not None:
            yield parent
            parent = self._by_key[parent].parent

    def nearest_common_ancestor(self, keys: Iterable[str]) -> str:
        """The smallest group that holds all of `keys`."""
        first, *others = [list(self.ancestors(key)) for key in keys]
        return next(key for key in first if all(key in other for other in others))

    @cached_property
    def leaves_under(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of the teams inside each group; a team holds itself."""
        found: dict[str, list[str]] = defaultdict(list)
        for leaf in self.leaves:
            for key in (leaf.key, *self.ancestors(leaf.key)):
                found[key].append(leaf.key)
        return {node.key: tuple(found[node.key]) for node in self.nodes}

    @cached_property
    def _by_key(self) -> Mapping[str, GroupNode]:
        return {node.key: node for node in self.nodes}

    @cached_property
    def _children(self) -> Mapping[str, list[GroupNode]]:
        children: dict[str, list[GroupNode]] = defaultdict(list)
        for node in self.nodes:
            if node.parent is not None:
                children[node.parent].append(node)
        return children
