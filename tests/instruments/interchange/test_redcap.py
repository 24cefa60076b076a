import csv
import io
from dataclasses import replace

import pytest

from instruments.errors import InvalidInstrumentFile
from instruments.files import from_document
from instruments.interchange.carrying import Details
from instruments.interchange.redcap import COLUMNS, read_redcap, write_redcap
from instruments.library import load_released
from tests.instruments.tiny import document

PULSE = load_released("crescendo-pulse@1.1.0")


def dictionary(*rows, heads=COLUMNS, separator=",", encoding="utf-8"):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([row.get(column, "") for column in COLUMNS])
    return file.getvalue().encode(encoding)


def field(name="calm", **values):
    long = {"kind": "Field Type", "label": "Field Label", "choices": COLUMNS[5], "header": "Section Header",
            "branching": COLUMNS[11], "required": "Required Field?", "matrix": "Matrix Group Name",
            "annotation": "Field Annotation", "identifier": "Identifier?", "note": "Field Note"}  # fmt: skip
    row = {COLUMNS[0]: name, "Form Name": "well_being", "Field Type": "radio", "Field Label": "Calm?",
           COLUMNS[5]: "1, No | 2, Yes"}  # fmt: skip
    return row | {long[key]: value for key, value in values.items()}


def read(content, **details):
    return read_redcap(content, "dictionary.csv", Details(**details))


def said(imported):
    return " ".join(map(str, imported.losses))


def test_a_written_dictionary_has_the_eighteen_columns_and_every_item():
    exported = write_redcap(PULSE)
    rows = list(csv.DictReader(io.StringIO(exported.content.decode())))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["Field Label"] for row in rows] == [item.text["en"] for item in PULSE.items]
    assert all(row[COLUMNS[0]].isascii() and row[COLUMNS[0]].islower() for row in rows)
    assert rows[0]["Section Header"] == "Over the last two weeks, how often was this true?"
    assert rows[0][COLUMNS[5]].startswith("1, Never | 2, Rarely | 3, Some")


def test_what_a_dictionary_cannot_hold_is_listed_item_by_item():
    losses = [str(loss) for loss in write_redcap(PULSE).losses]
    assert "had-a-say: is called had_a_say: field names have small letters, digits and _ only" in losses
    assert "cut-off: that it is scored in connectedness, reverse-keyed is not carried" in losses
    assert "cut-off: that it rotates is not carried: everybody will be asked" in losses
    assert "belonging: its text-message wording is not carried" in losses
    assert "languages: only en is carried, not cy" in losses
    check = [str(loss) for loss in write_redcap(load_released("temperature-check@1.0.0")).losses]
    assert "anchors: are not carried" in check


def test_names_that_would_be_the_same_are_told_apart():
    changed = document()
    changed["items"][0]["id"], changed["items"][1]["id"] = "a-b", "a_b"
    changed["response_sets"][0]["options"][0]["label"]["en"] = "This | that"
    exported = write_redcap(from_document(changed))
    rows = list(csv.DictReader(io.StringIO(exported.content.decode())))
    assert [row[COLUMNS[0]] for row in rows] == ["a_b", "a_b_2"]
    assert any("its label has a |, which separates options here and becomes /" in str(loss) for loss in exported.losses)
    assert rows[0][COLUMNS[5]].startswith("1, This / that | 2, ")


def test_what_was_written_reads_back_as_the_same_items_and_options():
    imported = read(write_redcap(PULSE).content, owner="Us", licence="CC BY 4.0", version="1.1.0")
    items = imported.instrument.items
    assert [item.text["en"] for item in items] == [item.text["en"] for item in PULSE.items]
    for ours, theirs in zip(PULSE.items, items, strict=True):
        options, read_back = PULSE.response_set_of(ours), imported.instrument.response_set_of(theirs)
        assert read_back.values == options.values
        assert read_back.stem["en"] == options.stem["en"]
    assert imported.instrument.version == "1.1.0"


def test_signs_that_look_like_formatting_come_back_as_they_were():
    changed = document()
    changed["items"][0]["text"]["en"] = "I worked <40 hours & >5 days."
    read_back = read(write_redcap(from_document(changed)).content).instrument
    assert read_back.items[0].text["en"] == "I worked <40 hours & >5 days."


def test_an_option_without_a_code_is_said():
    imported = read(dictionary(field(), field("odd", choices="1, Yes | broken | 2, Maybe")))
    assert "line 3 (odd): an option without a code is dropped" in said(imported)


def test_fields_of_others_become_items():
    imported = read(
        dictionary(
            field("calm", header="<b>Over the last week</b>", matrix="m"),
            field("kind", matrix="m"),
            field("again", kind="yesno", choices=""),
            field("true", kind="truefalse", choices=""),
            field("pick", kind="dropdown", choices="a, One\\nb, Two"),
        )
    )
    instrument = imported.instrument
    assert instrument.reference == "well_being@1.0.0"
    assert [item.id for item in instrument.items] == ["calm", "kind", "again", "true", "pick"]
    stems = [instrument.response_set_of(item).stem for item in instrument.items]
    assert stems == [{"en": "Over the last week"}, {"en": "Over the last week"}, {}, {}, {}]
    assert instrument.response_set_of(instrument.items[2]).values == (0, 1)


@pytest.mark.parametrize(
    ("values", "loss"),
    [
        (
            {"kind": "text"},
            "line 3 (odd): is not carried: only fields with one answer out of a list are asked, not text",
        ),
        ({"kind": "checkbox"}, "not checkbox"),
        ({"kind": ""}, "not a field without a type"),
        ({"branching": "[calm] = '1'"}, "its branching logic is dropped: it is asked of everybody"),
        ({"required": "y"}, "it may be skipped here"),
        ({"note": "Please"}, "its note is dropped"),
        ({"annotation": "@HIDDEN"}, "its action tags are ignored"),
        ({"identifier": "y"}, "is not carried: it is marked as identifying a person"),
        ({"label": "<b>Odd</b> &amp; <i>even</i>"}, "the formatting of its text is dropped"),
        ({"choices": "1, Only"}, "it has 1 options"),
    ],
)
def test_what_cannot_be_carried_of_a_field_is_said(values, loss):
    imported = read(dictionary(field(), field("odd", **values)))
    assert loss in said(imported)


@pytest.mark.parametrize(
    ("separator", "encoding", "heads"),
    [
        (";", "utf-8-sig", COLUMNS),
        ("\t", "cp1252", COLUMNS),
        (",", "utf-8", ("1", *COLUMNS[1:])),
        (
            ",",
            "utf-8",
            ("field_name", "form_name", "section_header", "field_type", "field_label", *COLUMNS[5:]),
        ),
    ],
)
def test_a_dictionary_is_read_however_it_was_saved(separator, encoding, heads):
    content = dictionary(field(label="Café calm?"), heads=heads, separator=separator, encoding=encoding)
    assert read(content).instrument.items[0].text == {"en": "Café calm?"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a REDCap data dictionary: it needs the columns"),
        (b"a,b,c\n1,2,3\n", "is not a REDCap data dictionary"),
        (b"\0\0\0", "is not a CSV table"),
        (dictionary(field(kind="text")), "nothing in it can be asked here"),
        (b"," * 2_000_000, "those have 18 columns"),
        (dictionary(*(field(f"f{number}") for number in range(501))), "has more than 500 items; divide it"),
        (dictionary() + b'"' + b"x" * 200_000, "line 1 is not CSV"),
    ],
)
def test_what_is_no_dictionary_is_refused_in_one_sentence(content, said):
    with pytest.raises(InvalidInstrumentFile, match=said):
        read(content)


def test_an_instrument_whose_id_has_no_plain_letter_still_has_a_form():
    exported = write_redcap(replace(from_document(document()), id="X-"))
    assert next(csv.DictReader(io.StringIO(exported.content.decode())))["Form Name"] == "x"
