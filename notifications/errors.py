"""What can go wrong with a message before anybody tries to send it."""

from __future__ import annotations


class NotificationError(Exception):
    """The family of all errors of this package."""


class UnknownTemplate(NotificationError):
    """There is no wording of this purpose, channel and language."""

    def __init__(self, template: str) -> None:
        self.template = template
        super().__init__(f"There is no wording {template!r}.")


class IncompletePersonalisation(NotificationError):
    """A wording asks for a value that was not given. Names the value, never its content."""

    def __init__(self, template: str, missing: str) -> None:
        self.template = template
        super().__init__(f"The wording {template!r} could not be filled: {missing}.")


class UnusableWindow(NotificationError):
    """A sending window that would never be open. The sentence says why."""


class CouldNotAsk(NotificationError):
    """A provider gave no answer to the question whether it has a message; ask again later."""


class UnusableCredentials(NotificationError):
    """An account's credentials that its provider could not be asked with. Names the field, never its content."""

    def __init__(self, provider: str, field: str, remedy: str) -> None:
        self.field = field
        super().__init__(f"{provider}: {field} {remedy}.")
