"""Who keeps copies of wave keys, and how a lost key comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import select

from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.keys import KeyHolder
from survey_app.models.pulses import Wave, WaveState, WaveTerms
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import KeyTaken, UnknownKeyHolder, UnknownWave, UnusablePublicKey, WrongWaveState
from survey_app.use_cases.groups import require_usable_key


@dataclass(frozen=True)
class WaveKeyStatus:
    """Where a wave's key is, and for whom there is a copy."""

    wave: str
    state: str
    is_here: bool
    copies: tuple[str, ...]
    destroyed_at: datetime | None


def add_key_holder(name: str, public_key: bytes, *, by: str, now: datetime, vault: Vault) -> int:
    """Name a person to whose public key copies are sealed: of every wave to come, and of those that are open.

    Returns
    -------
    int
        How many open waves now have a copy for them.

    Raises
    ------
    UnusableKey, KeyTaken
        The name takes small letters, digits and hyphens, and stands for one key for ever.
    UnusablePublicKey
        It is no X25519 public key.
    """
    require_usable_key(name)
    _require_public_key(public_key)
    if db.session.get(KeyHolder, name) is not None:
        db.session.rollback()
        raise KeyTaken(name)
    db.session.add(KeyHolder(name=name, public_key=public_key, added_at=now))
    note(by, "add key holder", name, now)
    # the lock makes a closing wait: a copy made after it destroyed the others would stay
    open_waves = db.session.scalars(
        select(Wave.key).where(Wave.state == WaveState.OPEN).order_by(Wave.id).with_for_update(read=True)
    ).all()
    present = [key for key in open_waves if vault.wave_keys.exists(key)]
    for wave_key in present:
        vault.escrow.seal_copies(wave_key, vault.wave_keys.load(wave_key), {name: public_key})
    db.session.commit()
    return len(present)


def remove_key_holder(name: str, *, by: str, now: datetime) -> None:
    """From the next wave on, no copy is sealed for this person. Copies of open waves go when the waves close."""
    holder = db.session.get(KeyHolder, name)
    if holder is None or holder.removed_at is not None:
        db.session.rollback()
        raise UnknownKeyHolder(name)
    holder.removed_at = now
    note(by, "remove key holder", name, now)
    db.session.commit()


def current_holders() -> dict[str, bytes]:
    """Public keys by name."""
    rows = db.session.scalars(select(KeyHolder).where(KeyHolder.removed_at.is_(None)).order_by(KeyHolder.name))
    return {row.name: row.public_key for row in rows}


def wave_key_statuses(vault: Vault) -> list[WaveKeyStatus]:
    """Every wave that has or had a key, oldest first."""
    waves = db.session.scalars(
        select(Wave).where(Wave.state != WaveState.PLANNED).order_by(Wave.opens_at, Wave.id)
    ).all()
    return [
        WaveKeyStatus(
            wave.key,
            wave.state,
            vault.wave_keys.exists(wave.key),
            vault.escrow.holders_of(wave.key),
            wave.key_destroyed_at,
        )
        for wave in waves
    ]


def restore_wave_key(wave_key: str, holder_key: X25519PrivateKey, *, by: str, now: datetime, vault: Vault) -> None:
    """Put an open wave's lost key back from its escrow copy.

    Raises
    ------
    UnknownWave, WrongWaveState
        There is no such wave, or it is not open.
    NoEscrowCopy
        No copy opens with this key, or what it opens is not this wave's key.
    """
    found = db.session.execute(
        select(Wave.state, WaveTerms.public_key)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .where(Wave.key == wave_key)
    ).one_or_none()
    if found is None:
        raise UnknownWave(wave_key)
    state, public_key = found
    if state not in (WaveState.OPEN, WaveState.CLOSING):
        raise WrongWaveState(wave_key, state, WaveState.OPEN)
    private_key = vault.escrow.open_copy(wave_key, holder_key, public_key)
    vault.wave_keys.restore(wave_key, private_key)
    note(by, "restore wave key", wave_key, now)
    db.session.commit()


def _require_public_key(public_key: bytes) -> None:
    try:
        X25519PublicKey.from_public_bytes(public_key)
    except ValueError as error:
        raise UnusablePublicKey from error
