"""Find, list, load and add released instruments, refusing one that was altered after its release."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from instruments.changes import ChangeLevel
from instruments.definitions import Instrument
from instruments.equivalence import compare
from instruments.errors import (
    AlreadyReleased,
    AlteredRelease,
    InvalidInstrumentFile,
    UnderstatedChange,
    UnknownInstrument,
)
from instruments.files import digest, read_instrument, to_toml

RELEASED = Path(__file__).parent / "released"


def released_references(folder: Path = RELEASED) -> tuple[str, ...]:
    """`id@version` of every release, sorted by id and then by version number."""
    paths = sorted(folder.glob("*/*.toml"), key=lambda path: (path.parent.name, _numbers(path.stem)))
    return tuple(f"{path.parent.name}@{path.stem}" for path in paths)


@cache
def load_released(reference: str, folder: Path = RELEASED) -> Instrument:
    """Load a release by its `id@version`.

    Raises
    ------
    UnknownInstrument
        There is no such release.
    AlteredRelease
        Its content differs from the digest in `CHECKSUMS`, or it has none there.
    """
    if reference not in released_references(folder):
        raise UnknownInstrument(reference, released_references(folder))
    instrument = read_instrument(_path_of(reference, folder))
    if recorded_digests(folder).get(reference) != digest(instrument) or instrument.reference != reference:
        raise AlteredRelease(reference)
    return instrument


def recorded_digests(folder: Path = RELEASED) -> dict[str, str]:
    """The digest of each release by its reference, as recorded in `CHECKSUMS`."""
    path = folder / "CHECKSUMS"
    lines = path.read_bytes().decode("utf-8", errors="replace").splitlines() if path.exists() else []
    pairs = [line.split() for line in lines if line.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise InvalidInstrumentFile(str(path), ["needs a digest and a reference in each line"])
    return {reference: recorded for recorded, reference in pairs}


def release_into(folder: Path, instrument: Instrument) -> None:
    """Add a version to a folder of releases and record its digest; the same version again changes nothing.

    Raises
    ------
    InvalidInstrumentFile
        It is licensed: a folder of releases is for everybody.
    AlreadyReleased
        The version is there with another content.
    UnderstatedChange
        Its number says less than what it changes against the last version before it.
    """
    if instrument.licence.permission_required:
        raise InvalidInstrumentFile(
            instrument.reference, ["is licensed; only an installation that may use it keeps it"]
        )
    reference = instrument.reference
    recorded = recorded_digests(folder)
    if reference in recorded:
        if recorded[reference] != digest(instrument):
            raise AlreadyReleased(reference)
        return
    others = [load_released(other, folder) for other in released_references(folder)]
    require_honest_number(instrument, [other for other in others if other.id == instrument.id])
    path = _path_of(reference, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_whole(path, to_toml(instrument))
    lines = sorted(f"{value}  {name}" for name, value in {**recorded, reference: digest(instrument)}.items())
    _write_whole(folder / "CHECKSUMS", "\n".join(sorted(lines, key=lambda line: line.split()[1])) + "\n")


def require_honest_number(instrument: Instrument, others: list[Instrument]) -> None:
    """Refuse a version whose number says less than what it changes against the last of `others` before it."""
    earlier = [other for other in others if other.version_numbers < instrument.version_numbers]
    if not earlier:
        return
    before = max(earlier, key=lambda other: other.version_numbers)
    level = compare(before, instrument).level
    major, minor, patch = before.version_numbers
    wanted = {
        ChangeLevel.MAJOR: (major + 1, 0, 0),
        ChangeLevel.MINOR: (major, minor + 1, 0),
        ChangeLevel.PATCH: (major, minor, patch + 1),
        ChangeLevel.SAME: (major, minor, patch + 1),
    }[level]
    if instrument.version_numbers < wanted:
        raise UnderstatedChange(instrument.reference, before.reference, level.word, ".".join(map(str, wanted)))


def _path_of(reference: str, folder: Path) -> Path:
    name, _, version = reference.partition("@")
    return folder / name / f"{version}.toml"


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old one or the new one, never half of it."""
    fresh = path.with_suffix(path.suffix + ".fresh")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
