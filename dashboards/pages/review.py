"""A small change at its review: how the measure that the team expected to see it on reads before and since."""

from __future__ import annotations

from datetime import date

from dashboards import words
from dashboards.snapshots import PublishedResults
from dashboards.spc import Side
from dashboards.trends import Trend, TrendPoint, trends_of

CAUTION = "That a change came before a difference does not show that it made it."


def build_review(results: PublishedResults, group: str, measure: str | None, started_on: date) -> tuple[str, ...]:
    """Sentences for a team that looks back; none where no measure was expected to move, or it is not asked."""
    waves = results.waves(group)
    asked = next((each for each in (waves[-1].measures if waves else ()) if each.id == measure), None)
    if asked is None:
        return ()
    (trend,) = trends_of(results, group, [asked])
    shown = [point for point in trend.points if point.shown is not None]
    before = [point for point in shown if point.wave.closed_on < started_on]
    since = [point for point in shown if point.wave.closed_on >= started_on]
    name = f"{asked.title} ({words.direction(asked)})"
    return (_before(before, name), _since(trend, since), CAUTION)


def _before(points: list[TrendPoint], name: str) -> str:
    scores = [point.shown.score for point in points if point.shown is not None]
    if not scores:
        return f"{name}: no pulse is shown from before it began."
    if len(scores) == 1:
        return f"{name}: in the one pulse before it began the score was {scores[0]}."
    return (
        f"{name}: in the {words.number_word(len(scores))} pulses before it began scores were between {min(scores)} "
        f"and {max(scores)}."
    )


def _since(trend: Trend, points: list[TrendPoint]) -> str:
    if not points:
        return "No pulse is shown since: too early to tell."
    if trend.current_usual is None:
        return "What is usual is not known yet, which needs six pulses: too early to tell."
    higher = sum(point.side is Side.HIGHER for point in points)
    lower = sum(point.side is Side.LOWER for point in points)
    pulses = "pulse" if len(points) == 1 else "pulses"
    if not higher and not lower:
        return f"In the {words.number_word(len(points))} {pulses} since, it was in the usual range."
    found = [
        f"{words.number_word(count)} {'was' if count == 1 else 'were'} {side} than usual ({_better(trend, side)})"
        for count, side in ((higher, "higher"), (lower, "lower"))
        if count
    ]
    return f"Of the {words.number_word(len(points))} {pulses} since, {' and '.join(found)}."


def _better(trend: Trend, side: str) -> str:
    return "better" if (side == "higher") == trend.measure.higher_is_better else "worse"
