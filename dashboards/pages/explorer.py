"""The lines of several groups on one measure, to be looked through: every figure in a table, drawn by a script."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from dashboards import words
from dashboards.snapshots import Measure, PublishedResults, ReportingGroup
from dashboards.spc import Side
from dashboards.trends import Reading, ReadingKind, Trend, TrendPoint, trends_of

MOST_LINES = 8
"""More lines than this on one chart can't be told apart."""


@dataclass(frozen=True)
class Choice:
    """A group that can be chosen, or a measure."""

    key: str
    name: str
    is_chosen: bool


@dataclass(frozen=True)
class ExploredPulse:
    """One pulse of a line in words, and the published figures that a script draws from; None where nothing is shown."""

    pulse: str
    day: str
    figure: str
    likely: str
    reading: str
    said: str
    score: int | None
    low: int | None
    high: int | None
    starts_anew: bool


@dataclass(frozen=True)
class ExploredLine:
    """One group's line."""

    name: str
    pulses: tuple[ExploredPulse, ...]


@dataclass(frozen=True)
class ExplorerPage:
    """What can be chosen, and the lines that were."""

    group: ReportingGroup
    measure: Measure
    measures: tuple[Choice, ...]
    authorities: tuple[Choice, ...]
    areas: tuple[Choice, ...]
    lines: tuple[ExploredLine, ...]
    left_out: int
    minimum: int


def build_explorer_page(
    results: PublishedResults, group: ReportingGroup, measure: str | None, chosen: Collection[str]
) -> ExplorerPage | None:
    """Put together lines of a programme's authorities and service areas.

    Parameters
    ----------
    measure
        The id of a measure of the newest wave; None for its first.
    chosen
        Keys of groups; the authorities where there is none of them. Others are passed over, and so is what is more
        than `MOST_LINES`.

    Returns
    -------
    ExplorerPage | None
        None before the first wave, and for a measure that the newest wave does not have.
    """
    waves = results.waves(group.key)
    asked = {each.id: each for each in waves[-1].measures} if waves else {}
    found = asked.get(measure) if measure else next(iter(asked.values()), None)
    if found is None:
        return None
    authorities = list(_children(results, group))
    areas = [_named(area, each) for each in authorities for area in _children(results, each)]
    wanted = [each for each in (*authorities, *areas) if each.key in chosen] or authorities
    drawn = wanted[:MOST_LINES]
    keys = {each.key for each in drawn}
    return ExplorerPage(
        group=group,
        measure=found,
        measures=tuple(Choice(each.id, each.title, each.id == found.id) for each in asked.values()),
        authorities=tuple(Choice(each.key, each.name, each.key in keys) for each in authorities),
        areas=tuple(Choice(each.key, each.name, each.key in keys) for each in areas),
        lines=tuple(_line(each, *trends_of(results, each.key, [found])) for each in drawn),
        left_out=len(wanted) - len(drawn),
        minimum=min(wave.minimum_group_size for wave in waves),
    )


def _children(results: PublishedResults, group: ReportingGroup) -> Iterator[ReportingGroup]:
    return (child for child in results.children(group.key) if "+" not in child.key)


def _named(area: ReportingGroup, authority: ReportingGroup) -> ReportingGroup:
    """A service area by a name that no other authority has."""
    return replace(area, name=f"{area.name}, {authority.name}")


def _line(group: ReportingGroup, trend: Trend) -> ExploredLine:
    return ExploredLine(group.name, tuple(_pulses(trend)))


def _pulses(trend: Trend) -> Iterator[ExploredPulse]:
    for point in trend.points:
        cell, reading = point.shown, _reading(point, trend.measure)
        figure = words.figure(point.cell)
        yield ExploredPulse(
            pulse=point.wave.label,
            day=point.wave.closed_on.isoformat(),
            figure=figure,
            likely=f"{cell.likely_low} to {cell.likely_high}" if cell else "",
            reading=reading,
            said=", ".join(filter(None, (point.wave.label, figure, words.likely(cell) if cell else "", reading))),
            score=cell.score if cell else None,
            low=cell.likely_low if cell else None,
            high=cell.likely_high if cell else None,
            starts_anew=point.starts_phase,
        )


def _reading(point: TrendPoint, measure: Measure) -> str:
    if point.side is None:
        return "questions changed: not comparable with before" if point.starts_phase else ""
    is_higher = point.side is Side.HIGHER
    kind = ReadingKind.HIGHER if is_higher else ReadingKind.LOWER
    return words.reading(Reading(kind, is_better=is_higher == measure.higher_is_better))
