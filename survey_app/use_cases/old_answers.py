"""Delete answers whose time is over; what was published of them stays."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select

from survey_app.extensions import db
from survey_app.models.ballots import AnswerApart, Response
from survey_app.models.comments import Comment
from survey_app.models.pulses import Wave, WaveState


def count_answers_of_waves_closed_before(moment: datetime) -> int:
    """How many rows of answers, and comments, are older."""
    old = _waves_closed_before(moment)
    return sum(
        db.session.scalar(select(func.count()).select_from(table).where(table.wave_id.in_(old))) or 0
        for table in (Response, AnswerApart, Comment)
    )


def forget_answers_of_waves_closed_before(moment: datetime) -> None:
    """Delete rows of answers, and comments, in the running transaction."""
    old = _waves_closed_before(moment)
    for table in (Response, AnswerApart, Comment):
        db.session.execute(delete(table).where(table.wave_id.in_(old)).execution_options(synchronize_session=False))


def _waves_closed_before(moment: datetime) -> list[int]:
    over = (WaveState.CLOSED, WaveState.WITHDRAWN)
    return list(db.session.scalars(select(Wave.id).where(Wave.state.in_(over), Wave.closed_at < moment)))
