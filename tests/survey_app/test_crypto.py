import os
import stat
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from survey_app.crypto.link_tokens import ballot_tag, invitation_token, keyed_hash, sign_in_token
from survey_app.crypto.sealed_ballots import PLAIN_BYTES, BallotTooLong, UnreadableBallot, open_ballot, seal
from survey_app.crypto.vault import Vault
from survey_app.crypto.wave_keys import MissingWaveKey, WaveKeyFiles

PRIVATE = X25519PrivateKey.generate()
PUBLIC = PRIVATE.public_key().public_bytes_raw()


@given(st.binary(max_size=PLAIN_BYTES - 2))
def test_a_sealed_ballot_opens_with_its_key_and_always_has_the_same_length(ballot):
    sealed = seal(PUBLIC, ballot)
    assert open_ballot(PRIVATE, sealed) == ballot
    assert len(sealed) == len(seal(PUBLIC, b""))
    assert sealed != seal(PUBLIC, ballot)


def test_a_ballot_opens_with_no_other_key_and_not_when_it_was_altered():
    sealed = seal(PUBLIC, b"answers")
    altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for private, ballot in ((X25519PrivateKey.generate(), sealed), (PRIVATE, altered), (PRIVATE, b"short")):
        with pytest.raises(UnreadableBallot):
            open_ballot(private, ballot)


def test_a_ballot_that_is_too_long_is_refused_without_its_content():
    with pytest.raises(BallotTooLong, match="4095 bytes"):
        seal(PUBLIC, b"x" * (PLAIN_BYTES - 1))


def test_tokens_are_the_same_again_different_for_each_and_useless_without_the_key():
    first, second = uuid4(), uuid4()
    assert invitation_token(b"k", first) == invitation_token(b"k", first)
    assert len({invitation_token(b"k", first), invitation_token(b"k", second), invitation_token(b"l", first)}) == 3
    assert len(invitation_token(b"k", first)) == 16
    assert not set(invitation_token(b"k", first)) & set("0OIl")
    assert len(sign_in_token(b"k", first)) == 64
    assert keyed_hash(b"k", "token") != keyed_hash(b"l", "token")
    assert ballot_tag("token") != keyed_hash(b"k", "token")


def test_a_wave_key_is_made_once_readable_by_its_owner_only_and_gone_when_destroyed(tmp_path):
    keys = WaveKeyFiles(tmp_path / "waves")
    public = keys.make("2026-10")
    assert keys.make("2026-10") == public
    (path,) = (tmp_path / "waves").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_ballot(keys.load("2026-10"), seal(public, b"x")) == b"x"

    keys.destroy("2026-10")
    keys.destroy("2026-10")

    assert not keys.exists("2026-10")
    assert os.listdir(tmp_path / "waves") == []
    with pytest.raises(MissingWaveKey, match="'2026-10' is missing"):
        keys.load("2026-10")


def test_contact_details_are_encrypted_and_found_by_a_keyed_hash(settings):
    vault = Vault.from_settings(settings)
    encrypted = vault.encrypt("+447700900123")
    assert b"7700900123" not in encrypted
    assert vault.decrypt(encrypted) == "+447700900123"
    assert vault.lookup_hash("a@b") == vault.lookup_hash("a@b") != vault.lookup_hash("a@c")
    assert vault.link_key != vault.lookup_key
