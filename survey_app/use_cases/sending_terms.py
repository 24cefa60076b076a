"""Decide when an authority's messages may leave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from dashboards.snapshots import Level
from notifications.windows import SendingWindow
from survey_app.extensions import db
from survey_app.models.groups import Group
from survey_app.stores.sending_windows import to_terms, version_of, window_of
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import ChangedMeanwhile
from survey_app.use_cases.groups import find_group


def set_sending_window(
    authority_key: str, window: SendingWindow, *, by: str, now: datetime, expected: str | None = None
) -> None:
    """Let an authority's messages leave in this window from now on, those that wait already too.

    Parameters
    ----------
    expected
        The version of the window that was seen; None where nobody looked.

    Raises
    ------
    UnknownGroup
        There is no authority with this key.
    ChangedMeanwhile
        The window is not the expected one any more.
    """
    authority = find_group(authority_key, Level.AUTHORITY)
    db.session.scalar(select(Group.id).where(Group.id == authority.id).with_for_update())
    current = window_of(authority.id)
    if expected is not None and version_of(current) != expected:
        db.session.rollback()
        raise ChangedMeanwhile(f"from {current.opens:%H:%M} to {current.closes:%H:%M}")
    db.session.merge(to_terms(authority.id, window))
    note(by, "set sending window", authority_key, now, opens=f"{window.opens:%H:%M}", closes=f"{window.closes:%H:%M}")
    db.session.commit()
