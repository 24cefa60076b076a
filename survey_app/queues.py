"""The doorbell: tell a worker that a row waits. The database is the queue; a lost ring loses nothing."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError

SEND_QUEUE = "send"
WORK_QUEUE = "work"
MESSAGES_A_JOB = 50
CALLS_A_JOB = 20
GROUPS_A_DRAWER, MOST_DRAWERS = 20, 16
SLOT_SECONDS = 10
LONGEST_JOB_SECONDS = 1500
"""A job of messages takes none up after 500 seconds, and the last one may take as long as a mail's lease."""

TASKS = {
    SEND_QUEUE: frozenset({"survey_app.jobs.sending.deliver_messages", "survey_app.jobs.sending.reconcile_messages"}),
    WORK_QUEUE: frozenset(
        {
            "survey_app.jobs.waves.open_wave",
            "survey_app.jobs.waves.close_wave",
            "survey_app.jobs.waves.draw_charts",
            "survey_app.jobs.exports.make_export",
            "survey_app.jobs.calling.make_calls",
        }
    ),
}
"""What a worker of each queue will run: writing to Redis must not be enough to run anything else."""

_LOG = logging.getLogger(__name__)


def ring_delivery(redis_url: str, message_ids: Iterable[UUID], now: datetime, *, urgent: bool = False) -> None:
    """Ask a worker to deliver messages; `urgent` ones go to the front, and no page waits for a broker that is ill."""
    _ring_in_parts(redis_url, "sending.deliver_messages", message_ids, now, urgent=urgent)


def ring_reconciliation(redis_url: str, message_ids: Iterable[UUID], now: datetime) -> None:
    """Ask a worker to find out about messages in doubt."""
    _ring_in_parts(redis_url, "sending.reconcile_messages", message_ids, now, urgent=False)


def _ring_in_parts(redis_url: str, job: str, message_ids: Iterable[UUID], now: datetime, *, urgent: bool) -> None:
    ids = [str(message_id) for message_id in message_ids]
    for start in range(0, len(ids), MESSAGES_A_JOB):
        _ring(redis_url, SEND_QUEUE, job, [ids[start : start + MESSAGES_A_JOB]], now, urgent=urgent)


def ring_work(redis_url: str, job: str, row_id: int, now: datetime) -> None:
    """Ask a worker for a job about one wave: `open_wave` or `close_wave`."""
    _ring(redis_url, WORK_QUEUE, f"waves.{job}", [row_id], now, urgent=False)


def ring_drawing(redis_url: str, drawers: int, now: datetime) -> None:
    """Ask so many workers to draw what waits to be drawn, between them."""
    for part in range(min(drawers, MOST_DRAWERS)):
        _ring(redis_url, WORK_QUEUE, "waves.draw_charts", [part], now, urgent=False)


def ring_export(redis_url: str, order_id: UUID, now: datetime) -> None:
    """Ask a worker to make an export; somebody is waiting for it."""
    _ring(redis_url, WORK_QUEUE, "exports.make_export", [str(order_id)], now, urgent=True)


def ring_calls(redis_url: str, call_ids: Sequence[UUID], now: datetime) -> None:
    """Ask a worker to tell programs of others what happened."""
    for start in range(0, len(call_ids), CALLS_A_JOB):
        ids = [str(call_id) for call_id in call_ids[start : start + CALLS_A_JOB]]
        _ring(redis_url, WORK_QUEUE, "calling.make_calls", [ids], now, urgent=False)


def _ring(redis_url: str, queue: str, job: str, arguments: Sequence[object], now: datetime, *, urgent: bool) -> None:
    if not redis_url:
        return
    slot = int(now.timestamp()) // SLOT_SECONDS
    name = f"{job.replace('.', '-')}-{zlib.crc32(repr(arguments).encode()):08x}-{slot}"
    try:
        patience = 0.04 if urgent else 0.5
        doorbell = Redis.from_url(
            redis_url, socket_connect_timeout=patience, socket_timeout=patience, retry=Retry(NoBackoff(), 0)
        )
        Queue(queue, connection=doorbell, serializer="json").enqueue(
            f"survey_app.jobs.{job}",
            *arguments,
            job_id=name,
            unique=True,
            at_front=urgent,
            ttl=60,
            result_ttl=0,
            failure_ttl=300,
            job_timeout=LONGEST_JOB_SECONDS,
        )
    except DuplicateJobError:
        return
    except (RedisError, OSError) as error:
        _LOG.warning(
            "The broker could not be reached; the clock will ring again.",
            extra={"error": type(error).__name__},
        )
