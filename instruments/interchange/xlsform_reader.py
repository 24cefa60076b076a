"""Read an XLSForm workbook: our own without loss, anybody else's as far as it can be asked here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from instruments.errors import InvalidInstrumentFile
from instruments.files import from_document
from instruments.interchange.carrying import Details, Imported, Loss, require_texts
from instruments.interchange.drafting import Draft, Option
from instruments.interchange.languages import language_tag
from instruments.interchange.workbooks import SheetRow, read_sheets
from instruments.interchange.xlsform_writer import FORMAT

Sheets = Mapping[str, Sequence[SheetRow]]
_DROPPED = {
    "relevant": "its skip rule is dropped: it is asked of everybody",
    "constraint": "its constraint is dropped",
    "calculation": "its calculation is dropped",
    "required": "it may be skipped here, though the file requires an answer",
    "default": "its preselected answer is dropped: nothing is preselected here",
    "hint": "its hint is dropped",
    "guidance_hint": "its guidance is dropped",
    "parameters": "its parameters are dropped",
    "trigger": "its trigger is dropped",
    "image": "its picture is dropped",
    "audio": "its sound is dropped",
    "video": "its film is dropped",
}
_OWN_COLUMNS = {"type", "name", "label", "appearance", "x_scale", "x_facet", "x_reverse", "x_core", "x_sms"}
_SELECT_ONE = ("select_one", "select one", "select1", "select one from")
_UNASKED = {
    "start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "audit",
    "start-geopoint", "background-audio", "background-geopoint", "hidden", "calculate", "xml-external", "csv-external",
}  # fmt: skip


def read_xlsform(content: bytes, source: str, details: Details) -> Imported:
    """Read a workbook.

    Raises
    ------
    InvalidInstrumentFile
        It is no workbook, has no `survey` sheet, or holds nothing that can be asked here.
    """
    sheets = read_sheets(content, source)
    if "survey" not in sheets:
        found = ", ".join(sheets) or "none"
        raise InvalidInstrumentFile(source, [f"has no sheet called survey; its sheets are: {found}"])
    own = {row.cells.get("key"): row.cells.get("value", "") for row in sheets.get("x_instrument", ())}
    if own.get("format") == FORMAT:
        document = _with_details(_own_document(sheets, source), details)
        require_texts(source, [text for item in document["items"] for text in item["text"].values()])
        return Imported(from_document(document, source=source), tuple(_added_by_hand(sheets, document)))
    return _read_foreign(sheets, source, details)


def _own_document(sheets: Sheets, source: str) -> dict[str, Any]:  # Any: a document, checked when it is built
    document = {
        row.cells["key"]: _json(row, "value", source)
        for row in sheets["x_instrument"]
        if row.cells.get("key") not in {None, "format"}
    }
    options: dict[str, list[dict[str, Any]]] = {}  # Any: as above
    for row in sheets.get("choices", ()):
        value = row.cells.get("name", "")
        number = int(value) if value.lstrip("-").isascii() and value.lstrip("-").isdigit() else value
        options.setdefault(row.cells.get("list_name", ""), []).append({"value": number, "label": _texts(row, "label")})
    document["response_sets"] = [
        {**_part(row, source), "options": options.get(row.cells.get("id", ""), [])}
        for row in sheets.get("x_response_sets", ())
    ]
    document["scales"] = [_part(row, source) for row in sheets.get("x_scales", ())]
    document["items"] = [_own_item(row) for row in sheets["survey"] if "select_one" in row.cells.get("type", "")]
    return document


def _with_details(document: dict[str, Any], details: Details) -> dict[str, Any]:  # Any: as above
    """What whoever brings the file in says of it goes before what the file says."""
    said = {"id": details.id, "version": details.version, "owner": details.owner}
    licence = dict(document.get("licence") or {})
    licence |= {"name": details.licence} if details.licence else {}
    licence |= {"permission_required": True} if details.permission_required else {}
    return {**document, **{key: value for key, value in said.items() if value}, "licence": licence}


def _added_by_hand(sheets: Sheets, document: Mapping[str, Any]) -> Iterator[Loss]:  # Any: as above
    """What somebody added to a workbook of ours and we do not read."""
    for row in sheets["survey"]:
        kind = row.cells.get("type", "")
        where = f"survey row {row.number} ({row.cells.get('name') or kind})"
        if kind.partition(" ")[0] not in {"select_one", "begin_group", "end_group"}:
            yield Loss(where, f"is not carried: {kind or 'a row without a type'} was added to a workbook of ours")
        for column in row.cells:
            if column.partition("::")[0] not in _OWN_COLUMNS:
                yield Loss(where, f"its {column} is not carried: it was added to a workbook of ours")
    stated = sheets["settings"][0].cells if sheets.get("settings") else {}
    if stated.get("version", document.get("version")) != document.get("version"):
        yield Loss("settings", "the version there is not carried; the sheet x_instrument counts")


def _own_item(row: SheetRow) -> dict[str, Any]:  # Any: as above
    item: dict[str, Any] = {  # Any: as above
        "id": row.cells.get("name", ""),
        "text": _texts(row, "label"),
        "response_set": row.cells["type"].removeprefix("select_one").strip(),
        "facet": row.cells.get("x_facet", ""),
        "reverse_keyed": row.cells.get("x_reverse") == "yes",
        "core": row.cells.get("x_core", "yes") == "yes",
        "sms_text": _texts(row, "x_sms"),
    }
    return item | ({"scale": row.cells["x_scale"]} if "x_scale" in row.cells else {})


def _part(row: SheetRow, source: str) -> dict[str, Any]:  # Any: as above
    """A row of one of our own sheets as a part of a document: JSON where it looks like it."""
    part: dict[str, Any] = {}  # Any: as above
    for key, value in row.cells.items():
        part[key] = _json(row, key, source) if value[:1] in {"{", "["} else value
    if "shown_to_individual" in part:
        part["shown_to_individual"] = {"yes": True, "no": False}.get(part["shown_to_individual"])
    if "reference_sd" in part:
        part["reference_sd"] = _json(row, "reference_sd", source)
    return part


def _json(row: SheetRow, key: str, source: str) -> Any:  # Any: JSON
    try:
        return json.loads(row.cells.get(key, ""))
    except (ValueError, RecursionError) as error:
        raise InvalidInstrumentFile(source, [f"row {row.number}, column {key}: is not JSON"]) from error


def _texts(row: SheetRow, head: str) -> dict[str, str]:
    """A text in each language, from columns such as `label::English (en)`."""
    return {
        language_tag(column.partition("::")[2]): text
        for column, text in row.cells.items()
        if column.startswith(f"{head}::")
    }


def _read_foreign(sheets: Sheets, source: str, details: Details) -> Imported:
    settings = sheets.get("settings") or [SheetRow(2, {})]
    stated = settings[0].cells
    default = language_tag(stated.get("default_language", "") or "en")
    languages = _languages(sheets, default)
    draft = Draft(source, languages)
    choices = _choices(sheets, languages[0])
    for asked in _asked(sheets["survey"], languages[0], draft):
        _carry(asked, choices, draft)
    title = stated.get("form_title", "")
    return draft.finish(
        details,
        name=stated.get("form_id") or stated.get("id_string") or title,
        title={languages[0]: title},
        version=stated.get("version", ""),
    )


def _languages(sheets: Sheets, default: str) -> tuple[str, ...]:
    """The languages of the labels of items, the form's default first."""
    found = dict.fromkeys(language for row in sheets["survey"] for language in _labels(row, default))
    return (
        (default, *(language for language in found if language != default))
        if default in found or not found
        else (tuple(found))
    )


def _labels(row: SheetRow, default: str) -> dict[str, str]:
    """A label in each language; a column without a language is in the form's default one."""
    labels = {}
    for column, text in row.cells.items():
        head, separator, language = column.replace("::", ":").partition(":")
        if head.strip().casefold() in {"label", "caption"}:
            labels[language_tag(language) if separator else default] = text
    return labels


def _choices(sheets: Sheets, default: str) -> Mapping[str, list[Option]]:
    found: dict[str, list[Option]] = {}
    for row in sheets.get("choices") or sheets.get("choices and columns", ()):
        name = row.cells.get("list_name") or row.cells.get("list name", "")
        code = row.cells.get("name") or row.cells.get("value", "")
        found.setdefault(name, []).append(Option(code, _labels(row, default)))
    return found


@dataclass
class _Group:
    """An open group or repeat of the survey sheet."""

    name: str
    label: Mapping[str, str]
    is_repeat: bool


@dataclass(frozen=True)
class _Asked:
    """A row of the survey sheet that asks something, inside a group's lead-in."""

    row: SheetRow
    kind: str
    stem: Mapping[str, str]
    label: Mapping[str, str]
    in_repeat: bool

    @property
    def where(self) -> str:
        return f"survey row {self.row.number} ({self.row.cells.get('name') or self.kind})"


@dataclass
class _Position:
    groups: list[_Group] = field(default_factory=list)


def _asked(rows: Sequence[SheetRow], default: str, draft: Draft) -> Iterator[_Asked]:
    """Walk the survey sheet; groups become lead-ins, and what can't be carried of them is noted."""
    at = _Position()
    for row in rows:
        kind = " ".join(row.cells.get("type", "").replace("_", " ").casefold().split())
        if not kind or row.cells.get("disabled", "").casefold() == "yes":
            continue
        verb, _, thing = kind.partition(" ")
        if verb == "begin" and thing in {"group", "repeat", "lgroup", "looped group"}:
            at.groups.append(_Group(row.cells.get("name", ""), _labels(row, default), thing != "group"))
            if "relevant" in row.cells:
                draft.lose(f"survey row {row.number} (group)", "its skip rule is dropped: its items are asked of all")
        elif verb == "end" and thing:
            at.groups = at.groups[:-1]
        else:
            stem = at.groups[-1].label if at.groups else {}
            in_repeat = any(group.is_repeat for group in at.groups)
            yield _Asked(row, row.cells["type"].strip(), stem, _labels(row, default), in_repeat)


def _carry(asked: _Asked, choices: Mapping[str, list[Option]], draft: Draft) -> None:
    """Add an item to the draft, or note why it is not carried."""
    listed = next(
        (asked.kind[len(verb) :].strip() for verb in _SELECT_ONE if asked.kind.casefold().startswith(verb + " ")), None
    )
    first = asked.kind.split()[0].casefold()
    if first in _UNASKED:
        draft.lose(asked.where, f"is not carried: {first} collects or computes something that nobody is asked")
    elif first == "note":
        draft.lose(asked.where, "is not carried: a text between items")
    elif listed is None:
        draft.lose(asked.where, f"is not carried: only items with one answer out of a list are asked, not {asked.kind}")
    elif asked.in_repeat:
        draft.lose(asked.where, "is not carried: it stands in a part that repeats")
    elif "choice_filter" in asked.row.cells:
        draft.lose(asked.where, "is not carried: its options depend on another answer")
    else:
        _carry_item(asked, listed, choices, draft)


def _carry_item(asked: _Asked, listed: str, choices: Mapping[str, list[Option]], draft: Draft) -> None:
    list_name, _, other = listed.partition(" ")
    if list_name not in choices:
        draft.lose(asked.where, f"is not carried: the file has no list of options called {list_name}")
        return
    if other.replace("_", " ").strip().casefold() in {"or other", "or specify other"}:
        draft.lose(asked.where, "the field for another answer is dropped")
    for column, value in asked.row.cells.items():
        name = column.replace("media::", "").partition("::")[0].strip().casefold()
        if name in _DROPPED and value.casefold() not in {"no", "false", "false()"}:
            draft.lose(asked.where, _DROPPED[name])
    if any("${" in text for text in asked.label.values()):
        draft.lose(asked.where, "its text quotes another answer, which stays as it is written")
    draft.add_item(
        asked.row.cells.get("name", ""), asked.label, choices[list_name], stem=asked.stem, set_name=list_name
    )
