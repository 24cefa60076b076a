"""Accounts that authorities' messages leave through, and who keeps copies of wave keys, for programme leads."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from notifications.credentials import TERMS, Provider
from notifications.errors import UnusableCredentials
from notifications.messages import Channel
from survey_app.extensions import settings, vault
from survey_app.stores.sender_accounts import MAILS_PER_SECOND, TEXTS_PER_SECOND
from survey_app.use_cases.errors import KeyTaken, SenderTaken, UnknownKeyHolder, UnusableKey, UnusablePublicKey
from survey_app.use_cases.key_holders import add_key_holder, current_holders, remove_key_holder
from survey_app.use_cases.roster_uploads import authorities_of
from survey_app.use_cases.sender_accounts import NewSender, add_sender, remove_sender
from survey_app.use_cases.sender_overview import senders_of
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("senders", __name__, url_prefix="/manage/senders")

_SECRETS = frozenset({"url", "auth_token", "api_key", "callback_token"})
"""What is never shown again, not even to whoever typed it."""


@pages.get("")
def ask() -> str:
    """Every account and how it does, a form for each provider, and the key holders."""
    return _page()


@pages.post("")
def add() -> Response | tuple[str, int]:
    """Add an account of an authority."""
    form, viewer = request.form, current_viewer()
    provider, channel, authority = form.get("provider", ""), form.get("channel", ""), form.get("authority", "")
    if provider not in set(Provider) or channel not in set(Channel):
        return _page("provider", "Choose a provider and a way"), 400
    if authority not in viewer.inside:
        return _page("authority", "Choose an authority"), 400
    new = NewSender(
        name=form.get("name", "").strip(),
        authority=authority,
        channel=Channel(channel),
        provider=Provider(provider),
        rank=int(form["rank"]) if form.get("rank", "").isdigit() else 1,
        per_second=TEXTS_PER_SECOND if channel == Channel.SMS else MAILS_PER_SECOND,
        credentials={field: form.get(field, "").strip() for field in TERMS[Provider(provider)].needed},
    )
    try:
        add_sender(new, by=viewer.name, now=datetime.now(UTC), vault=vault())
    except UnusableCredentials as error:
        return _page(error.field, str(error)), 400
    except UnusableKey as error:
        return _page("name", str(error)), 400
    except SenderTaken as error:
        return _page("name", str(error)), 409
    return redirect("/manage/senders", code=303)


@pages.post("/<name>/remove")
def remove(name: str) -> Response:
    """Remove an account of an authority; those of the installation are not a programme's."""
    viewer = current_viewer()
    own = senders_of(viewer.programme, settings(), vault(), datetime.now(UTC))
    if name not in {line.name for line in own if line.authority}:
        abort(404)
    remove_sender(name, by=viewer.name, now=datetime.now(UTC))
    return redirect("/manage/senders", code=303)


@pages.post("/holders")
def add_holder() -> Response | tuple[str, int]:
    """Name somebody who keeps copies of wave keys."""
    name, typed = request.form.get("holder", "").strip(), request.form.get("public_key", "").strip()
    try:
        public_key = bytes.fromhex(typed)
        add_key_holder(name, public_key, by=current_viewer().name, now=datetime.now(UTC), vault=vault())
    except ValueError:
        return _page("public_key", str(UnusablePublicKey())), 400
    except UnusablePublicKey as error:
        return _page("public_key", str(error)), 400
    except (KeyTaken, UnusableKey) as error:
        return _page("holder", str(error)), 409
    return redirect("/manage/senders", code=303)


@pages.post("/holders/<name>/remove")
def remove_holder(name: str) -> Response:
    """From the next wave on, seal no copy for somebody."""
    try:
        remove_key_holder(name, by=current_viewer().name, now=datetime.now(UTC))
    except UnknownKeyHolder:
        abort(404)
    return redirect("/manage/senders", code=303)


def _page(field: str = "", problem: str = "") -> str:
    viewer, now = current_viewer(), datetime.now(UTC)
    return render_template(
        "manage/senders.html",
        home_links=home_links(viewer),
        senders=senders_of(viewer.programme, settings(), vault(), now),
        authorities=authorities_of(viewer.programme, now.date()),
        terms={provider: (sorted(terms.channels), terms.needed) for provider, terms in TERMS.items()},
        secrets=_SECRETS,
        holders=sorted(current_holders()),
        typed=request.form,
        field=field,
        problem=problem,
    )
