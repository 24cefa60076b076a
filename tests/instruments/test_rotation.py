from collections import Counter
from itertools import combinations

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


def test_every_pair_of_items_of_two_banks_is_asked_of_somebody():
    pairs = Counter()
    for person in range(48):
        pairs.update(combinations((item.id for item in rotating_items(PULSE, person, 0)), 2))
    banks = [PULSE.bank_of(scale) for scale in PULSE.scales]
    assert len(pairs) == sum(len(one) * len(other) for one, other in combinations(banks, 2))


def test_what_is_asked_keeps_the_order_of_the_instrument():
    asked = asked_items(PULSE, {"apart", "coping"})
    assert len(asked) == 14
    assert [item.id for item in asked][:4] == ["belonging", "help", "had-a-say", "apart"]


def test_a_scale_without_a_bank_rotates_nothing():
    given_document = document()
    del given_document["items"][1]
    assert rotating_items(from_document(given_document), 3, 5) == ()
