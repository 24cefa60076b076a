"""Read and write REDCap data dictionaries: one CSV row a field, 18 columns."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator, Mapping
from itertools import groupby

from instruments.definitions import Instrument, ResponseKind
from instruments.errors import InvalidInstrumentFile
from instruments.files import require_size
from instruments.interchange.carrying import LARGEST_FOREIGN_BYTES, Details, Exported, Imported, Loss
from instruments.interchange.drafting import Draft, Option
from instruments.interchange.unsaid import losses_of_item, losses_of_the_whole

COLUMNS = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip
NAME, FORM, HEADER, TYPE, LABEL, CHOICES, FIELD_NOTE = COLUMNS[:7]
IDENTIFIER, BRANCHING, REQUIRED, MATRIX, ANNOTATION = COLUMNS[10], COLUMNS[11], COLUMNS[12], COLUMNS[15], COLUMNS[17]
_OLD_NAMES = (
    *("field_name", "form_name", "section_header", "field_type", "field_label", "select_choices_or_calculations"),
    *("field_note", "text_validation_type_or_show_slider_number", "text_validation_min", "text_validation_max"),
    *("identifier", "branching_logic", "required_field", "custom_alignment", "question_number", "matrix_group_name"),
    *("matrix_ranking", "field_annotation"),
)
_YES_NO = {"yesno": (("0", "No"), ("1", "Yes")), "truefalse": (("0", "False"), ("1", "True"))}
_DROPPED = {
    BRANCHING: "its branching logic is dropped: it is asked of everybody",
    REQUIRED: "it may be skipped here, though the file requires an answer",
    FIELD_NOTE: "its note is dropped",
}
_MOST_COLUMNS = 100
_TAG = re.compile(
    r"</?(?:a|b|big|br|center|div|em|font|h[1-6]|hr|i|img|li|ol|p|small|span|strong|sub|sup|table|td|th|tr|u|ul)"
    r"(?:[ \t/][^<>]{0,500})?>",
    re.IGNORECASE,
)


def write_redcap(instrument: Instrument) -> Exported:
    """Return a data dictionary in the instrument's first language, and what of the instrument it cannot hold."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    language = instrument.languages[0]
    names = _field_names(instrument)
    for number, (response_set, run) in enumerate(groupby(instrument.items, key=lambda item: item.response_set)):
        options = instrument.response_sets_by_id[response_set]
        choices = " | ".join(f"{option.value}, {_written(option.label[language])}" for option in options.options)
        for place, item in enumerate(run):
            writer.writerow(
                {
                    NAME: names[item.id],
                    FORM: _field_name(instrument.id),
                    HEADER: html.escape(options.stem.get(language, ""), quote=False) if place == 0 else "",
                    TYPE: "radio",
                    LABEL: html.escape(item.text[language], quote=False),
                    CHOICES: choices,
                    MATRIX: f"matrix_{number + 1}" if options.kind is ResponseKind.ORDINAL else "",
                }
            )
    return Exported(file.getvalue().encode("utf-8"), redcap_losses(instrument))


def redcap_losses(instrument: Instrument) -> tuple[Loss, ...]:
    """Return what of an instrument a data dictionary cannot hold, item by item."""
    return tuple(_losses_of(instrument, _field_names(instrument)))


def read_redcap(content: bytes, source: str, details: Details) -> Imported:
    """Read a data dictionary.

    Raises
    ------
    InvalidInstrumentFile
        It is no data dictionary, or holds nothing that can be asked here.
    """
    draft = Draft(source, ("en",))
    form = stem = ""
    matrix: str | None = None
    for line, row in _rows(content, source):
        form = form or row.get(FORM, "").strip()
        group = row.get(MATRIX, "").strip()
        if row.get(HEADER, "").strip():
            stem = _plain(row[HEADER])
        elif group != matrix:
            stem = ""
        matrix = group
        _carry(row, f"line {line} ({row.get(NAME, '').strip() or 'no name'})", stem, draft)
    return draft.finish(details, name=form, title={"en": form.replace("_", " ").capitalize()}, version="")


def _rows(content: bytes, source: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    require_size(content, source, LARGEST_FOREIGN_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise InvalidInstrumentFile(source, ["is not a CSV table"])
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    if first.count(separator) > _MOST_COLUMNS:
        raise InvalidInstrumentFile(source, ["is not a REDCap data dictionary: those have 18 columns"])
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        heads = [head.strip() for head in reader.fieldnames or ()]
        reader.fieldnames = _by_place([_known(head) for head in heads])
        if not {NAME, TYPE, LABEL} <= set(reader.fieldnames):
            raise InvalidInstrumentFile(
                source, [f"is not a REDCap data dictionary: it needs the columns {NAME}, {TYPE} and {LABEL}"]
            )
        for row in reader:
            yield reader.line_num, {key: value or "" for key, value in row.items() if isinstance(key, str)}
    except csv.Error as error:
        raise InvalidInstrumentFile(source, [f"line {reader.line_num} is not CSV: {error}"]) from error


def _known(head: str) -> str:
    plain = head.strip('"').casefold()
    for ours, old in zip(COLUMNS, _OLD_NAMES, strict=True):
        if plain in {ours.casefold(), old} or (ours == CHOICES and plain.startswith("choices")):
            return ours
    return head


def _by_place(heads: list[str]) -> list[str]:
    """Name a column that has lost its name after its place, where nearly all others are where REDCap writes them."""
    in_place = sum(head == column for head, column in zip(heads, COLUMNS, strict=False))
    if in_place < len(COLUMNS) - 2:
        return heads
    return [column if head not in COLUMNS else head for head, column in zip(heads, COLUMNS, strict=False)]


def _carry(row: Mapping[str, str], where: str, stem: str, draft: Draft) -> None:
    kind = row.get(TYPE, "").strip().casefold()
    if kind in _YES_NO:
        options = [Option(code, {"en": label}) for code, label in _YES_NO[kind]]
    elif kind in {"radio", "dropdown"}:
        options = [Option(code, {"en": label}) for code, label in _choices(row.get(CHOICES, ""))]
        if len(options) < len([part for part in _parts_of(row.get(CHOICES, "")) if part.strip()]):
            draft.lose(where, "an option without a code is dropped")
    else:
        why = "only fields with one answer out of a list are asked"
        draft.lose(where, f"is not carried: {why}, not {kind or 'a field without a type'}")
        return
    if row.get(IDENTIFIER, "").strip().casefold() == "y":
        draft.lose(where, "is not carried: it is marked as identifying a person")
        return
    _note_dropped(row, where, draft)
    name = row.get(MATRIX, "").strip() or row.get(NAME, "").strip()
    draft.add_item(
        row.get(NAME, "").strip(), {"en": _plain(row.get(LABEL, ""))}, options, stem={"en": stem}, set_name=name
    )


def _note_dropped(row: Mapping[str, str], where: str, draft: Draft) -> None:
    for column, sentence in _DROPPED.items():
        if row.get(column, "").strip():
            draft.lose(where, sentence)
    if "@" in row.get(ANNOTATION, ""):
        draft.lose(where, "its action tags are ignored")
    if _TAG.search(row.get(LABEL, "")):
        draft.lose(where, "the formatting of its text is dropped")


def _choices(text: str) -> Iterator[tuple[str, str]]:
    """Codes and labels of `1, Never | 2, Often`, or of one a line as older files have it."""
    for part in _parts_of(text):
        code, separator, label = part.partition(",")
        if separator and code.strip():
            yield code.strip(), _plain(label)


def _parts_of(text: str) -> list[str]:
    return re.split(r"\||\\n|\n", text)


def _written(label: str) -> str:
    return html.escape(label.replace("|", "/"), quote=False)


def _plain(text: str) -> str:
    """A label without HTML."""
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())


def _field_names(instrument: Instrument) -> Mapping[str, str]:
    """Names as REDCap takes them, small letters, digits and _, all different."""
    names: dict[str, str] = {}
    for item in instrument.items:
        wanted = _field_name(item.id)
        taken = set(names.values())
        names[item.id] = next(
            name for number in range(1, len(taken) + 3) if (name := _numbered(wanted, number)) not in taken
        )
    return names


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}_{number}"


def _field_name(identity: str) -> str:
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", identity.lower())).strip("_") or "field"


def _losses_of(instrument: Instrument, names: Mapping[str, str]) -> Iterator[Loss]:
    for item_id, name in names.items():
        if name != item_id:
            yield Loss(item_id, f"is called {name}: field names have small letters, digits and _ only")
    for item in instrument.items:
        yield from losses_of_item(item)
    yield from _losses_of_the_file(instrument)
    yield from losses_of_the_whole(instrument)
    if len(instrument.languages) > 1:
        yield Loss("languages", f"only {instrument.languages[0]} is carried, not {', '.join(instrument.languages[1:])}")


def _losses_of_the_file(instrument: Instrument) -> Iterator[Loss]:
    for name in ("owner", "version", "source", "citation"):
        if getattr(instrument, name):
            yield Loss(name, "is not carried")
    yield Loss("licence", "is not carried")
    for option in (option for options in instrument.response_sets for option in options.options):
        if any("|" in text for text in option.label.values()):
            yield Loss(f"option {option.value}", "its label has a |, which separates options here and becomes /")
