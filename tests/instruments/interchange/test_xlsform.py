import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from openpyxl import load_workbook
from pyxform.xls2xform import convert

from instruments.definitions import Band
from instruments.errors import InvalidInstrumentFile, TooLongForWorkbook
from instruments.files import from_document
from instruments.interchange.carrying import Details
from instruments.interchange.languages import language_tag
from instruments.interchange.workbooks import _text
from instruments.interchange.xlsform_reader import read_xlsform
from instruments.interchange.xlsform_writer import write_xlsform
from instruments.library import load_released, released_references
from tests.instruments.generated import instruments
from tests.instruments.interchange.workbook import workbook
from tests.instruments.tiny import document

CHOICES = [
    ["list_name", "name", "label"],
    ["agree", 1, "No"],
    ["agree", 2.0, "Perhaps"],
    ["agree", 3, "Yes"],
    ["yes_no", "yes", "Yes"],
    ["yes_no", "no", "No"],
]


def read(content, **details):
    return read_xlsform(content, "form.xlsx", Details(**details))


def survey(*rows, head=("type", "name", "label"), **sheets):
    return workbook(survey=[head, *rows], **{"choices": CHOICES, **sheets})


def said(imported):
    return [str(loss) for loss in imported.losses]


@given(instruments())
@settings(max_examples=60)
def test_a_round_trip_loses_nothing(instrument):
    exported = write_xlsform(instrument)
    imported = read(exported.content)
    assert imported.instrument == instrument
    assert exported.losses == imported.losses == ()


@pytest.mark.parametrize("reference", released_references())
def test_a_form_tool_compiles_what_is_written(reference, tmp_path):
    instrument = load_released(reference)
    path = tmp_path / "form.xlsx"
    path.write_bytes(write_xlsform(instrument).content)
    form = convert(str(path), validate=False)
    assert form.warnings == []
    for item in instrument.items:
        assert f'/{item.id}"' in form.xform
        assert item.text["cy"].replace("’", "'") in form.xform.replace("’", "'"), "it makes quotation marks plain"
    assert form.xform.count("<select1 ") == len(instrument.items)


def test_a_text_that_looks_like_a_formula_stays_a_text():
    changed = document()
    changed["items"][0]["text"]["en"] = "=1+1"
    content = write_xlsform(from_document(changed)).content
    cells = [cell for row in load_workbook(BytesIO(content))["survey"] for cell in row]
    assert [cell.data_type for cell in cells if cell.value == "=1+1"] == ["s"]


def test_a_group_is_not_called_like_an_item():
    changed = document()
    changed["items"][0]["id"] = "group_1"
    instrument = from_document(changed)
    assert read(write_xlsform(instrument).content).instrument == instrument


def test_what_no_cell_can_hold_is_refused_and_not_cut():
    tiny = from_document(document())
    bands = tuple(Band({"en": "x" * 1_900}, place, place, "A study", "GB") for place in range(20))
    with pytest.raises(TooLongForWorkbook, match="letters, and a workbook's cell holds 32,000"):
        write_xlsform(replace(tiny, scales=(replace(tiny.scales[0], bands=bands),)))


def test_a_form_of_others_becomes_items_with_their_lead_in_and_codes():
    content = survey(
        ["begin_group", "g", "How was it?"],
        ["select_one agree", "calm", "It was\ncalm. "],
        ["select one agree", "kind", "People were kind."],
        ["end_group", None, None],
        ["select_one yes_no", "again", "Again?"],
        settings=[["form_title", "form_id", "version", "default_language"], ["A form", "a form!", "2.0.1", "English"]],
    )
    imported = read(content, owner="Somebody", licence="CC0")
    instrument = imported.instrument
    assert instrument.reference == "a_form@2.0.1"
    assert (instrument.title, instrument.owner, instrument.licence.name) == ({"en": "A form"}, "Somebody", "CC0")
    assert [item.text["en"] for item in instrument.items] == ["It was calm.", "People were kind.", "Again?"]
    agree, yes_no = instrument.response_sets
    assert (agree.stem, agree.values, agree.kind) == ({"en": "How was it?"}, (1, 2, 3), "ordinal")
    assert (yes_no.stem, yes_no.values, yes_no.kind) == ({}, (1, 2), "nominal")
    assert said(imported) == [
        "again: its codes yes, no do not rise by one; they become 1 to 2, without an order",
        "recall window: is not stated in the file; write it down before you compare versions",
        "scales: are not stated in the file; without them nothing is scored",
    ]


@pytest.mark.parametrize(
    ("row", "loss"),
    [
        (["integer", "age", "Age?"], "survey row 3 (age): is not carried: only items with one answer out of a list"),
        (["select_multiple agree", "many", "Which?"], "(many): is not carried: only items with one answer"),
        (["note", "hello", "Welcome"], "(hello): is not carried: a text between items"),
        (["calculate", "sum", None], "(sum): is not carried: calculate collects or computes something"),
        (["start", None, None], "(start): is not carried: start collects"),
        (["select_one nowhere", "x", "X?"], "(x): is not carried: the file has no list of options called nowhere"),
        (["select_one agree or_other", "y", "Y?"], "(y): the field for another answer is dropped"),
        (["select_one agree", "z", "You said ${calm}?"], "(z): its text quotes another answer"),
        (["select_one agree", "calm", "Again?"], "calm: its name becomes calm_2"),
        (["select_one agree", "é è", "Odd?"], "é è: its name becomes e_e"),
        (["select_one agree", "nolabel", None], "nolabel: has no text; its name stands in for it"),
        (["select_one agree", "long", "x" * 2_001], "long: is not carried: its text is longer than 2,000 letters"),
    ],
)
def test_what_cannot_be_carried_is_said_item_by_item(row, loss):
    imported = read(survey(["select_one agree", "calm", "It was calm."], row))
    assert any(loss in sentence for sentence in said(imported)), said(imported)


@pytest.mark.parametrize(
    ("column", "value", "loss"),
    [
        ("relevant", "${a} = 1", "its skip rule is dropped: it is asked of everybody"),
        ("required", "yes", "it may be skipped here"),
        ("hint::English (en)", "Think", "its hint is dropped"),
        ("media::image", "a.png", "its picture is dropped"),
        ("default", "1", "its preselected answer is dropped"),
        ("choice_filter", "x=1", "is not carried: its options depend on another answer"),
    ],
)
def test_what_is_dropped_of_an_item_is_said(column, value, loss):
    rows = [["select_one agree", "calm", "Calm?", None], ["select_one agree", "kind", "Kind?", value]]
    imported = read(survey(*rows, head=("type", "name", "label", column)))
    assert f"survey row 3 (kind): {loss}" in " ".join(said(imported))
    assert "row 2" not in " ".join(said(imported))


def test_a_rule_that_says_no_is_nothing_to_drop():
    rows = [["select_one agree", "calm", "Calm?", "no"], ["select_one agree", "off", "Off?", None]]
    imported = read(survey(*rows, head=("type", "name", "label", "required")))
    assert "may be skipped" not in " ".join(said(imported))


def test_a_row_that_is_switched_off_is_passed_over():
    rows = [["select_one agree", "calm", "Calm?", None], ["select_one agree", "off", "Off?", "yes"]]
    imported = read(survey(*rows, head=("type", "name", "label", "disabled")))
    assert [item.id for item in imported.instrument.items] == ["calm"]


def test_repeats_and_rules_of_groups_are_said():
    imported = read(
        survey(
            ["begin group", "g", "Part", "${x} = 1"],
            ["select_one agree", "calm", "Calm?", None],
            ["end group", None, None, None],
            ["begin repeat", "children", "Each child", None],
            ["select_one agree", "child", "Child calm?", None],
            ["end repeat", None, None, None],
            head=("type", "name", "label", "relevant"),
        )
    )
    assert "survey row 2 (group): its skip rule is dropped: its items are asked of all" in said(imported)
    assert "survey row 6 (child): is not carried: it stands in a part that repeats" in said(imported)


def test_languages_that_are_complete_are_carried_and_others_said():
    choices = [
        ["list name", "value", "label::English (en)", "label::Francais", "label::Cymraeg (cy)"],
        ["a", 0, "No", "Non", "Na"],
        ["a", 1, "Yes", "Oui", "Ie"],
    ]
    rows = [
        ["select_one a", "calm", "Calm?", "Calme ?", None],
        ["select_one a", "kind", "Kind?", "Gentil ?", "Caredig?"],
    ]
    head = ("type", "name", "label::English (en)", "label::Francais", "label::Cymraeg (cy)")
    imported = read(survey(*rows, head=head, choices=choices))
    assert imported.instrument.languages == ("en", "fr")
    assert imported.instrument.items[0].text == {"en": "Calm?", "fr": "Calme ?"}
    assert "language cy: is not carried: not every item and option has a text in it" in said(imported)


def test_the_forms_own_default_language_comes_first():
    rows = [["select_one agree", "calm", "Calm?", "Tawel?"]]
    choices = [["list_name", "name", "label::cy", "label::en"], ["agree", 1, "Na", "No"], ["agree", 2, "Ie", "Yes"]]
    content = survey(
        *rows,
        head=("type", "name", "label::en", "label::cy"),
        choices=choices,
        settings=[["default_language"], ["Cymraeg (cy)"]],
    )
    assert read(content).instrument.languages == ("cy", "en")


def test_a_default_language_that_no_label_is_in_gives_way():
    choices = [["list_name", "name", "label::fr"], ["agree", 1, "Non"], ["agree", 2, None]]
    imported = read(
        survey(["select_one agree", "calm", "Calme ?"], head=("type", "name", "label::fr"), choices=choices)
    )
    assert imported.instrument.languages == ("fr",)
    assert "calm: its option 2 has no label; its code stands in for it" in said(imported)


def test_a_text_missing_in_the_first_language_is_stood_in_for():
    rows = [["select_one agree", "calm", "Calm?", "Tawel?"], ["select_one agree", "kind", None, "Caredig?"]]
    choices = [["list_name", "name", "label::en", "label::cy"], ["agree", 1, "No", "Na"], ["agree", 2, "Yes", "Ie"]]
    imported = read(survey(*rows, head=("type", "name", "label::en", "label::cy"), choices=choices))
    assert imported.instrument.items[1].text == {"en": "Caredig?", "cy": "Caredig?"}
    assert "language en: some texts are missing in it; another language stands in" in said(imported)


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        ((0, 1, 2), "ordinal"),
        ((1, 2, 5), "ordinal"),
        ((1, 2, 99), "nominal"),
        ((3, 2, 1), "ordinal"),
        ((1, 3, 2), "nominal"),
    ],
)
def test_codes_that_rise_or_fall_are_an_order_unless_one_stands_for_no_answer(codes, kind):
    choices = [["list_name", "name", "label"], *(["a", code, f"Label {code}"] for code in codes)]
    imported = read(survey(["select_one a", "calm", "Calm?"], choices=choices))
    assert imported.instrument.response_sets[0].kind == kind


def test_lists_of_the_same_name_with_other_lead_ins_are_told_apart():
    imported = read(
        survey(
            ["begin_group", "g", "First"],
            ["select_one agree", "calm", "Calm?"],
            ["end_group", None, None],
            ["select_one agree", "kind", "Kind?"],
        )
    )
    assert [part.id for part in imported.instrument.response_sets] == ["agree", "agree_2"]


def test_a_list_that_is_too_short_or_too_long_is_not_carried():
    choices = [*CHOICES, ["one", 1, "Only"], *(["many", code, f"Option {code}"] for code in range(101))]
    imported = read(
        survey(
            ["select_one agree", "calm", "Calm?"], ["select_one one", "a", "A?"], ["select_one many", "b", "B?"],
            choices=choices,
        )
    )  # fmt: skip
    assert [item.id for item in imported.instrument.items] == ["calm"]
    assert len([sentence for sentence in said(imported) if "options, and 2 to 100 can be shown" in sentence]) == 2


def test_a_form_in_which_nothing_can_be_asked_is_refused_with_the_reasons():
    with pytest.raises(InvalidInstrumentFile, match=r"nothing in it can be asked here \(1 things.*only items with one"):
        read(survey(["text", "name", "Your name?"]))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a readable .xlsx workbook"),
        (b"type,name,label", "is not a readable .xlsx workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100, "is an .xls or an encrypted workbook"),
        (workbook(Sheet1=[["type"]]), "has no sheet called survey; its sheets are: sheet1"),
        (b"x" * 5_000_001, "larger than 5,000,000 bytes"),
        (write_xlsform(from_document(document())).content[:-200], "is not a readable .xlsx workbook"),
    ],
)
def test_what_is_no_form_is_refused_in_one_sentence(content, said):
    with pytest.raises(InvalidInstrumentFile, match=said):
        read(content)


def test_a_workbook_that_unpacks_to_far_too_much_is_not_unpacked():
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 60_000_000)
    with pytest.raises(InvalidInstrumentFile, match="unpacks to 60,000,000 bytes"):
        read(file.getvalue())


def test_a_sheet_that_is_nothing_but_repetition_is_not_read():
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"<c/>" * 500_000)
    with pytest.raises(InvalidInstrumentFile, match="far more than an instrument needs"):
        read(file.getvalue())


def test_our_own_workbook_with_a_damaged_cell_is_refused_by_its_place():
    book = load_workbook(BytesIO(write_xlsform(from_document(document())).content))
    book["x_instrument"]["B4"] = "{not json"
    file = BytesIO()
    book.save(file)
    with pytest.raises(InvalidInstrumentFile, match="row 4, column value: is not JSON"):
        read(file.getvalue())


def test_our_own_workbook_with_a_wrong_code_is_refused_by_its_key():
    book = load_workbook(BytesIO(write_xlsform(from_document(document())).content))
    book["choices"]["B2"] = "first"
    book["survey"]["F3"] = None
    file = BytesIO()
    book.save(file)
    with pytest.raises(InvalidInstrumentFile, match=r"response_sets\.0\.options\.0\.value: not a valid integer"):
        read(file.getvalue())


def test_what_somebody_added_to_a_workbook_of_ours_is_said():
    book = load_workbook(BytesIO(write_xlsform(from_document(document())).content))
    survey_sheet = book["survey"]
    survey_sheet.append(["text", "name", "Your name?"])
    survey_sheet.cell(1, survey_sheet.max_column + 1, "relevant")
    survey_sheet.cell(3, survey_sheet.max_column, "1 = 1")
    book["settings"]["C2"] = "9.9.9"
    file = BytesIO()
    book.save(file)
    losses = said(read(file.getvalue()))
    assert "survey row 3 (bright): its relevant is not carried: it was added to a workbook of ours" in losses
    assert any("is not carried: text was added to a workbook of ours" in loss for loss in losses)
    assert "settings: the version there is not carried; the sheet x_instrument counts" in losses


def test_whoever_brings_a_workbook_of_ours_in_may_say_what_it_is():
    imported = read(
        write_xlsform(from_document(document())).content,
        id="other", version="3.0.0", owner="Us", licence="Ours", permission_required=True,
    )  # fmt: skip
    instrument = imported.instrument
    assert (instrument.reference, instrument.owner) == ("other@3.0.0", "Us")
    assert (instrument.licence.name, instrument.licence.permission_required) == ("Ours", True)


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("English (en)", "en"),
        ("Welsh", "cy"),
        ("Español (es-MX)", "es"),
        ("FR", "fr"),
        ("Kiswahili", "kis"),
        ("中文", "und"),
    ],
)
def test_a_language_is_known_by_its_tag_or_its_name(name, tag):
    assert language_tag(name) == tag


@pytest.mark.parametrize(("value", "text"), [(2.0, "2"), (2.5, "2.5"), (True, "yes"), (None, ""), (" a ", "a")])
def test_a_code_is_the_same_however_a_sheet_stored_it(value, text):
    assert _text(value) == text


def test_cells_are_read_as_their_writer_meant_them():
    choices = [["list_name", "name", "label"], ["a", True, "On"], ["a", False, "Off"]]
    imported = read(survey(["select_one a", "calm", "Calm?"], [None, None, None], choices=choices))
    assert "its codes yes, no do not rise by one" in " ".join(said(imported))
