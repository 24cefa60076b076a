"""Import rosters."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from survey_app.cli.running import in_application, now
from survey_app.extensions import vault
from survey_app.use_cases.enrolment import import_roster


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
