"""The values that were published, and the protocol by which dashboards read them.

A withheld cell is another type than a shown one: it has no field that could hold a figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class Level(StrEnum):
    """The reporting levels, from the smallest group to the largest."""

    TEAM = "team"
    SERVICE_AREA = "service_area"
    AUTHORITY = "authority"
    PROGRAMME = "programme"


class WithheldReason(StrEnum):
    """Why a figure is not shown; each depends on counts only."""

    TOO_FEW = "too_few"
    COMBINED = "combined"
    COUNTED_ELSEWHERE = "counted_elsewhere"
    TOO_MANY_SKIPPED = "too_many_skipped"


class Coverage(StrEnum):
    """How many of a group's answers its figure covers."""

    ALL = "all"
    NEARLY_ALL = "nearly_all"
    MOST = "most"


@dataclass(frozen=True)
class FavourableShare:
    """The share of answers in the better half of their scale, in per cent, rounded as displayed.

    `low` and `high` are the bounds that a reader can infer, `likely_low` and `likely_high` those of the likely range.
    `covers` are the teams whose answers are in it; empty in waves published before that was kept.
    """

    share: int
    low: float
    high: float
    likely_low: int
    likely_high: int
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownCell:
    """A published mean: group x measure x wave. All figures in points of 100 and rounded as displayed.

    `favourable` is None where fewer than ten people may be told apart from the others, or in waves published before
    shares were.
    """

    wave: str
    group: str
    name: str
    level: Level
    parent: str | None
    measure: str
    instrument: str
    n: int
    roster_size: int | None
    score: int
    low: float
    high: float
    likely_low: int
    likely_high: int
    covers: tuple[str, ...]
    coverage: Coverage
    response_rate: int | None
    favourable: FavourableShare | None = None


@dataclass(frozen=True)
class WithheldCell:
    """A figure that is not shown. `counted_in` names the group whose figure holds these answers, if any."""

    wave: str
    group: str
    name: str
    level: Level
    parent: str | None
    measure: str
    instrument: str
    reason: WithheldReason
    counted_in: str | None = None


PublishedCell = ShownCell | WithheldCell


@dataclass(frozen=True)
class Measure:
    """A scale as dashboards name it."""

    id: str
    title: str
    higher_is_better: bool


@dataclass(frozen=True)
class LinePlace:
    """Where a wave's figures on a measure stand in the measure's line.

    Figures of one `series` may share a line. `questions` names the version since which the same is asked. `offset` is
    how many points changes of questions since the series began have added by themselves, and `offset_error` its
    standard error.
    """

    series: str
    questions: str
    offset: float = 0.0
    offset_error: float = 0.0


@dataclass(frozen=True)
class CutFigure:
    """A measure's mean of the people of some options of an attribute, within an authority; rounded as displayed."""

    wave: str
    group: str
    attribute: str
    options: tuple[str, ...]
    measure: str
    n: int
    score: int
    low: float
    high: float
    likely_low: int
    likely_high: int


@dataclass(frozen=True)
class PublishedWave:
    """A closed wave whose results are out. `bridge` is the same for two waves that divided people at random."""

    key: str
    label: str
    closed_on: date
    minimum_group_size: int
    answer_width: float
    measures: tuple[Measure, ...]
    places: Mapping[str, LinePlace]
    bridge: str | None = None

    def place_of(self, measure: str) -> LinePlace | None:
        """The place of a measure's figures in its line; None where the wave did not ask it."""
        return self.places.get(measure)


@dataclass(frozen=True)
class SmallChangeMark:
    """A small change as it is drawn on a trend."""

    title: str
    started_on: date


@dataclass(frozen=True)
class NewRange:
    """Somebody's decision that a group's usual range on a measure begins anew at a wave, and why."""

    measure: str
    wave: str
    reason: str
    decided_by: str


@dataclass(frozen=True)
class Withdrawal:
    """A wave whose results were taken back, and why."""

    label: str
    withdrawn_on: date
    because: str


class RegroupingKind(StrEnum):
    """What became of groups."""

    RENAMED = "renamed"
    MOVED = "moved"
    MERGED = "merged"
    SPLIT = "split"


@dataclass(frozen=True)
class FormerGroup:
    """A group with the name and the parent that it had on a day."""

    key: str
    name: str
    parent_key: str
    parent: str


@dataclass(frozen=True)
class Regrouping:
    """How groups came out of others on a day."""

    kind: RegroupingKind
    happened_on: date
    before: tuple[FormerGroup, ...]
    after: tuple[FormerGroup, ...]

    def begins(self, key: str) -> bool:
        """Whether a group of this key came to be by it."""
        return key in {each.key for each in self.after} and key not in {each.key for each in self.before}


@dataclass(frozen=True)
class TriedChange:
    """A small change of a team of a programme; `measure` is where the team expects to see it, if anywhere."""

    title: str
    team: str
    authority: str
    started_on: date
    group: str = ""
    measure: str | None = None
    theme: str = ""


@dataclass(frozen=True)
class FlaggedLine:
    """A team's line on a measure whose newest wave is outside its usual range."""

    group: str
    name: str
    measure: str
    title: str
    is_higher: bool
    is_better: bool
    since: str


@dataclass(frozen=True)
class Flags:
    """How many of a programme's lines have a usual range, and which of them are outside it."""

    lines: int
    flagged: tuple[FlaggedLine, ...]


@dataclass(frozen=True)
class ReportingGroup:
    """A group that has a page of its own."""

    key: str
    name: str
    level: Level
    parent: str | None


@dataclass(frozen=True)
class StoredChart:
    """A picture drawn by the publishing job."""

    svg: str
    fingerprint: str


class PublishedResults(Protocol):
    """All that a dashboard can see."""

    def waves(self, group: str) -> Sequence[PublishedWave]:
        """Published waves in the authority that the group is part of, oldest first; of a programme, all its waves."""
        ...

    def group(self, key: str) -> ReportingGroup | None:
        """The group of this key, as named in the newest wave that knows it."""
        ...

    def children(self, key: str) -> Sequence[ReportingGroup]:
        """The groups straight under this one in the newest wave of each authority, by name."""
        ...

    def cells(self, group: str) -> Sequence[PublishedCell]:
        """Every cell of a group, oldest wave first."""
        ...

    def cuts(self, group: str) -> Sequence[CutFigure]:
        """Figures by attribute of an authority in its newest wave."""
        ...

    def small_changes(self, group: str) -> Sequence[SmallChangeMark]:
        """What the group tried, oldest first."""
        ...

    def new_ranges(self, group: str) -> Sequence[NewRange]:
        """Where somebody let the group's usual ranges begin anew."""
        ...

    def withdrawals(self, group: str) -> Sequence[Withdrawal]:
        """Waves in the authority that the group is part of whose results were taken back, oldest first."""
        ...

    def history(self, group: str) -> Sequence[Regrouping]:
        """How the group came out of others, or others out of it; and its parts, where they came or went."""
        ...

    def tried(self, programme: str) -> Sequence[TriedChange]:
        """Every small change of a programme's teams, oldest first."""
        ...

    def flags(self, programme: str) -> Flags | None:
        """Lines of a programme that are outside their usual range, as counted when the newest wave was drawn."""
        ...

    def autocorrelation(self) -> float | None:
        """How alike neighbouring waves of the programme are; None while too little is known."""
        ...

    def fingerprint(self, group: str, measure: str, variant: str) -> str | None:
        """What names the content of the newest picture of this name, for its address."""
        ...

    def chart(self, group: str, measure: str, variant: str) -> StoredChart | None:
        """The newest picture of this name."""
        ...
