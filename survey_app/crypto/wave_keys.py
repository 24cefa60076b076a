"""The private half of each wave's key: a file outside the database, destroyed when the wave is closed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from survey_app.crypto.files import destroy_file, write_secret


class MissingWaveKey(Exception):
    """A wave's private key is not where it should be; its ballots cannot be opened without it."""

    def __init__(self, wave_key: str) -> None:
        self.wave_key = wave_key
        super().__init__(
            f"The key of the wave {wave_key!r} is missing. Restore it from its escrow copy: "
            f"pulse keys restore {wave_key} --with FILE."
        )


@dataclass(frozen=True)
class WaveKeyFiles:
    """Key files in one folder that only this account may read."""

    folder: Path

    def make(self, wave_key: str) -> bytes:
        """Return the public half of a wave's key, making the key where there is none."""
        if not self.exists(wave_key):
            self.restore(wave_key, X25519PrivateKey.generate())
        return self.load(wave_key).public_key().public_bytes_raw()

    def load(self, wave_key: str) -> X25519PrivateKey:
        """Return a wave's private key, or raise `MissingWaveKey`."""
        try:
            return X25519PrivateKey.from_private_bytes(self._path(wave_key).read_bytes())
        except FileNotFoundError as error:
            raise MissingWaveKey(wave_key) from error

    def restore(self, wave_key: str, private_key: X25519PrivateKey) -> None:
        """Put a wave's private key where it belongs."""
        write_secret(self._path(wave_key), private_key.private_bytes_raw())

    def exists(self, wave_key: str) -> bool:
        """Whether the private key has not been destroyed yet."""
        return self._path(wave_key).exists()

    def destroy(self, wave_key: str) -> None:
        """Overwrite and remove a wave's private key; nothing happens where there is none any more."""
        destroy_file(self._path(wave_key))

    def _path(self, wave_key: str) -> Path:
        return self.folder / f"{wave_key}.x25519"
