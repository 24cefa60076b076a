"""What to know before a pulse's next waves: teams too small to be shown, people not reached, lines that break."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select

from dashboards.snapshots import Level
from instruments.definitions import Instrument
from notifications.catalogue import misfits, written_languages
from notifications.messages import Channel
from survey_app.crypto.vault import Vault
from survey_app.extensions import db, settings
from survey_app.models.groups import Group
from survey_app.models.participants import ContactPoint, Membership, Participant
from survey_app.models.pulses import Pulse
from survey_app.use_cases.errors import PermissionMissing, PermissionOver
from survey_app.use_cases.instrument_library import find_instrument, require_permission
from survey_app.use_cases.key_holders import current_holders
from survey_app.use_cases.planning import authorities_asked
from survey_app.use_cases.pulses import find_pulse, verdict_on_change
from survey_app.use_cases.sender_overview import all_senders

_SMALL_NAMED = 8


def warnings(pulse_key: str, until: date, now: datetime, vault: Vault) -> list[str]:
    """What to know before a pulse's next waves: none of it stops them, but people too few, unreached or unread."""
    pulse = find_pulse(pulse_key)
    instrument = find_instrument(pulse.instrument)
    authorities = authorities_asked(pulse)
    return [
        *_about_people(pulse, authorities, now.date()),
        *_about_languages(instrument, authorities),
        *_about_the_version(pulse, instrument, until),
        *_about_messages(authorities, vault, now),
    ]


def _about_people(pulse: Pulse, authorities: Sequence[Group], today: date) -> Iterator[str]:
    area = select(Group.id, Group.parent_id).where(Group.level == Level.SERVICE_AREA).subquery()
    belongs = and_(
        Membership.team_id == Group.id,
        Membership.started_on <= today,
        or_(Membership.ended_on.is_(None), Membership.ended_on > today),
    )
    teams = db.session.execute(
        select(Group.name, area.c.parent_id, func.count(Membership.participant_id.distinct()))
        .join(area, area.c.id == Group.parent_id)
        .outerjoin(Membership, belongs)
        .where(area.c.parent_id.in_([authority.id for authority in authorities]), Group.ended_on.is_(None))
        .group_by(Group.id, Group.name, area.c.parent_id)
        .order_by(Group.name)
    ).all()
    people: Counter[int] = Counter()
    for _, authority_id, size in teams:
        people[authority_id] += size
    yield from (
        f"{authority.name} has nobody on its roster: nobody there will be asked."
        for authority in authorities
        if not people[authority.id]
    )
    small = [name for name, _, size in teams if 0 < size < pulse.minimum_group_size]
    if small:
        named = ", ".join(small[:_SMALL_NAMED]) + (" and others" if len(small) > _SMALL_NAMED else "")
        yield (
            f"{len(small)} {'team has' if len(small) == 1 else 'teams have'} fewer than {pulse.minimum_group_size} "
            f"people and can never be shown alone ({named}): their answers are counted with another team’s, or one "
            "level up."
        )


def _about_languages(instrument: Instrument, authorities: Sequence[Group]) -> Iterator[str]:
    spoken = db.session.scalars(
        select(Participant.language)
        .distinct()
        .where(Participant.authority_id.in_([authority.id for authority in authorities]))
        .order_by(Participant.language)
    )
    for language in spoken:
        if language not in instrument.languages:
            yield f"Some people’s language is {language}, in which {instrument.reference} is not: they read English."
        elif language not in written_languages():
            yield f"Some people’s language is {language}, in which messages are not written: theirs are in English."


def _about_the_version(pulse: Pulse, instrument: Instrument, until: date) -> Iterator[str]:
    verdict = verdict_on_change(pulse.key, pulse.instrument)
    if verdict is not None:
        yield from (f"Its version changes the line: {reason.sentence}" for reason in verdict.reasons)
    try:
        require_permission(instrument, until)
    except (PermissionMissing, PermissionOver) as error:
        yield str(error)


def _about_messages(authorities: Sequence[Group], vault: Vault, now: datetime) -> Iterator[str]:
    ids = [authority.id for authority in authorities]
    channels = set(
        db.session.scalars(
            select(ContactPoint.channel)
            .distinct()
            .join(Participant, Participant.id == ContactPoint.participant_id)
            .where(Participant.authority_id.in_(ids))
        )
    )
    ready = {sender.channel for sender in all_senders(settings(), vault, now)}
    for channel, words in ((Channel.EMAIL, "email"), (Channel.SMS, "text")):
        if channel in channels and channel not in ready:
            yield f"Nothing sends {words} here yet: set up a sender, or those people are not reached."
    yield from (f"The wording {misfit.wording} {misfit.reason}." for misfit in misfits(settings().public_base_url))
    if not current_holders():
        yield "Nobody holds a copy of wave keys: if this machine is lost, answers to open waves are lost too."
