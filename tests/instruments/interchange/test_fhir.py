import json

import pytest
from fhir.resources.questionnaire import Questionnaire as QuestionnaireR5
from fhir.resources.R4B.questionnaire import Questionnaire as QuestionnaireR4B

from instruments.errors import InvalidInstrumentFile
from instruments.files import from_document
from instruments.interchange.carrying import Details
from instruments.interchange.fhir_reader import read_fhir
from instruments.interchange.fhir_writer import write_fhir_r4b, write_fhir_r5
from instruments.library import load_released, released_references
from tests.instruments.tiny import document

PULSE = load_released("crescendo-pulse@1.1.0")
ANSWERS = [{"valueCoding": {"code": "0", "display": "No"}}, {"valueCoding": {"code": "1", "display": "Yes"}}]


def questionnaire(*items, **values):
    return json.dumps({"resourceType": "Questionnaire", "status": "draft", "item": list(items), **values}).encode()


def item(link_id="calm", **values):
    return {"linkId": link_id, "text": "Calm?", "type": "choice", "answerOption": ANSWERS, **values}


def read(content, **details):
    return read_fhir(content, "form.json", Details(**details))


def said(imported):
    return " ".join(map(str, imported.losses))


@pytest.mark.parametrize("reference", released_references())
@pytest.mark.parametrize(
    ("write", "judge", "choice"),
    [(write_fhir_r4b, QuestionnaireR4B, "choice"), (write_fhir_r5, QuestionnaireR5, "coding")],
    ids=["R4B", "R5"],
)
def test_a_foreign_judge_accepts_what_is_written(reference, write, judge, choice):
    instrument = load_released(reference)
    exported = write(instrument)
    parsed = judge.model_validate_json(exported.content)
    written = json.loads(exported.content)
    assert parsed.version == instrument.version
    asked = [found for part in written["item"] for found in part.get("item", [part])]
    assert [found["linkId"] for found in asked] == [each.id for each in instrument.items]
    assert {found["type"] for found in asked} == {choice}
    coding = asked[0]["answerOption"][4]["valueCoding"]
    assert (coding["code"], coding["extension"][0]["valueDecimal"]) == ("5", 5)
    assert asked[0]["_text"]["extension"][0]["extension"][0] == {"url": "lang", "valueCode": "cy"}


def test_what_a_questionnaire_cannot_hold_is_listed_item_by_item():
    losses = [str(loss) for loss in write_fhir_r5(PULSE).losses]
    assert "cut-off: that it is scored in connectedness, reverse-keyed is not carried" in losses
    assert "cut-off: that it rotates is not carried: everybody will be asked" in losses
    assert "cut-off: its facet is not carried" in losses
    assert "cut-off: its text-message wording is not carried" in losses
    assert "source: is not carried" in losses
    assert "recall window: is not carried" in losses


def test_a_group_is_not_called_like_an_item_and_an_item_without_lead_in_has_no_group():
    written = json.loads(write_fhir_r4b(load_released("temperature-check@1.0.0")).content)
    assert {"obstacle", "role"} <= {part["linkId"] for part in written["item"]}


@pytest.mark.parametrize("write", [write_fhir_r4b, write_fhir_r5], ids=["R4B", "R5"])
def test_what_was_written_reads_back_as_the_same_items_in_every_language(write):
    instrument = read(write(PULSE).content).instrument
    assert instrument.reference == "crescendo-pulse@1.1.0"
    assert (instrument.title, instrument.languages) == (PULSE.title, PULSE.languages)
    for ours, theirs in zip(PULSE.items, instrument.items, strict=True):
        assert (theirs.id, theirs.text) == (ours.id, ours.text)
        options, read_back = PULSE.response_set_of(ours), instrument.response_set_of(theirs)
        assert (read_back.stem, read_back.options) == (options.stem, options.options)


def test_a_flat_questionnaire_of_others_becomes_items():
    content = questionnaire(
        item(prefix="1)"),
        item("kind", type="coding", answerOption=[{"valueString": "A little"}, {"valueString": "A lot"}]),
        item("often", answerOption=[{"valueInteger": 1}, {"valueInteger": 2}]),
        item("yes", type="boolean", answerOption=[]),
        item("open", type="open-choice"),
        name="WellBeing",
        title="Well-being",
        version="3.0.0",
        publisher="A hospital",
        copyright="Free\nto use",
    )
    imported = read(content)
    instrument = imported.instrument
    assert instrument.reference == "WellBeing@3.0.0"
    assert (instrument.owner, instrument.licence.name) == ("A hospital", "Free to use")
    assert [found.id for found in instrument.items] == ["calm", "kind", "often", "yes", "open"]
    labels = [option.label["en"] for option in instrument.response_set_of(instrument.items[3]).options]
    assert labels == ["No", "Yes"]
    assert "item calm: its number is dropped" in said(imported)
    assert "item open: the field for another answer is dropped" in said(imported)


def test_weights_are_the_values_and_contained_value_sets_are_read():
    def weighted(code, display, weight):
        url = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
        return {
            "extension": [{"url": "other", "valueDecimal": 9}, {"url": url, "valueDecimal": weight}],
            "valueCoding": {"code": code, "display": display},
        }

    contained = [
        {"id": "a", "compose": {"include": [{"concept": [{"code": "1", "display": "No"}, {"code": "2"}]}]}},
        {"id": "b", "expansion": {"contains": [{"code": "1", "display": "Low"}, {"code": "2", "display": "High"}]}},
    ]
    content = questionnaire(
        item(answerOption=[weighted("LA1", "Never", 0), weighted("LA2", "Always", 1)]),
        item("first", answerOption=None, answerValueSet="#a"),
        item("second", answerOption=None, answerValueSet="#b"),
        item("elsewhere", answerOption=None, answerValueSet="http://example.org/set"),
        item("nowhere", answerOption=None),
        item("odd", answerOption=[{**weighted("1", "A", "x")}, {"valueCoding": {"code": "2", "display": "B"}}]),
        contained=contained,
    )
    imported = read(content)
    sets = [imported.instrument.response_set_of(found) for found in imported.instrument.items]
    assert [found.values for found in sets] == [(0, 1), (1, 2), (1, 2), (1, 2)]
    assert sets[1].options[1].label == {"en": "2"}
    assert "item elsewhere: is not carried: its options are in http://example.org/set, not in the file" in said(
        imported
    )
    assert "item nowhere: is not carried: its options are in no list, not in the file" in said(imported)


@pytest.mark.parametrize(
    ("odd", "loss"),
    [
        (item("odd", type="string"), "item odd: is not carried: only items with one answer out of a list are asked"),
        (item("odd", repeats=True), "item odd: is not carried: it takes several answers"),
        (item("odd", enableWhen=[{}]), "item odd: its condition is dropped: it is asked of everybody"),
        (item("odd", required=True), "item odd: it may be skipped here"),
        (item("odd", initial=[{}]), "item odd: its preselected answer is dropped"),
        (item("odd", item=[item("inner")]), "item inner: is not carried: it is nested in odd"),
        ({"linkId": "g", "type": "group", "enableWhen": [{}], "item": []}, "item g: the group's condition is dropped"),
        (
            {"linkId": "g", "type": "group", "item": [{"linkId": "h", "type": "group", "item": [item("deep")]}]},
            "item deep: only the nearest of the groups around it is kept",
        ),
        ({"type": "display"}, "item ?: is not carried"),
    ],
)
def test_what_cannot_be_carried_of_an_item_is_said(odd, loss):
    assert loss in said(read(questionnaire(item(), odd)))


def test_a_questionnaire_in_another_language_keeps_it():
    imported = read(questionnaire(item(text="Tawel?"), language="cy-GB", url="http://example.org/q/tawel"))
    assert imported.instrument.languages == ("cy",)
    assert imported.instrument.id == "tawel"


def test_a_translation_that_does_not_say_its_language_is_none():
    url = "http://hl7.org/fhir/StructureDefinition/translation"
    halves = [{"url": url, "extension": [{"url": "content", "valueString": "Tawel?"}]}, {"url": "other"}]
    imported = read(questionnaire(item(_text={"extension": halves})))
    assert imported.instrument.languages == ("en",)


def test_a_boolean_in_a_language_without_a_yes_is_not_carried():
    imported = read(questionnaire(item(text="Calme ?"), item("oui", type="boolean", answerOption=None), language="fr"))
    assert "item oui: is not carried: its options are in no list" in said(imported)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"\xff\xfe{}", "is not JSON"),
        (b"[]", "is not a FHIR Questionnaire but: list"),
        (b'{"resourceType": "Patient"}', "is not a FHIR Questionnaire but: Patient"),
        (b'{"resourceType":\n x}', r"is not JSON \(line 2\)"),
        (questionnaire(item(type=["choice"])), "nothing in it can be asked here"),
        (b"{}", "is not a FHIR Questionnaire but: something else"),
        (questionnaire(), "nothing in it can be asked here"),
        (questionnaire(item(), version=3, item="x"), "nothing in it can be asked here"),
    ],
)
def test_what_is_no_questionnaire_is_refused_in_one_sentence(content, said):
    with pytest.raises(InvalidInstrumentFile, match=said):
        read(content)


def test_an_item_that_is_called_like_a_group_is_told_apart():
    changed = document()
    changed["items"][0]["id"] = "group"
    written = json.loads(write_fhir_r4b(from_document(changed)).content)
    assert [part["linkId"] for part in written["item"]] == ["group.1"]
