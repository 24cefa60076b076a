"""What an exchange of files carried, and what it could not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from instruments.definitions import Instrument
from instruments.errors import InvalidInstrumentFile

LARGEST_FOREIGN_BYTES = 5_000_000
"""The largest file of another tool that is read: some wrap their items in a great deal else."""


WITHHELD = "text withheld under its licence"


@dataclass(frozen=True)
class Loss:
    """Something that a format cannot say, or that this product cannot ask: where it stands, and what becomes of it."""

    where: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"


@dataclass(frozen=True)
class Details:
    """What a foreign file does not say and whoever brings it in does; None leaves it to the file."""

    id: str | None = None
    version: str | None = None
    owner: str | None = None
    licence: str | None = None
    permission_required: bool = False


@dataclass(frozen=True)
class Imported:
    """An instrument as it was read, and everything of the file that it does not hold."""

    instrument: Instrument
    losses: tuple[Loss, ...]


@dataclass(frozen=True)
class Exported:
    """A file's content, and everything of the instrument that it does not hold."""

    content: bytes
    losses: tuple[Loss, ...]


def require_texts(source: str, texts: Iterable[str]) -> None:
    """Refuse a file from which the texts of a licensed instrument were left out: nobody should be asked their names."""
    if any(WITHHELD in text for text in texts):
        raise InvalidInstrumentFile(source, ["its texts are withheld under a licence; ask its owner for them"])


def without_licensed_texts(instrument: Instrument) -> tuple[Instrument, tuple[Loss, ...]]:
    """The instrument as it may leave: without its items' texts where its licence needs a permission."""
    if not instrument.licence.permission_required:
        return instrument, ()
    withheld = tuple(
        replace(item, text=dict.fromkeys(item.text, f"({item.id}: {WITHHELD})"), sms_text={})
        for item in instrument.items
    )
    loss = Loss(
        "items", f"their texts are withheld: {instrument.licence.name} needs the owner's permission to copy them"
    )
    return replace(instrument, items=withheld), (loss,)
