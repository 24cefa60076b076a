import pytest

from instruments.files import from_document
from instruments.interchange.carrying import Details
from instruments.interchange.formats import FORMATS, export
from tests.instruments.tiny import document

LICENSED = from_document(document(licence={"name": "Theirs alone", "permission_required": True}))


@pytest.mark.parametrize("name", FORMATS)
def test_the_texts_of_a_licensed_instrument_never_leave(name):
    exported = export(LICENSED, name)
    assert str(exported.losses[0]).startswith("items: their texts are withheld: Theirs alone needs the owner")
    read_back = FORMATS[name].read(exported.content, "again", Details()).instrument
    assert [item.text["en"] for item in read_back.items] == [
        "(bright: text withheld under its licence)",
        "(dark: text withheld under its licence)",
    ]
    for item in LICENSED.items:
        assert item.text["en"].encode() not in exported.content


def test_an_instrument_of_our_own_leaves_whole():
    assert export(from_document(document()), "xlsform").losses == ()
