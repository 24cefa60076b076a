import pytest
import textstat

from instruments.files import from_document
from instruments.library import load_released, released_references
from instruments.wording import Remark, is_gsm, plain, review, text_for_sms
from tests.instruments.tiny import document

OLDEST_READER_GRADE = 6  # years of school: about eleven years old
HARDEST_ITEM_GRADE = 8  # a single long word weighs much in a sentence of eight


@pytest.mark.parametrize("reference", released_references())
def test_the_shipped_instruments_keep_the_rules_of_wording(reference):
    remarks = [remark for remark in review(load_released(reference)) if remark.key != "items"]
    assert remarks == []


@pytest.mark.parametrize("reference", released_references())
def test_the_shipped_instruments_are_read_at_eleven(reference):
    instrument = load_released(reference)
    texts = [item.text["en"] for item in instrument.items]
    assert textstat.automated_readability_index(" ".join(texts)) <= OLDEST_READER_GRADE
    assert textstat.coleman_liau_index(" ".join(texts)) <= OLDEST_READER_GRADE
    for text in texts:
        assert textstat.automated_readability_index(text) <= HARDEST_ITEM_GRADE, text


@pytest.mark.parametrize("reference", released_references())
def test_every_shipped_text_goes_into_one_plain_text_message(reference):
    instrument = load_released(reference)
    for item in instrument.items:
        for language in instrument.languages:
            assert is_gsm(text_for_sms(item, language)), item.id
            assert len(text_for_sms(item, language)) <= 160


def test_the_pulse_asks_sixteen_items_and_the_baseline_a_few_more():
    assert review(load_released("crescendo-pulse@1.1.0")) == ()
    (remark,) = review(load_released("temperature-check@1.0.0"))
    assert remark.sentence.startswith("asks each person 17 items")


def reviewed(**values):
    changed = document()
    changed["items"][0].update(values)
    return review(from_document(changed))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one two three four five six seven eight nine ten eleven twelve thirteen", "has 13 words"),
        ("a" * 91, "has 91 letters"),
        ("I was never unkind.", "double negative"),
        ("I was calm; I was kind.", "two things at once"),
        ("It is dark.", "says the same as bright"),
        ("Hoffwn ж goffi.", "cannot be sent as a plain text message: ж"),
    ],
)
def test_what_an_editor_would_question_is_said(text, said):
    assert any(said in remark.sentence for remark in reviewed(text={"en": text}))


def test_a_text_message_of_its_own_is_looked_at_instead():
    assert reviewed(text={"en": "Ж"}, sms_text={"en": "I"}) == ()
    long = reviewed(sms_text={"en": "{" * 81})
    assert [remark.sentence for remark in long] == ["is longer than one text message of 160 letters"]


def test_rules_about_english_are_not_applied_to_other_languages():
    changed = document(languages=["fr"])
    for part in ("title", "recall_window"):
        changed[part] = {"fr": "Mot"}
    changed["scales"][0]["title"] = {"fr": "Mot"}
    changed["response_sets"][0]["stem"] = {"fr": "Mot"}
    for option in changed["response_sets"][0]["options"]:
        option["label"] = {"fr": "Mot"}
    for number, item in enumerate(changed["items"]):
        item["text"] = {"fr": f"no unkind {number}"}
    assert review(from_document(changed)) == ()


def test_an_instrument_without_scales_is_remarked_on():
    changed = document(scales=[])
    changed["items"] = [{"id": "x", "text": {"en": "It is so."}, "response_set": "agreement"}]
    assert review(from_document(changed)) == (Remark("scales", "there is none, so nothing would be scored or shown"),)


def test_letters_lose_their_accents_only_where_a_phone_does_not_take_them():
    assert plain("“café” – tŷ…") == '"café" - ty...'
