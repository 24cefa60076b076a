"""The secrets in links: derived from an id and a key, so that nothing clear is stored and a resend is identical."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
TOKEN_LENGTH = 16


def invitation_token(key: bytes, invitation_id: UUID) -> str:
    """Sixteen base58 characters (94 bits) for `/p/` and `/o/` links: short enough for a text."""
    number = int.from_bytes(hmac.digest(key, invitation_id.bytes, "sha256"), "big")
    digits = []
    for _ in range(TOKEN_LENGTH):
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    return "".join(digits)


def sign_in_token(key: bytes, request_id: UUID) -> str:
    """256 bits in hexadecimal for a sign-in link."""
    return hmac.digest(key, request_id.bytes, "sha256").hex()


def sign_in_code(key: bytes, request_id: UUID) -> str:
    """Six digits for a browser that is not where the mail is read; good for few tries only."""
    return f"{int.from_bytes(hmac.digest(key, b'code' + request_id.bytes, 'sha256'), 'big') % 1_000_000:06d}"


def keyed_hash(key: bytes, secret: str) -> bytes:
    """What the database keeps of a secret: useless without the key."""
    return hmac.digest(key, secret.encode(), "sha256")


def ballot_tag(token: str) -> bytes:
    """The name of a token's ballot: one ballot a token, and no way back."""
    return hashlib.sha256(b"ballot tag\x00" + token.encode()).digest()
