"""A group's trend on one measure: the picture, the same in words, and every wave in a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, hypot

from dashboards import words
from dashboards.ancestry import EarlierPoint
from dashboards.change import since_before
from dashboards.comparison import standard_error
from dashboards.pages.addresses import chart_path, group_path, measure_path
from dashboards.pages.comparison import compared_on, current_cells
from dashboards.pages.group import withheld_sentence
from dashboards.pages.what_happened import what_happened
from dashboards.snapshots import (
    CutFigure,
    Measure,
    PublishedResults,
    PublishedWave,
    ReportingGroup,
    ShownCell,
    WithheldCell,
)
from dashboards.steadying import steadied
from dashboards.trends import Change, Trend, TrendPoint, trends_of


@dataclass(frozen=True)
class WaveRow:
    """A wave in the table under a chart."""

    label: str
    closed_on: str
    score: str
    likely: str
    answers: str
    note: str
    is_shown: bool


@dataclass(frozen=True)
class InsideRow:
    """A group inside, with its figure as shown and as the others steady it."""

    name: str
    path: str
    score: str
    likely: str
    steadied: str
    steadied_likely: str


@dataclass(frozen=True)
class CategoryRow:
    """People of some options of an attribute, with their figure as shown."""

    name: str
    score: str
    likely: str
    answers: str


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
    low_response: str
    withheld: str | None
    usual: str
    chart_wide: str | None
    chart_phone: str | None
    alt: str
    changes: tuple[Change, ...]
    rows: tuple[WaveRow, ...]
    has_earlier: bool
    has_usual: bool
    has_gaps: bool
    has_breaks: bool
    moves: tuple[str, ...]
    bridges: tuple[str, ...]
    new_ranges: tuple[str, ...]
    favourable: str
    since: str
    inside: tuple[InsideRow, ...]
    attribute: str
    categories: tuple[CategoryRow, ...]
    happened: tuple[str, ...]


def build_measure_page(
    results: PublishedResults, group: ReportingGroup, measure_id: str, inside: Sequence[ReportingGroup] = ()
) -> MeasurePage | None:
    """Return a group's trend on one measure; None where there is no such measure.

    Parameters
    ----------
    inside
        The groups inside it that the reader may see, to be listed beside one another.
    """
    waves = results.waves(group.key)
    measure = next((found for found in (waves[-1].measures if waves else ()) if found.id == measure_id), None)
    if measure is None:
        return None
    (trend,) = trends_of(results, group.key, [measure])
    shown, withheld = _newest(trend)
    cuts = [cut for cut in results.cuts(group.key) if cut.measure == measure_id and cut.wave == waves[-1].key]
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
        low_response=words.low_response(shown) if shown else "",
        withheld=withheld_sentence(results, waves[-1], withheld, shown),
        usual=_usual_sentence(trend),
        chart_wide=_picture(results, group, trend, "wide"),
        chart_phone=_picture(results, group, trend, "phone"),
        alt=describe(trend, group.name),
        changes=trend.changes,
        rows=(*map(_wave_row, reversed(trend.points)), *map(_earlier_row, reversed(trend.earlier))),
        has_earlier=bool(trend.earlier),
        has_usual=bool(trend.usual),
        has_gaps=any(point.shown is None for point in trend.points),
        has_breaks=any(point.starts_phase for point in trend.points),
        moves=tuple(_move_sentence(point) for point in trend.points if point.moved_by is not None),
        bridges=tuple(_bridge_sentences(trend)),
        new_ranges=tuple(_new_range_sentence(point) for point in trend.points if point.new_range is not None),
        favourable=words.favourable(shown.favourable) if shown and shown.favourable else "",
        since=_since(trend),
        inside=tuple(_inside(results, measure, inside)),
        attribute=cuts[0].attribute if cuts else "",
        categories=tuple(_category_row(cut) for cut in cuts),
        happened=what_happened(results, group.key),
    )


def _newest(trend: Trend) -> tuple[ShownCell | None, WithheldCell | None]:
    """The newest wave's figure, or that there is none."""
    cell = trend.points[-1].cell if trend.points else None
    return (cell, None) if isinstance(cell, ShownCell) else (None, cell)


def _picture(results: PublishedResults, group: ReportingGroup, trend: Trend, variant: str) -> str | None:
    return chart_path(results, group.key, trend.measure.id, variant) if trend.latest_shown else None


def _category_row(cut: CutFigure) -> CategoryRow:
    return CategoryRow(
        name=" or ".join(cut.options),
        score=words.score(cut),
        likely=f"{cut.likely_low} to {cut.likely_high}",
        answers=str(cut.n),
    )


def _since(trend: Trend) -> str:
    found = since_before(trend)
    return words.since(found.change, found.before.wave.label, trend.measure) if found else ""


def _inside(results: PublishedResults, measure: Measure, groups: Sequence[ReportingGroup]) -> Iterator[InsideRow]:
    """Figures of the groups inside, by name, where they are enough to steady one another."""
    current = current_cells(results, [group for group in groups if "+" not in group.key])
    cells = sorted(compared_on(measure.id, current.values()), key=lambda cell: (cell.name, cell.group))
    for figure in steadied(cells):
        yield InsideRow(
            name=figure.cell.name,
            path=measure_path(figure.cell.group, figure.cell.level, measure.id),
            score=words.score(figure.cell),
            likely=f"{figure.cell.likely_low} to {figure.cell.likely_high}",
            steadied=str(figure.estimate),
            steadied_likely=f"{figure.low} to {figure.high}",
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
    broken = [point.wave.label for point in trend.points if point.starts_phase]
    if broken:
        parts.append(f"The questions changed at {', '.join(broken)}; the line is broken there.")
    if trend.earlier:
        parts.append(f"Before it, in grey: {words.together(trend.earlier[-1].names)}.")
    if trend.changes:
        parts.append("Small changes are marked " + ", ".join(change.letter for change in trend.changes) + ".")
    return " ".join(parts)[:500]


def _reading_since(trend: Trend) -> str:
    words_of_reading = words.reading(trend.reading)
    return f"{words_of_reading} since {trend.reading.since}" if trend.reading.since else words_of_reading


def _usual_sentence(trend: Trend) -> str:
    usual = trend.current_usual
    if usual is None:
        return "Too early to say what is usual: that needs six pulses."
    low, high = max(0, ceil(usual.lower)), min(100, floor(usual.upper))  # the whole scores inside it
    early = " This is an early estimate; it settles after twelve pulses." if usual.is_early else ""
    return f"Usually between {low} and {high}.{early}"


def _new_range_sentence(point: TrendPoint) -> str:
    """Who let the usual range begin anew, and why."""
    decided = point.new_range
    return (
        f"{point.wave.label}: a new usual range, decided by {decided.decided_by}: {decided.reason}" if decided else ""
    )


def _move_sentence(point: TrendPoint) -> str:
    """What a change of questions did by itself, where the line goes on."""
    moved = point.moved_by
    if moved is None or (moved.points == 0 and moved.error == 0):
        return f"{point.wave.label}: something about the questions changed, but none of those that are scored."
    by = words.difference(moved.points, moved.error)
    return (
        f"{point.wave.label}: some questions changed, which by itself moved scores by {by}. The usual range moved too."
    )


def _bridge_sentences(trend: Trend) -> Iterator[str]:
    """What the two waves of a bridge say: people were divided at random, so only the questions differ."""
    for before, after in pairwise(trend.points):
        if before.wave.bridge is None or before.wave.bridge != after.wave.bridge:
            continue
        if before.shown is None or after.shown is None:
            continue
        error = hypot(standard_error(before.shown), standard_error(after.shown))
        by = words.difference(after.shown.score - before.shown.score, error)
        yield (
            f"In {words.month(after.wave.closed_on)} half of the people, at random, were asked the new "
            f"questions: by themselves they moved scores by {by}. Scores before and after are kept apart."
        )


def _wave_row(point: TrendPoint) -> WaveRow:
    wave, cell, shown = point.wave, point.cell, point.shown
    return WaveRow(
        label=wave.label,
        closed_on=words.day(wave.closed_on),
        score=words.not_shown(cell, wave) if isinstance(cell, WithheldCell) else words.figure(cell),
        likely=f"{shown.likely_low} to {shown.likely_high}" if shown else "",
        answers=str(shown.n) if shown else "",
        note=_note(point),
        is_shown=shown is not None,
    )


def _earlier_row(point: EarlierPoint) -> WaveRow:
    return WaveRow(
        label=point.wave.label,
        closed_on=words.day(point.wave.closed_on),
        score=str(point.score),
        likely="",
        answers="",
        note=f"Before this group: {words.together(point.names)}",
        is_shown=True,
    )


def _note(point: TrendPoint) -> str:
    if point.starts_phase:
        return "Questions changed: not comparable with earlier pulses"
    return "Some questions changed" if point.moved_by is not None else ""
