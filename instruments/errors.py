"""What can go wrong with an instrument or with answers to it."""

from __future__ import annotations

from collections.abc import Sequence


class InstrumentError(Exception):
    """The family of all errors of this package."""


class InvalidInstrumentFile(InstrumentError):
    """A file that does not describe an instrument; `problems` name the key and what was expected."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(f"{source}: " + "; ".join(self.problems))


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


class UnknownItem(InstrumentError):
    """An answer to an item that this version does not ask."""

    def __init__(self, item_id: str) -> None:
        self.item_id = item_id
        super().__init__(f"This version has no item {item_id!r}.")


class UnknownResponse(InstrumentError):
    """An answer that is none of the item's response options."""

    def __init__(self, item_id: str, allowed: Sequence[int]) -> None:
        self.item_id = item_id
        self.allowed = tuple(allowed)
        super().__init__(f"The answer to {item_id!r} is none of {', '.join(map(str, self.allowed))}.")
