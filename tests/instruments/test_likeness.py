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
        ("I never rest", "I ever rest"),
        ("Our staff is kind", "Our stuff is kind"),
        ("I was united", "I was untied"),
        ("My manager listens", "My managers listens"),
        ("a part of it", "apart of it"),
        ("I was not able", "I was notable"),
        ("In the last 2 weeks of 2025", "In the last 2 weeks of 2026"),
        ("1-2 weeks", "12 weeks"),
        ("1.5 months", "15 months"),
        ("-1", "1"),
        ("0.5", "05"),
        ("< 3", "> 3"),
        ("--", "++"),
        ("😡", "😀"),
        ("काम कम है", "कम काम है"),
        ("थका", "थकी"),
        ("People listened", "People were kind"),
        ("We walked", "We talked a lot more"),
        ("!", "?"),
        ("", "x"),
    ],
)
def test_what_may_mean_something_else_is_another_wording(before, after):
    assert alike(before, after) is Likeness.REWRITTEN


def test_without_a_list_of_words_no_letter_is_a_slip():
    assert likeness({"cy": "Roeddwn yn dawel"}, {"cy": "Roeddwn yn dawell"}, ["cy"]) is Likeness.REWRITTEN
    assert likeness({"cy": "Alot i wneud"}, {"cy": "A lot i wneud"}, ["cy"]) is Likeness.REWRITTEN


def test_only_languages_that_both_have_are_compared():
    assert likeness({"en": "Calm"}, {"en": "Calm", "cy": "Tawel"}, ["en"]) is Likeness.SAME
    assert likeness({"en": "Calm", "cy": "Tawel"}, {"en": "Calm", "cy": "Llonydd"}, ["en", "cy"]) is Likeness.CORRECTED
    assert likeness({"en": "Calm"}, {"cy": "Tawel"}, ["en"]) is Likeness.REWRITTEN
    assert likeness({}, {}, ["en"]) is Likeness.SAME
    assert likeness({}, {"en": "Calm"}, ["en"]) is Likeness.REWRITTEN
