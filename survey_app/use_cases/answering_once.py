"""Requests of programs that change something: done once, however often they are sent.

A program names each request by a key of its own. Sent again, it gets the answer that it got; sent again while the first
is still at work, it is told to wait; another request under the same key is refused. (The semantics are those of the
IETF's draft on the Idempotency-Key header.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError

from survey_app.extensions import db
from survey_app.models.api_keys import ApiRequest
from survey_app.use_cases.program_errors import IdempotencyKeyReused, RequestUnderWay

KEPT_FOR = timedelta(days=1)
LONGEST_WORK = timedelta(minutes=2)
"""A request that began longer ago was cut off by a restart, and is done again."""


@dataclass(frozen=True)
class Answer:
    """What a request was answered; `is_repeated` where that was said before."""

    status: int
    body: dict[str, Any]  # Any: JSON
    is_repeated: bool = False


def answer_once(
    key_id: int, idempotency_key: str, fingerprint: bytes, now: datetime, act: Callable[[], Answer]
) -> Answer:
    """Do what a request asks, unless it was done: then answer as before. A failure is not kept: it may be tried again.

    Raises
    ------
    IdempotencyKeyReused
        Something else was asked under this key.
    RequestUnderWay
        The same was asked a moment ago and is not answered yet.
    """
    known = _begin(key_id, idempotency_key, fingerprint, now)
    if known is not None:
        return known
    place = (ApiRequest.api_key_id == key_id, ApiRequest.idempotency_key == idempotency_key)
    try:
        answer = act()
    except Exception:
        db.session.rollback()
        db.session.execute(delete(ApiRequest).where(*place))
        db.session.commit()
        raise
    db.session.execute(
        update(ApiRequest)
        .where(*place)
        .values(status=answer.status, answer=answer.body)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return answer


def forget_requests(now: datetime) -> int:
    """Delete what was asked longer ago than a day; returns how many."""
    forgotten = db.session.execute(delete(ApiRequest).where(ApiRequest.begun_at < now - KEPT_FOR))
    db.session.commit()
    return int(forgotten.rowcount)  # type: ignore[attr-defined]  # a DELETE's result counts its rows


def _begin(key_id: int, idempotency_key: str, fingerprint: bytes, now: datetime) -> Answer | None:
    """Take a request up; or return its answer, where it has one."""
    request = {"api_key_id": key_id, "idempotency_key": idempotency_key, "fingerprint": fingerprint, "begun_at": now}
    try:
        db.session.execute(insert(ApiRequest).values(**request))
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
    else:
        return None
    known = db.session.get_one(ApiRequest, (key_id, idempotency_key), populate_existing=True)
    status, answer, same = known.status, known.answer, known.fingerprint == fingerprint
    db.session.rollback()
    if not same:
        raise IdempotencyKeyReused
    if status is not None:
        return Answer(status, answer or {}, is_repeated=True)
    taken = db.session.scalars(
        update(ApiRequest)
        .where(ApiRequest.api_key_id == key_id, ApiRequest.idempotency_key == idempotency_key)
        .where(ApiRequest.status.is_(None), ApiRequest.begun_at < now - LONGEST_WORK)
        .values(begun_at=now)
        .returning(ApiRequest.api_key_id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    if not taken:
        raise RequestUnderWay
    return None
