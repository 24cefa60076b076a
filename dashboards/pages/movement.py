"""How a programme has moved: each authority against its own past, lines that stand out, and what its teams try."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from dashboards import words
from dashboards.flags import expected_by_chance
from dashboards.pages.addresses import Link, chart_path, measure_path, tried_path
from dashboards.snapshots import (
    FlaggedLine,
    Flags,
    Level,
    Measure,
    PublishedResults,
    ReportingGroup,
    TriedChange,
)
from dashboards.trends import Trend, trends_of

_PICTURES = {False: "small", True: "small-since"}
"""The pictures' names, by whether lines begin together."""


@dataclass(frozen=True)
class Movement:
    """One authority on one measure: its picture, what it shows, and how its newest wave reads."""

    link: Link
    picture: str
    alt: str
    reading: str


@dataclass(frozen=True)
class MovedMeasure:
    """One measure of every authority, by name."""

    title: str
    authorities: tuple[Movement, ...]


@dataclass(frozen=True)
class TriedTheme:
    """A small change and who tried it."""

    title: str
    path: str
    teams: str
    authorities: str
    since: str


@dataclass(frozen=True)
class MovementPage:
    """What a programme's page says of time."""

    measures: tuple[MovedMeasure, ...]
    begins_together: bool
    flags: str
    flagged: tuple[tuple[Link, str], ...]
    tried: tuple[TriedTheme, ...]


def build_movement(
    results: PublishedResults,
    programme: ReportingGroup,
    authorities: Sequence[ReportingGroup],
    measures: Sequence[Measure],
    *,
    begins_together: bool,
) -> MovementPage:
    """Put together how a programme's authorities have moved.

    Parameters
    ----------
    begins_together
        Whether the axis is months since each authority's first wave; else it is the calendar.
    """
    moved = [_measure(results, measure, authorities, begins_together=begins_together) for measure in measures]
    counted = results.flags(programme.key)
    return MovementPage(
        measures=tuple(found for found in moved if found.authorities),
        begins_together=begins_together,
        flags=_flags_sentence(counted) if counted else "",
        flagged=tuple(_flagged(line) for line in counted.flagged) if counted else (),
        tried=tuple(_themes(results.tried(programme.key))),
    )


def _measure(
    results: PublishedResults, measure: Measure, authorities: Sequence[ReportingGroup], *, begins_together: bool
) -> MovedMeasure:
    found = []
    for group in authorities:
        picture = chart_path(results, group.key, measure.id, _PICTURES[begins_together])
        (trend,) = trends_of(results, group.key, [measure])
        if picture is not None and trend.latest_shown is not None:
            link = Link(group.name, measure_path(group.key, group.level, measure.id))
            found.append(Movement(link, picture, _alt(trend, group.name), words.reading(trend.reading)))
    return MovedMeasure(f"{measure.title} ({words.direction(measure)})", tuple(found))


def _alt(trend: Trend, name: str) -> str:
    shown = [(point.wave.label, cell) for point in trend.points if (cell := point.shown) is not None]
    (first, began), (last, newest) = shown[0], shown[-1]
    return (
        f"Line of {trend.measure.title.lower()} for {name} with likely ranges: {words.score(began)} in {first}, "
        f"{words.score(newest)} in {last}, {words.likely(newest)}."
    )


def _flags_sentence(counted: Flags) -> str:
    """How many lines stand out, beside how many would by chance alone."""
    if counted.lines == 0:
        return "No team has a usual range yet: that needs six pulses."
    chance = expected_by_chance(counted.lines)
    count = len(counted.flagged)
    flags = f"{words.number_word(count).capitalize()} of {counted.lines} team lines"
    stand = "stands" if count == 1 else "stand"
    return (
        f"{flags} {stand} outside the usual range in the newest pulse; with nothing changed, chance alone would give "
        f"about {chance.fewest} to {chance.most}."
    )


def _flagged(line: FlaggedLine) -> tuple[Link, str]:
    reading = f"{'higher' if line.is_higher else 'lower'} than usual ({'better' if line.is_better else 'worse'})"
    link = Link(f"{line.name}: {line.title.lower()}", measure_path(line.group, Level.TEAM, line.measure))
    return link, f"{reading} since {line.since}"


def _themes(tried: Sequence[TriedChange]) -> Iterator[TriedTheme]:
    """Small changes of one title together, those that most teams tried first."""

    def title(change: TriedChange) -> str:
        return change.title.strip().casefold()

    def teams_of(changes: Sequence[TriedChange]) -> int:
        return len({(change.authority, change.team) for change in changes})

    alike = [list(group) for _, group in groupby(sorted(tried, key=title), key=title)]
    for changes in sorted(alike, key=teams_of, reverse=True):
        teams = teams_of(changes)
        yield TriedTheme(
            title=changes[0].title,
            path=tried_path(changes[0].title),
            teams=f"{words.number_word(teams)} team{'' if teams == 1 else 's'}",
            authorities=", ".join(sorted({change.authority for change in changes})),
            since=words.month(min(change.started_on for change in changes)),
        )
