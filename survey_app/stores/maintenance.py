"""Whether this host is being looked after: a file in DATA_DIR, since the database may be what is looked after."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path


def begin_maintenance(data_dir: Path, until: datetime | None) -> None:
    """Answer every page of this host with “back soon”, and when, until it ends."""
    fresh = _mark(data_dir).with_suffix(".fresh")
    fresh.write_text(until.isoformat() if until else "", encoding="ascii")
    fresh.replace(_mark(data_dir))


def end_maintenance(data_dir: Path) -> bool:
    """Answer as usual again; return whether there was maintenance."""
    was_on = _mark(data_dir).exists()
    _mark(data_dir).unlink(missing_ok=True)
    return was_on


def maintenance(data_dir: Path) -> tuple[bool, datetime | None]:
    """Whether there is maintenance, and until when as far as somebody said."""
    try:
        text = _mark(data_dir).read_text(encoding="ascii")
    except FileNotFoundError:
        return False, None
    return True, datetime.fromisoformat(text) if text else None


def _mark(data_dir: Path) -> Path:
    return data_dir / "maintenance"
