"""Seal a ballot to a wave's public key: X25519, HKDF-SHA256 and ChaCha20-Poly1305, all ballots of one length."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PLAIN_BYTES = 4096
_LENGTH_BYTES = 2
LARGEST_BALLOT_BYTES = PLAIN_BYTES - _LENGTH_BYTES
_NONCE = bytes(12)  # each ballot has a key of its own, so a fixed nonce is used once


class BallotTooLong(Exception):
    """The answers do not fit a ballot. Carries the length, never the content."""


class UnreadableBallot(Exception):
    """A ballot that this key does not open, or that was altered."""


def seal(public_key: bytes, ballot: bytes) -> bytes:
    """Encrypt a ballot so that only the wave's private key opens it.

    Every sealed ballot has the same length, so that the length says nothing about the answers.
    """
    if len(ballot) > LARGEST_BALLOT_BYTES:
        raise BallotTooLong(f"A ballot of {len(ballot)} bytes does not fit {PLAIN_BYTES}.")
    padded = (len(ballot).to_bytes(_LENGTH_BYTES, "big") + ballot).ljust(PLAIN_BYTES, b"\x00")
    ephemeral = X25519PrivateKey.generate()
    recipient = X25519PublicKey.from_public_bytes(public_key)
    sender = ephemeral.public_key().public_bytes_raw()
    key = _derive(ephemeral.exchange(recipient), sender, public_key)
    return sender + ChaCha20Poly1305(key).encrypt(_NONCE, padded, None)


def open_ballot(private_key: X25519PrivateKey, sealed: bytes) -> bytes:
    """Return what was sealed.

    Raises
    ------
    UnreadableBallot
        It was sealed to another key, or altered.
    """
    sender, ciphertext = sealed[:32], sealed[32:]
    recipient = private_key.public_key().public_bytes_raw()
    try:
        shared = private_key.exchange(X25519PublicKey.from_public_bytes(sender))
        padded = ChaCha20Poly1305(_derive(shared, sender, recipient)).decrypt(_NONCE, ciphertext, None)
    except (InvalidTag, ValueError) as error:
        raise UnreadableBallot("A ballot could not be opened with this wave's key.") from error
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    return padded[_LENGTH_BYTES : _LENGTH_BYTES + length]


def _derive(shared: bytes, sender: bytes, recipient: bytes) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"crescendo-pulse ballot v1" + sender + recipient)
    return hkdf.derive(shared)
