"""Where providers call back: signed by them, the same twice as once, and answered at once."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from uuid import UUID
from xml.sax.saxutils import escape

from flask import Blueprint, Response, abort, request

from notifications.credentials import Provider
from notifications.replies import Wish, wish_of
from notifications.reports import notify_report, twilio_report
from notifications.signatures import is_twilios
from survey_app.extensions import settings, vault
from survey_app.stores.sender_accounts import all_accounts
from survey_app.use_cases.delivery_reports import take_in_report
from survey_app.use_cases.opting_out import lift_opt_out, opt_out_number

pages = Blueprint("hooks", __name__, url_prefix="/hooks")

_REPLIES = {
    Wish.HELP: "Crescendo Pulse: a short survey by your employer's programme. Reply STOP for no more texts.",
    Wish.OTHER: "Nobody reads replies to this number, and nothing of yours was kept. Reply STOP for no more texts.",
}


@pages.post("/twilio/status/<attempt>")
def twilio_status(attempt: str) -> Response:
    """What became of a text."""
    _require_signature()
    report = twilio_report(request.form.to_dict())
    attempt_id = _attempt_id(attempt)
    if report is not None:
        take_in_report(attempt_id, report, datetime.now(UTC))
    return Response(status=204)


@pages.post("/twilio/inbound")
def twilio_inbound() -> Response:
    """A text from somebody: STOP and START are done, everything else is forgotten."""
    _require_signature()
    form = request.form
    wish = wish_of(form.get("Body", ""), form.get("OptOutType", ""))
    if wish is Wish.STOP:
        opt_out_number(form.get("From", ""), datetime.now(UTC), vault())
    elif wish is Wish.START:
        lift_opt_out(form.get("From", ""), vault())
    reply = "" if form.get("OptOutType") else _REPLIES.get(wish, "")
    inside = f"<Message>{escape(reply)}</Message>" if reply else ""
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>', mimetype="text/xml")


@pages.post("/notify/status")
def notify_status() -> Response:
    """What became of a message that went through GOV.UK Notify."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    known = _secrets(Provider.GOVUK_NOTIFY, "callback_token")
    if not token or not any(hmac.compare_digest(token.encode(), each.encode()) for each in known):
        abort(403)
    found = notify_report(request.get_json(silent=True))
    if found is not None:
        reference, report = found
        take_in_report(_attempt_id(reference), report, datetime.now(UTC))
    return Response(status=204)


def _attempt_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        abort(404)


def _require_signature() -> None:
    """Only Twilio can sign with an account's token; the address is ours as configured, not as the request says."""
    query = request.query_string.decode()
    url = f"{settings().public_base_url}{request.path}" + (f"?{query}" if query else "")
    signature = request.headers.get("X-Twilio-Signature", "")
    pairs = list(request.form.items(multi=True))
    tokens = _secrets(Provider.TWILIO, "auth_token", "previous_auth_token")
    if not any(is_twilios(token, url, pairs, signature) for token in tokens):
        abort(403)


def _secrets(provider: Provider, *names: str) -> list[str]:
    """What the accounts of a provider sign with; each is tried."""
    accounts = [account for account in all_accounts(settings(), vault()) if account.provider is provider]
    return [secret for account in accounts for name in names if (secret := account.credentials.get(name, ""))]
