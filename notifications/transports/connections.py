"""What a broken connection proves: nothing can have arrived over one that was never made."""

from __future__ import annotations

from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ConnectTimeout
from urllib3.exceptions import NewConnectionError


def was_never_made(error: BaseException | None) -> bool:
    """Whether a request failed before there was any connection to send it over."""
    if isinstance(error, ConnectTimeout):
        return True
    if not isinstance(error, NoConnection):
        return False
    return isinstance(getattr(error.args[0], "reason", None) if error.args else None, NewConnectionError)
