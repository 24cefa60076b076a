"""Import rosters, and forget people."""

from __future__ import annotations

import json
from dataclasses import asdict
from getpass import getuser
from pathlib import Path

import click

from survey_app.cli.running import in_application, now
from survey_app.extensions import vault
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.erasure import erase_participant


@click.group()
def roster() -> None:
    """Import rosters."""


@roster.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--authority", required=True, help="Key of the authority.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@in_application
def import_roster_command(path: Path, authority: str, *, dry_run: bool, as_json: bool) -> None:
    """Import a roster: joiners, movers, leavers, and a reason per refused row.

    Example: pulse roster import staff.csv --authority ashcombe --dry-run
    """
    report = import_roster(authority, path.read_bytes(), now().date(), vault(), dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(asdict(report)))
        return
    verb = "Would have imported" if dry_run else "Imported"
    click.echo(
        f"{verb}: {report.joined} joined, {report.moved} moved, {report.left} left, {report.unchanged} unchanged."
    )
    for row in report.refused:
        click.echo(f"  line {row.line} refused: {row.reason}", err=True)


@roster.command("erase")
@click.argument("staff_ref")
@click.option("--authority", required=True, help="Key of the authority.")
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@click.confirmation_option(prompt="This cannot be undone. Go on?")
@in_application
def erase_command(staff_ref: str, authority: str, by: str) -> None:
    """Forget a person: contact details, invitations, messages, and answers to waves that are still open.

    Take them off the roster file too, or the next import brings them back.

    Example: pulse roster erase E1234 --authority ashcombe --yes
    """
    forgotten = erase_participant(authority, staff_ref, by=by, now=now(), vault=vault())
    click.echo(f"Erased, with {forgotten} answers to open waves. Answers to closed waves are linked to nobody.")
