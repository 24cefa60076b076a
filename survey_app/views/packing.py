"""The pulse's pages, packed for slow lines without telling the line what was answered.

Somebody who watches the wire sees how long a page is, and a packed page is a little longer or shorter with every
answer in it. So each page is filled up, in the gzip header's file name, to one length, or to the next of a few
(Palacios et al. 2022 fill up at random, against BREACH; here the length must say nothing at all). BREACH itself needs
to know the address of a page; a pulse's address is the secret.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Hashable
from threading import Lock

from cachetools import TTLCache
from flask import Response, g, request

COMMON_BYTES = 2400
"""The shipped instruments’ pages fit, in both languages; with its headers a page stays below 3 KB."""
STEP_BYTES = 1024
_HEAD = b"\x1f\x8b\x08\x08" + bytes(4) + b"\x02\xff"  # gzip; a file name follows; no time; packed hard; any system


def pack_page(response: Response) -> Response:
    """Pack a page where the browser takes gzip: an `after_request` of the pulse's blueprint."""
    ready = g.pop("packed", None)
    if response.mimetype != "text/html" or not request.accept_encodings.quality("gzip"):
        return response
    response.set_data(ready or packed(response.get_data()))
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def kept_page(key: Hashable, make: Callable[[], str]) -> Response:
    """A page that is the same for everybody with this key, made and packed once a minute in each process.

    Never one with an answer in it: it would stay in memory after the request.
    """
    with _LOCK:
        found = _PAGES.get(key)
    if found is None:
        page = make().encode()
        found = page, packed(page)
        with _LOCK:
            _PAGES[key] = found
    page, g.packed = found
    return Response(page, mimetype="text/html")


_PAGES: TTLCache[Hashable, tuple[bytes, bytes]] = TTLCache(maxsize=512, ttl=60)
_LOCK = Lock()


def packed(page: bytes) -> bytes:
    """A page as gzip (RFC 1952), filled up to the length that others have."""
    squeezer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = squeezer.compress(page) + squeezer.flush()
    tail = zlib.crc32(page).to_bytes(4, "little") + (len(page) % 2**32).to_bytes(4, "little")
    length = len(_HEAD) + 1 + len(body) + len(tail)
    filling = COMMON_BYTES - length if length <= COMMON_BYTES else (COMMON_BYTES - length) % STEP_BYTES
    return _HEAD + b"-" * filling + b"\x00" + body + tail
