"""The private half of each wave's key: a file outside the database, destroyed when the wave is closed."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


class MissingWaveKey(Exception):
    """A wave's private key is not where it should be; its ballots cannot be opened without it."""

    def __init__(self, wave_key: str) -> None:
        self.wave_key = wave_key
        super().__init__(f"The key of the wave {wave_key!r} is missing. Restore it from its escrow copy.")


@dataclass(frozen=True)
class WaveKeyFiles:
    """Key files in one folder that only this account may read."""

    folder: Path

    def make(self, wave_key: str) -> bytes:
        """Return the public half of a wave's key, making the key where there is none."""
        path = self._path(wave_key)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            fresh = path.with_suffix(".fresh")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(X25519PrivateKey.generate().private_bytes_raw())
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            _sync_folder(self.folder)
        return self.load(wave_key).public_key().public_bytes_raw()

    def load(self, wave_key: str) -> X25519PrivateKey:
        """Return a wave's private key, or raise `MissingWaveKey`."""
        try:
            return X25519PrivateKey.from_private_bytes(self._path(wave_key).read_bytes())
        except FileNotFoundError as error:
            raise MissingWaveKey(wave_key) from error

    def exists(self, wave_key: str) -> bool:
        """Whether the private key has not been destroyed yet."""
        return self._path(wave_key).exists()

    def destroy(self, wave_key: str) -> None:
        """Overwrite and remove a wave's private key; nothing happens where there is none any more."""
        path = self._path(wave_key)
        with contextlib.suppress(FileNotFoundError):
            with path.open("r+b") as file:
                file.write(os.urandom(32))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()

    def _path(self, wave_key: str) -> Path:
        return self.folder / f"{wave_key}.x25519"


def _sync_folder(folder: Path) -> None:
    """Make sure that a file's name survives a power cut, not only its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
