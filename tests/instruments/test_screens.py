from instruments.files import from_document
from instruments.library import load_released
from instruments.rotation import asked_items
from instruments.screens import screens_of
from tests.instruments.tiny import document


def many(*sizes, options="agreement"):
    """An instrument with a scale of each size."""
    changed = document()
    changed["scales"] = [
        {"id": f"s{place}", "title": {"en": "S"}, "direction": "higher_is_better", "reference_sd": 20.0}
        for place in range(len(sizes))
    ]
    changed["items"] = [
        {"id": f"i{place}-{number}", "scale": f"s{place}", "text": {"en": "It is so."}, "response_set": options}
        for place, size in enumerate(sizes)
        for number in range(size)
    ]
    return from_document(changed)


def shape(instrument, items=None):
    return [len(screen.items) for screen in screens_of(instrument, items or instrument.items)]


def test_the_pulse_has_four_screens_of_four_items():
    pulse = load_released("crescendo-pulse@1.1.0")
    asked = asked_items(pulse, {"apart", "time", "coping", "sleep"})
    screens = screens_of(pulse, asked)
    assert [[item.scale for item in screen.items] for screen in screens] == [[scale.id] * 4 for scale in pulse.scales]
    assert [screen.number for screen in screens] == [0, 1, 2, 3]
    assert not any(screen.is_list for screen in screens)


def test_scales_stay_together_small_ones_share_and_long_ones_are_divided_evenly():
    assert shape(many(3, 3, 3)) == [3, 3, 3]
    assert shape(many(1, 1, 2)) == [4]
    assert shape(many(7)) == [4, 3]
    assert shape(many(9)) == [3, 3, 3]
    assert shape(many(2, 5)) == [2, 3, 2]


def test_a_long_list_of_options_has_a_screen_of_its_own():
    check = load_released("temperature-check@1.0.0")
    lists = [screen for screen in screens_of(check, check.items) if screen.is_list]
    assert [[item.id for item in screen.items] for screen in lists] == [["obstacle"], ["role"]]


def test_nothing_asked_is_no_screen():
    assert screens_of(many(1), ()) == ()
