"""Every key that one process needs, derived from the settings and never stored in the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from survey_app.config import Settings
from survey_app.crypto.escrow import EscrowFiles
from survey_app.crypto.link_tokens import keyed_hash
from survey_app.crypto.wave_keys import WaveKeyFiles


@dataclass(frozen=True)
class Vault:
    """The keys, by what they are for."""

    link_key: bytes = field(repr=False)
    lookup_key: bytes = field(repr=False)
    audit_key: bytes = field(repr=False)
    contact_cipher: MultiFernet = field(repr=False)
    wave_keys: WaveKeyFiles
    escrow: EscrowFiles
    erasures: Path
    """The ledger of whom to forget again where an older copy of the database comes back: keyed hashes."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Vault:
        """Derive the keys: a purpose's key says nothing about another's (HKDF, RFC 5869)."""
        return cls(
            link_key=_derive(settings.secret_key, b"links"),
            lookup_key=_derive(settings.secret_key, b"look-ups"),
            audit_key=_derive(settings.secret_key, b"audit"),
            contact_cipher=MultiFernet([Fernet(key) for key in settings.field_key]),
            wave_keys=WaveKeyFiles(settings.keys_dir / "waves"),
            escrow=EscrowFiles(settings.escrow_dir),
            erasures=settings.data_dir / "erasures",
        )

    def lookup_hash(self, secret: str) -> bytes:
        """What the database keeps of a token or an address in order to find it again."""
        return keyed_hash(self.lookup_key, secret)

    def address_hash(self, address: str) -> bytes:
        """The look-up hash of an address, the same for `Amara@X.org` and `amara@x.org`."""
        return self.lookup_hash(address.strip().casefold())

    def encrypt(self, text: str) -> bytes:
        """Encrypt a contact detail."""
        return self.contact_cipher.encrypt(text.encode())

    def decrypt(self, encrypted: bytes) -> str:
        """Decrypt a contact detail."""
        return self.contact_cipher.decrypt(encrypted).decode()


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"crescendo-pulse " + purpose).derive(secret.encode())
