import pytest
from hypothesis import given, settings

from instruments.errors import InvalidInstrumentFile
from instruments.files import digest, from_document, from_toml, read_instrument, to_document, to_toml
from instruments.library import recorded_digests
from instruments.schemas import is_reference
from tests.instruments.generated import instruments
from tests.instruments.tiny import document


@given(instruments())
@settings(max_examples=60)
def test_what_is_written_reads_back_the_same(instrument):
    assert from_toml(to_toml(instrument).encode(), source="written") == instrument
    assert from_document(to_document(instrument)) == instrument
    assert digest(from_document(to_document(instrument))) == digest(instrument)


def test_keys_that_came_later_change_no_earlier_digest():
    plain = to_document(from_document(document()))
    assert "anchors" not in plain
    assert set(plain["scales"][0]) == {"id", "title", "direction", "missing_rule", "reference_sd"}
    assert set(plain["items"][0]) == {"id", "scale", "facet", "text", "response_set", "reverse_keyed", "core"}
    assert recorded_digests()["crescendo-pulse@1.0.0"].startswith("02f141b085eaa06a")


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
        (broken(["version"], "01.0.0"), "version: expected three numbers"),
        (broken(["version"], "1.0.\u0663"), "version: expected three numbers"),
        (broken(["items", 0, "core"], 1), "items.0.core: not a valid boolean"),
        (broken(["scales", 0, "reference_sd"], "20"), "scales.0.reference_sd: not a valid number"),
        (broken(["scales", 0, "reference_sd"], 10**400), "scales.0.reference_sd: number too large"),
        (broken(["scales"], [{}] * 101), "scales: has 101 entries, and 100 is the most"),
        (broken(["title"], {"en": "Tiny "}), "title.en: must not begin or end with a blank"),
        (broken(["title"], {"en": "Ti\x00ny"}), "title.en: must not contain control characters"),
        (broken(["title"], {"English": "Tiny"}), "title.English: expected a language tag"),
        (broken(["title", "cy"], "Bach"), "title: has a text in a language that is not listed: cy"),
        (broken(["languages"], ["en", "en"]), "languages: languages must differ; repeated: en"),
        (broken(["licence", "url"], "nowhere"), "licence.url: not a valid URL"),
        (broken(["scales", 0, "reference_sd"], float("nan")), "scales.0.reference_sd: special numeric values"),
        (broken(["scales", 0, "transform"], {"kind": "lookup"}), "scales.0.transform.table: needs a row for each sum"),
        (
            broken(["scales", 0, "transform"], {"kind": "sum", "table": [[1, 2.0]]}),
            "scales.0.transform.table: only a lookup has a table",
        ),
        (broken(["anchors"], [{"reference": "x", "items": []}]), "anchors.0.reference: expected id@version"),
        (
            broken(["anchors"], [{"reference": "tiny@1.0.0", "items": ["gone"]}]),
            "anchors.0.items: no item is called gone",
        ),
        (broken(["response_sets", 0, "kind"], "nominal"), "items.0.response_set: a nominal response set cannot be"),
        (broken(["items", 1, "scale"], None), "items.1.core: an item without a scale cannot rotate"),
        (broken(["response_sets", 0, "options", 0, "value"], "one"), "response_sets.0.options.0.value: not a valid"),
        ({}, "id: missing data for required field"),
    ],
)
def test_a_broken_document_is_refused_and_every_problem_names_its_key(changed, named):
    with pytest.raises(InvalidInstrumentFile) as refusal:
        from_document(changed)
    assert any(problem.startswith(named) for problem in refusal.value.problems), refusal.value.problems


def unscored(**values):
    changed = document()
    del changed["items"][1]["scale"]
    changed["items"][1].update(core=True, reverse_keyed=False)
    changed["items"][1].update(values)
    return changed


def test_an_item_without_a_scale_is_asked_and_never_scored():
    instrument = from_document(unscored())
    assert [item.id for item in instrument.items_apart] == ["dark"]
    assert [item.id for item in instrument.scored_items] == ["bright"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"core": False}, "items.1.core: an item without a scale cannot rotate"),
        ({"reverse_keyed": True}, "items.1.reverse_keyed: an item without a scale has no direction"),
    ],
)
def test_an_item_without_a_scale_neither_rotates_nor_has_a_direction(values, said):
    with pytest.raises(InvalidInstrumentFile, match=said):
        from_document(unscored(**values))


def banded(*ends):
    bands = [
        {"label": {"en": "Some"}, "minimum": low, "maximum": high, "source": "A study", "country": "GB"}
        for low, high in ends
    ]
    return broken(["scales", 0, "bands"], bands)


def test_bands_rise_and_do_not_overlap():
    assert len(from_document(banded((0, 10), (11, 100))).scales[0].bands) == 2
    for ends, said in (([(10, 0)], r"bands\.0: its minimum"), ([(0, 10), (10, 20)], "bands: must rise")):
        with pytest.raises(InvalidInstrumentFile, match=said):
            from_document(banded(*ends))


def test_a_look_up_covers_every_sum_and_one_response_format():
    table = [[value, value * 10.0] for value in (1, 2, 3)]
    changed = broken(["scales", 0, "transform"], {"kind": "lookup", "table": table})
    assert from_document(changed).scales[0].transform.table == ((1, 10.0), (2, 20.0), (3, 30.0))
    changed["response_sets"].append(
        {"id": "other", "options": [{"value": value, "label": {"en": "x"}} for value in (1, 2)]}
    )
    changed["items"][1].update(core=True, response_set="other")
    with pytest.raises(InvalidInstrumentFile, match="lookup needs one response format"):
        from_document(changed)


def test_a_problem_names_the_line_of_its_key(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(to_toml(from_document(document())).replace('scale = "mood"', 'scale = "moods"', 1))
    line = path.read_text().splitlines().index('scale = "moods"') + 1
    with pytest.raises(InvalidInstrumentFile, match=rf"items\.0\.scale \(line {line}\): no scale is called 'moods'"):
        read_instrument(path)


def test_only_the_first_problems_are_said_and_the_rest_counted():
    changed = document()
    changed["items"] = [{**changed["items"][0], "id": f"i{number}", "scale": "gone"} for number in range(20)]
    with pytest.raises(InvalidInstrumentFile, match=r"items\.0\.scale.*; and 13 more") as refusal:
        from_document(changed)
    assert len(refusal.value.problems) == 21


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"id = ", "is not TOML"),
        (b"\n\n\xff\xfe", "line 3 is not UTF-8 text; save the file as UTF-8"),
        (b"id = " + b"9" * 5_000, "is not TOML"),
        (b"x" * 1_000_001, "larger than"),
        (b"a = " + b"[" * 50_000, "is not TOML"),
    ],
)
def test_a_file_that_is_no_instrument_is_refused_in_one_sentence(tmp_path, content, reason):
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(InvalidInstrumentFile, match=reason):
        read_instrument(path)


def test_initials_in_a_citation_are_no_deep_key():
    changed = from_document(document(citation="Doe, J.R.A.B.C.D.E.F.G.H. (2001)", source="See, a.b.c.d.e.f.g.h.i.j"))
    assert from_toml(to_toml(changed).encode(), source="x") == changed


def test_a_sentence_about_a_file_stays_on_one_line_and_short(tmp_path):
    odd = tmp_path / "a\nb.toml"
    odd.write_bytes(b'"\\u001b[31m\\n" = 1\n"' + b"k" * 5_000 + b'" = 2\n')
    with pytest.raises(InvalidInstrumentFile) as refusal:
        read_instrument(odd)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 3_000


def test_a_byte_order_mark_does_no_harm(tmp_path):
    path = tmp_path / "marked.toml"
    path.write_bytes(b"\xef\xbb\xbf" + to_toml(from_document(document())).encode())
    assert read_instrument(path).reference == "tiny@1.2.3"


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(InvalidInstrumentFile, match="is not a file"):
        read_instrument(tmp_path)
    with pytest.raises(InvalidInstrumentFile, match="cannot be read"):
        read_instrument(tmp_path / "a\0b.toml")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InvalidInstrumentFile, match="cannot be read: No such file"):
        read_instrument(tmp_path / "nowhere.toml")


def test_a_reference_is_an_id_and_a_version():
    assert is_reference("crescendo-pulse@1.0.0")
    assert not is_reference("crescendo-pulse")
    assert not is_reference("crescendo-pulse@1")


def test_a_file_that_is_not_utf_8_says_where():
    with pytest.raises(InvalidInstrumentFile, match="line 2 is not UTF-8"):
        from_toml(b"id = 'x'\nname = '\xff'\n", source="file")


def test_a_key_of_a_thousand_parts_is_no_instrument():
    with pytest.raises(InvalidInstrumentFile, match="more parts than any of ours"):
        from_toml(b".".join([b"a"] * 1000) + b" = 1\n", source="file")
