"""What processes log: one line an entry, as text or as JSON, never what somebody wrote or an error quotes."""

from __future__ import annotations

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from types import TracebackType

TEXT, JSON = "text", "json"
FORMATS = (TEXT, JSON)

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class OneLine(logging.Formatter):
    """Text for people. What could begin a line of its own, such as a line break in an address, is written out."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """One entry as one line, with the values that came with it."""
        values = "".join(f" {name}={value}" for name, value in _values(record).items())
        return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", super().format(record) + values)

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - the library's name
        """What kind of error and where it came from; its text may quote rows, and rows may be answers."""
        return _place(ei)


class AsJson(logging.Formatter):
    """An object a line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """One entry as JSON: time in UTC, level, logger, message, and the values that came with it."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_values(record),
        }
        if record.exc_info:
            entry["error"] = _place(record.exc_info)
        return json.dumps(entry, default=str)


def configure_logging(kind: str) -> None:
    """Log warnings and worse to standard error, in one of `FORMATS`."""
    handler = logging.StreamHandler()
    handler.setFormatter(AsJson() if kind == JSON else OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _values(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _OWN}


def _place(info: ExceptionInfo) -> str:
    kind, _, trace = info
    frames = [f"{frame.f_code.co_filename}:{line}" for frame, line in traceback.walk_tb(trace)]
    return f"{kind.__name__ if kind else 'None'} at {' < '.join(reversed(frames)) or 'unknown'}"
