from dataclasses import replace

from instruments.equivalence import compare
from instruments.files import from_document
from instruments.library import load_released
from instruments.side_by_side import Fate, side_by_side
from instruments.verdicts import headline, lines
from tests.instruments.tiny import document

FIRST, SECOND = (load_released(f"crescendo-pulse@{version}") for version in ("1.0.0", "1.1.0"))
TINY = from_document(document())


def test_a_verdict_is_said_scale_by_scale_with_its_reasons():
    told = list(lines(compare(FIRST, SECOND)))
    assert told[0] == (
        "crescendo-pulse@1.0.0 to crescendo-pulse@1.1.0: minor change, lines go on with a mark, linked by the items "
        "in common."
    )
    assert told[1] == "  connectedness: goes on with a mark; linked by 2 items: belonging, help"
    assert any(line.startswith("  minor: The items of “burnout” changed") for line in told)


def test_a_break_says_how_much_is_left_in_common():
    (verdict,) = [
        line for line in lines(compare(TINY, replace(TINY, recall_window={"en": "This year"}))) if "mood" in line
    ]
    assert verdict == "  mood: breaks here (1 item in common)"


def test_nothing_changed_is_one_line():
    assert list(lines(compare(TINY, TINY))) == [headline(compare(TINY, TINY))]
    assert "corrections only" in headline(compare(TINY, replace(TINY, owner="Others")))
    assert "  mood: goes on as it is" in lines(compare(TINY, replace(TINY, owner="Others")))


def test_two_versions_stand_side_by_side():
    pairs = side_by_side(FIRST, SECOND, compare(FIRST, SECOND))
    assert [pair.scale for pair in pairs] == ["connectedness", "purpose-alignment", "optimism", "burnout"]
    fates = {item.id: item.fate for item in pairs[0].items}
    assert fates["belonging"] is Fate.ANCHOR
    assert fates["had-a-say"] is Fate.ADDED
    assert fates["heard"] is Fate.REMOVED
    assert fates["supervision"] is Fate.KEPT
    assert fates["apart"] is Fate.CHANGED, "its text-message wording is new"
    assert list(fates)[-1] == "heard"


def test_items_without_a_scale_stand_at_the_end():
    check = load_released("temperature-check@1.0.0")
    pairs = side_by_side(SECOND, check, compare(SECOND, check))
    assert pairs[-1].scale is None
    assert [item.id for item in pairs[-1].items] == ["obstacle", "role"]
