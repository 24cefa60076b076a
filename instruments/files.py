"""The only reader and writer of instruments: TOML files, and the JSON document kept with a wave."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w
from marshmallow import ValidationError

from instruments.definitions import Instrument
from instruments.errors import InvalidInstrumentFile
from instruments.locating import key_lines, line_of
from instruments.schemas import MOST_ITEMS, MOST_SCALES, Document, InstrumentSchema

LARGEST_FILE_BYTES = 1_000_000
_SCHEMA = InstrumentSchema()
_PART = r"""(?:[\w-]++|"(?:\\.|[^"\\\n])*+"|'[^'\n]*+')"""
_DEEP_KEY = re.compile(  # tomllib takes time by the square of a key's parts
    rf"^[ \t]*+\[?\[?[ \t]*+{_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{8}}"  # a table's name, or a key, of nine parts
    r"|(?<![\w-])(?:[\w-]++\.){200}"  # and one within a line, which no text of ours looks like
    r"""|(?:"[^"\n]{0,20}"[ \t]?\.[ \t]?){30}""",
    re.MULTILINE,
)
_MOST = {"items": MOST_ITEMS, "response_sets": MOST_ITEMS, "scales": MOST_SCALES, "anchors": MOST_SCALES}
_ORDER = (
    *("id", "version", "title", "owner", "source", "citation", "recall_window", "languages", "estimated_seconds"),
    *("licence", "anchors", "response_sets", "scales", "items"),
)

Locate = Callable[[Sequence[str]], int | None]
"""Tells the line of a key, given its steps; None where nobody knows."""


def read_instrument(path: Path) -> Instrument:
    """Read an instrument from a TOML file.

    Raises
    ------
    InvalidInstrumentFile
        The file cannot be read, is not TOML, or breaks a rule; every problem names its key, and its line.
    """
    return from_toml(read_bytes(path), source=str(path))


def read_bytes(path: Path, most: int = LARGEST_FILE_BYTES) -> bytes:
    """Read a file that somebody named, or raise `InvalidInstrumentFile`: it is missing, no file, or far too large."""
    try:
        if path.exists() and not path.is_file():
            raise InvalidInstrumentFile(str(path), ["is not a file"])
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InvalidInstrumentFile(str(path), [f"cannot be read: {error.strerror}"]) from error
    except ValueError as error:  # a path with a NUL in it
        raise InvalidInstrumentFile(repr(str(path)), [f"cannot be read: {error}"]) from error
    require_size(content, str(path), most)
    return content


def require_size(content: bytes, source: str, most: int = LARGEST_FILE_BYTES) -> None:
    """Refuse a file that is too large to describe an instrument."""
    if len(content) > most:
        raise InvalidInstrumentFile(source, [f"the file is larger than {most:,} bytes"])


def from_toml(content: bytes, *, source: str) -> Instrument:
    """Read an instrument from the bytes of a TOML file, as `read_instrument` does."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInstrumentFile(source, [f"line {line} is not UTF-8 text; save the file as UTF-8"]) from error
    if _DEEP_KEY.search(text):
        raise InvalidInstrumentFile(source, ["is not an instrument: a key of it has more parts than any of ours"])
    try:
        document = tomllib.loads(text)
    except RecursionError as error:
        raise InvalidInstrumentFile(source, ["is not TOML: it is nested too deeply"]) from error
    except ValueError as error:  # tomllib's own, and numbers too long for an integer
        raise InvalidInstrumentFile(source, [f"is not TOML: {error}"]) from error
    lines = key_lines(text)
    return from_document(document, source=source, locate=lambda key: line_of(lines, key))


def to_toml(instrument: Instrument) -> str:
    """Write an instrument as the text of a TOML file, of which `from_toml` is the inverse."""
    document = to_document(instrument)
    return tomli_w.dumps({key: document[key] for key in _ORDER if key in document})


def from_document(
    document: Mapping[str, Any], *, source: str = "instrument", locate: Locate | None = None
) -> Instrument:
    """Build an instrument from its document form, or raise `InvalidInstrumentFile`."""
    for key, most in _MOST.items():
        if isinstance(parts := document.get(key), list) and len(parts) > most:
            raise InvalidInstrumentFile(source, [f"{key}: has {len(parts):,} entries, and {most} is the most"])
    try:
        instrument: Instrument = _SCHEMA.load(document)
    except ValidationError as error:
        problems = list(_sentences(error.normalized_messages(), locate or (lambda _: None)))
        raise InvalidInstrumentFile(source, problems) from error
    return instrument


def to_document(instrument: Instrument) -> Document:
    """Return the document form, of which `from_document` is the inverse."""
    document: Document = _SCHEMA.dump(instrument)
    return document


def digest(instrument: Instrument) -> str:
    """SHA-256 of the canonical document: sorted keys, no blanks, UTF-8, nothing that only says its default."""
    canonical = json.dumps(to_document(instrument), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _sentences(messages: object, locate: Locate, path: Sequence[str] = ()) -> Iterator[str]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            yield from _sentences(value, locate, [*path, *_steps(str(key), path)])
    else:
        for message in messages if isinstance(messages, list) else [messages]:
            line = locate(path)
            where = f" (line {line})" if line is not None else ""
            yield f"{'.'.join(path) or 'document'}{where}: {_lower_first(str(message))}"


def _steps(key: str, path: Sequence[str]) -> Sequence[str]:
    """The steps that a key adds; marshmallow's own `_schema`, `key` and `value` add none."""
    in_wording = bool(path) and not path[-1].isdigit() and key in {"key", "value"}
    return () if key == "_schema" or in_wording else key.split(".")


def _lower_first(message: str) -> str:
    return re.sub(r"^[A-Z](?=[a-z])", lambda match: match[0].lower(), message).rstrip(".")
