"""Read tables of answers that people bring: a row a person, a column an item, told by line what is wrong."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pandas as pd

from instruments.definitions import Instrument, Item
from survey_app.use_cases.errors import UnreadableFile

_MISSING = ("", "NA", "NaN", "nan", ".")
_MOST_PROBLEMS = 5
_SEPARATORS = ",;\t"


def read_table(content: bytes, wanted: Sequence[str]) -> pd.DataFrame:
    """A CSV table as texts, separated by commas, semicolons or tabs.

    Raises
    ------
    UnreadableFile
        It is no table, or lacks a column.
    """
    first = content.split(b"\n", 1)[0].decode("utf-8-sig", errors="replace")
    separator = max(_SEPARATORS, key=first.count)
    try:
        table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig", sep=separator)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UnreadableFile(f"The file is not a CSV table: {error}.") from error
    if missing := [column for column in wanted if column not in table.columns]:
        raise UnreadableFile(f"The file has no column {', '.join(missing)}. It has: {', '.join(table.columns[:40])}.")
    return table


def read_answers(content: bytes, instrument: Instrument, labels: Sequence[str]) -> pd.DataFrame:
    """Answers to the scored items, as floats, with columns of labels as texts, None where empty.

    Raises
    ------
    UnreadableFile
        It is no table, lacks a column, or holds an answer that is none of the options; the sentence names where.
    """
    table = read_table(content, [*(item.id for item in instrument.scored_items), *labels])
    problems: list[str] = []
    columns = {item.id: item_column(table, item.id, item, instrument, problems) for item in instrument.scored_items}
    refuse(problems, "Nothing was analysed.")
    return pd.DataFrame({**columns, **{label: _labels(table[label].str.strip()) for label in labels}})


def _labels(column: pd.Series) -> pd.Series:
    """Labels as texts, or as whole numbers where all are, so that 9 comes before 10; missing where empty."""
    known = column.where(~column.isin(_MISSING), None)
    numbers = known.dropna().str.fullmatch(r"\d{1,15}")
    return known.astype("Int64") if len(numbers) and numbers.all() else known


def item_column(table: pd.DataFrame, column: str, item: Item, instrument: Instrument, problems: list[str]) -> pd.Series:
    """A column's answers as floats, NaN where missing; what is none of the options is added to `problems`."""
    options = instrument.response_set_of(item)
    raw = table[column].str.strip()
    numbers = pd.to_numeric(raw.where(~raw.isin(_MISSING)), errors="coerce")
    wrong = ~raw.isin(_MISSING) & ~numbers.isin(options.values)
    problems += [
        f"line {line + 2}: {column} is none of {options.minimum} to {options.maximum}" for line in raw.index[wrong]
    ]
    return numbers.astype(float)


def refuse(problems: Sequence[str], consequence: str) -> None:
    """Raise `UnreadableFile` with the first problems, if there are any."""
    if problems:
        more = f" and {len(problems) - _MOST_PROBLEMS} more" if len(problems) > _MOST_PROBLEMS else ""
        raise UnreadableFile(f"{consequence} {'; '.join(problems[:_MOST_PROBLEMS])}{more}.")
