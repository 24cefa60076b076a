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
    name = f"{message.language}/{message.template}"
    if message.channel is Channel.SMS:
        text = _fill(_TEXT, f"{name}.sms.txt", message)
        return OutgoingMessage(message.attempt_id, message.address, text.strip(), language=message.language)
    return OutgoingMessage(
        attempt_id=message.attempt_id,
        address=message.address,
        subject=" ".join(_fill(_TEXT, f"{name}.subject.txt", message).split()),
        text=_fill(_TEXT, f"{name}.email.txt", message),
        html=_fill(_HTML, f"{name}.email.html", message),
        language=message.language,
        unsubscribe_url=message.personalisation.get("opt_out_url", ""),
    )


def _fill(environment: ImmutableSandboxedEnvironment, name: str, message: ClaimedMessage) -> str:
    values: Mapping[str, str] = message.personalisation
    try:
        return environment.get_template(name).render(values, language=message.language)
    except TemplateNotFound as error:
        raise UnknownTemplate(message.template, message.language) from error
    except UndefinedError as error:
        raise IncompletePersonalisation(name, error.message or "a value is missing") from error
