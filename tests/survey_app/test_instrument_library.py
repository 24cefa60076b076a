from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from instruments.changes import ChangeLevel
from instruments.errors import AlreadyReleased, AlteredRelease, LevelLowered, UnderstatedChange, UnknownInstrument
from instruments.files import digest, from_document
from instruments.library import load_released
from survey_app.extensions import db
from survey_app.models.audit import AuditEntry
from survey_app.models.instruments import InstrumentRelease
from survey_app.use_cases.errors import PermissionMissing, PermissionOver
from survey_app.use_cases.instrument_library import (
    compare_versions,
    find_instrument,
    find_permission,
    list_references,
    raise_level,
    record_permission,
    release,
)
from survey_app.use_cases.pulses import add_pulse, plan_wave
from tests.factories import MONDAY
from tests.instruments.tiny import document

TINY = from_document(document())
LICENSED = from_document(document(id="theirs", licence={"name": "Theirs alone", "permission_required": True}))
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


def permit(until):
    record_permission("theirs@1.2.3", granted_by="The publisher", scope="600 staff", until=until, by="Dev", now=NOW)


def audit():
    return [(entry.actor, entry.action, entry.subject) for entry in db.session.scalars(select(AuditEntry))]


def test_a_version_that_is_released_here_is_found_beside_those_that_are_shipped(app):
    release(TINY, "Dev", NOW)
    release(TINY, "Dev", NOW)
    assert find_instrument("tiny@1.2.3") == TINY
    assert find_instrument("crescendo-pulse@1.0.0") == load_released("crescendo-pulse@1.0.0")
    assert list_references() == [
        "crescendo-pulse@1.0.0",
        "crescendo-pulse@1.1.0",
        "temperature-check@1.0.0",
        "tiny@1.2.3",
    ]
    assert audit() == [("Dev", "instrument released", "tiny@1.2.3")]
    with pytest.raises(UnknownInstrument, match=r"tiny@1\.2\.3"):
        find_instrument("tiny@9.9.9")


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        (replace(TINY, owner="Others"), AlreadyReleased),
        (replace(TINY, version="1.2.4", recall_window={"en": "This year"}), UnderstatedChange),
        (replace(load_released("crescendo-pulse@1.0.0"), owner="Others"), AlreadyReleased),
    ],
)
def test_a_release_never_changes_and_a_number_never_understates(app, changed, refusal):
    release(TINY, "Dev", NOW)
    with pytest.raises(refusal):
        release(changed, "Dev", NOW)
    assert find_instrument("tiny@1.2.3") == TINY


def test_a_release_that_somebody_altered_in_the_database_is_refused(app):
    release(TINY, "Dev", NOW)
    db.session.execute(update(InstrumentRelease).values(definition=document(owner="Eve")))
    db.session.commit()
    db.session.expire_all()
    with pytest.raises(AlteredRelease):
        find_instrument("tiny@1.2.3")


def test_a_licensed_instrument_is_refused_until_its_permission_is_recorded(app):
    with pytest.raises(PermissionMissing, match=r"may be used only with the permission of Tests. Record it first"):
        release(LICENSED, "Dev", NOW)
    assert "theirs@1.2.3" not in list_references()
    permit(date(2026, 12, 31))
    release(LICENSED, "Dev", NOW)
    assert find_permission("theirs@1.2.3").granted_by == "The publisher"
    entry = db.session.scalars(select(AuditEntry)).first()
    assert (entry.actor, entry.action) == ("Dev", "instrument permitted")
    assert entry.detail == {"granted_by": "The publisher", "scope": "600 staff", "until": "2026-12-31"}


def test_a_version_that_is_shipped_later_with_another_content_is_not_taken_for_ours(app):
    ours = replace(load_released("crescendo-pulse@1.0.0"), owner="Ours")
    db.session.add(
        InstrumentRelease(
            reference=ours.reference, digest=digest(ours), definition={}, released_at=NOW, released_by="Dev"
        )
    )
    db.session.commit()
    with pytest.raises(AlteredRelease):
        find_instrument("crescendo-pulse@1.0.0")


def test_a_permission_may_be_shortened(app):
    permit(date(2026, 12, 31))
    permit(date(2026, 5, 31))
    with pytest.raises(PermissionOver):
        release(LICENSED, "Dev", NOW)


def test_a_permission_that_ended_blocks_and_a_renewed_one_frees(app):
    permit(date(2026, 5, 31))
    with pytest.raises(PermissionOver, match=r"ended on 31 May 2026.*Renew it"):
        release(LICENSED, "Dev", NOW)
    permit(date(2026, 6, 1))
    release(LICENSED, "Dev", NOW)


def test_an_expired_permission_blocks_the_next_wave_and_changes_nothing(studio):
    permit(date(2026, 6, 10))
    release(LICENSED, "Dev", NOW)
    studio.set_up({"Team A": 6})
    add_pulse("theirs", "Theirs", run_by="Us", programme_key="crescendo", instrument="theirs@1.2.3", now=NOW)
    later = datetime(2026, 7, 1, 9, tzinfo=UTC)
    wave_id = plan_wave("theirs", "july", label="July", opens_at=later, closes_at=datetime(2026, 7, 9, tzinfo=UTC))
    from survey_app.models.messages import Message
    from survey_app.models.pulses import Wave
    from survey_app.use_cases.fieldwork import open_wave

    with pytest.raises(PermissionOver):
        open_wave(wave_id, later, studio.vault)
    db.session.rollback()
    assert db.session.get(Wave, wave_id, populate_existing=True).state == "planned"
    assert db.session.scalars(select(Message.id)).all() == []


def test_a_pulse_may_not_ask_what_is_not_permitted(studio):
    permit(date(2026, 5, 31))
    db.session.add(
        InstrumentRelease(
            reference="theirs@1.2.3",
            digest=digest(LICENSED),
            definition=document(id="theirs", licence={"name": "Theirs alone", "permission_required": True}),
            released_at=MONDAY,
            released_by="Dev",
        )
    )
    db.session.commit()
    studio.set_up({"Team A": 6})
    with pytest.raises(PermissionOver):
        add_pulse("theirs", "Theirs", run_by="Us", programme_key="crescendo", instrument="theirs@1.2.3", now=NOW)


def test_a_past_survey_with_a_licensed_instrument_waits_for_its_permission_too(app):
    from survey_app.use_cases.past_surveys import import_results

    with pytest.raises(PermissionMissing):
        import_results(b"", None, LICENSED, NOW, None)


def test_a_person_raises_a_level_for_good_and_the_log_says_who(app):
    old, new = load_released("crescendo-pulse@1.0.0"), load_released("crescendo-pulse@1.1.0")
    raise_level(old, new, ChangeLevel.MAJOR, reason="The new items ask about more.", by="Dev", now=NOW)
    found = compare_versions(old, new)
    assert found.level is ChangeLevel.MAJOR
    assert found.reasons[-1].sentence == "Dev raised it: The new items ask about more."
    assert compare_versions(new, old).level is ChangeLevel.MAJOR, "and back again"
    with pytest.raises(LevelLowered):
        raise_level(old, new, ChangeLevel.MINOR, reason="Second thoughts.", by="Dev", now=NOW)
    assert audit() == [("Dev", "comparison raised", "crescendo-pulse@1.0.0 to crescendo-pulse@1.1.0")]
