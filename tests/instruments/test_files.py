import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.errors import InvalidInstrumentFile
from instruments.files import digest, from_document, read_instrument, to_document
from tests.instruments.tiny import document

WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=40)


@given(WORDS, st.integers(1, 3600), st.booleans(), st.integers(2, 11), st.integers(-2, 2))
def test_what_is_written_reads_back_the_same(words, seconds, reverse_keyed, options, first):
    given_document = document(title={"en": words}, estimated_seconds=seconds)
    given_document["items"][0]["reverse_keyed"] = reverse_keyed
    given_document["response_sets"][0]["options"] = [
        {"value": first + place, "label": {"en": words}} for place in range(options)
    ]

    instrument = from_document(given_document)

    assert from_document(to_document(instrument)) == instrument
    assert digest(from_document(to_document(instrument))) == digest(instrument)


def test_another_wording_has_another_digest():
    assert digest(from_document(document())) != digest(from_document(document(owner="Somebody else")))


def broken(path, value):
    changed = document()
    target = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (broken(["version"], "1.0"), "version: expected three numbers, such as 1.0.0"),
        (broken(["id"], "9 lives"), "id: expected letters"),
        (broken(["items", 0, "scale"], "moods"), "items.0.scale: no scale is called 'moods'"),
        (broken(["items", 0, "response_set"], "x"), "items.0.response_set: no response set is called 'x'"),
        (broken(["items", 1, "id"], "bright"), "items: ids must differ; repeated: bright"),
        (broken(["items", 0, "core"], False), "scales: need at least one core item: mood"),
        (broken(["languages"], ["en", "cy"]), "items.0.text: has no text in: cy"),
        (broken(["response_sets", 0, "options", 1, "value"], 7), "response_sets.0.options: values must rise by one"),
        (broken(["scales", 0, "direction"], "up"), "scales.0.direction: must be one of"),
        (broken(["surprise"], 1), "surprise: unknown field"),
        ({}, "id: missing data for required field"),
    ],
)
def test_a_broken_document_is_refused_and_every_problem_names_its_key(changed, named):
    with pytest.raises(InvalidInstrumentFile) as refusal:
        from_document(changed)
    assert any(problem.startswith(named) for problem in refusal.value.problems), refusal.value.problems


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"id = ", "is not TOML"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"x" * 1_000_001, "larger than"),
        (b"a = " + b"[" * 50_000, "is not TOML"),
    ],
)
def test_a_file_that_is_no_instrument_is_refused_in_one_sentence(tmp_path, content, reason):
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(InvalidInstrumentFile, match=reason):
        read_instrument(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidInstrumentFile, match="cannot be read: No such file"):
        read_instrument(tmp_path / "nowhere.toml")
