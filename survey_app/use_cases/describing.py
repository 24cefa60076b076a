"""Tell what closed waves' answers say of their scales: a card for the programme and for each large authority."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import insert, select

from dashboards.cards import build_card
from dashboards.pages.reliability import Card, ItemFigures
from dashboards.snapshots import Level
from dashboards.suppression.blocks import Block
from dashboards.suppression.items import item_figures
from dashboards.suppression.publication import MeasureCounts, protect_measure
from dashboards.suppression.tree import GroupNode, GroupTree
from instruments.definitions import Instrument
from instruments.files import digest
from scoring.analysis import Analysis, analyse_instrument
from survey_app.extensions import db
from survey_app.models.publications import PublishedBlock, ReliabilityCard
from survey_app.models.pulses import Wave, WaveState, WaveTerms
from survey_app.use_cases import tallying
from survey_app.use_cases.errors import NoAnswers
from survey_app.use_cases.tallying import BLOCK
from survey_app.use_cases.wave_terms import FrozenWave, thaw

PEOPLE_OF_A_PROGRAMME, PEOPLE_OF_AN_AUTHORITY = 50, 100
"""From how many people answers are told item by item and in relation to one another: far above any group's minimum."""

AUTHORITY, WAVE = "authority", "wave"


def describe_waves(now: datetime) -> int:
    """Describe every closed wave that has not been described.

    Answers are read, analysed and their cards stored one wave after the other, and nothing is locked meanwhile: whoever
    comes second finds the wave described.

    Returns
    -------
    int
        How many cards were written.
    """
    waiting = select(Wave.id).where(Wave.state == WaveState.CLOSED, Wave.described_at.is_(None)).order_by(Wave.id)
    return sum(_describe(wave_id, now) for wave_id in db.session.scalars(waiting).all())


def kept_answers(instrument: Instrument) -> pd.DataFrame:
    """Every kept answer to a version: columns of items, the block, the authority where there is one, and the wave.

    Raises
    ------
    NoAnswers
        Fewer people than may be told of have answered it here.
    """
    waves = db.session.execute(
        select(Wave, WaveTerms)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .where(Wave.state == WaveState.CLOSED, WaveTerms.instrument_digest == digest(instrument))
        .order_by(Wave.closes_at, Wave.id)
    ).all()
    tables = [_answers_of(wave.id, thaw(wave.key, terms)).assign(**{WAVE: wave.key}) for wave, terms in waves]
    people = sum(len(table) for table in tables)
    if people < PEOPLE_OF_A_PROGRAMME:
        raise NoAnswers(instrument.reference, people, PEOPLE_OF_A_PROGRAMME)
    return pd.concat(tables, ignore_index=True)


def _describe(wave_id: int, now: datetime) -> int:
    described = _read(wave_id)
    db.session.rollback()
    cards = {} if described is None else dict(_cards(described))
    wave = db.session.scalars(
        select(Wave).where(Wave.id == wave_id, Wave.described_at.is_(None)).with_for_update()
    ).one_or_none()
    if wave is None:
        db.session.rollback()
        return 0
    if cards:
        rows = [{"wave_id": wave_id, "group_key": key, "card": asdict(card)} for key, card in cards.items()]
        db.session.execute(insert(ReliabilityCard), rows)
    wave.described_at = now
    db.session.commit()
    return len(cards)


@dataclass(frozen=True)
class _Described:
    """A wave's kept answers, with what says which of their distributions may be shown."""

    label: str
    frozen: FrozenWave
    answers: pd.DataFrame
    blocks: Sequence[Block]
    counts: Sequence[MeasureCounts]


def _read(wave_id: int) -> _Described | None:
    wave = db.session.get_one(Wave, wave_id)
    if wave.terms is None:
        return None
    frozen = thaw(wave.key, wave.terms)
    counts = tallying.count_kept_answers(wave_id, frozen.instrument)
    return _Described(wave.label, frozen, _answers_of(wave_id, frozen), _blocks(wave_id), counts)


def _cards(described: _Described) -> Iterator[tuple[str, Card]]:
    frozen, answers = described.frozen, described.answers
    whole = _whole(frozen.tree)
    if whole is not None and len(answers) >= PEOPLE_OF_A_PROGRAMME:
        yield whole.key, _card(described, answers, whole)
    for node in frozen.tree.nodes:
        inside = answers[answers[AUTHORITY] == node.key]
        if node.level is Level.AUTHORITY and len(inside) >= PEOPLE_OF_AN_AUTHORITY:
            yield node.key, _card(described, inside, node)


def _whole(tree: GroupTree) -> GroupNode | None:
    """All that the wave covers: the programme, or its authorities by their names; None where that is one alone."""
    authorities = sorted((node for node in tree.nodes if node.level is Level.AUTHORITY), key=lambda node: node.name)
    if tree.root.is_reported:
        return tree.root
    if len(authorities) < 2:
        return None
    name = " and ".join([", ".join(node.name for node in authorities[:-1]), authorities[-1].name])
    return GroupNode("+".join(node.key for node in authorities), name, Level.PROGRAMME, None)


def _card(described: _Described, answers: pd.DataFrame, group: GroupNode) -> Card:
    """A group's card: teams by blocks of one team, divisions by authority."""
    teams = answers[BLOCK].where(~answers[BLOCK].str.contains("+", regex=False), None)
    divisions = answers[AUTHORITY] if answers[AUTHORITY].nunique() > 1 else None
    analysis = analyse_instrument(described.frozen.instrument, answers, teams, divisions)
    return build_card(
        analysis,
        f"{group.name}, {described.label}",
        people=len(answers),
        groups="authorities",
        items=_item_figures(described, analysis, set(answers[BLOCK])),
    )


def _item_figures(described: _Described, analysis: Analysis, blocks: set[str]) -> Mapping[str, ItemFigures]:
    frozen = described.frozen
    inside = frozenset(place for place, block in enumerate(described.blocks) if block.key in blocks)
    respondents = [block.respondents for block in described.blocks]
    found: dict[str, ItemFigures] = {}
    for scale, counts in zip(analysis.scales, described.counts, strict=True):
        protected = protect_measure(counts, frozen.tree, described.blocks, frozen.terms)
        figures = item_figures(protected, inside, respondents, frozen.terms.answer_width)
        found.update(zip((item.name for item in scale.items.items), figures, strict=True))
    return found


def _answers_of(wave_id: int, frozen: FrozenWave) -> pd.DataFrame:
    answers = tallying.kept_answers(wave_id, frozen.instrument)
    authorities = {block: _authority_of(frozen.tree, block.split("+")) for block in answers[BLOCK].unique()}
    return answers.assign(**{AUTHORITY: answers[BLOCK].map(authorities)})


def _authority_of(tree: GroupTree, teams: Sequence[str]) -> str | None:
    """The authority that all of a block's teams are part of; None for a block across authorities."""
    found = {next((key for key in tree.ancestors(team) if tree[key].level is Level.AUTHORITY), None) for team in teams}
    return found.pop() if len(found) == 1 else None


def _blocks(wave_id: int) -> list[Block]:
    """The wave's blocks in the order in which kept answers are counted."""
    rows = db.session.scalars(select(PublishedBlock).where(PublishedBlock.wave_id == wave_id))
    return sorted((Block(tuple(row.teams), row.respondents) for row in rows), key=lambda block: block.key)
