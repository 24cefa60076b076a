"""Participants: members of staff who may be invited, their dated team memberships and how to reach people."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class Participant(Base):
    """A member of staff, known by the reference that the authority's roster gives them.

    `hours` is when messages may reach somebody who works other hours than the authority: `Mon-Sun 14:00-22:00`.
    """

    __tablename__ = "participants"
    __table_args__ = (UniqueConstraint("authority_id", "staff_ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("groups.id"))
    staff_ref: Mapped[str]
    name_encrypted: Mapped[bytes | None]
    role: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    hours: Mapped[str | None]


class Membership(Base):
    """A participant's time in a team; the last day is not part of it."""

    __tablename__ = "memberships"

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), index=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), index=True)
    started_on: Mapped[date]
    ended_on: Mapped[date | None]


class ContactPoint(Base):
    """An encrypted address of a participant or of an account; the hash finds it without decrypting.

    `invalid_code` is why a provider says that nothing can ever arrive there; until `paused_until` nothing is sent
    there, because three mails in a month came back.
    """

    __tablename__ = "contact_points"
    __table_args__ = (
        CheckConstraint("(participant_id IS NULL) <> (account_id IS NULL)", name="one_owner"),
        UniqueConstraint("participant_id", "channel"),
        UniqueConstraint("account_id", "channel"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participants.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    channel: Mapped[str]
    address_encrypted: Mapped[bytes]
    address_hash: Mapped[bytes] = mapped_column(index=True)
    invalid_code: Mapped[str | None]
    paused_until: Mapped[datetime | None]


class OptOut(Base):
    """A wish for no more messages to an address; kept by its hash, so that no re-import undoes it.

    Its scope is `all`, or `reminders` where invitations are still wanted.
    """

    __tablename__ = "opt_outs"

    channel: Mapped[str] = mapped_column(primary_key=True)
    address_hash: Mapped[bytes] = mapped_column(primary_key=True)
    source: Mapped[str]
    created_at: Mapped[datetime]
    scope: Mapped[str] = mapped_column(default="all")
