import shutil

import pytest

from instruments.errors import AlteredRelease, UnknownInstrument
from instruments.files import digest
from instruments.library import RELEASED, load_released, recorded_digests, released_references


def test_every_release_still_has_the_digest_of_its_release():
    assert set(released_references()) == set(recorded_digests())
    for reference in released_references():
        assert digest(load_released(reference)) == recorded_digests()[reference]


def test_a_release_that_was_altered_is_refused_when_it_is_loaded(tmp_path):
    folder = tmp_path / "released"
    shutil.copytree(RELEASED, folder)
    path = folder / "crescendo-pulse" / "1.0.0.toml"
    path.write_text(path.read_text().replace("I felt I belonged", "I feel I belong"))
    with pytest.raises(AlteredRelease, match=r"crescendo-pulse@1\.0\.0 was changed after its release"):
        load_released("crescendo-pulse@1.0.0", folder)


def test_an_unknown_release_is_refused_with_the_list_of_those_there_are():
    with pytest.raises(UnknownInstrument, match=r"Released: crescendo-pulse@1\.0\.0"):
        load_released("crescendo-pulse@9.9.9")
