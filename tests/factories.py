"""Builds what tests start from, always through the use cases."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from flask import Flask
from pyotp import TOTP
from sqlalchemy import select

from dashboards.snapshots import Level
from notifications.windows import ALWAYS
from survey_app.crypto.link_tokens import invitation_token, sign_in_token
from survey_app.extensions import db, settings, vault
from survey_app.models.accounts import Role, SecondFactor, SignInRequest
from survey_app.models.invitations import Invitation
from survey_app.models.participants import ContactPoint
from survey_app.stores.sending_windows import to_terms
from survey_app.use_cases.closing import close_wave
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.fieldwork import open_wave
from survey_app.use_cases.groups import add_group, find_group
from survey_app.use_cases.people import add_account
from survey_app.use_cases.pulses import add_pulse, plan_bridge, plan_wave
from survey_app.use_cases.responding import record_response
from survey_app.use_cases.second_steps import has_second_factor
from survey_app.use_cases.signing_in import request_sign_in
from tests.people import BEN, CHLOE, DEV, Person

MONDAY = datetime(2026, 6, 1, 9, tzinfo=UTC)
CORE = (
    "belonging", "help", "heard",
    "difference", "fit", "shared-aim",
    "team-future", "small-changes", "own-future",
    "energy", "numb", "switch-off",
)  # fmt: skip


def roster_file(rows: Sequence[Mapping[str, str]]) -> bytes:
    """Rows as a council would send them."""
    file = io.StringIO()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


class Studio:
    """A programme with one authority, and waves of it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.vault = vault()
        self.waves = 0

    def set_up(self, teams: Mapping[str, int], *, area: str = "Early Help", authority: str = "Northtown") -> None:
        """Create the programme, an authority, and teams of these sizes."""
        add_group("crescendo", "Crescendo programme", Level.PROGRAMME)
        add_pulse(
            "monthly",
            "Monthly pulse",
            run_by="The Crescendo team",
            programme_key="crescendo",
            instrument="crescendo-pulse@1.0.0",
        )
        self.add_authority(authority, teams, area=area)

    def add_authority(self, name: str, teams: Mapping[str, int], *, area: str = "Early Help") -> None:
        """Create an authority with teams of these sizes."""
        add_group(name.lower(), name, Level.AUTHORITY, "crescendo")
        authority = find_group(name.lower(), Level.AUTHORITY)
        db.session.merge(to_terms(authority.id, ALWAYS))  # tests run at night too; test_reminding sets hours
        db.session.commit()
        if teams:
            self.enrol(name, teams, area=area)

    def enrol(self, authority: str, teams: Mapping[str, int], *, area: str = "Early Help") -> None:
        """Import a roster: even-numbered people have a mobile number, the others an email address."""
        rows = [
            {
                "staff_ref": f"{team}-{number}",
                "name": f"Person {number}",
                "email": f"{team.lower().replace(' ', '-')}-{number}@staff.example.org",
                "mobile": f"07700 900{hash_of(team + str(number)):03d}" if number % 2 == 0 else "",
                "team": team,
                "service_area": area,
                "role": "Social worker",
                "language": "en",
            }
            for team, size in teams.items()
            for number in range(size)
        ]
        report = import_roster(authority.lower(), roster_file(rows), date(2026, 1, 1), self.vault)
        assert not report.refused

    def appoint(self) -> None:
        """Give Ben, Chloe and Dev their roles."""
        add_account(BEN.name, BEN.email, Role.TEAM_LEAD, "northtown-team-a", self.vault)
        add_account(CHLOE.name, CHLOE.email, Role.TEAM_LEAD, "northtown-team-b", self.vault)
        add_account(DEV.name, DEV.email, Role.PROGRAMME_LEAD, "crescendo", self.vault)

    def open(self, *, opened_at: datetime | None = None, closes_at: datetime | None = None) -> OpenWave:
        """Plan and open the next monthly wave."""
        moment = opened_at or MONDAY + timedelta(days=30 * self.waves)
        self.waves += 1
        label = f"{moment:%B %Y}"
        key = f"wave-{self.waves}"
        wave_id = plan_wave(
            "monthly", key, label=label, opens_at=moment, closes_at=closes_at or moment + timedelta(days=10)
        )
        messages = open_wave(wave_id, moment, self.vault)
        return OpenWave(self, wave_id, key, moment, messages)

    def open_bridge(self, to: str, *, opened_at: datetime | None = None) -> tuple[OpenWave, OpenWave]:
        """Plan a bridge to another version and open both of its waves."""
        moment = opened_at or MONDAY + timedelta(days=30 * self.waves)
        self.waves += 1
        key = f"wave-{self.waves}"
        label = f"{moment:%B %Y}"
        closes_at = moment + timedelta(days=10)
        earlier, new = plan_bridge("monthly", key, to, label=label, opens_at=moment, closes_at=closes_at)
        messages = open_wave(earlier, moment, self.vault)
        return (
            OpenWave(self, earlier, f"{key}-old", moment, messages),
            OpenWave(self, new, f"{key}-new", moment, []),
        )

    def run_wave(self, answers: Mapping[str, Sequence[Mapping[str, str]]]) -> OpenWave:
        """Open a wave, answer for each team what is given, and close it."""
        wave = self.open()
        for team, given in answers.items():
            wave.answer(team, given)
        wave.close()
        return wave


class OpenWave:
    """A wave in the field."""

    def __init__(self, studio: Studio, wave_id: int, key: str, opened_at: datetime, messages: Sequence[UUID]) -> None:
        self.studio = studio
        self.id = wave_id
        self.key = key
        self.opened_at = opened_at
        self.messages = messages

    def tokens(self, team: str) -> list[str]:
        """The links of a team's people, in the order of their invitations."""
        ids = db.session.scalars(
            select(Invitation.id)
            .where(Invitation.wave_id == self.id, Invitation.team_key == team)
            .order_by(Invitation.participant_id)
        ).all()
        db.session.rollback()
        return [invitation_token(self.studio.vault.link_key, invitation_id) for invitation_id in ids]

    def answer(self, team: str, given: Sequence[Mapping[str, str]]) -> None:
        """Let the first people of a team answer."""
        for token, answers in zip(self.tokens(team), given, strict=False):
            record_response(token, answers, self.studio.vault)

    def close(self) -> None:
        """Close the wave ten days later."""
        close_wave(self.id, self.opened_at + timedelta(days=10), self.studio.vault)


def signed_in(studio, person: Person):
    """A browser that followed its sign-in link."""
    client = studio.app.test_client()
    client.post("/sign-in", data={"email": person.email})
    browser_cookie = client.get_cookie("prelogin").value
    request_sign_in(person.email, browser_cookie, datetime.now(UTC), studio.vault)
    newest = db.session.scalars(select(SignInRequest.id).order_by(SignInRequest.expires_at.desc())).first()
    db.session.rollback()
    token = sign_in_token(studio.vault.link_key, newest)
    assert client.get(f"/sign-in/{token}").status_code == 200
    assert client.post(f"/sign-in/{token}").status_code == 303
    if not settings().demo:
        take_second_step(studio, client, person)
    return client


def take_second_step(studio, client, person: Person):
    """Type the code of a person's app, which is set up the first time."""
    account_id = db.session.scalar(
        select(ContactPoint.account_id).where(ContactPoint.address_hash == studio.vault.address_hash(person.email))
    )
    is_new = not has_second_factor(account_id)
    db.session.rollback()
    path = "/second-step/set-up" if is_new else "/second-step"
    assert client.get(path).status_code == 200
    factor = db.session.get(SecondFactor, account_id, populate_existing=True)
    factor.last_step = 0  # the clock of tests stands still between two sign-ins
    app = TOTP(studio.vault.decrypt(factor.secret_encrypted))
    db.session.commit()
    assert client.post(path, data={"code": app.now()}).status_code == (200 if is_new else 303)


def same_answer(value: int, items: Sequence[str] = CORE) -> dict[str, str]:
    """One value for every item."""
    return dict.fromkeys(items, str(value))


def mixed_answers(count: int, *, shift: int = 0) -> list[dict[str, str]]:
    """Answers of several people that differ among themselves; with `shift` all a little higher."""
    return [
        {item: str(min(5, 1 + (person + place) % 4 + shift)) for place, item in enumerate(CORE)}
        for person in range(count)
    ]


def hash_of(text: str) -> int:
    """A number of three digits that depends on nothing but the text, and at which no peer misbehaves."""
    return 100 + sum(ord(letter) * (place + 1) for place, letter in enumerate(text)) % 900
