"""Delete what was promised to be deleted; the clock does it every day."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from survey_app.cli.running import in_application, now
from survey_app.extensions import settings, vault
from survey_app.use_cases.retention import run_retention


@click.group()
def retention() -> None:
    """Delete what was promised to be deleted; the clock does it every day."""


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@in_application
def run(*, dry_run: bool, as_json: bool) -> None:
    """Delete what is older than KEEP_CONTACTS_DAYS, KEEP_INVITATIONS_DAYS and KEEP_ANSWERS_MONTHS allow.

    Example: pulse retention run --dry-run
    """
    found = run_retention(now(), settings(), vault(), dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(asdict(found)))
        return
    verb = "Would delete" if dry_run else "Deleted"
    click.echo(
        f"{verb}: {found.people} people who left, how to reach {found.leads} former leads, {found.invitations} "
        f"invitations, {found.messages} messages, {found.answers} rows of answers and comments."
    )
