"""Run a simulated programme through the real use cases: rosters, waves, messages, answers, publishing."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
from sqlalchemy import event, select

from dashboards.snapshots import Level
from instruments.files import from_document
from instruments.library import load_released
from instruments.rotation import asked_items
from notifications.delivery import Delivery
from notifications.gates import Turn
from notifications.messages import Accepted, ClaimedMessage, Outcome, OutgoingMessage
from notifications.routes import Route
from survey_app.config import Settings
from survey_app.crypto.link_tokens import invitation_token
from survey_app.crypto.vault import Vault
from survey_app.demo.comments import read_everything, write_something
from survey_app.demo.pulses import FIRST, DemoPulse, demo_pulses, read_pilot
from survey_app.demo.simulation import (
    TeamClimate,
    answer,
    make_climate,
    responds,
    wave_shift,
)
from survey_app.demo.small_changes import record_what_teams_try
from survey_app.demo.staff import DemoTeam, Worker, Workforce, demo_teams, roster_csv
from survey_app.extensions import close_connections, db
from survey_app.models.accounts import Role
from survey_app.models.groups import Group
from survey_app.models.invitations import Invitation
from survey_app.models.participants import Participant
from survey_app.models.pulses import Wave, WaveTerms
from survey_app.stores.outbox import DatabaseOutbox
from survey_app.use_cases.closing import close_wave
from survey_app.use_cases.describing import describe_waves
from survey_app.use_cases.disclosure_audit import audit_disclosure
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.fieldwork import open_wave
from survey_app.use_cases.groups import add_group
from survey_app.use_cases.instrument_library import release
from survey_app.use_cases.manners import ask_for_comments
from survey_app.use_cases.people import add_account
from survey_app.use_cases.pulses import add_pulse, change_version, plan_bridge, plan_wave
from survey_app.use_cases.responding import record_response

PROGRAMME = "crescendo"
RELEASED_BY = "The demo"
OPEN_DAYS_AGO = 3
WAVE_LENGTH = timedelta(days=10, hours=8)

Progress = Callable[[str], None]


@dataclass(frozen=True)
class DemoPlan:
    """What to simulate."""

    authorities: int
    waves: int
    seed: int
    today: date
    truth: Path | None = None


class _PastProvider:
    """Took every message of a past wave over."""

    longest_seconds = 1.0

    def send(self, message: OutgoingMessage) -> Outcome:
        """Accept."""
        return Accepted("demo", str(message.attempt_id))

    def close(self) -> None:
        """Nothing is open."""


class _PastRoutes:
    """The one way out that there was in the past."""

    def for_message(self, _claimed: ClaimedMessage) -> Sequence[Route]:
        """The provider of the past."""
        return [Route("demo", _PastProvider())]

    def ask_for_turn(self, _route: Route, now: datetime) -> Turn:
        """Nobody had to wait."""
        return Turn(now, granted=True)

    def learn(self, _route: Route, _outcome: Outcome, _now: datetime) -> None:
        """There was nothing to learn."""


class DemoSeed:
    """One run of the simulation."""

    def __init__(self, plan: DemoPlan, settings: Settings, vault: Vault, progress: Progress) -> None:
        self._plan = plan
        self._settings = settings
        self._vault = vault
        self._progress = progress
        self._rng = np.random.default_rng(plan.seed)
        self._teams = demo_teams(self._rng, plan.authorities)
        self._climates: Mapping[DemoTeam, TeamClimate] = {team: make_climate(self._rng, team) for team in self._teams}
        self._pulses = demo_pulses(list(dict.fromkeys(team.authority.lower() for team in self._teams)), plan.waves)
        self._workforce = Workforce(self._rng, len(load_released(FIRST).scales))
        self._truth: list[list[str]] = []
        self._opened_at = [_opening(plan, wave) for wave in range(plan.waves)]

    def run(self) -> None:
        """Simulate everything; the newest wave stays open, with its messages waiting in the outbox."""
        _hurry()
        self._set_up()
        for wave, opened_at in enumerate(self._opened_at):
            self._change_staff(opened_at)
            self._progress(f"{opened_at:%B %Y}")
            for pulse in self._pulses:
                self._field(pulse, wave, opened_at)
        self._progress("Drawing charts")
        draw_charts(datetime.now(UTC))
        self._progress("Describing the scales")
        describe_waves(datetime.now(UTC))
        audit_disclosure(datetime.now(UTC))
        self._write_truth()

    def _set_up(self) -> None:
        self._progress("Setting up")
        add_group(PROGRAMME, "Crescendo programme", Level.PROGRAMME)
        for name in dict.fromkeys(team.authority for team in self._teams):
            add_group(name.lower(), name, Level.AUTHORITY, PROGRAMME)
        release(read_pilot(), RELEASED_BY, self._opened_at[0])
        for pulse in self._pulses:
            add_pulse(
                pulse.key,
                pulse.name,
                run_by="The Crescendo programme",
                programme_key=PROGRAMME,
                instrument=pulse.first,
                authorities=pulse.authorities,
            )
            ask_for_comments(pulse.key, wanted=True, by=RELEASED_BY, now=self._opened_at[0])
        for team in self._teams:
            for _ in range(team.size):
                self._workforce.hire(team)
        self._import(self._workforce.workers.values(), self._opened_at[0].date() - timedelta(days=14))
        self._appoint_leads()
        self._record_small_changes()

    def _appoint_leads(self) -> None:
        """Ben leads a team with something to see and answers in it himself; Chloe leads one that is too small."""
        ben = next(worker for worker in self._workforce.workers.values() if worker.team.name == "Children in Care")
        ben.name, ben.email, ben.mobile = "Ben Hughes", "ben@example.org", ""
        self._import([ben], self._opened_at[0].date() - timedelta(days=14))
        add_account("Ben Hughes", ben.email, Role.TEAM_LEAD, "ashcombe-children-in-care", self._vault)
        add_account("Dev Patel", "dev@example.org", Role.PROGRAMME_LEAD, PROGRAMME, self._vault)
        if self._plan.authorities > 2:
            add_account("Chloe Evans", "chloe@example.org", Role.TEAM_LEAD, "calderport-equipment", self._vault)
            add_account("Efua Clarke", "efua@example.org", Role.AUTHORITY_LEAD, "calderport", self._vault)

    def _record_small_changes(self) -> None:
        record_what_teams_try(self._plan.waves, self._opened_at)

    def _change_staff(self, opened_at: datetime) -> None:
        day = opened_at.date() - timedelta(days=5)
        self._import(self._workforce.month_passes(self._teams, day), day)

    def _import(self, workers: Iterable[Worker], day: date) -> None:
        by_authority: dict[str, list[Worker]] = {}
        for worker in workers:
            by_authority.setdefault(worker.team.authority.lower(), []).append(worker)
        for authority, people in by_authority.items():
            report = import_roster(authority, roster_csv(people), day, self._vault)
            if report.refused:
                raise RuntimeError(f"The demo's own roster was refused: {report.refused[0].reason}")

    def _field(self, pulse: DemoPulse, wave: int, opened_at: datetime) -> None:
        is_newest = wave == self._plan.waves - 1
        planned = self._plan_waves(pulse, wave, opened_at)
        messages = open_wave(planned[0], opened_at, self._vault)
        if not is_newest:
            self._deliver(messages, opened_at)
        for wave_id in planned:
            self._answer(wave, wave_id, is_newest=is_newest)
            if not is_newest:
                close_wave(wave_id, opened_at + WAVE_LENGTH, self._vault)
        if wave < self._plan.waves - 2:  # those of the last closed wave still wait to be read
            read_everything(PROGRAMME, opened_at + WAVE_LENGTH, self._vault)

    def _plan_waves(self, pulse: DemoPulse, wave: int, opened_at: datetime) -> Sequence[int]:
        """Plan a month's wave, or the two of a bridge, as a programme lead would."""
        label, key = f"{opened_at:%B %Y}", pulse.wave_key(f"{opened_at:%Y-%m}")
        closes_at = opened_at + WAVE_LENGTH
        if wave == pulse.changes_at and pulse.is_bridged:
            return plan_bridge(pulse.key, key, pulse.second, label=label, opens_at=opened_at, closes_at=closes_at)
        if wave == pulse.changes_at:
            change_version(pulse.key, pulse.second, by=RELEASED_BY, now=opened_at)
        return [plan_wave(pulse.key, key, label=label, opens_at=opened_at, closes_at=closes_at)]

    def _deliver(self, messages: Iterable[UUID], opened_at: datetime) -> None:
        outbox = DatabaseOutbox(self._vault, self._settings.public_base_url)
        delivery = Delivery(outbox, _PastRoutes(), lambda: opened_at, lambda _seconds: None)
        for message_id in messages:
            delivery.deliver(message_id)

    def _answer(self, wave: int, wave_id: int, *, is_newest: bool) -> None:
        """Let people answer, each by chances of their own: what others were asked, or their order, changes nothing."""
        key, document = db.session.execute(
            select(Wave.key, WaveTerms.instrument)
            .join(WaveTerms, WaveTerms.wave_id == Wave.id)
            .where(Wave.id == wave_id)
        ).one()
        instrument = from_document(document)
        shifts = {team: wave_shift(self._rng, team, wave) for team in self._teams}
        rows = db.session.execute(
            select(Invitation.id, Invitation.team_key, Participant.staff_ref, Invitation.rotating)
            .join(Participant, Participant.id == Invitation.participant_id)
            .where(Invitation.wave_id == wave_id)
            .order_by(Participant.staff_ref)
        ).all()
        db.session.rollback()
        for invitation_id, team_key, staff_ref, rotating in rows:
            worker = self._workforce.workers[staff_ref]
            climate = self._climates[worker.team]
            asked = asked_items(instrument, rotating)
            chance = np.random.default_rng([self._plan.seed, wave, *staff_ref.encode()])
            given = answer(chance, worker, climate, shifts[worker.team], instrument, asked)
            if not responds(chance, worker, climate) or (is_newest and chance.random() < 0.5):
                continue
            token = invitation_token(self._vault.link_key, invitation_id)
            record_response(token, given, self._vault, write_something(chance))
            self._truth += [[key, staff_ref, team_key, item, value] for item, value in given.items()]

    def _write_truth(self) -> None:
        if self._plan.truth is None:
            return
        with self._plan.truth.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["wave", "participant", "team", "item", "answer"])
            writer.writerows(self._truth)


def is_empty() -> bool:
    """Whether the database has no programme yet."""
    return db.session.scalar(select(Group.id).limit(1)) is None


def _hurry() -> None:
    """Do not wait for the disk: nothing here would be missed, it can be simulated again."""
    if db.engine.dialect.name == "sqlite":
        db.session.remove()
        for engine in db.engines.values():
            event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        close_connections()


def _opening(plan: DemoPlan, wave: int) -> datetime:
    """Monthly at nine, early enough to close within the month; the newest opened three days ago."""
    newest = plan.today - timedelta(days=OPEN_DAYS_AGO)
    months = newest.year * 12 + newest.month - 1 - (plan.waves - 1 - wave)
    day = date(months // 12, months % 12 + 1, min(newest.day, 18))
    return datetime.combine(newest if wave == plan.waves - 1 else day, time(9), UTC)
