from instruments.files import from_document
from instruments.library import load_released
from tests.instruments.tiny import document


def test_only_core_items_are_scored():
    tiny = from_document(document())
    assert [item.id for item in tiny.core_items] == ["bright"]
    assert tiny.core_items_of(tiny.scales[0]) == tiny.core_items


def test_an_instrument_is_referred_to_by_id_and_version():
    tiny = from_document(document())
    assert (tiny.reference, tiny.version_numbers) == ("tiny@1.2.3", (1, 2, 3))


def test_a_response_set_knows_its_ends():
    tiny = from_document(document())
    options = tiny.response_set_of(tiny.items_by_id["dark"])
    assert (options.minimum, options.maximum) == (1, 3)


def test_the_crescendo_pulse_follows_its_blueprint():
    pulse = load_released("crescendo-pulse@1.0.0")
    assert [scale.id for scale in pulse.scales] == ["connectedness", "purpose-alignment", "optimism", "burnout"]
    assert [len(pulse.core_items_of(scale)) for scale in pulse.scales] == [3, 3, 3, 3]
    assert not any(item.reverse_keyed for item in pulse.core_items)
    assert 96 <= pulse.estimated_seconds <= 120


def test_every_item_is_short_enough_to_be_read_at_a_glance():
    for item in load_released("crescendo-pulse@1.0.0").items:
        assert len(item.text["en"].split()) <= 12, item.id
        assert len(item.text["en"]) <= 90, item.id
