"""Groups side by side: coverage first, words and likely ranges, in alphabetical order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboards import words
from dashboards.comparison import Asked, Standing, comparable_cells, stand_against_others
from dashboards.funnel import FEWEST_GROUPS, Funnel, FunnelPoint, funnel
from dashboards.pages.addresses import chart_path, group_path
from dashboards.pages.movement import MovementPage, build_movement
from dashboards.pages.what_happened import what_happened
from dashboards.snapshots import Measure, PublishedCell, PublishedResults, PublishedWave, ReportingGroup, ShownCell

_MOST_NAMED = 3


@dataclass(frozen=True)
class ComparedFigure:
    """A group's figure on one measure, and how it stands to the others."""

    score: str
    likely: str
    standing: str
    is_different: bool
    is_drawn: bool = False


@dataclass(frozen=True)
class ComparedGroup:
    """A row of the comparison."""

    name: str
    path: str
    pulse: str
    answers: str
    figures: tuple[ComparedFigure, ...]


@dataclass(frozen=True)
class ComparedMeasure:
    """One measure's picture, what it shows in words, and which groups stand out."""

    title: str
    wide: str
    phone: str
    alt: str
    differences: tuple[str, ...]


@dataclass(frozen=True)
class ComparisonPage:
    """Groups side by side, each in its newest wave."""

    group: ReportingGroup
    wave: PublishedWave
    headline: str
    measures: tuple[Measure, ...]
    measure_titles: tuple[str, ...]
    answered: str | None
    rows: tuple[ComparedGroup, ...]
    charts: tuple[ComparedMeasure, ...]
    funnels: tuple[ComparedMeasure, ...]
    movement: MovementPage
    happened: tuple[str, ...]


def build_comparison_page(
    results: PublishedResults, group: ReportingGroup, *, begins_together: bool = False
) -> ComparisonPage | None:
    """Return the groups straight under one, side by side; None before the first wave is published.

    Parameters
    ----------
    begins_together
        Whether lines over time are drawn by months since each group's first wave.
    """
    waves = results.waves(group.key)
    if not waves:
        return None
    newest = waves[-1]
    children = [child for child in results.children(group.key) if "+" not in child.key]
    current = current_cells(results, children)
    compared = {measure.id: _compare(measure, current) for measure in newest.measures}
    rows = tuple(
        ComparedGroup(
            name=child.name,
            path=group_path(child.key, child.level),
            pulse=current[child.key].wave.label,
            answers=_answers_of(current[child.key].cells),
            figures=tuple(compared[measure.id][child.key] for measure in newest.measures),
        )
        for child in children
        if child.key in current
    )
    return ComparisonPage(
        group=group,
        wave=newest,
        headline=_comparison_headline(newest.measures, rows),
        measures=newest.measures,
        measure_titles=tuple(_title(measure) for measure in newest.measures),
        answered=_answered_altogether(results, group, newest),
        rows=rows,
        charts=tuple(_comparison_charts(results, group, newest.measures, rows)),
        funnels=tuple(_funnels(results, group, newest.measures, current)),
        movement=build_movement(results, group, children, newest.measures, begins_together=begins_together),
        happened=what_happened(results, group.key),
    )


@dataclass(frozen=True)
class CurrentCells:
    """A group's newest wave and its cells, by measure."""

    wave: PublishedWave
    cells: Mapping[str, PublishedCell]

    def asked(self, measure: str) -> Asked | None:
        """The figure on a measure with what was asked for it; None where none is shown."""
        cell = self.cells.get(measure)
        place = self.wave.place_of(measure)
        return Asked(cell, place.questions if place else cell.instrument) if isinstance(cell, ShownCell) else None


def current_cells(results: PublishedResults, groups: Sequence[ReportingGroup]) -> Mapping[str, CurrentCells]:
    """The newest cells of each group that has any, by the group's key."""
    found = {}
    for group in groups:
        if waves := results.waves(group.key):
            cells = {cell.measure: cell for cell in results.cells(group.key) if cell.wave == waves[-1].key}
            found[group.key] = CurrentCells(waves[-1], cells)
    return found


def compared_on(measure: str, current: Iterable[CurrentCells]) -> tuple[ShownCell, ...]:
    """The figures of several groups on a measure that may be compared with one another."""
    return comparable_cells([asked for each in current if (asked := each.asked(measure)) is not None])


def _compare(measure: Measure, current: Mapping[str, CurrentCells]) -> Mapping[str, ComparedFigure]:
    cells = {key: each.cells.get(measure.id) for key, each in current.items()}
    shown = [cell for cell in cells.values() if isinstance(cell, ShownCell)]
    standings = stand_against_others(compared_on(measure.id, current.values()))
    figures = {key: ComparedFigure(words.figure(cell), "", "", is_different=False) for key, cell in cells.items()}
    for cell in shown:
        standing = words.standing(standings.get(cell.group, Standing.OTHER_QUESTIONS), measure)
        figures[cell.group] = ComparedFigure(
            score=words.score(cell),
            likely=f"{cell.likely_low}–{cell.likely_high}",
            standing=standing,
            is_different=standing.startswith(("higher", "lower")),
            is_drawn=cell.group in standings,
        )
    return figures


def _answered_altogether(results: PublishedResults, group: ReportingGroup, newest: PublishedWave) -> str | None:
    """Who answered in the whole group; None where its parts have pulses of their own."""
    cells = {cell.measure: cell for cell in results.cells(group.key) if cell.wave == newest.key}
    return _answers_of(cells) if cells else None


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
    if len(different) <= _MOST_NAMED:
        named = [f"{name} on {measure.lower()}" for name, measure, _ in different]
        return f"{', '.join(named[:-1])} and {named[-1]} stand out; other differences could be chance"
    return f"{words.number_word(len(different)).capitalize()} figures stand out; other differences could be chance"


def _funnels(
    results: PublishedResults, group: ReportingGroup, measures: Sequence[Measure], current: Mapping[str, CurrentCells]
) -> Iterator[ComparedMeasure]:
    """From ten groups on: which lie further from all than their number of answers explains."""
    for measure in measures:
        cells = compared_on(measure.id, current.values())
        wide = chart_path(results, group.key, measure.id, "funnel-wide")
        phone = chart_path(results, group.key, measure.id, "funnel-phone")
        if wide and phone and len(cells) >= FEWEST_GROUPS:
            found = funnel(cells)
            beyond = tuple(_outside(point, found) for point in found.points if point.beyond)
            listed = "; ".join(beyond) or "none"
            alt = (
                f"Scores of {len(cells)} groups on {measure.title.lower()} over their number of answers, around "
                f"{found.centre:.0f}. Outside what chance and ordinary variation explain: {listed}."
            )
            yield ComparedMeasure(_title(measure), wide, phone, alt[:500], beyond)


def _outside(point: FunnelPoint, found: Funnel) -> str:
    side = "above" if point.cell.score > found.centre else "below"
    return f"{point.cell.name} lies {'far ' if point.beyond > 1 else ''}{side}"


def _title(measure: Measure) -> str:
    return f"{measure.title} ({words.direction(measure)})"


def _comparison_charts(
    results: PublishedResults, group: ReportingGroup, measures: Sequence[Measure], rows: Sequence[ComparedGroup]
) -> Iterator[ComparedMeasure]:
    for place, measure in enumerate(measures):
        wide = chart_path(results, group.key, measure.id, "dots-wide")
        phone = chart_path(results, group.key, measure.id, "dots-phone")
        if wide and phone:
            figures = [(row.name, row.figures[place]) for row in rows if row.figures[place].is_drawn]
            listed = "; ".join(f"{name} {figure.score} ({figure.likely})" for name, figure in figures)
            alt = f"Dots with likely ranges of {measure.title.lower()}, 0 to 100, in alphabetical order: {listed}."
            differences = tuple(f"{name}: {figure.standing}" for name, figure in figures if figure.is_different)
            yield ComparedMeasure(_title(measure), wide, phone, alt[:500], differences)
