"""What was published: measures, blocks, cells and charts. All but charts are written once and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.extensions import Base


class PublishedMeasure(Base):
    """A measure of a wave, and where its figures stand in the measure's line.

    Figures of one `series` may share a line. `questions` is the version since which the items are the same but for
    corrections. `offset` is how many points the changes of questions since the series began have added by
    themselves, with its standard error, as estimated from the items in common.
    """

    __tablename__ = "published_measures"

    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int]
    title: Mapped[str]
    higher_is_better: Mapped[bool]
    series: Mapped[str]
    questions: Mapped[str]
    offset: Mapped[float]
    offset_error: Mapped[float]


class PublishedBlock(Base):
    """Teams whose answers in a wave are only ever published together."""

    __tablename__ = "published_blocks"

    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    teams: Mapped[list[str]]
    respondents: Mapped[int]


class PublishedCellRow(Base):
    """One cell: group x measure x wave. A withheld cell has no figure at all."""

    __tablename__ = "published_cells"
    __table_args__ = (UniqueConstraint("wave_id", "group_key", "measure"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    group_key: Mapped[str] = mapped_column(index=True)
    group_name: Mapped[str]
    level: Mapped[str]
    parent_key: Mapped[str | None] = mapped_column(index=True)
    measure: Mapped[str]
    instrument: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    counted_in: Mapped[str | None]
    n: Mapped[int | None]
    roster_size: Mapped[int | None]
    score: Mapped[int | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    likely_low: Mapped[int | None]
    likely_high: Mapped[int | None]
    covers: Mapped[list[str] | None]
    coverage: Mapped[str | None]
    response_rate: Mapped[int | None]
    favourable: Mapped[dict[str, Any] | None]  # Any: a FavourableShare as JSON


class PublishedCut(Base):
    """A measure's figure of one category of an attribute, within an authority. `options` are what it takes together."""

    __tablename__ = "published_cuts"

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"))
    group_key: Mapped[str] = mapped_column(index=True)
    attribute: Mapped[str]
    options: Mapped[list[str]]
    measure: Mapped[str]
    n: Mapped[int]
    score: Mapped[int]
    low: Mapped[float]
    high: Mapped[float]
    likely_low: Mapped[int]
    likely_high: Mapped[int]


class ReliabilityCard(Base):
    """What a wave's answers tell of its scales, at programme level or of an authority large enough; written once."""

    __tablename__ = "reliability_cards"

    wave_id: Mapped[int] = mapped_column(ForeignKey("waves.id"), primary_key=True)
    group_key: Mapped[str] = mapped_column(primary_key=True)
    card: Mapped[dict[str, Any]]  # Any: JSON, read back by dashboards.pages.reliability


class StoredChartRow(Base):
    """The newest picture of a trend or a comparison, as the publishing job drew it."""

    __tablename__ = "stored_charts"

    group_key: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    variant: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    svg: Mapped[str] = mapped_column(Text)
    drawn_at: Mapped[datetime]


class GroupDrawing(Base):
    """That a group's pictures have to be drawn, who draws them, and what was found on the way.

    Of each programme one row `is_last`: the pictures of groups beside one another, once all others are drawn. What was
    read for one `edition` must not be drawn in another: something has changed in between.
    `last_time` is what members of a team may be told of its newest wave; None where nothing was shown.
    """

    __tablename__ = "group_drawings"

    group_key: Mapped[str] = mapped_column(primary_key=True)
    programme_key: Mapped[str] = mapped_column(index=True)
    edition: Mapped[UUID]
    is_last: Mapped[bool] = mapped_column(primary_key=True)
    claim: Mapped[UUID | None]
    claimed_at: Mapped[datetime | None]
    drawn_at: Mapped[datetime | None]
    lines: Mapped[int] = mapped_column(default=0)
    flagged: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # Any: FlaggedLine as JSON
    last_time: Mapped[dict[str, Any] | None]  # Any: LastTime as JSON


class ProgrammeFlags(Base):
    """Lines outside their usual range in a programme, counted when its newest wave was drawn."""

    __tablename__ = "programme_flags"

    programme_key: Mapped[str] = mapped_column(primary_key=True)
    lines: Mapped[int]
    flagged: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # Any: FlaggedLine as JSON
    counted_at: Mapped[datetime]


class ProgrammeLikeness(Base):
    """How alike neighbouring waves of a programme are, from 0 to 0.6; None while too little is known."""

    __tablename__ = "programme_likenesses"

    programme_key: Mapped[str] = mapped_column(primary_key=True)
    autocorrelation: Mapped[float | None]
    measured_at: Mapped[datetime]


class DisclosureAudit(Base):
    """One run of the attack on everything published: how much it looked at, and what it found."""

    __tablename__ = "disclosure_audits"

    id: Mapped[int] = mapped_column(primary_key=True)
    ran_at: Mapped[datetime]
    waves: Mapped[int]
    figures: Mapped[int]
    findings: Mapped[int]
