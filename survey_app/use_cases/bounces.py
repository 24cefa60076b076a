"""Take in mails that came back to the return path."""

from __future__ import annotations

from datetime import datetime

from notifications.bounces import read_bounce
from survey_app.use_cases.delivery_reports import take_in_report


def take_in_bounce(content: bytes, envelope_recipient: str, now: datetime) -> bool:
    """Take in one mail; False for one that is no report, that is of nothing we sent, or that was taken in before.

    Whatever is no report, such as a reply from somebody on leave, is forgotten unread.
    """
    bounce = read_bounce(content, envelope_recipient)
    return bounce is not None and take_in_report(bounce.attempt_id, bounce.report, now)
