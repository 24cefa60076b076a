"""What each page says, as values: a template only lays it out. Everything comes from published cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboards import words
from dashboards.comparison import stand_against_others
from dashboards.snapshots import (
    Level,
    Measure,
    PublishedCell,
    PublishedResults,
    PublishedWave,
    ReportingGroup,
    ShownCell,
    WithheldCell,
)
from dashboards.trends import Change, ReadingKind, Trend, build_trend

_PATHS = {
    Level.TEAM: "/teams/{key}",
    Level.SERVICE_AREA: "/service-areas/{key}",
    Level.AUTHORITY: "/authorities/{key}",
    Level.PROGRAMME: "/programme",
}


@dataclass(frozen=True)
class Link:
    """A name with an address."""

    text: str
    path: str


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
    withheld: str | None
    look_instead: tuple[Link, ...]
    rows: tuple[MeasureRow, ...]
    children: tuple[Link, ...]


@dataclass(frozen=True)
class WaveRow:
    """A wave in the table under a chart."""

    label: str
    closed_on: str
    score: str
    likely: str
    answers: str
    note: str


@dataclass(frozen=True)
class MeasurePage:
    """A group's trend on one measure."""

    group: ReportingGroup
    level: str
    group_path: str
    measure: Measure
    direction: str
    wave: PublishedWave
    headline: str
    score: str | None
    likely: str
    answered: str
    withheld: str | None
    usual: str
    chart_wide: str | None
    chart_phone: str | None
    alt: str
    changes: tuple[Change, ...]
    rows: tuple[WaveRow, ...]
    has_gaps: bool
    has_breaks: bool


@dataclass(frozen=True)
class ComparedFigure:
    """A group's figure on one measure, and how it stands to the others."""

    score: str
    likely: str
    standing: str
    is_different: bool


@dataclass(frozen=True)
class ComparedGroup:
    """A row of the comparison."""

    name: str
    path: str
    answers: str
    figures: tuple[ComparedFigure, ...]


@dataclass(frozen=True)
class ComparisonPage:
    """Groups side by side in the newest wave."""

    group: ReportingGroup
    wave: PublishedWave
    headline: str
    measures: tuple[Measure, ...]
    measure_titles: tuple[str, ...]
    answered: str
    rows: tuple[ComparedGroup, ...]
    charts: tuple[tuple[str, str, str, str], ...]
    """(title, wide picture, phone picture, alternative text)"""


def group_path(key: str, level: Level) -> str:
    """The address of a group's page."""
    return _PATHS[level].format(key=key)


def measure_path(key: str, level: Level, measure: str) -> str:
    """The address of a group's page on one measure."""
    return f"{group_path(key, level)}/{measure}"


def build_group_page(results: PublishedResults, group: ReportingGroup) -> GroupPage | None:
    """Return a group's first screen; None before the first wave is published."""
    waves = results.waves()
    if not waves:
        return None
    newest = waves[-1]
    cells = results.cells(group.key)
    changes = results.small_changes(group.key)
    trends = [build_trend(measure, waves, cells, changes) for measure in newest.measures]
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
        withheld=_withheld_sentence(results, newest, withheld, shown),
        look_instead=_look_instead(results, group, withheld) if not shown else (),
        rows=tuple(_measure_row(results, group, trend) for trend in trends),
        children=tuple(Link(child.name, group_path(child.key, child.level)) for child in results.children(group.key)),
    )


def build_measure_page(results: PublishedResults, group: ReportingGroup, measure_id: str) -> MeasurePage | None:
    """Return a group's trend on one measure; None where there is no such measure."""
    waves = results.waves()
    measure = next((found for found in (waves[-1].measures if waves else ()) if found.id == measure_id), None)
    if measure is None:
        return None
    trend = build_trend(measure, waves, results.cells(group.key), results.small_changes(group.key))
    newest = trend.points[-1] if trend.points else None
    shown = newest.shown if newest else None
    withheld = newest.cell if newest and isinstance(newest.cell, WithheldCell) else None
    latest = trend.latest_shown
    return MeasurePage(
        group=group,
        level=words.LEVEL_WORDS[group.level],
        group_path=group_path(group.key, group.level),
        measure=measure,
        direction=words.direction(measure),
        wave=waves[-1],
        headline=f"{measure.title}: {_reading_since(trend)}",
        score=words.score(shown) if shown else None,
        likely=words.likely(shown) if shown else "",
        answered=words.answered(shown) if shown else "",
        withheld=_withheld_sentence(results, waves[-1], withheld, shown),
        usual=_usual_sentence(trend),
        chart_wide=_chart_path(results, group.key, measure.id, "wide") if latest else None,
        chart_phone=_chart_path(results, group.key, measure.id, "phone") if latest else None,
        alt=describe(trend, group.name),
        changes=trend.changes,
        rows=tuple(_wave_row(point.wave, point.cell, starts_phase=point.starts_phase) for point in reversed(trend.points)),
        has_gaps=any(point.shown is None for point in trend.points),
        has_breaks=any(point.starts_phase for point in trend.points),
    )


def build_comparison_page(results: PublishedResults, group: ReportingGroup) -> ComparisonPage | None:
    """Return the groups straight under one, side by side; None before the first wave is published."""
    waves = results.waves()
    if not waves:
        return None
    newest = waves[-1]
    children = [child for child in results.children(group.key) if "+" not in child.key]
    current = {
        child.key: {cell.measure: cell for cell in results.cells(child.key) if cell.wave == newest.key}
        for child in children
    }
    compared = {measure.id: _compare(measure, current) for measure in newest.measures}
    rows = tuple(
        ComparedGroup(
            name=child.name,
            path=group_path(child.key, child.level),
            answers=_answers_of(current[child.key]),
            figures=tuple(compared[measure.id][child.key] for measure in newest.measures),
        )
        for child in children
    )
    return ComparisonPage(
        group=group,
        wave=newest,
        headline=_comparison_headline(newest.measures, rows),
        measures=newest.measures,
        measure_titles=tuple(_title(measure) for measure in newest.measures),
        answered=_answers_of({cell.measure: cell for cell in results.cells(group.key) if cell.wave == newest.key}),
        rows=rows,
        charts=tuple(_comparison_charts(results, group, newest.measures, rows)),
    )


def describe(trend: Trend, name: str) -> str:
    """What a trend's picture shows, for people who do not see it: 80 to 500 characters."""
    latest = trend.latest_shown
    if latest is None or latest.shown is None:
        return ""
    shown = [point for point in trend.points if point.shown is not None]
    scores = [point.shown.score for point in shown if point.shown is not None]
    parts = [
        f"Line of {trend.measure.title.lower()} for {name}, 0 to 100, {words.direction(trend.measure)}.",
        f"{len(shown)} of {len(trend.points)} pulses are shown, from {trend.points[0].wave.label} "
        f"to {trend.points[-1].wave.label}, between {min(scores)} and {max(scores)}.",
        f"The latest, {latest.wave.label}, is {words.score(latest.shown)}, {words.likely(latest.shown)}: "
        f"{words.reading(trend.reading)}.",
    ]
    if trend.changes:
        parts.append("Small changes are marked " + ", ".join(change.letter for change in trend.changes) + ".")
    return " ".join(parts)[:500]


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
        detail += f" “{started[-1].title}” ({started[-1].letter}) came before."
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


def _withheld_sentence(
    results: PublishedResults, wave: PublishedWave, withheld: WithheldCell | None, shown: ShownCell | None
) -> str | None:
    if shown is not None:
        return None
    if withheld is None:
        return f"This group was not part of the pulse of {wave.label}."
    counted_in = results.group(withheld.counted_in) if withheld.counted_in else None
    return words.why_withheld(withheld, wave, counted_in.name if counted_in else None)


def _look_instead(
    results: PublishedResults, group: ReportingGroup, withheld: WithheldCell | None
) -> tuple[Link, ...]:
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
        direction="out of 100" if trend.measure.higher_is_better else words.direction(trend.measure),
        sparkline=_chart_path(results, group.key, trend.measure.id, "spark") if trend.latest_shown else None,
    )


def _chart_path(results: PublishedResults, group: str, measure: str, variant: str) -> str | None:
    chart = results.chart(group, measure, variant)
    return None if chart is None else f"/charts/{group}/{measure}/{variant}-{chart.fingerprint}.svg"


def _reading_since(trend: Trend) -> str:
    words_of_reading = words.reading(trend.reading)
    return f"{words_of_reading} since {trend.reading.since}" if trend.reading.since else words_of_reading


def _usual_sentence(trend: Trend) -> str:
    usual = trend.current_usual
    if usual is None:
        return "Too early to say what is usual: that needs six pulses."
    low, high = max(0, round(usual.lower)), min(100, round(usual.upper))
    early = " This is an early estimate; it settles after twelve pulses." if usual.is_early else ""
    return f"Usually between {low} and {high}.{early}"


def _wave_row(wave: PublishedWave, cell: PublishedCell | None, *, starts_phase: bool) -> WaveRow:
    shown = cell if isinstance(cell, ShownCell) else None
    return WaveRow(
        label=wave.label,
        closed_on=words.day(wave.closed_on),
        score=words.figure(cell) if shown or cell is None else f"Not shown: fewer than {wave.minimum_group_size} answers",
        likely=f"{shown.likely_low} to {shown.likely_high}" if shown else "",
        answers=str(shown.n) if shown else "",
        note="Questions changed: not comparable with earlier pulses" if starts_phase else "",
    )


def _compare(
    measure: Measure, current: Mapping[str, Mapping[str, PublishedCell]]
) -> Mapping[str, ComparedFigure]:
    cells = {key: cells.get(measure.id) for key, cells in current.items()}
    shown = [cell for cell in cells.values() if isinstance(cell, ShownCell)]
    standings = stand_against_others(shown)
    figures = {key: ComparedFigure(words.figure(cell), "", "", is_different=False) for key, cell in cells.items()}
    for cell in shown:
        standing = words.standing(standings[cell.group])
        figures[cell.group] = ComparedFigure(
            score=words.score(cell),
            likely=f"{cell.likely_low}–{cell.likely_high}",
            standing=standing,
            is_different=standing.startswith(("higher", "lower")),
        )
    return figures


def _answers_of(cells: Mapping[str, PublishedCell]) -> str:
    shown = next((cell for cell in cells.values() if isinstance(cell, ShownCell)), None)
    return words.answered(shown) if shown else "not enough answers to show"


def _comparison_headline(measures: Sequence[Measure], rows: Sequence[ComparedGroup]) -> str:
    different = [
        (row.name, measure.title, figure.standing)
        for row in rows
        for measure, figure in zip(measures, row.figures, strict=True)
        if figure.is_different
    ]
    if not different:
        return "No group stands out; the differences could be chance"
    if len(different) == 1:
        name, measure, standing = different[0]
        return f"{name}: {measure.lower()} is {standing}; other differences could be chance"
    return f"{words.number_word(len(different)).capitalize()} figures stand out; other differences could be chance"


def _title(measure: Measure) -> str:
    return measure.title if measure.higher_is_better else f"{measure.title} (lower is better)"


def _comparison_charts(
    results: PublishedResults, group: ReportingGroup, measures: Sequence[Measure], rows: Sequence[ComparedGroup]
) -> list[tuple[str, str, str, str]]:
    charts = []
    for place, measure in enumerate(measures):
        wide = _chart_path(results, group.key, measure.id, "dots-wide")
        phone = _chart_path(results, group.key, measure.id, "dots-phone")
        if wide and phone:
            figures = [
                f"{row.name} {row.figures[place].score} ({row.figures[place].likely})"
                for row in rows
                if row.figures[place].likely
            ]
            alt = f"Dots with likely ranges of {measure.title.lower()}, 0 to 100, in alphabetical order: "
            charts.append((_title(measure), wide, phone, (alt + "; ".join(figures) + ".")[:500]))
    return charts
