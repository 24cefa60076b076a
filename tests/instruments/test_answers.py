import pytest

from instruments.answers import check_answers
from instruments.errors import UnknownItem, UnknownResponse
from instruments.files import from_document
from tests.instruments.tiny import document

TINY = from_document(document())


def test_a_skipped_item_is_absent_and_never_zero():
    assert check_answers(TINY, TINY.items, {"bright": " 2 ", "dark": ""}) == {"bright": 2}


def test_an_item_that_is_not_asked_is_refused():
    with pytest.raises(UnknownItem, match="'salary'"):
        check_answers(TINY, TINY.items, {"salary": "1"})


def test_an_item_that_somebody_else_is_asked_is_refused():
    with pytest.raises(UnknownItem, match="'dark' is not asked here"):
        check_answers(TINY, TINY.core_items, {"dark": "1"})


@pytest.mark.parametrize("value", ["0", "4", "1.0", "²", "one"])
def test_an_answer_that_is_no_option_is_refused(value):
    with pytest.raises(UnknownResponse, match="none of 1, 2, 3"):
        check_answers(TINY, TINY.items, {"bright": value})
