"""What can go wrong with an instrument or with answers to it."""

from __future__ import annotations

from collections.abc import Sequence

_MOST_SAID = 8
_LONGEST_SAID = 400


class InstrumentError(Exception):
    """The family of all errors of this package."""


class InvalidInstrumentFile(InstrumentError):
    """A file that does not describe an instrument; `problems` name the key, its line, and what was expected."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = tuple(_plain(problem) for problem in problems)
        more = len(self.problems) - _MOST_SAID
        said = [*self.problems[:_MOST_SAID], *([f"and {more} more"] if more > 0 else [])]
        super().__init__(f"{_plain(source)}: " + "; ".join(said))


def _plain(text: str) -> str:
    """A text of somebody's file as it can stand in a sentence: on one line, and no longer than a few."""
    printable = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return printable if len(printable) <= _LONGEST_SAID else printable[:_LONGEST_SAID] + "…"


class UnknownInstrument(InstrumentError):
    """No released instrument has this id and version."""

    def __init__(self, reference: str, released: Sequence[str]) -> None:
        self.reference = reference
        super().__init__(f"No released instrument is called {reference!r}. Released: {', '.join(released)}.")


class AlteredRelease(InstrumentError):
    """A released file whose content no longer has the digest that was recorded at its release."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(
            f"{reference} was changed after its release. Restore the file, or release the change as a new version."
        )


class AlreadyReleased(InstrumentError):
    """A version that is in the library already, with another content."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(
            f"{reference} was released already, and a release never changes. Give the file another version."
        )


class UnderstatedChange(InstrumentError):
    """A version whose number says less than what its change does to the trend."""

    def __init__(self, reference: str, before: str, level: str, wanted: str) -> None:
        self.reference = reference
        super().__init__(
            f"{reference} is a {level} change from {before}: number it {wanted} or higher, so that the number says so."
        )


class LevelLowered(InstrumentError):
    """A wish to call a change less than it is."""

    def __init__(self, computed: str, wanted: str) -> None:
        super().__init__(f"This is a {computed} change. A person may raise the level, never lower it to {wanted}.")


class TooLongForWorkbook(InstrumentError):
    """A part of an instrument that no cell of a workbook can hold."""

    def __init__(self, length: int, most: int) -> None:
        super().__init__(
            f"A scale's bands take {length:,} letters, and a workbook's cell holds {most:,}; shorten them."
        )


class UnknownItem(InstrumentError):
    """An answer to an item that this version does not ask."""

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id
        super().__init__(f"The item {item_id!r} is not asked here.")


class UnknownResponse(InstrumentError):
    """An answer that is none of the item's response options."""

    def __init__(self, item_id: str, allowed: Sequence[int]) -> None:
        self.item_id = item_id
        self.allowed = tuple(allowed)
        super().__init__(f"The answer to {item_id!r} is none of {', '.join(map(str, self.allowed))}.")
