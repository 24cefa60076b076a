"""How far a wave's messages have come: counts by what became of them, none of which is about fewer than k people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, select

from notifications.messages import MessageState
from survey_app.extensions import db
from survey_app.models.clock import ClockBeat
from survey_app.models.groups import Group
from survey_app.models.messages import Message
from survey_app.models.pulses import Pulse, Wave, WaveState, WaveTerms
from survey_app.use_cases.errors import UnknownWave

LATE = timedelta(minutes=1)

_WORDS = {
    MessageState.PENDING: "waiting to leave",
    MessageState.SENDING: "leaving just now",
    MessageState.ACCEPTED: "handed over",
    MessageState.DELIVERED: "delivered",
    MessageState.UNDELIVERED: "not reached",
    MessageState.FAILED: "not reached",
    MessageState.EXPIRED: "came too late",
    MessageState.CANCELLED: "came too late",
    MessageState.OPTED_OUT: "opted out",
    MessageState.UNKNOWN: "not confirmed",
    MessageState.UNCONFIRMED: "not confirmed",
}
_IS_PAUSED = and_(Wave.state == WaveState.OPEN, Wave.paused_at.is_not(None))
_STATE = case((_IS_PAUSED, "paused"), else_=Wave.state)
_WAITS_FOR_HOURS = "waiting for the authority’s hours"
_ORDER = (
    _WORDS[MessageState.PENDING],
    _WAITS_FOR_HOURS,
    *("leaving just now", "handed over", "delivered", "not confirmed", "not reached", "came too late", "opted out"),
)


@dataclass(frozen=True)
class Line:
    """What became of some messages, in words, and how many they are."""

    what: str
    count: int


@dataclass(frozen=True)
class Purpose:
    """The messages of one purpose: `total` is None where it is about fewer than k people."""

    name: str
    total: int | None
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class DeliveryOverview:
    """A wave's messages, and whether the clock goes round."""

    wave: str
    label: str
    state: str
    minimum: int
    purposes: tuple[Purpose, ...]
    clock_is_late: bool
    last_beat: datetime | None


@dataclass(frozen=True)
class WaveLine:
    """A wave in the list."""

    key: str
    label: str
    pulse: str
    state: str
    opens_at: datetime
    closes_at: datetime
    has_opened: bool


def words_of(provider_message_ids: Sequence[str]) -> Mapping[str, str]:
    """What became of single messages, in words, by the provider's names of them: for the demo's outbox."""
    rows = db.session.execute(
        select(Message.provider_message_id, Message.state).where(Message.provider_message_id.in_(provider_message_ids))
    ).all()
    return {name: _WORDS[MessageState(state)] for name, state in rows if name}


def waves_of(programme: str) -> list[WaveLine]:
    """Every wave of a programme, the newest first."""
    rows = db.session.execute(
        select(Wave.key, Wave.label, Pulse.name, _STATE, Wave.opens_at, Wave.closes_at)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .join(Group, Group.id == Pulse.programme_id)
        .where(Group.key == programme)
        .order_by(Wave.opens_at.desc(), Wave.id.desc())
    )
    return [
        WaveLine(key, label, pulse, state, opens_at, closes_at, has_opened=state != WaveState.PLANNED)
        for key, label, pulse, state, opens_at, closes_at in rows
    ]


def delivery_of(programme: str, wave_key: str, now: datetime) -> DeliveryOverview:
    """How far a wave's messages have come.

    Raises
    ------
    UnknownWave
        The programme has no such wave, or it has not opened.
    """
    found = db.session.execute(
        select(Wave.id, Wave.label, Wave.state, WaveTerms.minimum_group_size)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .join(Group, Group.id == Pulse.programme_id)
        .where(Wave.key == wave_key, Group.key == programme)
    ).one_or_none()
    if found is None:
        raise UnknownWave(wave_key)
    beat = db.session.scalar(select(ClockBeat.beat_at).where(ClockBeat.name == "clock"))
    return DeliveryOverview(
        wave=wave_key,
        label=found.label,
        state=found.state,
        minimum=found.minimum_group_size,
        purposes=_purposes(found.id, found.minimum_group_size, now),
        clock_is_late=beat is None or now - beat > LATE,
        last_beat=beat,
    )


def _purposes(wave_id: int, minimum: int, now: datetime) -> tuple[Purpose, ...]:
    waits = case((Message.not_before > now, True), else_=False)
    rows = db.session.execute(
        select(Message.purpose, Message.state, waits, func.count())
        .where(Message.wave_id == wave_id)
        .group_by(Message.purpose, Message.state, waits)
    ).all()
    counts: dict[str, dict[str, int]] = {}
    for purpose, state, is_waiting, count in rows:
        waiting = bool(is_waiting) and state == MessageState.PENDING
        what = _WAITS_FOR_HOURS if waiting else _WORDS[MessageState(state)]
        own = counts.setdefault(purpose, {})
        own[what] = own.get(what, 0) + count
    return tuple(_purpose(name, counts[name], minimum) for name in sorted(counts))


def _purpose(name: str, counts: dict[str, int], minimum: int) -> Purpose:
    total = sum(counts.values())
    if total < minimum:
        return Purpose(name, None, ())
    return Purpose(name, total, tuple(large_enough(counts, minimum)))


def large_enough(counts: dict[str, int], minimum: int) -> list[Line]:
    """Lines of `minimum` messages or more that add up to the whole: small ones are put together, the smallest first.

    A line of two "not reached" could be two people that somebody knows; a line left out could be worked out.
    """
    groups = sorted(([what], count) for what, count in counts.items() if count)
    while len(groups) > 1:
        groups.sort(key=lambda group: (group[1], group[0]))
        if groups[0][1] >= minimum:
            break
        (first, one), (second, other) = groups[:2]
        groups = [(first + second, one + other), *groups[2:]]
    lines = [(sorted(what, key=_ORDER.index), count) for what, count in groups]
    return [Line(" or ".join(what), count) for what, count in sorted(lines, key=lambda line: _ORDER.index(line[0][0]))]
