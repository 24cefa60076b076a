"""An SPSS file with labels. It brings pandas: only jobs and commands import it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyreadstat

from dashboards.exports.columns import COLUMNS, Column
from dashboards.exports.contents import HOW_TO_READ, Export

_LONGEST_NOTE_BYTES = 80


def as_sav(export: Export) -> bytes:
    """The export as .sav: a case a cell, a label for each variable, codes with labels where there are few choices."""
    frame = pd.DataFrame({column.name: _values(column, export) for column in COLUMNS})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.sav"
        pyreadstat.write_sav(
            frame,
            str(path),
            file_label=export.title[:64],
            column_labels={column.name: column.heading for column in COLUMNS},
            variable_value_labels={column.name: _codes(column) for column in COLUMNS if column.choices},
            note=_notes(export),
        )
        return path.read_bytes()


def _values(column: Column, export: Export) -> pd.Series:
    values = [column.value(row) for row in export.rows]
    if column.choices:
        codes = {label: code for code, label in _codes(column).items()}
        return pd.Series([codes[str(value)] for value in values], dtype="float64")
    return pd.Series(values, dtype="float64") if column.is_number else pd.Series([str(v) for v in values], dtype="str")


def _codes(column: Column) -> dict[int | float, str]:
    return {float(code): label for code, label in enumerate(column.choices, 1)}


def _notes(export: Export) -> list[str]:
    """What is on every cover; the documents of an SPSS file are lines of eighty bytes."""
    said = [f"{name}: {value}" for name, value in export.facts] + list(HOW_TO_READ)
    return [line for sentence in said for line in _broken(sentence)]


def _broken(sentence: str) -> Iterator[str]:
    line = ""
    for letter in sentence:
        if len((line + letter).encode()) > _LONGEST_NOTE_BYTES:
            yield line
            line = ""
        line += letter
    yield line
