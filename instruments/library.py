"""Find, list and load released instruments, refusing one that was altered after its release."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from instruments.definitions import Instrument
from instruments.errors import AlteredRelease, UnknownInstrument
from instruments.files import digest, read_instrument

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
    name, _, version = reference.partition("@")
    instrument = read_instrument(folder / name / f"{version}.toml")
    if recorded_digests(folder).get(reference) != digest(instrument):
        raise AlteredRelease(reference)
    return instrument


def recorded_digests(folder: Path = RELEASED) -> dict[str, str]:
    """The digest of each release by its reference, as recorded in `CHECKSUMS`."""
    lines = (folder / "CHECKSUMS").read_text(encoding="utf-8").splitlines()
    pairs = (line.split() for line in lines if line.strip())
    return {reference: recorded for recorded, reference in pairs}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
