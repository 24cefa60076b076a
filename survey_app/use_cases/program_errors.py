"""What a program of others, or whoever looks after one, asked for and cannot have."""

from __future__ import annotations

from survey_app.use_cases.errors import UseCaseError


class UnknownApiKey(UseCaseError):
    """No program's key has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no key {name!r}. `pulse api-keys list` shows them all.")


class IdempotencyKeyReused(UseCaseError):
    """A key of a request that something else was asked under."""

    def __init__(self) -> None:
        super().__init__("Another request was sent under this Idempotency-Key: give each request one of its own.")


class RequestUnderWay(UseCaseError):
    """A request that is not answered yet."""

    def __init__(self) -> None:
        super().__init__("The same request is still at work. Ask again in a moment: it is not done twice.")


class WebhookTaken(UseCaseError):
    """An address that is called already."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} is called already: end that first to get a new secret.")


class UnknownWebhook(UseCaseError):
    """No webhook of the programme has this id."""

    def __init__(self) -> None:
        super().__init__("There is no such address.")
