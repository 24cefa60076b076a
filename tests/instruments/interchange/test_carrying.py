import pytest

from instruments.errors import InvalidInstrumentFile
from instruments.files import from_document
from instruments.interchange.carrying import Details
from instruments.interchange.formats import FORMATS, export, losses_of
from tests.instruments.tiny import document

LICENSED = from_document(document(licence={"name": "Theirs alone", "permission_required": True}))


@pytest.mark.parametrize("name", FORMATS)
def test_the_texts_of_a_licensed_instrument_never_leave_and_names_are_never_asked_instead(name):
    exported = export(LICENSED, name)
    assert str(exported.losses[0]).startswith("items: their texts are withheld: Theirs alone needs the owner")
    assert losses_of(LICENSED, name) == exported.losses
    for item in LICENSED.items:
        assert item.text["en"].encode() not in exported.content
    with pytest.raises(InvalidInstrumentFile, match="withheld under a licence; ask its owner for them"):
        FORMATS[name].read(exported.content, "again", Details())


def test_an_instrument_of_our_own_leaves_whole():
    assert export(from_document(document()), "xlsform").losses == ()
