import pytest

from instruments.likeness import Likeness, likeness


def alike(before, after):
    return likeness({"en": before}, {"en": after}, ["en"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("I felt calm.", "I felt calm"),
        ("I felt calm.", "i  felt calm."),
        ("It isn't so", "It isn’t so"),
        ("We worked together", "We workd together"),
        ("We worked together", "We worrked together"),
        ("We worked together", "We wroked together"),
        ("We worked together", "We vorked together"),
        ("We worked the the plan", "We worked the plan"),
        ("A lot to do", "Alot to do"),
        ("Some\u00adtimes", "Sometimes"),
    ],
)
def test_what_a_typing_error_looks_like_is_a_correction(before, after):
    assert alike(before, after) is Likeness.CORRECTED
    assert alike(after, before) is Likeness.CORRECTED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("I can rest now", "I can rest not"),
        ("I was happy", "I was unhappy"),
        ("We were heard", "We're heard"),
        ("I felt calm", "I never felt calm"),
        ("Often", "Always"),
        ("In the last 2 weeks of 2025", "In the last 2 weeks of 2026"),
        ("People listened", "People were kind"),
        ("We walked", "We talked a lot"),
    ],
)
def test_what_may_mean_something_else_is_another_wording(before, after):
    assert alike(before, after) is Likeness.REWRITTEN


def test_only_languages_that_both_have_are_compared():
    assert likeness({"en": "Calm"}, {"en": "Calm", "cy": "Tawel"}, ["en"]) is Likeness.SAME
    assert likeness({"en": "Calm", "cy": "Tawel"}, {"en": "Calm", "cy": "Llonydd"}, ["en", "cy"]) is Likeness.CORRECTED
    assert likeness({"en": "Calm"}, {"cy": "Tawel"}, ["en"]) is Likeness.REWRITTEN
    assert likeness({}, {}, ["en"]) is Likeness.SAME
    assert likeness({}, {"en": "Calm"}, ["en"]) is Likeness.REWRITTEN
