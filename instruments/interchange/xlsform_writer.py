"""Write an instrument as an XLSForm workbook that form tools can field and that reads back without loss."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from instruments.definitions import Instrument, Item
from instruments.errors import TooLongForWorkbook
from instruments.files import to_document
from instruments.interchange.carrying import Exported, Loss
from instruments.interchange.languages import language_name

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

FORMAT = "crescendo-instrument 1"
OWN_SHEETS = ("x_instrument", "x_scales", "x_response_sets")
LONGEST_CELL = 32_000
Value = str | bool
Row = Mapping[str, Value]


def write_xlsform(instrument: Instrument) -> Exported:
    """Return a workbook: `survey`, `choices` and `settings` as every form tool reads them, and scoring beside them.

    What an XLSForm has no word for stands in columns and sheets whose names begin with `x_`, which form tools pass
    over. So nothing is lost: `read_xlsform` gives the same instrument back.

    Raises
    ------
    TooLongForWorkbook
        A scale's bands or look-up table would not fit a cell.
    """
    from openpyxl import Workbook  # here: it brings numpy, which pages do without

    book = Workbook()
    book.remove(book.worksheets[0])
    languages = instrument.languages
    _fill(book.create_sheet("survey"), _survey_columns(languages), _survey(instrument))
    _fill(book.create_sheet("choices"), ["list_name", "name", *_labels(languages)], _choices(instrument))
    settings = {
        "form_title": instrument.title[languages[0]],
        "form_id": instrument.id,
        "version": instrument.version,
        "default_language": language_name(languages[0]),
    }
    _fill(book.create_sheet("settings"), list(settings), [settings])
    _fill(book.create_sheet("x_instrument"), ["key", "value"], _whole(instrument))
    scales = [_flat(part) for part in to_document(instrument)["scales"]]
    _fill(book.create_sheet("x_scales"), _keys(scales) or ["id"], scales)
    sets = [{key: value for key, value in part.items() if key != "options"} for part in _sets(instrument)]
    _fill(book.create_sheet("x_response_sets"), ["id", "kind", "stem"], [_flat(part) for part in sets])
    file = io.BytesIO()
    book.save(file)
    return Exported(file.getvalue(), xlsform_losses(instrument))


def xlsform_losses(_instrument: Instrument) -> tuple[Loss, ...]:
    """Return what of an instrument a workbook cannot hold: nothing."""
    return ()


def _survey_columns(languages: Sequence[str]) -> list[str]:
    own = ["x_scale", "x_facet", "x_reverse", "x_core", *(f"x_sms::{language_name(tag)}" for tag in languages)]
    return ["type", "name", *_labels(languages), "appearance", *own]


def _labels(languages: Sequence[str]) -> list[str]:
    return [f"label::{language_name(tag)}" for tag in languages]


def _survey(instrument: Instrument) -> Iterable[Row]:
    """A group for each run of items with the same options: its label is the lead-in."""
    taken = set(instrument.items_by_id)
    runs = groupby(instrument.items, key=lambda item: item.response_set)
    for number, (response_set, items) in enumerate(runs, start=1):
        options = instrument.response_sets_by_id[response_set]
        name = next(name for name in _candidates(f"group_{number}") if name not in taken)
        taken.add(name)
        labels = {f"label::{language_name(tag)}": text for tag, text in options.stem.items()}
        yield {"type": "begin_group", "name": name, **labels}
        yield from (_question(item) for item in items)
        yield {"type": "end_group"}


def _candidates(name: str) -> Iterable[str]:
    while True:
        yield name
        name += "_"


def _question(item: Item) -> Row:
    row: dict[str, Value] = {"type": f"select_one {item.response_set}", "name": item.id, "appearance": "likert"}
    row |= {f"label::{language_name(tag)}": text for tag, text in item.text.items()}
    row |= {f"x_sms::{language_name(tag)}": text for tag, text in item.sms_text.items()}
    row |= {"x_facet": item.facet, "x_reverse": _yes(item.reverse_keyed), "x_core": _yes(item.core)}
    return row | ({"x_scale": item.scale} if item.scale is not None else {})


def _choices(instrument: Instrument) -> Iterable[Row]:
    for response_set in instrument.response_sets:
        for option in response_set.options:
            labels = {f"label::{language_name(tag)}": text for tag, text in option.label.items()}
            yield {"list_name": response_set.id, "name": str(option.value), **labels}


def _whole(instrument: Instrument) -> Iterable[Row]:
    yield {"key": "format", "value": FORMAT}
    for key, value in to_document(instrument).items():
        if key not in {"items", "scales", "response_sets"}:
            yield {"key": key, "value": json.dumps(value, ensure_ascii=False)}


def _sets(instrument: Instrument) -> list[dict[str, object]]:
    return list(to_document(instrument)["response_sets"])


def _flat(part: Mapping[str, object]) -> Row:
    """A part of a document as a row: what is no plain text is written as JSON, and numbers with all their digits."""
    return {
        key: value if isinstance(value, str | bool) else json.dumps(value, ensure_ascii=False)
        for key, value in part.items()
    }


def _keys(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _fill(sheet: Worksheet, columns: Sequence[str], rows: Iterable[Row]) -> None:
    from openpyxl.styles import Font  # here: as above
    from openpyxl.utils import get_column_letter

    for place, column in enumerate(columns, start=1):
        sheet.cell(1, place, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = 44 if "label" in column else 18
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows, start=2):
        for place, column in enumerate(columns, start=1):
            if (value := row.get(column, "")) != "":
                _write(sheet.cell(number, place), value)


def _write(cell: Cell | MergedCell, value: Value) -> None:
    """Write a value as it is: a text that begins with `=` is a text and no formula."""
    if isinstance(value, str):
        if len(value) > LONGEST_CELL:
            raise TooLongForWorkbook(len(value), LONGEST_CELL)
        cell.value = value
        cell.data_type = "s"
    else:
        cell.value = value


def _yes(value: bool) -> str:  # noqa: FBT001 - the value itself
    return "yes" if value else "no"
