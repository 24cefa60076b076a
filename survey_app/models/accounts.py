"""Accounts of people who sign in to dashboards, what they may see, and how they signed in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class Role(StrEnum):
    """What a person is to a group; each sees that group and those inside it, but for the governance reader.

    A governance reader sees no figure: the audit log, receipts, and what may be known of how a wave was published.
    """

    TEAM_LEAD = "team_lead"
    SERVICE_LEAD = "service_lead"
    AUTHORITY_LEAD = "authority_lead"
    PROGRAMME_LEAD = "programme_lead"
    GOVERNANCE_READER = "governance_reader"


class Account(Base):
    """Somebody who may sign in. The address is among the contact points."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class RoleGrant(Base):
    """A role in a group, from when to when. A row is ended, never removed: who could see what stays known."""

    __tablename__ = "role_grants"
    __table_args__ = (
        Index(
            "uq_role_grants_held",
            "account_id",
            "group_id",
            "role",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), index=True)
    role: Mapped[str]
    granted_at: Mapped[datetime]
    granted_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class SignInRequest(Base):
    """A wish to sign in, tied to the browser that made it. `tries` counts codes that were typed."""

    __tablename__ = "sign_in_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    browser_hash: Mapped[bytes]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    tries: Mapped[int]


class SignInTry(Base):
    """That somebody at a place, known by a keyed hash for an hour, asked for a link."""

    __tablename__ = "sign_in_tries"

    id: Mapped[int] = mapped_column(primary_key=True)
    place_hash: Mapped[bytes] = mapped_column(index=True)
    tried_at: Mapped[datetime]


class Session(Base):
    """A signed-in browser, by the hash of its cookie. Without a second step it opens nothing but that step."""

    __tablename__ = "sessions"

    reference_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    signed_in_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    second_step_at: Mapped[datetime | None]


class SecondFactor(Base):
    """Somebody's authenticator app: its secret, encrypted, and the last time step whose code was used."""

    __tablename__ = "second_factors"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    secret_encrypted: Mapped[bytes]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int]
    failures: Mapped[int]
    locked_until: Mapped[datetime | None]


class SecondStepReset(Base):
    """That one programme lead asks for somebody's second step to be forgotten; another has to do it within a day."""

    __tablename__ = "second_step_resets"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    asked_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime]


class Identity(Base):
    """Somebody with an identity provider: by issuer and subject, never by an address, which a provider may change."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    connected_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code for a day without the app, by its hash; it works once."""

    __tablename__ = "recovery_codes"

    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    used_at: Mapped[datetime | None]
