"""A lost wave key comes back from a key holder's copy, and after closing no copy is left."""

import json
import stat

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from sqlalchemy import select

from survey_app.cli.keys import keys as keys_command
from survey_app.crypto.escrow import NoEscrowCopy, UnusableHolderKey, make_holder_key, read_holder_key
from survey_app.crypto.wave_keys import MissingWaveKey
from survey_app.extensions import db
from survey_app.models.audit import AuditEntry
from survey_app.models.publications import PublishedCellRow
from survey_app.use_cases.errors import (
    KeyTaken,
    UnknownKeyHolder,
    UnknownWave,
    UnusableKey,
    UnusablePublicKey,
    WrongWaveState,
)
from survey_app.use_cases.key_holders import (
    add_key_holder,
    remove_key_holder,
    restore_wave_key,
    wave_key_statuses,
)
from tests.factories import MONDAY, mixed_answers

TEAM = "northtown-team-a"
PASSPHRASE = "correct horse battery"


@pytest.fixture
def holder(tmp_path):
    path = tmp_path / "holder.pem"
    public_key = make_holder_key(path, PASSPHRASE)
    return public_key, read_holder_key(path.read_bytes(), PASSPHRASE)


def add(studio, public_key, name="governance"):
    return add_key_holder(name, public_key, by="Dev", now=MONDAY, vault=studio.vault)


def restore(studio, wave_key, private_key):
    restore_wave_key(wave_key, private_key, by="Dev", now=MONDAY, vault=studio.vault)


def test_a_lost_key_comes_back_and_the_wave_closes_with_every_answer(studio, holder):
    public_key, private_key = holder
    studio.set_up({"Team A": 6})
    add(studio, public_key)
    wave = studio.open()
    wave.answer(TEAM, mixed_answers(6))
    studio.vault.wave_keys.destroy(wave.key)
    with pytest.raises(MissingWaveKey, match="pulse keys restore wave-1"):
        wave.close()
    db.session.rollback()

    restore(studio, wave.key, private_key)
    wave.close()

    row = db.session.scalars(select(PublishedCellRow).where(PublishedCellRow.group_key == TEAM)).first()
    assert row.n == 6
    assert db.session.scalars(select(AuditEntry.action)).all() == ["add key holder", "restore wave key"]


def test_after_closing_neither_the_key_nor_a_copy_is_left(studio, holder):
    studio.set_up({"Team A": 6})
    add(studio, holder[0])
    wave = studio.open()
    (copy,) = studio.vault.escrow.folder.rglob("*.sealed")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert wave_key_statuses(studio.vault)[0].copies == ("governance",)
    wave.close()
    assert not list(studio.vault.escrow.folder.rglob("*.sealed"))
    (status,) = wave_key_statuses(studio.vault)
    assert (status.is_here, status.copies, status.destroyed_at is None) == (False, (), False)
    with pytest.raises(WrongWaveState):
        restore(studio, wave.key, holder[1])


def test_somebody_named_while_a_wave_is_open_has_a_copy_at_once_and_nobody_after_they_left(studio, holder):
    studio.set_up({"Team A": 6})
    wave = studio.open()
    assert add(studio, holder[0]) == 1
    assert studio.vault.escrow.holders_of(wave.key) == ("governance",)
    with pytest.raises(KeyTaken):
        add(studio, holder[0])
    remove_key_holder("governance", by="Dev", now=MONDAY)
    with pytest.raises(UnknownKeyHolder):
        remove_key_holder("governance", by="Dev", now=MONDAY)
    assert studio.vault.escrow.holders_of(studio.open().key) == ()


def test_another_persons_key_and_another_waves_copy_open_nothing(studio, holder):
    studio.set_up({"Team A": 6})
    add(studio, holder[0])
    first, second = studio.open(), studio.open()
    with pytest.raises(NoEscrowCopy):
        restore(studio, first.key, X25519PrivateKey.generate())
    folder = studio.vault.escrow.folder
    (folder / first.key / "governance.sealed").write_bytes((folder / second.key / "governance.sealed").read_bytes())
    with pytest.raises(NoEscrowCopy):
        restore(studio, first.key, holder[1])
    with pytest.raises(UnknownWave):
        restore(studio, "wave-9", holder[1])


def test_a_bad_name_or_public_key_is_refused(studio, holder):
    with pytest.raises(UnusableKey):
        add(studio, holder[0], name="../etc")
    with pytest.raises(UnusablePublicKey):
        add(studio, b"short")


def test_a_holder_key_is_locked_never_written_over_and_of_one_kind(tmp_path):
    path = tmp_path / "holder.pem"
    make_holder_key(path, PASSPHRASE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        make_holder_key(path, PASSPHRASE)
    with pytest.raises(UnusableHolderKey, match="passphrase"):
        read_holder_key(path.read_bytes(), "wrong")
    with pytest.raises(UnusableHolderKey):
        read_holder_key(b"nonsense", PASSPHRASE)
    other = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE.encode())
    )
    with pytest.raises(UnusableHolderKey, match="another kind"):
        read_holder_key(other, PASSPHRASE)


def test_the_commands_make_name_list_and_restore(studio, tmp_path):
    studio.set_up({"Team A": 6})
    path = str(tmp_path / "mine.pem")

    def run(*arguments, status=0):
        db.session.remove()
        found = CliRunner().invoke(keys_command, list(arguments), obj=lambda: studio.app)
        assert found.exit_code == status, found.output
        return found.output.strip()

    public_key = run("make", path, "--passphrase", PASSPHRASE).splitlines()[-1]
    assert "never written over" in run("make", path, "--passphrase", PASSPHRASE, status=2)
    assert "twelve characters" in run("make", path + "2", "--passphrase", "short", status=2)
    assert "nobody; a lost key loses its wave" in run("list")
    assert "no public key" in run("escrow", "governance", "zz", status=2)
    assert "0 open waves" in run("escrow", "governance", public_key)
    wave = studio.open()
    assert f"{wave.key}  open       here       copies: governance" in run("list")
    studio.vault.wave_keys.destroy(wave.key)
    assert "MISSING" in run("list")
    assert "cannot be opened" in run("restore", wave.key, "--with", path, "--passphrase", "wrong", status=2)
    assert "is back" in run("restore", wave.key, "--with", path, "--passphrase", PASSPHRASE)
    assert json.loads(run("list", "--json"))["waves"][0]["is_here"] is True
    assert "no copy is sealed" in run("escrow", "governance", "--remove")
