"""Take in mails that came back."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from survey_app.cli.running import fail, in_application, make_app, now
from survey_app.extensions import settings
from survey_app.use_cases.bounces import take_in_bounce


@click.group()
def bounces() -> None:
    """Take in mails that came back."""


@bounces.command("listen")
def listen() -> None:
    """Listen at BOUNCE_LISTEN for what the organisation's mail server passes on.

    Example: pulse bounces listen
    """
    from survey_app.processes.bounces import listen_for_bounces

    app = make_app()
    with app.app_context():
        if not settings().bounce_listen:
            fail("Set BOUNCE_LISTEN to where it should listen, such as 127.0.0.1:2526.")
    listen_for_bounces(app)


@bounces.command("take-in")
@click.argument("mails", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True))
@click.option("--recipient", default="", help="The address that it came to, where the mail does not say.")
@in_application
def take_in(mails: tuple[Path, ...], recipient: str) -> None:
    """Take in mails from files, or from standard input for a mail server that pipes.

    Example: pulse bounces take-in /var/mail/bounces/new/*
    """
    taken = 0
    for path in mails if mails else (Path("-"),):
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        taken += take_in_bounce(content, recipient, now())
    click.echo(f"{taken} reports taken in.")
