"""Whether a call came from who it says: Twilio's signature, as its own library computes it."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable


def is_twilios(token: str, url: str, form: Iterable[tuple[str, str]], signature: str) -> bool:
    """Whether Twilio signed a form sent to this address: HMAC-SHA1 of the address and all pairs, sorted by name.

    A pair that comes twice counts once. Web processes do not load Twilio's library for these few lines; a test holds
    them to it.
    """
    pairs = "".join(name + value for name, value in sorted(set(form)))
    expected = base64.b64encode(hmac.digest(token.encode(), (url + pairs).encode(), "sha1"))
    return bool(token) and hmac.compare_digest(expected, signature.encode())
