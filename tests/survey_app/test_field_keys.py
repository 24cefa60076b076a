"""The key of fields changes while everything runs: nothing is lost, nothing stays under the old key."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import select, update

from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.participants import ContactPoint
from survey_app.use_cases.field_keys import encrypted_columns, reencrypt
from tests.people import BEN

NOW = datetime.now(UTC)


@pytest.fixture
def filled(studio):
    studio.set_up({"Team A": 8, "Team B": 4})
    studio.appoint()
    return studio


def values():
    found = {
        str(column): db.session.scalars(select(column).where(column.is_not(None))).all()
        for column in encrypted_columns()
    }
    db.session.rollback()
    return found


def opened(cipher, found):
    return {name: [cipher.decrypt(value) for value in column] for name, column in found.items()}


def with_keys(studio, *keys):
    known = replace(studio.app.extensions["pulse_settings"], field_key=keys)
    return known, Vault.from_settings(known)


def test_every_value_comes_under_the_new_key_and_says_the_same(filled):
    old, new = filled.app.extensions["pulse_settings"].field_key[0], Fernet.generate_key().decode()
    before = opened(Fernet(old), values())
    assert sum(map(len, before.values())) > 20
    both = with_keys(filled, new, old)
    counted = reencrypt(*both, by="Dev", now=NOW)
    assert sum(column.renewed for column in counted) == sum(map(len, before.values()))
    assert {name: sorted(column) for name, column in opened(Fernet(new), values()).items()} == {
        name: sorted(column) for name, column in before.items()
    }
    assert not any(column.renewed for column in reencrypt(*both, by="Dev", now=NOW)), "twice does nothing"
    address = db.session.scalars(
        select(ContactPoint.address_encrypted).where(ContactPoint.address_hash == filled.vault.address_hash(BEN.email))
    ).one()
    assert with_keys(filled, new)[1].decrypt(address) == BEN.email


def test_what_no_key_opens_is_counted_and_left_alone(filled):
    stranger = Fernet(Fernet.generate_key()).encrypt(b"somebody")
    one = select(ContactPoint.id).limit(1).scalar_subquery()
    db.session.execute(update(ContactPoint).where(ContactPoint.id == one).values(address_encrypted=stranger))
    db.session.commit()
    old, new = filled.app.extensions["pulse_settings"].field_key[0], Fernet.generate_key().decode()
    counted = reencrypt(*with_keys(filled, new, old), by="Dev", now=NOW)
    assert sum(column.lost for column in counted) == 1
    assert stranger in values()["contact_points.address_encrypted"]
    with pytest.raises(InvalidToken):
        Fernet(new).decrypt(stranger)


def test_every_encrypted_column_is_known_by_its_name():
    assert {str(column) for column in encrypted_columns()} >= {
        "contact_points.address_encrypted", "participants.name_encrypted", "comments.text_encrypted",
        "sender_accounts.credentials_encrypted", "webhooks.secret_encrypted", "roster_uploads.content_encrypted",
        "second_factors.secret_encrypted",
    }  # fmt: skip
