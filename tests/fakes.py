"""Fakes of the three seams, written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from dashboards.snapshots import (
    Coverage,
    CutFigure,
    Flags,
    Level,
    LinePlace,
    Measure,
    NewRange,
    PublishedCell,
    PublishedWave,
    Regrouping,
    ReportingGroup,
    ShownCell,
    SmallChangeMark,
    StoredChart,
    TriedChange,
    Withdrawal,
    WithheldCell,
    WithheldReason,
)
from notifications.gates import Gate, Turn, ask_for_turn, learn
from notifications.messages import ClaimedMessage, Outcome, OutgoingMessage
from notifications.routes import Route

CONNECTEDNESS = Measure("connectedness", "Connectedness", higher_is_better=True)
BURNOUT = Measure("burnout", "Burnout", higher_is_better=False)


def wave(
    number: int,
    measures: Sequence[Measure] = (CONNECTEDNESS,),
    *,
    places: Mapping[str, LinePlace] | None = None,
    bridge: str | None = None,
) -> PublishedWave:
    """The wave of a month, counted from January 2025."""
    year, month = 2025 + number // 12, number % 12 + 1
    return PublishedWave(
        f"w{number}",
        f"{date(year, month, 1):%B %Y}",
        date(year, month, 12),
        5,
        25.0,
        tuple(measures),
        places or {},
        bridge,
    )


def shown(number: int, score: int, *, group: str = "t", **changes: object) -> ShownCell:
    """A shown cell of twelve answers."""
    values: dict[str, object] = {
        "wave": f"w{number}",
        "group": group,
        "name": group.title(),
        "level": Level.TEAM,
        "parent": "s",
        "measure": "connectedness",
        "instrument": "crescendo-pulse@1.0.0",
        "n": 12,
        "roster_size": 14,
        "score": score,
        "low": score - 1.0,
        "high": score + 1.0,
        "likely_low": max(0, score - 6),
        "likely_high": min(100, score + 6),
        "covers": (group,),
        "coverage": Coverage.ALL,
        "response_rate": 85,
    }
    return ShownCell(**{**values, **changes})


def withheld(
    number: int, *, group: str = "t", reason: WithheldReason = WithheldReason.TOO_FEW, counted_in: str | None = None
) -> WithheldCell:
    """A cell that is not shown."""
    return WithheldCell(
        f"w{number}",
        group,
        group.title(),
        Level.TEAM,
        "s",
        "connectedness",
        "crescendo-pulse@1.0.0",
        reason,
        counted_in,
    )


@dataclass
class FakeResults:
    """Published results in memory."""

    published: list[PublishedWave] = field(default_factory=list)
    groups: list[ReportingGroup] = field(default_factory=list)
    published_cells: list[PublishedCell] = field(default_factory=list)
    changes: dict[str, list[SmallChangeMark]] = field(default_factory=dict)
    charts: dict[tuple[str, str, str], StoredChart] = field(default_factory=dict)
    waves_of: dict[str, list[PublishedWave]] = field(default_factory=dict)
    all_cuts: list[CutFigure] = field(default_factory=list)
    all_tried: list[TriedChange] = field(default_factory=list)
    counted: Flags | None = None
    decided: dict[str, list[NewRange]] = field(default_factory=dict)
    alike: float | None = None
    taken_back: list[Withdrawal] = field(default_factory=list)
    regrouped: dict[str, list[Regrouping]] = field(default_factory=dict)

    def waves(self, group: str) -> Sequence[PublishedWave]:
        return self.waves_of.get(group, self.published)

    def group(self, key: str) -> ReportingGroup | None:
        return next((group for group in self.groups if group.key == key), None)

    def children(self, key: str) -> Sequence[ReportingGroup]:
        return [group for group in self.groups if group.parent == key]

    def cells(self, group: str) -> Sequence[PublishedCell]:
        return [cell for cell in self.published_cells if cell.group == group]

    def cuts(self, group: str) -> Sequence[CutFigure]:
        return [cut for cut in self.all_cuts if cut.group == group]

    def small_changes(self, group: str) -> Sequence[SmallChangeMark]:
        return self.changes.get(group, [])

    def new_ranges(self, group: str) -> Sequence[NewRange]:
        return self.decided.get(group, [])

    def withdrawals(self, group: str) -> Sequence[Withdrawal]:
        return self.taken_back

    def history(self, group: str) -> Sequence[Regrouping]:
        return self.regrouped.get(group, [])

    def tried(self, programme: str) -> Sequence[TriedChange]:
        return self.all_tried

    def flags(self, programme: str) -> Flags | None:
        return self.counted

    def autocorrelation(self) -> float | None:
        return self.alike

    def fingerprint(self, group: str, measure: str, variant: str) -> str | None:
        chart = self.chart(group, measure, variant)
        return None if chart is None else chart.fingerprint

    def chart(self, group: str, measure: str, variant: str) -> StoredChart | None:
        return self.charts.get((group, measure, variant))


@dataclass
class FakeOutbox:
    """An outbox that holds one message."""

    message: ClaimedMessage | None
    recorded: list[Outcome] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)

    def claim(self, message_id: UUID, now: datetime) -> ClaimedMessage | None:
        claimed, self.message = self.message, None
        return claimed

    def record(self, claimed: ClaimedMessage, account: str, outcome: Outcome, now: datetime) -> bool:
        self.recorded.append(outcome)
        self.accounts.append(account)
        return True


@dataclass
class FakeTransport:
    """A provider that answers what it is told to."""

    answer: Callable[[OutgoingMessage], Outcome]
    longest_seconds: float = 25.0
    sent: list[OutgoingMessage] = field(default_factory=list)

    def send(self, message: OutgoingMessage) -> Outcome:
        self.sent.append(message)
        return self.answer(message)

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class FakeRoutes:
    """Routes in the order given, each with a gate that nobody else comes to."""

    transports: Mapping[str, FakeTransport]
    per_second: float = 10.0
    gates: dict[str, Gate] = field(default_factory=dict)

    def for_message(self, claimed: ClaimedMessage) -> Sequence[Route]:
        return [Route(name, transport) for name, transport in self.transports.items()]

    def that_may_have(self, claimed: ClaimedMessage) -> Sequence[Route]:
        return [route for route in self.for_message(claimed) if claimed.account in ("", route.account)]

    def ask_for_turn(self, route: Route, now: datetime) -> Turn:
        self.gates[route.account], turn = ask_for_turn(self.gates.get(route.account, Gate()), now, self.per_second)
        return turn

    def learn(self, route: Route, outcome: Outcome, now: datetime) -> None:
        self.gates[route.account] = learn(self.gates[route.account], outcome, now)
