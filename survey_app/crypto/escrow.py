"""Copies of wave keys that only a named person can open, kept apart from the keys and destroyed with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from survey_app.crypto.files import destroy_file, write_secret
from survey_app.crypto.sealed_ballots import UnreadableBallot, open_ballot, seal


class UnusableHolderKey(Exception):
    """A key holder's private key that cannot be opened, or that opens nothing here. The sentence says which."""


class NoEscrowCopy(Exception):
    """There is no copy of this wave's key that this person could open."""

    def __init__(self, wave_key: str) -> None:
        self.wave_key = wave_key
        super().__init__(
            f"No copy of the key of the wave {wave_key!r} opens with this key. `pulse keys list` shows all."
        )


@dataclass(frozen=True)
class EscrowFiles:
    """Sealed copies: a folder a wave and a file a holder."""

    folder: Path

    def seal_copies(self, wave_key: str, private_key: X25519PrivateKey, holders: Mapping[str, bytes]) -> None:
        """Write a copy for each holder's public key; a copy that is there already is left alone."""
        for name, public_key in holders.items():
            path = self._path(wave_key, name)
            if not path.exists():
                write_secret(path, seal(public_key, private_key.private_bytes_raw()))

    def holders_of(self, wave_key: str) -> tuple[str, ...]:
        """For whom there is a copy of a wave's key."""
        return tuple(path.stem for path in self._copies(wave_key))

    def open_copy(self, wave_key: str, holder_key: X25519PrivateKey, public_key: bytes) -> X25519PrivateKey:
        """The private half of a wave's `public_key` from whichever copy opens, or raise `NoEscrowCopy`."""
        for path in self._copies(wave_key):
            try:
                found = X25519PrivateKey.from_private_bytes(open_ballot(holder_key, path.read_bytes()))
            except (UnreadableBallot, ValueError):
                continue
            if found.public_key().public_bytes_raw() == public_key:
                return found
        raise NoEscrowCopy(wave_key)

    def destroy(self, wave_key: str) -> None:
        """Overwrite and remove every copy of a wave's key."""
        for path in self._copies(wave_key):
            destroy_file(path)

    def _copies(self, wave_key: str) -> list[Path]:
        return sorted((self.folder / wave_key).glob("*.sealed"))

    def _path(self, wave_key: str, holder: str) -> Path:
        return self.folder / wave_key / f"{holder}.sealed"


def make_holder_key(path: Path, passphrase: str) -> bytes:
    """Write a key holder's new private key, locked with a passphrase, and return the public half.

    Raises
    ------
    FileExistsError
        The file is there already: a key is never written over.
    """
    private_key = X25519PrivateKey.generate()
    locked = private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode()))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(locked)
    return private_key.public_key().public_bytes_raw()


def read_holder_key(content: bytes, passphrase: str) -> X25519PrivateKey:
    """Unlock a key holder's private key, or raise `UnusableHolderKey`."""
    try:
        found = load_pem_private_key(content, passphrase.encode())
    except (ValueError, TypeError) as error:
        raise UnusableHolderKey("The key cannot be opened: it is no key file, or the passphrase is wrong.") from error
    if not isinstance(found, X25519PrivateKey):
        raise UnusableHolderKey("The key is of another kind than `pulse keys make` writes.")
    return found
