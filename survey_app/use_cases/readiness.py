"""Whether an installation can do its work, and how it does: for load balancers and for operators' figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from alembic.script import ScriptDirectory
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from sqlalchemy import func, select, text

from notifications.messages import MessageState
from survey_app.config import Settings
from survey_app.extensions import MIGRATIONS, db
from survey_app.models.clock import ClockBeat
from survey_app.models.messages import Message
from survey_app.models.pulses import Wave, WaveState
from survey_app.models.webhooks import CallState, WebhookCall
from survey_app.queues import SEND_QUEUE, WORK_QUEUE

_PATIENCE_SECONDS = 0.5


@dataclass(frozen=True)
class Figure:
    """One figure of a family: what it is of, and how much."""

    family: str
    about: str
    value: float
    label: str = ""


def unready(settings: Settings) -> list[str]:
    """What keeps this process from its work, in words without names; empty where nothing does.

    A broker that is away keeps nobody from answering: it is no reason.
    """
    db.session.execute(text("SELECT 1"))
    current = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    found = [] if current == _newest_tables() else ["the tables are of another version"]
    return found if settings.data_dir.is_dir() else [*found, "DATA_DIR is not there"]


@cache
def _newest_tables() -> str | None:
    return ScriptDirectory(MIGRATIONS).get_current_head()


def figures(settings: Settings, now: datetime) -> Iterator[Figure]:
    """Counts of things and ages in seconds; none of people, answers, tokens or addresses."""
    rows = db.session.execute(select(Message.state, func.count()).group_by(Message.state)).all()
    counts = {state: count for state, count in rows}  # noqa: C416 - rows are no pairs to a type checker
    for state in MessageState:
        yield Figure("pulse_messages", "Messages by state.", counts.get(state, 0), str(state))
    due = select(func.min(Message.not_before)).where(Message.state == MessageState.PENDING, Message.not_before <= now)
    yield Figure("pulse_message_due_seconds", "How long the oldest message is due.", _age(db.session.scalar(due), now))
    waves = db.session.execute(select(Wave.state, func.count()).group_by(Wave.state)).all()
    by_state = {state: count for state, count in waves}  # noqa: C416 - as above
    for wave_state in WaveState:
        yield Figure("pulse_waves", "Waves by state.", by_state.get(wave_state, 0), str(wave_state))
    late = select(func.count()).where(Wave.state.in_((WaveState.OPEN, WaveState.CLOSING)), Wave.closes_at < now)
    yield Figure("pulse_waves_late", "Waves that should have closed.", db.session.scalar(late) or 0)
    waiting = select(func.count()).where(WebhookCall.state.in_((CallState.PENDING, CallState.CALLING)))
    yield Figure("pulse_calls_waiting", "Calls to other programs that wait.", db.session.scalar(waiting) or 0)
    for beat in db.session.scalars(select(ClockBeat).order_by(ClockBeat.name)):
        yield Figure("pulse_beat_age_seconds", "Since the clock went round.", _age(beat.beat_at, now), beat.name)
    yield from _queues(settings)


def _queues(settings: Settings) -> Iterator[Figure]:
    """How many jobs wait, and whether the broker answers."""
    lengths: dict[str, int] = {}
    if settings.redis_url:
        try:
            broker = Redis.from_url(
                settings.redis_url, socket_connect_timeout=_PATIENCE_SECONDS, socket_timeout=_PATIENCE_SECONDS
            )
            lengths = {name: Queue(name, connection=broker).count for name in (SEND_QUEUE, WORK_QUEUE)}
        except (RedisError, OSError):
            lengths = {}
    yield Figure("pulse_broker_up", "Whether the broker answers.", float(bool(lengths)))
    for name, length in lengths.items():
        yield Figure("pulse_jobs_waiting", "Jobs that wait in a queue.", length, name)


def _age(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())
