"""Find the line of a TOML file on which a key of its document stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Path = tuple[str, ...]
"""A key by its steps: names of tables and places in lists, `("items", "3", "scale")`."""

_TABLES = re.compile(r"^\s*\[\[\s*([^\]]+?)\s*\]\]")
_TABLE = re.compile(r"^\s*\[\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_ELEMENT = re.compile(r"^\s*[{\[\"'\d-]")
_STEP = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def key_lines(text: str) -> Mapping[Path, int]:
    """Return the line, counted from 1, on which each key, table and list element of a TOML text begins.

    It reads line by line and knows what instrument files are written in: a key, a table or an element of a list at
    the beginning of a line. What stands further along a line is on the line of what holds it.
    """
    lines: dict[Path, int] = {}
    places: dict[Path, int] = {}
    table: Path = ()
    open_list: Path | None = None
    quoted = False
    for number, line in enumerate(text.splitlines(), start=1):
        starts_quoted = quoted
        quoted ^= (line.count('"""') + line.count("'''")) % 2 == 1
        if starts_quoted:
            continue
        if found := _TABLES.match(line):
            table = _within(places, _steps(found[1]))
            places[table] = places.get(table, -1) + 1
            table = (*table, str(places[table]))
            lines.setdefault(table[:-1], number)
            lines[table], open_list = number, None
        elif found := _TABLE.match(line):
            table = _within(places, _steps(found[1]))
            lines[table], open_list = number, None
        elif found := _KEY.match(line):
            key = (*table, *_steps(found[1]))
            for length in range(len(table) + 1, len(key) + 1):
                lines.setdefault(key[:length], number)
            open_list = key if _opens_list(line) else None
        elif open_list is not None and _ELEMENT.match(line):
            places[open_list] = places.get(open_list, -1) + 1
            lines[(*open_list, str(places[open_list]))] = number
    return lines


def line_of(lines: Mapping[Path, int], key: Sequence[str]) -> int | None:
    """The line of a key, or of the nearest thing that holds it; None where nothing of it is in the file."""
    for length in range(len(key), 0, -1):
        if (line := lines.get(tuple(key[:length]))) is not None:
            return line
    return None


def _steps(name: str) -> Path:
    return tuple(step.strip("\"'") for step in _STEP.findall(name))


def _within(places: Mapping[Path, int], steps: Path) -> Path:
    """A table's path, through the newest element of every list of tables on the way, such as `scales.2.bands`."""
    path: Path = ()
    for step in steps[:-1]:
        path = (*path, step)
        if path in places:
            path = (*path, str(places[path]))
    return (*path, *steps[-1:])


def _opens_list(line: str) -> bool:
    value = line.split("=", 1)[1].split("#", maxsplit=1)[0]
    return value.count("[") > value.count("]")
