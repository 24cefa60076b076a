"""What a message's wording is filled with: derived when it is sent, so that no link is ever stored."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import select

from survey_app.crypto.link_tokens import invitation_token, sign_in_code, sign_in_token
from survey_app.crypto.vault import Vault
from survey_app.extensions import db, settings
from survey_app.models.messages import Message
from survey_app.models.pulses import Pulse, Wave, WaveTerms
from survey_app.stores.days import long_day, short_day
from survey_app.stores.digest_words import LEAD, STAFF, words_for_lead, words_for_staff


def personalise(message: Message, vault: Vault, public_base_url: str) -> Mapping[str, str]:
    """Return the values of a message's wording."""
    if message.sign_in_request_id is not None:
        token = sign_in_token(vault.link_key, message.sign_in_request_id)
        code = sign_in_code(vault.link_key, message.sign_in_request_id)
        return {"link": f"{public_base_url}/sign-in/{token}", "code": code}
    if message.purpose == LEAD:
        return words_for_lead(message, public_base_url)
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
    closes = closes_at.astimezone(ZoneInfo(settings().default_time_zone))
    return {
        "link": f"{public_base_url}/p/{token}",
        "opt_out_url": opt_out_url,
        "run_by": run_by,
        "minutes": "2",
        "minimum_group_size": str(minimum_group_size),
        "closes_on": long_day(closes, message.language),
        "closes_on_short": short_day(closes, message.language),
    }
