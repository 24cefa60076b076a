"""The psychometric report as text, and as one HTML file with its pictures. Only commands import it: it draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from jinja2 import Environment, PackageLoader, StrictUndefined

from dashboards.charts.answers import draw_answers
from dashboards.charts.steadied import draw_steadied
from dashboards.pages.reliability import Card, ScaleCard
from dashboards.words import day
from scoring.analysis import Analysis, ScaleAnalysis
from scoring.validation import Check

_SMALLEST_GROUP = 5


@dataclass(frozen=True)
class Picture:
    """A picture with its caption and what it shows in words."""

    caption: str
    alt: str
    svg: str


def as_html(card: Card, analysis: Analysis, stylesheet: str, made_on: date, checks: Sequence[Check] = ()) -> str:
    """The report with its pictures inside."""
    environment = Environment(
        loader=PackageLoader("dashboards"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    pictures = {scale.scale.id: list(_pictures(scale)) for scale in analysis.scales}
    return environment.get_template("report.html").render(
        card=card, pictures=pictures, stylesheet=stylesheet, made_on=day(made_on), checks=checks
    )


def as_text(card: Card, checks: Sequence[Check] = ()) -> Iterator[str]:
    """The report line by line, for a terminal."""
    yield card.title
    yield f"{card.instrument}, {card.people} people. {card.headline}."
    yield ""
    yield from card.sentences
    for name, value in card.figures:
        yield f"  {name:38} {value}"
    for scale in card.scales:
        yield from _scale_lines(scale)
    if checks:
        yield from ("", "The plan")
        for check in checks:
            yield f"  {check.outcome:12}  {check.subject}: {check.criterion}. Found: {check.found}."


def _scale_lines(scale: ScaleCard) -> Iterator[str]:
    yield ""
    yield f"{scale.title} ({scale.direction})"
    for sentence in scale.sentences:
        yield f"  {sentence}"
    for name, value in scale.figures:
        yield f"  {name:38} {value}"
    width = max(len(item.name) for item in scale.items)
    yield f"  {'Item':{width}}  Mean  Lowest  Highest  Left out  r with rest  Alpha without"
    for item in scale.items:
        figures = item.figures
        shares = f"{figures.mean:>4}  {figures.lowest:>6}  {figures.highest:>7}  {figures.left_out:>8}"
        remarks = f"  {'; '.join(item.remarks)}" if item.remarks else ""
        yield f"  {item.name:{width}}  {shares}  {item.corrected_r:>11}  {item.alpha_without:>13}{remarks}"


def _pictures(scale: ScaleAnalysis) -> Iterator[Picture]:
    if all(item.counts for item in scale.items.items):
        said = "; ".join(
            f"{item.name}: {item.floor or 0:.0%} lowest, {item.ceiling or 0:.0%} highest" for item in scale.items.items
        )
        yield Picture(
            "How the items were answered, from the lowest option in light to the highest in dark",
            f"A bar an item, divided by response option. {said}."[:500],
            draw_answers(scale.items.items).svg,
        )
    steadied = scale.agreement.steadied if scale.agreement else None
    if steadied is not None and int(steadied.n.min()) >= _SMALLEST_GROUP:
        observed = f"observed from {steadied.mean.min():.0f} to {steadied.mean.max():.0f}"
        drawn_in = f"steadied from {steadied.estimate.min():.0f} to {steadied.estimate.max():.0f}"
        yield Picture(
            "Groups’ scores: circles as observed, dots with likely ranges as the other groups steady them",
            f"{len(steadied.labels)} groups around {steadied.components.mu:.0f}; {observed}, {drawn_in}.",
            draw_steadied(steadied).svg,
        )
