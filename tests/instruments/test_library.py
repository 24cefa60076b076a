import shutil
from dataclasses import replace

import pytest

from instruments.errors import (
    AlreadyReleased,
    AlteredRelease,
    InvalidInstrumentFile,
    UnderstatedChange,
    UnknownInstrument,
)
from instruments.files import digest, from_document
from instruments.library import (
    RELEASED,
    load_released,
    recorded_digests,
    release_into,
    released_references,
)
from tests.instruments.tiny import document

TINY = from_document(document())


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


def test_a_release_under_anothers_name_is_refused(tmp_path):
    release_into(tmp_path, TINY)
    (tmp_path / "tiny" / "1.2.3.toml").rename(tmp_path / "tiny" / "1.3.0.toml")
    checksums = tmp_path / "CHECKSUMS"
    checksums.write_text(checksums.read_text().replace("1.2.3", "1.3.0"))
    with pytest.raises(AlteredRelease):
        load_released("tiny@1.3.0", tmp_path)


def test_an_unknown_release_is_refused_with_the_list_of_those_there_are():
    with pytest.raises(UnknownInstrument, match=r"Released: crescendo-pulse@1\.0\.0"):
        load_released("crescendo-pulse@9.9.9")


def test_a_release_is_written_once_with_its_digest(tmp_path):
    release_into(tmp_path, TINY)
    release_into(tmp_path, TINY)
    assert load_released("tiny@1.2.3", tmp_path) == TINY
    assert recorded_digests(tmp_path) == {"tiny@1.2.3": digest(TINY)}
    with pytest.raises(AlreadyReleased, match="Give the file another version"):
        release_into(tmp_path, replace(TINY, owner="Somebody else"))
    assert load_released("tiny@1.2.3", tmp_path) == TINY


def test_a_list_of_digests_that_is_none_is_refused(tmp_path):
    (tmp_path / "CHECKSUMS").write_bytes(b"\xff\xfe garbage and more\n")
    with pytest.raises(InvalidInstrumentFile, match="needs a digest and a reference in each line"):
        release_into(tmp_path, TINY)


def test_a_licensed_version_is_for_no_folder(tmp_path):
    licensed = from_document(document(licence={"name": "Theirs", "permission_required": True}))
    with pytest.raises(InvalidInstrumentFile, match="is licensed"):
        release_into(tmp_path, licensed)


def test_releases_are_listed_by_number_and_not_by_letter(tmp_path):
    for version in ("1.2.3", "1.10.0", "1.9.0"):
        release_into(tmp_path, replace(TINY, version=version))
    assert released_references(tmp_path) == ("tiny@1.2.3", "tiny@1.9.0", "tiny@1.10.0")


@pytest.mark.parametrize(
    ("version", "change", "wanted"),
    [
        ("1.2.4", {"items": TINY.items[:1]}, r"minor change from tiny@1\.2\.3: number it 1\.3\.0"),
        ("1.3.0", {"recall_window": {"en": "This year"}}, r"major change from tiny@1\.2\.3: number it 2\.0\.0"),
    ],
)
def test_a_number_may_not_say_less_than_the_change_does(tmp_path, version, change, wanted):
    release_into(tmp_path, TINY)
    with pytest.raises(UnderstatedChange, match=wanted):
        release_into(tmp_path, replace(TINY, version=version, **change))
    assert released_references(tmp_path) == ("tiny@1.2.3",)


def test_a_number_may_say_more_than_the_change_does(tmp_path):
    release_into(tmp_path, TINY)
    release_into(tmp_path, replace(TINY, version="2.0.0"))
    release_into(tmp_path, replace(TINY, version="1.2.4", owner="Somebody else"))
    assert len(released_references(tmp_path)) == 3
