"""Files that hold secrets: written whole or not at all, for one account only, and overwritten when they go."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only this account may read; after a power cut it is there in full or not at all."""
    _make_private(path.parent)
    fresh = path.with_name(path.name + ".fresh")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync_folder(path.parent)


def destroy_file(path: Path) -> None:
    """Overwrite a file with noise and remove it; nothing happens where there is none any more."""
    with contextlib.suppress(FileNotFoundError):
        with path.open("r+b") as file:
            file.write(os.urandom(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        _sync_folder(path.parent)


def _make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this account only."""
    if not folder.exists():
        _make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make sure that a file's name survives a power cut, or its going, and not only its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
