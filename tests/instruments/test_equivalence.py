"""Every rule of what a new version does to the trend, and the laws that hold for all of them."""

import copy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.changes import ChangeLevel
from instruments.equivalence import compare
from instruments.errors import LevelLowered
from instruments.files import from_document, read_instrument
from instruments.library import load_released, released_references
from tests.instruments.generated import instruments

SAME, PATCH, MINOR, MAJOR = ChangeLevel
PILOT = Path(__file__).parents[2] / "survey_app" / "demo" / "instruments" / "crescendo-pulse-0.9.0.toml"

BASE = {
    "id": "duo",
    "version": "1.0.0",
    "title": {"en": "Duo"},
    "owner": "Tests",
    "licence": {"name": "CC0"},
    "recall_window": {"en": "Over the last two weeks"},
    "languages": ["en"],
    "estimated_seconds": 30,
    "response_sets": [
        {
            "id": "often",
            "stem": {"en": "How often was this true?"},
            "options": [{"value": value, "label": {"en": f"Level {value}"}} for value in (1, 2, 3, 4, 5)],
        },
        {
            "id": "sure",
            "stem": {"en": "How sure are you?"},
            "options": [{"value": value, "label": {"en": f"Step {value}"}} for value in (1, 2, 3)],
        },
        {
            "id": "roles",
            "kind": "nominal",
            "options": [{"value": value, "label": {"en": f"Role {value}"}} for value in (1, 2)],
        },
    ],
    "scales": [
        {"id": "calm", "title": {"en": "Calm"}, "direction": "higher_is_better", "reference_sd": 20.0},
        {"id": "hope", "title": {"en": "Hope"}, "direction": "higher_is_better", "reference_sd": 20.0},
    ],
    "items": [
        {"id": "still", "scale": "calm", "text": {"en": "The room was quiet."}, "response_set": "often"},
        {"id": "slow", "scale": "calm", "text": {"en": "I worked slowly."}, "response_set": "often"},
        {"id": "rested", "scale": "calm", "text": {"en": "I felt rested."}, "response_set": "often"},
        {
            "id": "walks",
            "scale": "calm",
            "text": {"en": "I went for walks."},
            "response_set": "often",
            "core": False,
        },
        {"id": "better", "scale": "hope", "text": {"en": "Things get better."}, "response_set": "sure"},
        {"id": "light", "scale": "hope", "text": {"en": "Days get lighter."}, "response_set": "sure"},
        {"id": "spring", "scale": "hope", "text": {"en": "Spring will come."}, "response_set": "sure"},
        {"id": "role", "text": {"en": "What is your role?"}, "response_set": "roles"},
    ],
}


def changed(*changes):
    document = copy.deepcopy(BASE)
    for change in changes:
        change(document)
    return from_document(document)


def part(document, key, identity):
    return next(found for found in document[key] if found["id"] == identity)


def edit(key, identity, **values):
    return lambda document: part(document, key, identity).update(values)


def whole(**values):
    return lambda document: document.update(values)


def drop(key, identity):
    return lambda document: document[key].remove(part(document, key, identity))


def drop_scale(identity):
    def change(document):
        drop("scales", identity)(document)
        document["items"] = [item for item in document["items"] if item.get("scale") != identity]

    return change


def add_item(identity, scale, **values):
    def change(document):
        options = {"calm": "often", "hope": "sure"}.get(scale, "roles")
        item = {"id": identity, "text": {"en": f"A new line on {identity}."}, "response_set": options, **values}
        document["items"].append(item | ({"scale": scale} if scale else {}))

    return change


def replace_item(identity, scale):
    def change(document):
        drop("items", identity)(document)
        add_item(f"{identity}-2", scale)(document)

    return change


def translate(document):
    """Put every wording of a document into Welsh as well."""
    document["languages"].append("cy")
    for wording in list(wordings(document)):
        wording["cy"] = "Cymraeg " + wording["en"]


def wordings(part_of_it):
    if isinstance(part_of_it, dict):
        if "en" in part_of_it:
            yield part_of_it
        for value in part_of_it.values():
            yield from wordings(value)
    elif isinstance(part_of_it, list):
        for value in part_of_it:
            yield from wordings(value)


def option_labels(identity, *labels):
    options = [{"value": value, "label": {"en": label}} for value, label in enumerate(labels, start=1)]
    return edit("response_sets", identity, options=options)


def codes_from_zero(document):
    for option in part(document, "response_sets", "sure")["options"]:
        option["value"] -= 1


TEN_WORDS = option_labels("often", *(f"Level {value}" for value in range(1, 8)))
RULES = {
    "nothing": ([], SAME, {}),
    "another version number": ([whole(version="1.0.1")], SAME, {}),
    # patch: the line continues
    "typing error in an item": ([edit("items", "still", text={"en": "The room was qiuet."})], PATCH, {"hope": SAME}),
    "punctuation and case": ([edit("items", "still", text={"en": "the room was quiet"})], PATCH, {"calm": PATCH}),
    "typing error in the lead-in": (
        [edit("response_sets", "often", stem={"en": "How oftten was this true?"})],
        PATCH,
        {"calm": PATCH, "hope": SAME},
    ),
    "typing error in a label": (
        [option_labels("sure", "Step 1", "Stepp 2", "Step 3")],
        PATCH,
        {"hope": PATCH, "calm": SAME},
    ),
    "title": ([whole(title={"en": "Duet"})], PATCH, {"calm": PATCH}),
    "facet": ([edit("items", "slow", facet="pace")], PATCH, {"calm": SAME}),
    "text-message wording": ([edit("items", "slow", sms_text={"en": "I worked slowly"})], PATCH, {"calm": SAME}),
    "bands": (
        [
            edit(
                "scales",
                "calm",
                bands=[{"label": {"en": "Low"}, "minimum": 0, "maximum": 20, "source": "x", "country": "GB"}],
            )
        ],
        PATCH,
        {"calm": SAME},
    ),
    "typing error in the recall window": ([whole(recall_window={"en": "Over the last two weks"})], PATCH, {}),
    "codes of a scale in points of 100": ([codes_from_zero], PATCH, {"hope": PATCH, "calm": SAME}),
    # minor: the line continues with a mark
    "one item replaced": ([replace_item("still", "calm")], MINOR, {"calm": MINOR, "hope": SAME}),
    "item added": ([add_item("extra", "hope")], MINOR, {"hope": MINOR, "calm": SAME}),
    "item removed": ([drop("items", "spring")], MINOR, {"hope": MINOR}),
    "changed wording under the same id": (
        [edit("items", "still", text={"en": "The office was silent."})],
        MINOR,
        {"calm": MINOR, "hope": SAME},
    ),
    "a negation": ([edit("items", "still", text={"en": "The room was not quiet."})], MINOR, {"calm": MINOR}),
    "order": ([lambda document: document["items"].reverse()], MINOR, {"calm": MINOR, "hope": MINOR}),
    "new language": ([translate], MINOR, {"calm": MINOR}),
    "scale added": (
        [
            lambda document: document["scales"].append(
                {"id": "pace", "title": {"en": "Pace"}, "direction": "higher_is_better", "reference_sd": 20.0}
            ),
            add_item("pacing", "pace", response_set="often"),
        ],
        MINOR,
        {"calm": SAME},
    ),
    "rotating item added": ([add_item("tea", "calm", core=False)], MINOR, {"calm": SAME}),
    "rotating item removed": ([drop("items", "walks")], MINOR, {"calm": SAME}),
    "rotating item rewritten": ([edit("items", "walks", text={"en": "I ran a lot."})], MINOR, {"calm": SAME}),
    "rotating item keyed the other way": ([edit("items", "walks", reverse_keyed=True)], MINOR, {"calm": SAME}),
    "unscored item added": ([add_item("team", None)], MINOR, {"calm": SAME, "hope": SAME}),
    "options of an unscored item": ([option_labels("roles", "Nurse", "Cook")], MINOR, {"calm": SAME}),
    "unscored item asked otherwise": ([edit("items", "role", response_set="sure")], MINOR, {"calm": SAME}),
    "core item rotates": ([edit("items", "still", core=False)], MINOR, {"calm": MINOR}),
    # major: the line breaks
    "more options": ([TEN_WORDS], MAJOR, {"calm": MAJOR, "hope": SAME}),
    "other labels": ([option_labels("sure", "No", "Perhaps", "Yes")], MAJOR, {"hope": MAJOR, "calm": SAME}),
    "recall window": ([whole(recall_window={"en": "Over the last month"})], MAJOR, {"calm": MAJOR, "hope": MAJOR}),
    "lead-in": (
        [edit("response_sets", "often", stem={"en": "Over the last month, was this true?"})],
        MAJOR,
        {"calm": MAJOR, "hope": SAME},
    ),
    "no lead-in": ([edit("response_sets", "often", stem={})], MAJOR, {"calm": MAJOR}),
    "direction": ([edit("scales", "calm", direction="higher_is_worse")], MAJOR, {"calm": MAJOR, "hope": SAME}),
    "missing rule": ([edit("scales", "hope", missing_rule="complete")], MAJOR, {"hope": MAJOR}),
    "transform": ([edit("scales", "hope", transform={"kind": "sum"})], MAJOR, {"hope": MAJOR}),
    "codes of a sum": (
        [codes_from_zero, edit("scales", "hope", transform={"kind": "sum"})],
        MAJOR,
        {"hope": MAJOR},
    ),
    "keyed the other way": ([edit("items", "slow", reverse_keyed=True)], MAJOR, {"calm": MAJOR, "hope": SAME}),
    "one item answered with another format": (
        [edit("items", "still", response_set="sure")],
        MAJOR,
        {"calm": MAJOR, "hope": SAME},
    ),
    "format changed under another name": (
        [
            edit("response_sets", "sure", id="sure2"),
            *(edit("items", item, response_set="sure2") for item in ("better", "light", "spring")),
            option_labels("sure2", "No", "Perhaps", "Yes"),
        ],
        MAJOR,
        {"hope": MAJOR, "calm": SAME},
    ),
    "labels in another order": ([option_labels("sure", "Step 2", "Step 1", "Step 3")], MAJOR, {"hope": MAJOR}),
    "a sum of more items": (
        [edit("scales", "hope", transform={"kind": "sum"}), add_item("extra", "hope")],
        MAJOR,
        {"hope": MAJOR},
    ),
    "fewer than two anchors": (
        [replace_item("still", "calm"), replace_item("slow", "calm")],
        MAJOR,
        {"calm": MAJOR, "hope": SAME},
    ),
    "two wordings changed": (
        [
            edit("items", "still", text={"en": "The office was silent."}),
            edit("items", "slow", text={"en": "My pace was gentle."}),
        ],
        MAJOR,
        {"calm": MAJOR},
    ),
    "scale removed": ([drop_scale("hope")], MAJOR, {"calm": SAME}),
    "numbered as major": ([whole(version="2.0.0")], MAJOR, {"calm": MAJOR}),
    "another instrument": ([whole(id="trio")], MAJOR, {"calm": MAJOR}),
    "another instrument with anchors": (
        [
            whole(
                id="trio", anchors=[{"reference": "duo@1.0.0", "items": ["still", "slow", "better", "light", "spring"]}]
            )
        ],
        MINOR,
        {"calm": MINOR, "hope": MINOR},
    ),
    "anchors withdrawn": (
        [whole(anchors=[{"reference": "duo@1.0.0", "items": ["still", "better", "light", "spring"]}])],
        MAJOR,
        {"calm": MAJOR, "hope": SAME},
    ),
}


@pytest.mark.parametrize(("changes", "level", "scales"), RULES.values(), ids=RULES)
def test_a_change_has_the_level_that_its_rule_gives_it(changes, level, scales):
    found = compare(changed(), changed(*changes))
    assert found.level is level, found.reasons
    assert {scale: found.verdict_on(scale).level for scale in scales} == scales, found.reasons
    assert bool(found.reasons) == (level is not SAME)


def test_a_translation_that_is_mended_is_a_correction_while_the_first_language_stays():
    def mend(document):
        part(document, "items", "still")["text"]["cy"] = "Roedd yr ystafell yn dawel."

    found = compare(changed(translate), changed(translate, mend))
    assert found.level is PATCH
    assert found.verdict_on("calm").common_items == ("still", "slow", "rested")


def test_another_first_language_is_a_mark():
    def turn_round(document):
        translate(document)
        document["languages"].reverse()

    found = compare(changed(translate), changed(turn_round))
    assert found.level is MINOR
    assert found.reasons[0].sentence == "It is written in cy now, and was in en."


def test_labels_of_a_translation_in_another_order_break_the_line():
    def turn_round(document):
        first, *_, last = part(document, "response_sets", "often")["options"]
        first["label"]["cy"], last["label"]["cy"] = last["label"]["cy"], first["label"]["cy"]

    found = compare(changed(translate), changed(translate, turn_round))
    assert found.verdict_on("calm").level is MAJOR


def test_a_sum_that_adds_up_more_items_is_scored_otherwise():
    summed = edit("scales", "hope", transform={"kind": "sum"})
    found = compare(changed(summed), changed(summed, add_item("extra", "hope")))
    assert found.verdict_on("hope").level is MAJOR
    assert any("adds up another number of items" in reason.sentence for reason in found.reasons)


def test_a_language_that_is_no_longer_there_is_a_mark():
    assert compare(changed(translate), changed()).level is MINOR


def test_the_items_in_common_are_those_that_are_the_same_task():
    found = compare(changed(), changed(replace_item("still", "calm")))
    assert found.verdict_on("calm").common_items == ("slow", "rested")
    assert found.verdict_on("gone") is None
    assert "2 of its 3 items stay" in found.reasons[0].sentence


def test_names_inside_a_file_may_change_without_a_mark():
    renamed = changed(
        edit("response_sets", "often", id="frequency"),
        *(edit("items", item, response_set="frequency") for item in ("still", "slow", "rested", "walks")),
    )
    found = compare(changed(), renamed)
    assert (found.level, found.verdict_on("calm").level) == (PATCH, PATCH)


def test_a_person_may_raise_a_level_and_never_lower_it():
    found = compare(changed(), changed(replace_item("still", "calm")))
    raised = found.raised_to(MAJOR, "The new item asks about something else.")
    assert raised.level is MAJOR
    assert raised.verdict_on("hope").level is MAJOR
    assert raised.reasons[-1].sentence == "The new item asks about something else."
    with pytest.raises(LevelLowered, match=r"This is a major change. A person may raise the level, never lower it to"):
        raised.raised_to(PATCH, "It looks the same to me.")


def test_the_reasons_come_with_the_weightiest_first():
    found = compare(changed(), changed(whole(title={"en": "Duet"}), edit("items", "slow", reverse_keyed=True)))
    assert [reason.level for reason in found.reasons] == sorted(
        (reason.level for reason in found.reasons), reverse=True
    )


@given(instruments())
@settings(max_examples=40)
def test_every_version_is_the_same_as_itself(instrument):
    found = compare(instrument, instrument)
    assert found.level is SAME
    assert [verdict.scale for verdict in found.scales] == [scale.id for scale in instrument.scales]


NOT_COMBINED = {
    "scale removed",
    "new language",
    "another instrument",
    "another instrument with anchors",
    "anchors withdrawn",
}
SINGLE = {name: changes[0] for name, (changes, _, _) in RULES.items() if len(changes) == 1 and name not in NOT_COMBINED}
ONE_ITEM_EACH = [
    {"typing error in an item", "punctuation and case", "one item replaced", "changed wording under the same id",
     "a negation", "core item rotates", "one item answered with another format"},
    {"facet", "text-message wording", "keyed the other way"},
    {"more options", "lead-in", "one item answered with another format", "no lead-in", "typing error in the lead-in"},
    {"typing error in a label", "other labels", "labels in another order", "codes of a scale in points of 100"},
    {"recall window", "typing error in the recall window"},
    {"item removed", "item added"},
    {"rotating item removed", "rotating item rewritten", "rotating item keyed the other way"},
    {"options of an unscored item", "unscored item asked otherwise"},
    {"another version number", "numbered as major"},
    {"missing rule", "transform"},
]  # fmt: skip


@given(st.lists(st.sampled_from(sorted(SINGLE)), unique=True, max_size=6))
@settings(max_examples=300)
def test_changes_together_are_never_weaker_than_each_of_them(names):
    kept = []
    for name in names:
        if not any({name, other} <= group for group in ONE_ITEM_EACH for other in kept):
            kept.append(name)
    together = compare(changed(), changed(*(SINGLE[name] for name in kept)))
    for name in kept:
        alone = compare(changed(), changed(SINGLE[name]))
        assert together.level >= alone.level, kept
        for verdict in together.scales:
            assert verdict.level >= alone.verdict_on(verdict.scale).level, (kept, verdict.scale)


@pytest.mark.parametrize("other", released_references())
def test_the_demos_pilot_version_breaks_with_every_shipped_one(other):
    pilot = read_instrument(PILOT)
    for pair in ((pilot, load_released(other)), (load_released(other), pilot)):
        found = compare(*pair)
        assert found.level is MAJOR
        assert {verdict.level for verdict in found.scales} == {MAJOR}
        assert all(verdict.common_items == () for verdict in found.scales)


@pytest.mark.parametrize(
    ("before", "after", "level", "on_scales"),
    [
        ("crescendo-pulse@1.0.0", "crescendo-pulse@1.1.0", MINOR, MINOR),
        ("crescendo-pulse@1.0.0", "temperature-check@1.0.0", MINOR, MINOR),
        ("crescendo-pulse@1.1.0", "temperature-check@1.0.0", MINOR, MINOR),
        ("temperature-check@1.0.0", "crescendo-pulse@1.1.0", MAJOR, MINOR),
    ],
)
def test_the_shipped_versions_compare_as_a_methodologist_would_say(before, after, level, on_scales):
    found = compare(load_released(before), load_released(after))
    pulse_scales = ("connectedness", "purpose-alignment", "optimism", "burnout")
    assert found.level is level, found.reasons
    assert {found.verdict_on(scale).level for scale in pulse_scales} == {on_scales}
    assert all(len(found.verdict_on(scale).common_items) >= 2 for scale in pulse_scales)


def test_only_a_break_ends_a_line():
    assert [level.keeps_line for level in ChangeLevel] == [True, True, True, False]
