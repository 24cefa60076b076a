"""How somebody signs in and out: a link or a code from their mail, then a session that ends by itself."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update

from notifications.catalogue import latest_version
from notifications.messages import Channel, MessageState
from survey_app.crypto.link_tokens import sign_in_code, sign_in_token
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.accounts import Account, Session, SignInRequest, SignInTry
from survey_app.models.messages import Message
from survey_app.models.participants import ContactPoint
from survey_app.use_cases.access import Viewer, viewer_of
from survey_app.use_cases.people import contact_of_account

LINK_LIFETIME = timedelta(minutes=10)
SESSION_LIFETIME = timedelta(hours=12)
IDLE_LIFETIME = timedelta(minutes=30)
MOST_LINKS = 5
"""In a quarter of an hour, to one account."""
MOST_TRIES = 20
"""Links asked for in an hour, from one place."""
MOST_CODES = 5
"""Codes typed for one link."""
_QUARTER = timedelta(minutes=15)
_HOUR = timedelta(hours=1)
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SignedIn:
    """A session that is good: whose it is, and when its second step was taken, if it was."""

    viewer: Viewer
    signed_in_at: datetime
    second_step_at: datetime | None


def request_sign_in(
    email: str, browser: str, now: datetime, vault: Vault, *, place: str = "", is_limited: bool = True
) -> list[UUID]:
    """Put a sign-in link for this browser into the outbox, if the address is somebody's.

    Parameters
    ----------
    place
        From where it was asked, such as an address on the net: kept as a keyed hash for an hour.
    is_limited
        Whether an account, and a place, get so many links and no more; a demo's people share one browser.

    Returns
    -------
    list of UUID
        The message to ring for; empty where nobody has this address or too many were asked for, which the page must
        not tell.
    """
    asks_too_often = not _note_try(place, now, vault)
    contact = db.session.scalar(contact_of_account(email, vault))
    if contact is not None and _recent_links(contact.account_id, now) >= MOST_LINKS:
        asks_too_often = True
    if contact is None or (is_limited and asks_too_often):
        db.session.commit()
        return []
    request_id, message_id = uuid4(), uuid4()
    db.session.add(
        SignInRequest(
            id=request_id,
            account_id=contact.account_id,
            token_hash=vault.lookup_hash(sign_in_token(vault.link_key, request_id)),
            browser_hash=vault.lookup_hash(browser),
            expires_at=now + LINK_LIFETIME,
            tries=0,
        )
    )
    db.session.flush()
    db.session.add(_message(message_id, request_id, contact, now))
    db.session.commit()
    return [message_id]


def sign_in(token: str, browser: str, now: datetime, vault: Vault) -> str | None:
    """Use a sign-in link and return a new session's reference.

    None where the link is wrong, used, too old, or was asked for by another browser: the page says the same of each.
    """
    return _use(SignInRequest.token_hash == vault.lookup_hash(token), browser, now, vault)


def sign_in_with_code(code: str, browser: str, now: datetime, vault: Vault) -> str | None:
    """Use the six digits of the newest link that this browser asked for; each link bears few tries."""
    newest = db.session.execute(
        update(SignInRequest)
        .where(
            SignInRequest.id
            == select(SignInRequest.id)
            .where(SignInRequest.browser_hash == vault.lookup_hash(browser))
            .order_by(SignInRequest.expires_at.desc(), SignInRequest.id)
            .limit(1)
            .scalar_subquery()
        )
        .where(SignInRequest.tries < MOST_CODES)
        .values(tries=SignInRequest.tries + 1)
        .returning(SignInRequest.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    db.session.commit()
    if newest is None or not secrets.compare_digest(sign_in_code(vault.link_key, newest).encode(), code.encode()):
        return None
    return _use(SignInRequest.id == newest, browser, now, vault)


def start_session(account_id: int, now: datetime, vault: Vault, *, second_step: bool) -> str:
    """A new session's reference; `second_step` says that one was taken already, by a provider."""
    reference = secrets.token_urlsafe(32)
    db.session.add(
        Session(
            reference_hash=vault.lookup_hash(reference),
            account_id=account_id,
            signed_in_at=now,
            last_seen_at=now,
            expires_at=now + SESSION_LIFETIME,
            second_step_at=now if second_step else None,
        )
    )
    db.session.commit()
    return reference


def renew_session(reference: str, now: datetime, vault: Vault) -> str:
    """Give a session whose second step was taken just now a new reference; the old one is good no more."""
    fresh = secrets.token_urlsafe(32)
    db.session.execute(
        update(Session)
        .where(Session.reference_hash == vault.lookup_hash(reference))
        .values(reference_hash=vault.lookup_hash(fresh), second_step_at=now, last_seen_at=now)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return fresh


def sign_out(reference: str, vault: Vault) -> None:
    """End a session."""
    db.session.execute(delete(Session).where(Session.reference_hash == vault.lookup_hash(reference)))
    db.session.commit()


def sign_out_everywhere(account_id: int) -> None:
    """End every session of an account."""
    db.session.execute(delete(Session).where(Session.account_id == account_id))
    db.session.commit()


def sessions_of(account_id: int, now: datetime) -> int:
    """How many sessions of an account are good."""
    return db.session.scalar(select(func.count()).where(Session.account_id == account_id, _is_good(now))) or 0


def find_session(reference: str, now: datetime, vault: Vault) -> SignedIn | None:
    """Return who a session belongs to, if it is still good, and note that it was used."""
    found = db.session.execute(
        select(Account, Session)
        .join(Session, Session.account_id == Account.id)
        .where(Session.reference_hash == vault.lookup_hash(reference), _is_good(now))
    ).one_or_none()
    if found is None:
        return None
    account, session = found
    if now - session.last_seen_at >= _SEEN_EVERY:
        session.last_seen_at = now
        db.session.commit()
    return SignedIn(viewer_of(account), session.signed_in_at, session.second_step_at)


def _is_good(now: datetime) -> ColumnElement[bool]:
    return and_(Session.expires_at > now, Session.last_seen_at > now - IDLE_LIFETIME)


def forget_tries(now: datetime) -> None:
    """Forget from where links were asked for an hour ago or more."""
    db.session.execute(delete(SignInTry).where(SignInTry.tried_at <= now - _HOUR))
    db.session.commit()


def _note_try(place: str, now: datetime, vault: Vault) -> bool:
    """Count this one; False where a place has asked too often."""
    place_hash = vault.lookup_hash(f"place {place}")
    db.session.execute(delete(SignInTry).where(SignInTry.tried_at <= now - _HOUR))
    tries = db.session.scalar(select(func.count()).where(SignInTry.place_hash == place_hash)) or 0
    db.session.execute(insert(SignInTry).values(place_hash=place_hash, tried_at=now))
    return not place or tries < MOST_TRIES


def _recent_links(account_id: int | None, now: datetime) -> int:
    since = now + LINK_LIFETIME - _QUARTER
    recent = select(func.count()).where(SignInRequest.account_id == account_id, SignInRequest.expires_at > since)
    return db.session.scalar(recent) or 0


def _use(which: ColumnElement[bool], browser: str, now: datetime, vault: Vault) -> str | None:
    used = db.session.execute(
        update(SignInRequest)
        .where(which)
        .where(SignInRequest.browser_hash == vault.lookup_hash(browser))
        .where(SignInRequest.used_at.is_(None), SignInRequest.expires_at > now)
        .values(used_at=now)
        .returning(SignInRequest.account_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if used is None:
        db.session.rollback()
        return None
    return start_session(used, now, vault, second_step=False)


def _message(message_id: UUID, request_id: UUID, contact: ContactPoint, now: datetime) -> Message:
    return Message(
        id=message_id,
        dedupe_key=f"sign-in:{request_id}",
        purpose="sign_in",
        channel=Channel.EMAIL,
        language="en",
        contact_point_id=contact.id,
        sign_in_request_id=request_id,
        state=MessageState.PENDING,
        not_before=now,
        expires_at=now + LINK_LIFETIME,
        attempt_number=0,
        wording_version=latest_version("sign_in"),
    )
