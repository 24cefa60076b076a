"""Accounts of people who sign in to dashboards, what they may see, and how they signed in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class Role(StrEnum):
    """What a person is to a group; each sees that group and those inside it."""

    TEAM_LEAD = "team_lead"
    SERVICE_LEAD = "service_lead"
    AUTHORITY_LEAD = "authority_lead"
    PROGRAMME_LEAD = "programme_lead"


class Account(Base):
    """Somebody who may sign in. The address is among the contact points."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class RoleGrant(Base):
    """A role in a group."""

    __tablename__ = "role_grants"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), primary_key=True)
    role: Mapped[str]


class SignInRequest(Base):
    """A wish to sign in, tied to the browser that made it."""

    __tablename__ = "sign_in_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    browser_hash: Mapped[bytes]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Session(Base):
    """A signed-in browser, by the hash of its cookie."""

    __tablename__ = "sessions"

    reference_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    expires_at: Mapped[datetime]
