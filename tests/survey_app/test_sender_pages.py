"""A programme lead gives an authority an account of its own and names who keeps copies of keys; secrets stay secret."""

import pytest
from sqlalchemy import func, select

from survey_app.crypto.escrow import make_holder_key
from survey_app.extensions import db, vault
from survey_app.models.audit import AuditEntry
from survey_app.models.senders import SenderAccount
from survey_app.stores.sender_accounts import kept_accounts
from survey_app.use_cases.key_holders import current_holders
from tests.factories import signed_in
from tests.people import BEN, DEV

AT = "/manage/senders"
SECRET = "smtps://pulse:canary-password@mail.example.gov.uk:465"
MAIL = {
    "provider": "smtp", "channel": "email", "authority": "northtown", "name": "northtown-mail", "rank": "1",
    "url": SECRET, "sender": "Northtown <pulse@northtown.gov.uk>",
}  # fmt: skip


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    return studio


@pytest.fixture
def dev(programme):
    return signed_in(programme, DEV)


def accounts():
    found = db.session.scalar(select(func.count()).select_from(SenderAccount))
    db.session.rollback()
    return found


def test_an_account_is_added_used_and_removed(dev):
    assert dev.post(AT, data=MAIL).status_code == 303
    (account,) = kept_accounts(vault())
    assert (account.authority, account.credentials["url"]) == ("northtown", SECRET)
    db.session.rollback()
    page = dev.get(AT).text
    assert ("northtown-mail" in page, "canary-password" in page) == (True, False)
    again = dev.post(AT, data=MAIL)
    assert (again.status_code, "canary-password" in again.text) == (409, False)
    assert accounts() == 1
    assert dev.post(f"{AT}/smtp/remove").status_code == 404, "of the settings"
    assert dev.post(f"{AT}/northtown-mail/remove").status_code == 303
    assert accounts() == 0
    entries = db.session.scalars(select(AuditEntry)).all()
    assert not any("canary-password" in str(vars(entry)) for entry in entries)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"provider": "pigeon"}, "Choose a provider"),
        ({"authority": "elsewhere"}, "Choose an authority"),
        ({"name": "North Town"}, "small letters"),
        ({"url": ""}, "url is missing"),
        ({"url": "https://mail.example"}, "must begin with smtp"),
        ({"sender": "nobody"}, "must be an address"),
    ],
)
def test_what_is_not_right_is_named_and_keeps_all_but_secrets(dev, changed, sentence):
    refused = dev.post(AT, data={**MAIL, **changed})
    assert refused.status_code == 400
    assert sentence in refused.text
    assert "canary-password" not in refused.text
    if changed.keys() <= {"url"}:
        assert 'value="northtown-mail"' in refused.text
    assert accounts() == 0


def test_a_key_holder_is_named_and_no_more(programme, dev, tmp_path):
    public_key = make_holder_key(tmp_path / "holder.pem", "correct horse battery").hex()
    assert dev.post(f"{AT}/holders", data={"holder": "governance", "public_key": "x"}).status_code == 400
    assert dev.post(f"{AT}/holders", data={"holder": "governance", "public_key": "ab"}).status_code == 400
    assert dev.post(f"{AT}/holders", data={"holder": "G V", "public_key": public_key}).status_code == 409
    assert dev.post(f"{AT}/holders", data={"holder": "governance", "public_key": public_key}).status_code == 303
    assert dev.post(f"{AT}/holders", data={"holder": "governance", "public_key": public_key}).status_code == 409
    assert list(current_holders()) == ["governance"]
    db.session.rollback()
    assert "No more copies" in dev.get(AT).text
    assert dev.post(f"{AT}/holders/governance/remove").status_code == 303
    assert dev.post(f"{AT}/holders/governance/remove").status_code == 404
    assert current_holders() == {}
    db.session.rollback()
    assert signed_in(programme, BEN).get(AT).status_code == 404
