"""Read a pulse's messages before anybody is asked, and send them to oneself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select

from notifications.catalogue import latest_version, written_languages
from notifications.messages import Channel, MessageState
from notifications.rendering import fill
from notifications.segments import TextSize, measure
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.messages import Message
from survey_app.models.participants import ContactPoint
from survey_app.models.pulses import Pulse
from survey_app.stores.personalisation import sample_values
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import NoAddressToTry, TooManyTrials
from survey_app.use_cases.pulses import find_pulse

WORDINGS = ("invitation", "reminder")
"""What people are sent before they answer."""
MOST_AN_HOUR = 10
_GOOD_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class Sample:
    """A wording as somebody would read it: the mail's subject and text, and the text message with its size."""

    wording: str
    language: str
    subject: str
    mail: str
    text: str
    size: TextSize


def samples(pulse_key: str, now: datetime, public_base_url: str) -> Iterator[Sample]:
    """Every message of a pulse in every language that it is written in."""
    pulse = find_pulse(pulse_key)
    for wording in WORDINGS:
        for language in sorted(written_languages(), key=lambda each: (each != "en", each)):
            trial = _trial(pulse, wording, language, Channel.EMAIL, 0, now)
            values = {**sample_values(pulse, trial, public_base_url), "language": language}
            name = f"{wording}-{trial.wording_version}/{language}"
            text = fill(f"{name}.sms.txt", values).strip()
            yield Sample(
                wording=wording,
                language=language,
                subject=" ".join(fill(f"{name}.subject.txt", values).split()),
                mail=fill(f"{name}.email.txt", values).strip(),
                text=text,
                size=measure(text),
            )


def send_trial(
    pulse_key: str, wording: str, language: str, channel: Channel, account_id: int, *, by: str, now: datetime
) -> UUID:
    """Plan a message to whoever asks, by the way that all take; return its id.

    Raises
    ------
    NoAddressToTry
        They have no address of this channel.
    TooManyTrials
        They have sent themselves as many within the hour as anybody needs.
    """
    pulse = find_pulse(pulse_key)
    contact = db.session.scalar(
        select(ContactPoint.id)
        .where(ContactPoint.account_id == account_id, ContactPoint.channel == channel)
        .with_for_update()
    )
    if contact is None:
        db.session.rollback()
        raise NoAddressToTry(channel)
    lately = select(func.count()).where(
        Message.contact_point_id == contact, Message.trial_of.is_not(None), Message.not_before > now - _GOOD_FOR
    )
    if (db.session.scalar(lately) or 0) >= MOST_AN_HOUR:
        db.session.rollback()
        raise TooManyTrials(MOST_AN_HOUR)
    message = _trial(pulse, wording, language, channel, contact, now)
    db.session.add(message)
    note(by, "try a message", pulse_key, now, wording=wording, language=language, channel=str(channel))
    db.session.commit()
    return message.id


def keep_own_number(account_id: int, number: str, vault: Vault) -> None:
    """Keep the number to which somebody who is signed in sends themselves texts; nothing else is sent there."""
    contact = db.session.scalar(
        select(ContactPoint).where(ContactPoint.account_id == account_id, ContactPoint.channel == Channel.SMS)
    )
    if contact is None:
        contact = ContactPoint(account_id=account_id, channel=Channel.SMS)
        db.session.add(contact)
    contact.address_encrypted, contact.address_hash = vault.encrypt(number), vault.address_hash(number)
    contact.invalid_code = contact.paused_until = None
    db.session.commit()


def own_number(account_id: int, vault: Vault) -> str:
    """The number to which somebody sends themselves texts; empty where there is none."""
    found = db.session.scalar(
        select(ContactPoint.address_encrypted).where(
            ContactPoint.account_id == account_id, ContactPoint.channel == Channel.SMS
        )
    )
    return "" if found is None else vault.decrypt(found)


def _trial(pulse: Pulse, wording: str, language: str, channel: Channel, contact: int, now: datetime) -> Message:
    message_id = uuid4()
    return Message(
        id=message_id,
        dedupe_key=f"trial:{message_id}",
        purpose=wording,
        channel=channel,
        language=language,
        contact_point_id=contact,
        trial_of=pulse.id,
        state=MessageState.PENDING,
        not_before=now,
        expires_at=now + _GOOD_FOR,
        wording_version=latest_version(wording),
    )
