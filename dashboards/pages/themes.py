"""What a programme's teams try, by theme; and one small change across teams, each from its own start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboards import words
from dashboards.pages.addresses import Link, chart_path, measure_path, slug, tried_path
from dashboards.pages.review import CAUTION, build_review
from dashboards.snapshots import Level, Measure, PublishedResults, TriedChange
from dashboards.spc import Side
from dashboards.trends import Trend, trends_of

WITHOUT = "Without a theme"


@dataclass(frozen=True)
class PassedUp:
    """Something in an authority's local blueprint: its theme, and where it stands in words."""

    theme: str
    authority: str
    standing: str


@dataclass(frozen=True)
class Theme:
    """A theme: who tries something for it, what that is, and what was passed up."""

    title: str
    tried_by: str
    changes: tuple[Link, ...]
    since: str
    passed_up: str


@dataclass(frozen=True)
class Panel:
    """One team that tried a small change: its picture with the start marked, and how its measure reads since."""

    link: Link
    authority: str
    started: str
    picture: str | None
    alt: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class TriedPage:
    """One small change across teams, those that began first above."""

    title: str
    headline: str
    starts: str
    panels: tuple[Panel, ...]
    caution: str


def tried_variant(change: TriedChange) -> str:
    """The name of a team's picture on which the start of this small change is marked."""
    return f"tried-{slug(change.title)}-{change.started_on:%Y%m%d}"


def build_themes(results: PublishedResults, programme: str, passed_up: Sequence[PassedUp]) -> tuple[Theme, ...]:
    """Every theme, those that most teams try something for first; what has none comes last."""
    tried: dict[str, list[TriedChange]] = defaultdict(list)
    for change in results.tried(programme):
        tried[change.theme.strip().casefold()].append(change)
    beyond: dict[str, list[PassedUp]] = defaultdict(list)
    for item in passed_up:
        beyond[item.theme.strip().casefold()].append(item)
    names = sorted(tried.keys() | beyond.keys(), key=lambda name: (not name, -len(_teams(tried[name])), name))
    return tuple(_theme(results, tried[name], beyond[name]) for name in names)


def _theme(results: PublishedResults, tried: Sequence[TriedChange], beyond: Sequence[PassedUp]) -> Theme:
    spelled = [change.theme for change in tried] + [item.theme for item in beyond]
    title = spelled[0].strip() if spelled else ""
    titles = {slug(change.title): change.title for change in reversed(tried)}
    return Theme(
        title=title or WITHOUT,
        tried_by=_counted(tried) if tried else "nobody yet",
        changes=tuple(Link(name, tried_path(name)) for _, name in sorted(titles.items())),
        since=_since(results, tried),
        passed_up=_standings(beyond),
    )


def _teams(tried: Sequence[TriedChange]) -> set[str]:
    return {change.group for change in tried}


def _counted(tried: Sequence[TriedChange]) -> str:
    teams, authorities = len(_teams(tried)), len({change.authority for change in tried})
    where = f"{words.number_word(authorities)} {'authority' if authorities == 1 else 'authorities'}"
    return f"{words.number_word(teams)} {'team' if teams == 1 else 'teams'} in {where}"


def _standings(beyond: Sequence[PassedUp]) -> str:
    counts: dict[str, int] = defaultdict(int)
    for item in beyond:
        counts[item.standing] += 1
    return ", ".join(f"{count} {standing}" for standing, count in sorted(counts.items()))


def _since(results: PublishedResults, tried: Sequence[TriedChange]) -> str:
    """How many of the measures that teams expected to move have stayed outside their usual range since."""
    found = [outcome for change in tried if (outcome := _outcome(results, change)) is not None]
    if not found:
        return ""
    different = sum(outcome != "usual" for outcome in found)
    return f"{different} of {len(found)} outside the usual range since"


def build_tried_page(results: PublishedResults, programme: str, name: str) -> TriedPage | None:
    """Return one small change across teams, by its name in addresses; None where nobody tried it."""
    tried = [change for change in results.tried(programme) if slug(change.title) == name]
    if not tried:
        return None
    return TriedPage(
        title=tried[0].title,
        headline=f"Tried by {_counted(tried)}",
        starts=_starts(tried, [_outcome(results, change) for change in tried]),
        panels=tuple(_panel(results, change) for change in tried),
        caution=CAUTION,
    )


def _starts(tried: Sequence[TriedChange], outcomes: Sequence[str | None]) -> str:
    """What staggered starts are worth, and how many lines moved."""
    days = sorted({change.started_on for change in tried})
    said = []
    if len(tried) > 1 and len(days) == 1:
        said.append(f"All began on {words.day(days[0])}: whatever else happened then could have done it too.")
    elif len(days) > 1:
        said.append(
            f"They began at different times, from {words.day(days[0])} to {words.day(days[-1])}: where each line moves "
            "only after its own start, something that happened to all of them at once explains it less well."
        )
    known = [outcome for outcome in outcomes if outcome is not None]
    if known:
        parts = [
            f"{words.number_word(count)} {'is' if count == 1 else 'are'} {said_as}"
            for outcome, said_as in _OUTCOMES.items()
            if (count := known.count(outcome))
        ]
        said.append(f"Of {words.number_word(len(known))} with a usual range, {words.listed(parts)} since.")
    return " ".join(said)


_OUTCOMES: Mapping[str, str] = {"better": "better than usual", "worse": "worse than usual", "usual": "as usual"}


def _outcome(results: PublishedResults, change: TriedChange) -> str | None:
    """Whether the newest wave since a start is outside the usual range; None where that can't be said yet."""
    trend = _trend(results, change)
    if trend is None or trend.current_usual is None:
        return None
    since = [point for point in trend.points if point.shown and point.wave.closed_on >= change.started_on]
    if not since:
        return None
    side = since[-1].side
    if side is None:
        return "usual"
    return "better" if (side is Side.HIGHER) == trend.measure.higher_is_better else "worse"


def _panel(results: PublishedResults, change: TriedChange) -> Panel:
    trend = _trend(results, change)
    began = words.day(change.started_on)
    measure = trend.measure if trend else None
    return Panel(
        link=Link(change.team, measure_path(change.group, Level.TEAM, measure.id) if measure else ""),
        authority=change.authority,
        started=began,
        picture=chart_path(results, change.group, measure.id, tried_variant(change)) if measure else None,
        alt=_alt(change, measure, began) if measure else "",
        sentences=_sentences(results, change, measure),
    )


def _alt(change: TriedChange, measure: Measure, began: str) -> str:
    return (
        f"Line of {measure.title.lower()} for {change.team}, 0 to 100, {words.direction(measure)}, with likely ranges "
        f"and a mark at {began}, when “{change.title}” began. The sentences beside it say how it reads."
    )


def _sentences(results: PublishedResults, change: TriedChange, measure: Measure | None) -> tuple[str, ...]:
    if measure is None:
        return ("The team expects to see it in none of the measures, or nothing is shown of it yet.",)
    return tuple(each for each in build_review(results, change.group, measure.id, change.started_on) if each != CAUTION)


def lines_of(results: PublishedResults, programme: str) -> Iterator[tuple[TriedChange, Trend]]:
    """Every small change that is expected to be seen on a measure, with its team's line, where that has a figure."""
    for change in results.tried(programme):
        trend = _trend(results, change)
        if trend is not None:
            yield change, trend


def _trend(results: PublishedResults, change: TriedChange) -> Trend | None:
    waves = results.waves(change.group)
    asked = next((each for each in (waves[-1].measures if waves else ()) if each.id == change.measure), None)
    if asked is None:
        return None
    (trend,) = trends_of(results, change.group, [asked])
    return trend if trend.latest_shown is not None else None
