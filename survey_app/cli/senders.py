"""Look after the accounts that messages leave through."""

from __future__ import annotations

import tomllib
from getpass import getuser
from typing import Any

import click

from notifications.catalogue import misfits
from notifications.credentials import TERMS, Provider
from notifications.errors import UnusableCredentials
from notifications.messages import Channel
from survey_app.cli.running import fail, in_application, now
from survey_app.extensions import settings, vault
from survey_app.stores.sender_accounts import MAILS_PER_SECOND, TEXTS_PER_SECOND
from survey_app.use_cases.sender_accounts import NewSender, add_sender, remove_sender
from survey_app.use_cases.sender_overview import all_senders

BY = click.option("--by", default=getuser, help="Who says so, for the audit log.")


@click.group()
def senders() -> None:
    """Look after the accounts that messages leave through."""


@senders.command("add")
@click.argument("name")
@click.argument("credentials", type=click.File("rb"))
@click.option("--provider", type=click.Choice([str(provider) for provider in Provider]), required=True)
@click.option("--channel", type=click.Choice([str(channel) for channel in Channel]), required=True)
@click.option("--authority", help="Key of the authority whose staff it is for; everybody's where left out.")
@click.option("--rank", type=click.IntRange(1), default=1, show_default=True, help="The lowest is tried first.")
@click.option("--per-second", type=click.FloatRange(0.01, 1000), help="Messages that the provider takes a second.")
@BY
@in_application
def add_command(name: str, credentials: Any, by: str, **given: Any) -> None:  # Any: a file, and the options above
    """Add an account. CREDENTIALS is a TOML file, or - for standard input, so that no secret stands in a command.

    \b
    smtp: url, sender
    twilio: account_sid, auth_token, messaging_service_sid
    govuk-notify: api_key, template_id, callback_token

    Example: pulse senders add ashcombe-texts notify.toml --provider govuk-notify --channel sms --authority ashcombe
    """
    channel = Channel(given["channel"])
    usual = TEXTS_PER_SECOND if channel is Channel.SMS else MAILS_PER_SECOND
    try:
        read = {key: str(value) for key, value in tomllib.loads(credentials.read().decode()).items()}
        new = NewSender(
            name=name,
            authority=given["authority"],
            channel=channel,
            provider=Provider(given["provider"]),
            rank=given["rank"],
            per_second=given["per_second"] or usual,
            credentials=read,
        )
        add_sender(new, by=by, now=now(), vault=vault())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        needed = ", ".join(TERMS[Provider(given["provider"])].needed)
        fail(f'The credentials are no TOML file of {needed}, such as: {needed.split(", ")[0]} = "..."')
    except UnusableCredentials as error:
        fail(str(error))
    click.echo(f"Added {name}.")


@senders.command("list")
@in_application
def list_command() -> None:
    """List the accounts, whom they send for, and how they have done lately; no secrets.

    Example: pulse senders list
    """
    for line in all_senders(settings(), vault(), now()):
        whose = line.authority or "everybody"
        click.echo(f"{line.name}\t{line.provider}\t{line.channel}\t{whose}\t{line.rank}\t{line.state}")


@senders.command("remove")
@click.argument("name")
@BY
@in_application
def remove_command(name: str, by: str) -> None:
    """Remove an account and its credentials.

    Example: pulse senders remove ashcombe-texts
    """
    remove_sender(name, by=by, now=now())
    click.echo(f"Removed {name}.")


@senders.command("wordings")
@in_application
def wordings_command() -> None:
    """Check that every text fits one segment and every mail is light, with the longest that this installation can have.

    Example: pulse senders wordings
    """
    found = list(misfits(settings().public_base_url))
    for misfit in found:
        click.echo(f"{misfit.wording} {misfit.reason}.", err=True)
    if found:
        fail("A shorter PUBLIC_BASE_URL makes links shorter.")
    click.echo("Every text is one segment, and every mail is light.")
