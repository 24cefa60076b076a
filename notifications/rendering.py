"""Fill a wording with a message's personalisation, strictly and in a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, TemplateNotFound, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifications.errors import IncompletePersonalisation, UnknownTemplate
from notifications.messages import Channel, ClaimedMessage, OutgoingMessage

WORDING = Path(__file__).parent / "wording"


def _environment(*, autoescape: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(WORDING),
        undefined=StrictUndefined,
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
    )


_TEXT = _environment(autoescape=False)
_HTML = _environment(autoescape=True)


def render(message: ClaimedMessage) -> OutgoingMessage:
    """Return the message as its recipient will read it.

    Raises
    ------
    UnknownTemplate
        There is no such wording in the message's language.
    IncompletePersonalisation
        The wording asks for a value that was not given.
    """
    name = f"{message.template}-{message.version}/{message.language}"
    values = {**message.personalisation, "language": message.language}
    if message.channel is Channel.SMS:
        text = fill(f"{name}.sms.txt", values)
        return OutgoingMessage(message.attempt_id, message.address, text.strip(), language=message.language)
    return OutgoingMessage(
        attempt_id=message.attempt_id,
        address=message.address,
        subject=" ".join(fill(f"{name}.subject.txt", values).split()),
        text=fill(f"{name}.email.txt", values),
        html=fill(f"{name}.email.html", values),
        language=message.language,
        unsubscribe_url=message.personalisation.get("opt_out_url", ""),
    )


def fill(name: str, values: Mapping[str, str]) -> str:
    """Fill one part of a wording, such as `invitation-1/en.sms.txt`; what is HTML is escaped.

    Raises
    ------
    UnknownTemplate
        There is no such part.
    IncompletePersonalisation
        It asks for a value that was not given.
    """
    environment = _HTML if name.endswith(".html") else _TEXT
    try:
        return environment.get_template(name).render(values)
    except TemplateNotFound as error:
        raise UnknownTemplate(name) from error
    except UndefinedError as error:
        raise IncompletePersonalisation(name, error.message or "a value is missing") from error
