"""What a message's wording is filled with: derived when it is sent, so that no link is ever stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import select

from survey_app.crypto.link_tokens import invitation_token, sign_in_token
from survey_app.crypto.vault import Vault
from survey_app.extensions import db, settings
from survey_app.models.messages import Message
from survey_app.models.pulses import Pulse, Wave, WaveTerms

_LOCALES = {"en": "en_GB", "cy": "cy_GB"}


def personalise(message: Message, vault: Vault, public_base_url: str) -> Mapping[str, str]:
    """Return the values of a message's wording."""
    if message.sign_in_request_id is not None:
        return {"link": f"{public_base_url}/sign-in/{sign_in_token(vault.link_key, message.sign_in_request_id)}"}
    if message.invitation_id is None:
        return {}
    run_by, closes_at, minimum_group_size = db.session.execute(
        select(Pulse.run_by, Wave.closes_at, WaveTerms.minimum_group_size)
        .join(Wave, Wave.pulse_id == Pulse.id)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .where(Wave.id == message.wave_id)
    ).one()
    token = invitation_token(vault.link_key, message.invitation_id)
    closes = closes_at.astimezone(ZoneInfo(settings().default_time_zone))
    return {
        "link": f"{public_base_url}/p/{token}",
        "opt_out_url": f"{public_base_url}/o/{token}",
        "run_by": run_by,
        "minutes": "2",
        "minimum_group_size": str(minimum_group_size),
        "closes_on": long_day(closes, message.language),
        "closes_on_short": format_date(closes, "EEE d MMM", locale=_LOCALES[message.language]),
    }


def long_day(moment: datetime, language: str = "en") -> str:
    """A day as people say it in a sentence: `Friday 4 December`, `dydd Gwener 4 Rhagfyr`."""
    day = format_date(moment, "EEEE d MMMM", locale=_LOCALES[language])
    return day.replace("Dydd", "dydd") if language == "cy" else day  # CLDR has it as it stands alone
