"""Forms, dictionaries and Questionnaires that others wrote, read where `make foreign` put them; none is committed."""

import pytest

from instruments.errors import InvalidInstrumentFile
from instruments.interchange.carrying import Details
from instruments.interchange.formats import FORMATS, export
from tests.conftest import FOREIGN_FILES

CARRIED = {
    "xlsform": {
        "example_xls_flat_xlsform_test.xlsx": 8,
        "example_xls_xlsform_spec_test.xlsx": 3,
        "example_xls_attribute_columns_test.xlsx": 3,
        "example_xls_choice_filter_test.xlsx": 1,
        "example_xls_or_other.xlsx": 1,
        "example_xls_select_one_external.xlsx": 1,
        "bug_example_xls_excel_with_macros.xlsm": 1,
    },
    "redcap": {
        "redcap_dict.csv": 25,
        "redcap_hbn_sample.csv": 232,
        "rarelink_cdm_datadictionary - v2_0_7.csv": 48,
    },
    "fhir": {
        "example2.json": 3,
        "example3.json": 4,
        "Minimum-Data-Set---version-3.0.R4.json": 410,
    },
}
EVERY = [
    (name, path)
    for name in CARRIED
    for path in sorted((FOREIGN_FILES / name).glob("*") if FOREIGN_FILES.is_dir() else ())
]
pytestmark = pytest.mark.skipif(not EVERY, reason="files of others are not there: make foreign")


@pytest.mark.parametrize(("name", "path"), EVERY, ids=lambda value: getattr(value, "name", value))
def test_a_file_of_others_is_carried_as_far_as_it_goes_or_refused_in_a_sentence(name, path):
    if path.name not in CARRIED[name]:
        imported = read_or_refuse(name, path)
    else:
        imported = FORMATS[name].read(path.read_bytes(), path.name, Details())
        assert len(imported.instrument.items) == CARRIED[name][path.name]
    if imported is None:
        return
    assert imported.losses, "none of these says everything that we ask for"
    for target in FORMATS:
        again = FORMATS[target].read(export(imported.instrument, target).content, "again", Details())
        assert len(again.instrument.items) == len(imported.instrument.items)


def read_or_refuse(name, path):
    """What a file holds; None where it is refused, which has to be in a sentence about the file."""
    try:
        return FORMATS[name].read(path.read_bytes(), path.name, Details())
    except InvalidInstrumentFile as error:
        refusal = str(error)
    assert refusal.startswith(f"{path.name}: ")
    return None


def test_a_scale_that_others_use_comes_with_its_options():
    imported = FORMATS["redcap"].read((FOREIGN_FILES / "redcap" / "redcap_dict.csv").read_bytes(), "x", Details())
    kinds = {part.kind for part in imported.instrument.response_sets}
    assert kinds == {"ordinal"}
    assert len(imported.instrument.response_sets) == 2
