"""Pulses and their waves, and the terms that are frozen when a wave opens."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.extensions import Base
from survey_app.models.groups import Group


class WaveState(StrEnum):
    """Where a wave stands. It only ever moves forward."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Pulse(Base):
    """A recurring two-minute survey in a programme: in these authorities, or in all where none is named.

    `cuts` are the items by which authorities' figures are divided: declared before anybody answers. `reminder_days` are
    the days after opening on which people who have not answered are reminded. `sends_digests` says whether leads and
    staff are told by email what came of a wave.
    """

    __tablename__ = "pulses"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    run_by: Mapped[str]
    programme_id: Mapped[int] = mapped_column(ForeignKey("groups.id"))
    instrument: Mapped[str]
    minimum_group_size: Mapped[int]
    answer_width: Mapped[float]
    authorities: Mapped[list[str]] = mapped_column(default=list)
    cuts: Mapped[list[str]] = mapped_column(default=list)
    asks_comment: Mapped[bool] = mapped_column(default=False)
    sends_digests: Mapped[bool] = mapped_column(default=True)
    reminder_days: Mapped[list[int]] = mapped_column(JSON, default=lambda: [3, 7])
    programme: Mapped[Group] = relationship()


class Wave(Base):
    """One round of a pulse.

    `instrument` is the version to ask where it is not the pulse's own. The two waves of a bridge have the same
    `bridge`: each asks one version, and people are divided between them at random when they open. While it is paused
    an open wave takes no answers and sends nothing; it closes in its time all the same.
    """

    __tablename__ = "waves"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    pulse_id: Mapped[int] = mapped_column(ForeignKey("pulses.id"))
    label: Mapped[str]
    instrument: Mapped[str | None]
    bridge: Mapped[str | None] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(default=WaveState.PLANNED, index=True)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    key_destroyed_at: Mapped[datetime | None]
    compacted_at: Mapped[datetime | None]
    charts_drawn_at: Mapped[datetime | None]
    described_at: Mapped[datetime | None]
    digested_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str | None]
    reminders_planned: Mapped[int] = mapped_column(default=0)
    pulse: Mapped[Pulse] = relationship()
    terms: Mapped[WaveTerms | None] = relationship(back_populates="wave")


class WaveTerms(Base):
    """What was promised and will hold for a wave: written once, when it opens.

    `instrument` is a full copy of the definition, `tree` the groups of that day, and `authorities` those among them.
    `source_hash` knows an imported survey again, whatever it is called.
    """

    __tablename__ = "wave_terms"

    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    instrument: Mapped[dict[str, Any]]  # Any: the instrument's document form
    instrument_reference: Mapped[str]
    instrument_digest: Mapped[str]
    minimum_group_size: Mapped[int]
    answer_width: Mapped[float]
    promise: Mapped[str] = mapped_column(Text)
    promise_hash: Mapped[str]
    public_key: Mapped[bytes]
    tree: Mapped[dict[str, Any]]  # Any: JSON, read back by use_cases.wave_terms
    authorities: Mapped[list[str]]
    cuts: Mapped[list[str]] = mapped_column(default=list)
    asks_comment: Mapped[bool] = mapped_column(default=False)
    source_hash: Mapped[bytes | None] = mapped_column(unique=True)
    wave: Mapped[Wave] = relationship(back_populates="terms")


class SourceColumn(Base):
    """A keyed hash of one column of an imported survey's answers: knows a part of the same answers again."""

    __tablename__ = "source_columns"

    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    column_hash: Mapped[bytes] = mapped_column(primary_key=True, index=True)
