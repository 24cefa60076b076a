"""A group's first screen: what is different, who answered, every measure in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards import words
from dashboards.pages.addresses import Link, chart_path, group_path, measure_path
from dashboards.pages.what_happened import what_happened
from dashboards.snapshots import PublishedResults, PublishedWave, ReportingGroup, ShownCell, WithheldCell
from dashboards.trends import Change, ReadingKind, Trend, trends_of


@dataclass(frozen=True)
class Signal:
    """A measure whose newest wave is different from usual, in words."""

    arrow: str
    headline: str
    detail: str
    is_better: bool


@dataclass(frozen=True)
class MeasureRow:
    """A measure in the list of a group's page. `score` is None where nothing is shown."""

    title: str
    path: str
    reading: str
    arrow: str
    score: str | None
    direction: str
    sparkline: str | None


@dataclass(frozen=True)
class GroupPage:
    """A group's first screen."""

    group: ReportingGroup
    level: str
    wave: PublishedWave
    parent: Link | None
    headline: str
    signals: tuple[Signal, ...]
    answered: str | None
    coverage: str
    low_response: str
    withheld: str | None
    look_instead: tuple[Link, ...]
    rows: tuple[MeasureRow, ...]
    happened: tuple[str, ...]


def build_group_page(results: PublishedResults, group: ReportingGroup) -> GroupPage | None:
    """Return a group's first screen; None before the first wave is published."""
    waves = results.waves(group.key)
    if not waves:
        return None
    newest = waves[-1]
    cells = results.cells(group.key)
    trends = trends_of(results, group.key, newest.measures)
    current = {cell.measure: cell for cell in cells if cell.wave == newest.key}
    shown = next((cell for cell in current.values() if isinstance(cell, ShownCell)), None)
    withheld = next((cell for cell in current.values() if isinstance(cell, WithheldCell)), None)
    return GroupPage(
        group=group,
        level=words.LEVEL_WORDS[group.level],
        wave=newest,
        parent=_parent(results, group),
        headline=_headline(trends) if shown else "Not enough answers to show this time",
        signals=tuple(_signal(trend) for trend in trends if trend.reading.is_signal),
        answered=words.answered(shown) if shown else None,
        coverage=words.coverage(shown) if shown else "",
        low_response=words.low_response(shown) if shown else "",
        withheld=withheld_sentence(results, newest, withheld, shown),
        look_instead=_look_instead(results, group, withheld) if not shown else (),
        rows=tuple(_measure_row(results, group, trend) for trend in trends),
        happened=what_happened(results, group.key),
    )


def withheld_sentence(
    results: PublishedResults, wave: PublishedWave, withheld: WithheldCell | None, shown: ShownCell | None
) -> str | None:
    """Why nothing is shown; None where something is."""
    if shown is not None:
        return None
    if withheld is None:
        return f"This group was not part of the pulse of {wave.label}."
    counted_in = results.group(withheld.counted_in) if withheld.counted_in else None
    return words.why_withheld(withheld, wave, counted_in.name if counted_in else None)


def _parent(results: PublishedResults, group: ReportingGroup) -> Link | None:
    parent = results.group(group.parent) if group.parent else None
    return None if parent is None else Link(parent.name, group_path(parent.key, parent.level))


def _headline(trends: Sequence[Trend]) -> str:
    different = sum(trend.reading.is_signal for trend in trends)
    kinds = {trend.reading.kind for trend in trends}
    if different == 0 and kinds <= {ReadingKind.STARTING_POINT, ReadingKind.NOT_SHOWN}:
        return "A starting point"
    if different == 0 and ReadingKind.TOO_EARLY in kinds:
        return "Too early to say what is usual"
    if different == 0:
        return "All as usual"
    usual = len(trends) - different
    things = "thing has" if different == 1 else "things have"
    rest = f"; {words.number_word(usual)} {'is' if usual == 1 else 'are'} as usual" if usual else ""
    return f"{words.number_word(different).capitalize()} {things} changed{rest}"


def _signal(trend: Trend) -> Signal:
    reading = trend.reading
    where = "Above" if reading.kind is ReadingKind.HIGHER else "Below"
    detail = f"{where} the usual range since {reading.since}."
    started = [change for change in trend.changes if _came_before(trend, change)]
    if started:
        detail += f" “{started[-1].title}” came before."
    return Signal(
        arrow=_arrow(reading.kind),
        headline=f"{trend.measure.title} is {words.reading(reading)}",
        detail=detail,
        is_better=bool(reading.is_better),
    )


def _came_before(trend: Trend, change: Change) -> bool:
    first = next(point for point in trend.points if point.wave.label == trend.reading.since)
    return change.started_on <= first.wave.closed_on


def _arrow(kind: ReadingKind) -> str:
    return {ReadingKind.HIGHER: "▲", ReadingKind.LOWER: "▼"}.get(kind, "")


def _look_instead(results: PublishedResults, group: ReportingGroup, withheld: WithheldCell | None) -> tuple[Link, ...]:
    keys = [withheld.counted_in if withheld else None, group.parent]
    found = [results.group(key) for key in keys if key]
    return tuple(Link(other.name, group_path(other.key, other.level)) for other in found if other is not None)


def _measure_row(results: PublishedResults, group: ReportingGroup, trend: Trend) -> MeasureRow:
    newest = trend.points[-1].shown if trend.points else None
    return MeasureRow(
        title=trend.measure.title,
        path=measure_path(group.key, group.level, trend.measure.id),
        reading=words.reading(trend.reading),
        arrow=_arrow(trend.reading.kind),
        score=words.score(newest) if newest else None,
        direction=words.direction(trend.measure),
        sparkline=chart_path(results, group.key, trend.measure.id, "spark") if trend.latest_shown else None,
    )
