from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.files import from_document
from instruments.library import load_released
from instruments.rotation import asked_items, rotating_items
from tests.instruments.tiny import document

PULSE = load_released("crescendo-pulse@1.1.0")


@given(st.integers(0, 10_000), st.integers(0, 500))
def test_everybody_is_asked_one_item_of_each_bank(person, wave):
    chosen = rotating_items(PULSE, person, wave)
    assert [item.scale for item in chosen] == [scale.id for scale in PULSE.scales]
    assert not any(item.core for item in chosen)


@given(st.integers(0, 10_000), st.integers(0, 500))
def test_a_person_comes_round_to_every_item_of_a_bank(person, wave):
    for place, scale in enumerate(PULSE.scales):
        bank = PULSE.bank_of(scale)
        seen = {rotating_items(PULSE, person, wave + later)[place].id for later in range(len(bank))}
        assert seen == {item.id for item in bank}


@given(st.integers(0, 10_000), st.integers(0, 500), st.integers(1, 60))
def test_within_a_wave_the_items_of_a_bank_are_asked_alike_often(first, wave, people):
    asked = Counter(item.id for person in range(first, first + people) for item in rotating_items(PULSE, person, wave))
    for scale in PULSE.scales:
        counts = [asked[item.id] for item in PULSE.bank_of(scale)]
        assert max(counts) - min(counts) <= 2
        assert sum(counts) == people


@pytest.mark.parametrize("sizes", [(4, 3, 3, 4), (4, 4, 4, 4), (2, 2, 2), (3, 3, 3, 3), (4, 4, 4, 4, 4)])
def test_every_pair_of_items_of_two_banks_is_asked_of_somebody(sizes):
    instrument = with_banks(*sizes)
    pairs = Counter()
    for person in range(400):
        pairs.update(combinations((item.id for item in rotating_items(instrument, person, 0)), 2))
    assert len(pairs) == sum(one * other for one, other in combinations(sizes, 2))


def with_banks(*sizes):
    changed = document()
    changed["scales"] = [
        {"id": f"s{place}", "title": {"en": "S"}, "direction": "higher_is_better", "reference_sd": 20.0}
        for place in range(len(sizes))
    ]
    changed["items"] = [
        {
            "id": f"s{place}-{number}",
            "scale": f"s{place}",
            "text": {"en": "It is so."},
            "response_set": "agreement",
            "core": number == size,
        }
        for place, size in enumerate(sizes)
        for number in range(size + 1)
    ]
    return from_document(changed)


def test_what_is_asked_keeps_the_order_of_the_instrument():
    asked = asked_items(PULSE, {"apart", "coping"})
    assert len(asked) == 14
    assert [item.id for item in asked][:4] == ["belonging", "help", "had-a-say", "apart"]


def test_a_scale_without_a_bank_rotates_nothing():
    given_document = document()
    del given_document["items"][1]
    assert rotating_items(from_document(given_document), 3, 5) == ()
