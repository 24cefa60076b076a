"""Attack a publication from its own cells, as any reader could: before it is stored, and whenever somebody asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboards.snapshots import Level, PublishedCell, ShownCell
from dashboards.suppression.attacker import Attack, KnownMean, Leak, attack
from dashboards.suppression.terms import FEWEST_FOR_SHARES, DisclosureTerms


@dataclass(frozen=True)
class AuditedMeasure:
    """The attacks on one measure of a wave: on its means, and on its shares of favourable answers."""

    measure: str
    means: Attack
    shares: Attack

    @property
    def leaks(self) -> tuple[Leak, ...]:
        """Everything found."""
        return self.means.leaks + self.shares.leaks


def audit(cells: Iterable[PublishedCell], terms: DisclosureTerms) -> tuple[AuditedMeasure, ...]:
    """Attack one wave's cells, measure by measure, with the bounds that the display allows.

    Teams are told apart as far as any two cells tell them apart; what is known of how many answered is what the cells
    say. A team that is covered by a cell and by no cell of its own block would be somebody whose number nobody knows,
    which counts as a leak of nobody: the smallest there is.
    """
    by_measure: dict[str, list[ShownCell]] = defaultdict(list)
    for cell in cells:
        if isinstance(cell, ShownCell):
            by_measure[cell.measure].append(cell)
    return tuple(_audit_measure(measure, shown, terms) for measure, shown in sorted(by_measure.items()))


def _audit_measure(measure: str, shown: Sequence[ShownCell], terms: DisclosureTerms) -> AuditedMeasure:
    blocks = {
        cell.covers: cell for cell in sorted(shown, key=lambda cell: len(cell.covers)) if cell.level is Level.TEAM
    }
    block_of = {team: covers for covers in blocks for team in covers}
    people = defaultdict(int, {_name(covers): cell.n for covers, cell in blocks.items()})
    means = [KnownMean(cell.group, _weights(cell.covers, blocks, block_of), cell.low, cell.high) for cell in shown]
    shares = [
        KnownMean(
            cell.group, _weights(cell.favourable.covers, blocks, block_of), cell.favourable.low, cell.favourable.high
        )
        for cell in shown
        if cell.favourable is not None and cell.favourable.covers
    ]
    fewest = max(FEWEST_FOR_SHARES, terms.minimum_group_size)
    return AuditedMeasure(
        measure,
        attack(means, _known(people, means), minimum=terms.minimum_group_size, width=terms.answer_width),
        attack(shares, _known(people, shares), minimum=fewest, width=terms.answer_width),
    )


def _weights(
    covers: Sequence[str], blocks: Mapping[tuple[str, ...], ShownCell], block_of: Mapping[str, tuple[str, ...]]
) -> dict[str, float]:
    """What each block weighs in a figure: its roster where rosters are known, else its answers."""
    weights: dict[str, float] = {}
    for members in {block_of.get(team, (team,)) for team in covers}:
        cell = blocks.get(members)
        weights[_name(members)] = 1.0 if cell is None else float(cell.roster_size or cell.n)
    total = sum(weights.values())
    return {unit: weight / total for unit, weight in weights.items()}


def _known(people: Mapping[str, int], means: Sequence[KnownMean]) -> dict[str, int]:
    """How many answered in each unit; one whose number no cell tells is one person, so that it cannot hide."""
    return {unit: people[unit] or 1 for mean in means for unit in mean.weights}


def _name(covers: Sequence[str]) -> str:
    return "+".join(covers)
