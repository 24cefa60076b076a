"""How a pulse goes about it: whom it reminds and when, whether it asks for a comment, and how many people it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from survey_app.extensions import db
from survey_app.models.pulses import Pulse
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import ChangedMeanwhile, OnlyRaised, TooManyReminders
from survey_app.use_cases.pulses import find_pulse

MOST_REMINDERS = 2


@dataclass(frozen=True)
class Manners:
    """How a pulse goes about it: days of reminders, whether it asks for a comment, whether it tells what came of it."""

    reminder_days: tuple[int, ...]
    asks_comment: bool
    sends_digests: bool

    @classmethod
    def of(cls, pulse: Pulse) -> Manners:
        """Those of a pulse."""
        return cls(tuple(pulse.reminder_days), pulse.asks_comment, pulse.sends_digests)

    @property
    def version(self) -> str:
        """What tells these from others, to see whether somebody changed them since a page was opened."""
        return f"{'-'.join(map(str, self.reminder_days))}.{self.asks_comment:d}{self.sends_digests:d}"


def set_manners(pulse_key: str, wanted: Manners, *, expected: str | None, by: str, now: datetime) -> None:
    """Decide at once how a pulse goes about it; `expected` is the version that was seen.

    Raises
    ------
    TooManyReminders
        More than two, or two closer together than two days.
    ChangedMeanwhile
        They are not the expected ones any more.
    """
    pulse = find_pulse(pulse_key)
    db.session.refresh(pulse, with_for_update=True)
    if expected is not None and Manners.of(pulse).version != expected:
        db.session.rollback()
        raise ChangedMeanwhile("not as you saw it")
    if wanted.reminder_days != tuple(pulse.reminder_days):
        remind_after(pulse_key, wanted.reminder_days, by=by, now=now)
    if wanted.asks_comment != pulse.asks_comment:
        ask_for_comments(pulse_key, wanted=wanted.asks_comment, by=by, now=now)
    if wanted.sends_digests != pulse.sends_digests:
        send_digests(pulse_key, wanted=wanted.sends_digests, by=by, now=now)
    db.session.commit()


def raise_group_size(pulse_key: str, size: int, *, by: str, now: datetime) -> None:
    """From the next wave on, show nothing of fewer people than this. Waves that opened keep what they promised.

    Raises
    ------
    OnlyRaised
        It would be lowered.
    """
    pulse = find_pulse(pulse_key)
    db.session.refresh(pulse, with_for_update=True)
    if size < pulse.minimum_group_size:
        current = pulse.minimum_group_size
        db.session.rollback()
        raise OnlyRaised(current)
    if size > pulse.minimum_group_size:
        note(by, "raise minimum group size", pulse_key, now, before=pulse.minimum_group_size, after=size)
        pulse.minimum_group_size = size
    db.session.commit()


def ask_for_comments(pulse_key: str, *, wanted: bool, by: str, now: datetime) -> None:
    """From the next wave on, ask for a comment after the last screen, or ask no more."""
    pulse = find_pulse(pulse_key)
    note(by, "ask for comments" if wanted else "ask for no comments", pulse_key, now)
    pulse.asks_comment = wanted
    db.session.commit()


def send_digests(pulse_key: str, *, wanted: bool, by: str, now: datetime) -> None:
    """Tell leads and staff by email what came of a wave when its results are out, or tell nobody."""
    pulse = find_pulse(pulse_key)
    note(by, "send digests" if wanted else "send no digests", pulse_key, now)
    pulse.sends_digests = wanted
    db.session.commit()


def remind_after(pulse_key: str, days: Sequence[int], *, by: str, now: datetime) -> None:
    """Remind people who have not answered so many days after a wave opens, in waves that are open too.

    Raises
    ------
    TooManyReminders
        More than two, or two closer together than two days.
    """
    pulse, wanted = find_pulse(pulse_key), sorted(days)
    if len(wanted) > MOST_REMINDERS or any(later - earlier < 2 for earlier, later in pairwise(wanted)):
        raise TooManyReminders
    note(by, "set reminders", pulse_key, now, days=", ".join(map(str, wanted)))
    pulse.reminder_days = wanted
    db.session.commit()
