"""What a message's wording is filled with: derived when it is sent, so that no link is ever stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from survey_app.crypto.link_tokens import invitation_token, sign_in_code, sign_in_token
from survey_app.crypto.vault import Vault
from survey_app.extensions import db, settings
from survey_app.models.messages import Message
from survey_app.models.pulses import Pulse, Wave, WaveTerms
from survey_app.stores.days import long_day, short_day
from survey_app.stores.digest_words import LEAD, STAFF, words_for_lead, words_for_staff

_SAMPLE_DAYS = timedelta(days=10)


def personalise(message: Message, vault: Vault, public_base_url: str) -> Mapping[str, str]:
    """Return the values of a message's wording."""
    if message.sign_in_request_id is not None:
        token = sign_in_token(vault.link_key, message.sign_in_request_id)
        code = sign_in_code(vault.link_key, message.sign_in_request_id)
        return {"link": f"{public_base_url}/sign-in/{token}", "code": code}
    if message.purpose == LEAD:
        return words_for_lead(message, public_base_url)
    if message.trial_of is not None:
        return sample_values(db.session.get_one(Pulse, message.trial_of), message, public_base_url)
    if message.invitation_id is None:
        return {}
    token = invitation_token(vault.link_key, message.invitation_id)
    opt_out_url = f"{public_base_url}/o/{token}"
    if message.purpose == STAFF:
        return words_for_staff(message, public_base_url, opt_out_url)
    run_by, closes_at, minimum_group_size = db.session.execute(
        select(Pulse.run_by, Wave.closes_at, WaveTerms.minimum_group_size)
        .join(Wave, Wave.pulse_id == Pulse.id)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .where(Wave.id == message.wave_id)
    ).one()
    return {
        "link": f"{public_base_url}/p/{token}",
        "opt_out_url": opt_out_url,
        "run_by": run_by,
        "minimum_group_size": str(minimum_group_size),
        **_time_left(closes_at, message.language),
    }


def sample_values(pulse: Pulse, message: Message, public_base_url: str) -> Mapping[str, str]:
    """What a pulse's wording is filled with where nobody is asked: links lead to what is promised."""
    return {
        "link": f"{public_base_url}/how-anonymous",
        "opt_out_url": f"{public_base_url}/how-anonymous",
        "run_by": f"{pulse.run_by} (a test)",
        "minimum_group_size": str(pulse.minimum_group_size),
        **_time_left(message.not_before + _SAMPLE_DAYS, message.language),
    }


def _time_left(closes_at: datetime, language: str) -> Mapping[str, str]:
    closes = closes_at.astimezone(ZoneInfo(settings().default_time_zone))
    return {
        "minutes": "2",
        "closes_on": long_day(closes, language),
        "closes_on_short": short_day(closes, language),
    }
