"""Anybody can read what was promised for a wave and what became of its key; who was counted together is for leads."""

import hashlib
from datetime import UTC, datetime

import pytest

from survey_app.extensions import db
from survey_app.models.pulses import Pulse
from survey_app.use_cases.disclosure_audit import audit_disclosure
from survey_app.use_cases.receipts import receipt_of
from survey_app.use_cases.withdrawing import withdraw_wave
from tests.factories import mixed_answers, signed_in
from tests.people import BEN, DEV

NOW = datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture
def two_waves(studio):
    studio.set_up({"Team A": 8, "Team B": 3, "Team C": 4})
    studio.appoint()
    answers = {"northtown-team-a": mixed_answers(8), "northtown-team-b": mixed_answers(3)}
    studio.run_wave({**answers, "northtown-team-c": mixed_answers(4)})
    studio.open()
    return studio


def page(studio, path):
    reply = studio.app.test_client().get(path)
    return reply.status_code, " ".join(reply.text.split())


def test_a_closed_waves_receipt_says_what_was_promised_and_that_the_key_is_gone(two_waves):
    status, text = page(two_waves, "/receipts/wave-1")
    receipt = receipt_of("wave-1")
    assert status == 200
    assert receipt.promise in text.replace("&#39;", "'")
    assert hashlib.sha256(receipt.promise.encode()).hexdigest() in text
    assert "Destroyed on" in text
    assert "Deleted, and what they lay on is overwritten." in text
    assert "2, the smallest of 7 people" in text
    assert "one step of a five-step scale" in text
    assert "None yet." in text
    assert "Team" not in text, "who was counted together is not for everybody"


def test_an_open_waves_receipt_says_that_the_key_is_kept_apart(two_waves):
    _, text = page(two_waves, "/receipts/wave-2")
    assert "is destroyed when the pulse closes" in text
    assert "Groups in which answers are kept" not in text


def test_the_last_attack_and_a_withdrawal_are_on_it(two_waves):
    audit_disclosure(NOW)
    assert "Nobody could be found out." in page(two_waves, "/receipts/wave-1")[1]
    withdraw_wave("wave-1", because="asked of the wrong teams", by="Dev", now=NOW)
    assert "withdrawn on 1 August 2026</strong>: asked of the wrong teams" in page(two_waves, "/receipts/wave-1")[1]


def test_a_wave_that_nobody_answered_says_that_nothing_was_kept(studio):
    studio.set_up({"Team A": 8})
    studio.run_wave({})
    assert "None: too few answered, so nothing was kept" in page(studio, "/receipts/wave-1")[1]


@pytest.mark.parametrize("key", ["wave-9", "later"])
def test_a_wave_that_is_not_or_has_not_opened_has_no_receipt(two_waves, key):
    from survey_app.use_cases.pulses import plan_wave

    plan_wave("monthly", "later", label="Later", opens_at=NOW, closes_at=NOW.replace(month=9))
    assert page(two_waves, f"/receipts/{key}")[0] == 404


def test_thanks_lead_to_the_receipt(two_waves):
    from sqlalchemy import select

    from survey_app.crypto.link_tokens import invitation_token
    from survey_app.models.invitations import Invitation

    invitation = db.session.scalars(select(Invitation.id).where(Invitation.wave_id == 2)).first()
    db.session.rollback()
    token = invitation_token(two_waves.vault.link_key, invitation)
    reply = two_waves.app.test_client().post(f"/p/{token}", data={"help": "3", "go": "send"})
    assert '<a href="/receipts/wave-2">' in reply.text


def test_who_was_counted_together_is_for_whoever_leads_the_programme(two_waves):
    assert page(two_waves, "/receipts/wave-1/partition")[0] == 302
    assert signed_in(two_waves, BEN).get("/receipts/wave-1/partition").status_code == 404
    dev = signed_in(two_waves, DEV)
    text = " ".join(dev.get("/receipts/wave-1/partition").text.split())
    assert '<th scope="row">Team B, Team C</th><td>7</td>' in text
    assert dev.get("/receipts/wave-9/partition").status_code == 404


def test_how_anonymous_says_the_thresholds_of_the_newest_wave_and_the_last_verdict(studio):
    assert "is always about 5 people or more" in page(studio, "/how-anonymous")[1]
    studio.set_up({"Team A": 8})
    pulse = db.session.query(Pulse).one()
    pulse.minimum_group_size, pulse.answer_width = 8, 50.0
    db.session.commit()
    studio.open()
    _, text = page(studio, "/how-anonymous")
    assert "is always about 8 people or more" in text
    assert "unknown by at least 50 points of 100." in text
    assert "After every pulse a program attacks" in text
    audit_disclosure(NOW)
    assert "On 1 August 2026 a program attacked all 0 figures" in page(studio, "/how-anonymous")[1]
