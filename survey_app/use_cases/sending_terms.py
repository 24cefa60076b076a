"""Decide when an authority's messages may leave."""

from __future__ import annotations

from datetime import datetime

from dashboards.snapshots import Level
from notifications.windows import SendingWindow
from survey_app.extensions import db
from survey_app.stores.sending_windows import to_terms
from survey_app.use_cases.auditing import note
from survey_app.use_cases.groups import find_group


def set_sending_window(authority_key: str, window: SendingWindow, *, by: str, now: datetime) -> None:
    """Let an authority's messages leave in this window from now on, those that wait already too.

    Raises
    ------
    UnknownGroup
        There is no authority with this key.
    """
    authority = find_group(authority_key, Level.AUTHORITY)
    db.session.merge(to_terms(authority.id, window))
    note(by, "set sending window", authority_key, now, opens=f"{window.opens:%H:%M}", closes=f"{window.closes:%H:%M}")
    db.session.commit()
