"""A calendar of waves before anybody is asked: when messages would leave in each authority, and what holds them up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from dashboards.snapshots import Level
from notifications.windows import SendingWindow
from survey_app.extensions import db, settings
from survey_app.models.groups import Group
from survey_app.models.pulses import Pulse, Wave, WaveState
from survey_app.stores.sending_windows import window_of
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import KeyTaken, UnknownWave, UnusablePlan, WrongWaveState
from survey_app.use_cases.pulses import find_pulse, plan_wave

MOST_WAVES = 24
LONGEST_OPEN_DAYS = 60
SHORTEST_OPEN_DAYS = 2
_MOST_WEEKS = 26


@dataclass(frozen=True)
class Plan:
    """Waves that follow one another, every month or every few weeks, each open for some days.

    Raises
    ------
    UnusablePlan
        There would be too many, they would overlap, or be open for too short or too long.
    """

    first_day: date
    opens: time
    open_days: int
    weeks: int | None
    """None for every month."""
    waves: int

    def __post_init__(self) -> None:
        if not 1 <= self.waves <= MOST_WAVES:
            raise UnusablePlan("waves", f"Plan from 1 to {MOST_WAVES} waves at a time.")
        if not SHORTEST_OPEN_DAYS <= self.open_days <= LONGEST_OPEN_DAYS:
            raise UnusablePlan("open_days", f"A wave is open for {SHORTEST_OPEN_DAYS} to {LONGEST_OPEN_DAYS} days.")
        if self.weeks is not None and not 1 <= self.weeks <= _MOST_WEEKS:
            raise UnusablePlan("every", f"Repeat every month, or every 1 to {_MOST_WEEKS} weeks.")
        if self.open_days > (27 if self.weeks is None else 7 * self.weeks):
            raise UnusablePlan("open_days", "A wave has to close before the next one opens.")

    def days(self) -> Iterator[date]:
        """The days on which waves open; a month without such a day has its last one."""
        for number in range(self.waves):
            yield (
                _month_later(self.first_day, number)
                if self.weeks is None
                else self.first_day + timedelta(weeks=self.weeks * number)
            )


@dataclass(frozen=True)
class Send:
    """When messages of one kind leave in an authority, in its own time, and what they wait for."""

    authority: str
    what: str
    leaves: datetime
    waits_for: str


@dataclass(frozen=True)
class PreviewedWave:
    """A wave as it would be."""

    key: str
    label: str
    opens_at: datetime
    closes_at: datetime
    sends: tuple[Send, ...]

    @property
    def clashes(self) -> tuple[Send, ...]:
        """What does not leave on the day that was meant."""
        return tuple(send for send in self.sends if send.waits_for)


def preview(pulse_key: str, plan: Plan, now: datetime) -> list[PreviewedWave]:
    """The waves of a plan with every send in local time, none of which is planned by this.

    Raises
    ------
    UnusablePlan
        It begins in the past, or overlaps a wave of the same pulse.
    """
    pulse = find_pulse(pulse_key)
    zone = ZoneInfo(settings().default_time_zone)
    windows = [(group.name, window_of(group.id)) for group in authorities_asked(pulse)]
    found = []
    for day in plan.days():
        opens_at = datetime.combine(day, plan.opens, zone).astimezone(UTC)
        closes_at = datetime.combine(day + timedelta(days=plan.open_days), time(17), zone).astimezone(UTC)
        label = f"{day:%B %Y}" if plan.weeks is None else f"{day.day} {day:%B %Y}"
        key = f"{pulse_key}-{day:%Y-%m}" if plan.weeks is None else f"{pulse_key}-{day:%Y-%m-%d}"
        sends = tuple(_sends(windows, pulse.reminder_days, opens_at, closes_at))
        found.append(PreviewedWave(key, label, opens_at, closes_at, sends))
    if found[0].opens_at <= now:
        raise UnusablePlan("first_day", "Choose a first day and an hour that are still to come.")
    _require_room(pulse, found)
    return found


def plan_waves(pulse_key: str, plan: Plan, *, by: str, now: datetime) -> int:
    """Put the waves of a plan into the calendar, all or none; return how many. Twice plans nothing twice."""
    previewed = preview(pulse_key, plan, now)
    for wave in previewed:
        plan_wave(pulse_key, wave.key, label=wave.label, opens_at=wave.opens_at, closes_at=wave.closes_at, commit=False)
    note(by, "plan waves", pulse_key, now, waves=len(previewed), first=previewed[0].key)
    db.session.commit()
    return len(previewed)


def _month_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (first_of_next - timedelta(days=1)).day))


def _sends(
    windows: Sequence[tuple[str, SendingWindow]], reminder_days: Sequence[int], opens_at: datetime, closes_at: datetime
) -> Iterator[Send]:
    moments = [("Invitations", opens_at)]
    moments += [(f"Reminder {number}", opens_at + timedelta(days=days)) for number, days in enumerate(reminder_days, 1)]
    for what, moment in moments:
        for authority, window in windows:
            leaves = window.next_opening(moment)
            if moment < closes_at and leaves < closes_at:
                yield Send(
                    authority, what, leaves.astimezone(ZoneInfo(window.time_zone)), window.closed_because(moment)
                )


def _require_room(pulse: Pulse, wanted: Sequence[PreviewedWave]) -> None:
    for wave in wanted:
        if db.session.scalar(select(Wave.id).where(Wave.key == wave.key)):
            raise KeyTaken(wave.key)
        overlaps = select(Wave.label).where(
            Wave.pulse_id == pulse.id,
            Wave.state.in_((WaveState.PLANNED, WaveState.OPEN)),
            Wave.opens_at < wave.closes_at,
            Wave.closes_at > wave.opens_at,
        )
        if (label := db.session.scalar(overlaps)) is not None:
            raise UnusablePlan("first_day", f"{wave.label} would be open at the same time as {label}.")


def authorities_asked(pulse: Pulse) -> list[Group]:
    """The authorities that a pulse asks, by name."""
    wanted = select(Group).where(Group.parent_id == pulse.programme_id, Group.level == Level.AUTHORITY)
    if pulse.authorities:
        wanted = wanted.where(Group.key.in_(pulse.authorities))
    return list(db.session.scalars(wanted.order_by(Group.name)))


def unplan_wave(key: str, *, by: str, now: datetime) -> None:
    """Take a wave out of the calendar that has not opened.

    Raises
    ------
    UnknownWave
        There is none with this key.
    WrongWaveState
        It has opened: it may be closed early, or withdrawn.
    """
    wave = db.session.scalars(select(Wave).where(Wave.key == key).with_for_update()).one_or_none()
    if wave is None:
        raise UnknownWave(key)
    if wave.state != WaveState.PLANNED:
        state = wave.state
        db.session.rollback()
        raise WrongWaveState(key, state, WaveState.PLANNED)
    both = [wave] if wave.bridge is None else db.session.scalars(select(Wave).where(Wave.bridge == wave.bridge)).all()
    for each in both:
        note(by, "unplan wave", each.key, now)
        db.session.delete(each)
    db.session.commit()
