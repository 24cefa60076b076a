"""Import rosters, and forget people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from getpass import getuser
from pathlib import Path

import click

from survey_app.cli.running import in_application, now
from survey_app.extensions import vault
from survey_app.use_cases.enrolment import RosterReport, import_roster
from survey_app.use_cases.erasure import erase_participant
from survey_app.use_cases.subject_access import held_on


@click.group()
def roster() -> None:
    """Import rosters."""


@roster.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--authority", required=True, help="Key of the authority.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--absent-have-left", is_flag=True, help="The file names everybody: who is not in it left today.")
@click.option("--however-many", is_flag=True, help="Believe that even of more than a fifth of everybody.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@in_application
def import_roster_command(
    path: Path, authority: str, *, dry_run: bool, absent_have_left: bool, however_many: bool, as_json: bool
) -> None:
    """Import a roster: joiners, movers, leavers, and a reason per refused row.

    Example: pulse roster import staff.csv --authority ashcombe --dry-run
    """
    report = import_roster(
        authority,
        path.read_bytes(),
        now().date(),
        vault(),
        dry_run=dry_run,
        absent_have_left=absent_have_left,
        however_many=however_many,
    )
    if as_json:
        click.echo(json.dumps(asdict(report), default=str))
        return
    verb = "Would have imported" if dry_run else "Imported"
    click.echo(
        f"{verb}: {report.joined} joined, {report.moved} moved, {report.left} left, {report.unchanged} unchanged; "
        f"{report.updated} with new details."
    )
    for line in _lines(report, in_full=dry_run):
        click.echo(f"  {line}")
    for row in report.refused:
        click.echo(f"  line {row.line} refused: {row.reason}", err=True)


def _lines(report: RosterReport, *, in_full: bool) -> Iterator[str]:
    """What deserves a second look; and in a dry run, everybody by their staff reference."""
    yield from (f"new: {group}" for group in report.new_groups)
    yield from report.oddities
    if report.is_suspicious:
        yield f"{report.absent} people are not in the file: is it the right one?"
    if in_full:
        for change in report.changes:
            line = f"line {change.line}" if change.line else "not in the file"
            places = " to ".join(str(place) for place in (change.before, change.after) if place)
            yield f"{change.staff_ref} {change.move} ({line}): {places if change.move != 'left' else change.before}"


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
    erase_participant(authority, staff_ref, by=by, now=now(), vault=vault())
    click.echo("Erased, with answers to open waves. Answers to closed waves are linked to nobody.")


@roster.command("held")
@click.argument("staff_ref")
@click.option("--authority", required=True, help="Key of the authority.")
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def held_command(staff_ref: str, authority: str, by: str) -> None:
    """Print what is held on a person, for an answer to their request (UK GDPR, article 15).

    Example: pulse roster held E1234 --authority ashcombe > E1234.json
    """
    click.echo(json.dumps(held_on(authority, staff_ref, by=by, now=now(), vault=vault()), indent=2, ensure_ascii=False))
