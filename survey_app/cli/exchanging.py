"""Import and export instruments: what a format cannot carry is said before anything is written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from getpass import getuser
from pathlib import Path

import click

from instruments.definitions import Instrument
from instruments.files import read_bytes, to_toml
from instruments.interchange.carrying import LARGEST_FOREIGN_BYTES, Details, Loss
from instruments.interchange.formats import FORMATS, export
from survey_app.cli.finding import find
from survey_app.cli.running import clear_errors, fail, make_app, now
from survey_app.use_cases import instrument_library

_FORMATS = click.Choice(list(FORMATS))


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--from", "format_name", type=_FORMATS, required=True)
@click.option("--id", "identity", help="Its id here, where the file's own will not do.")
@click.option("--version", help="Its version here: three numbers.")
@click.option("--owner", help="Who owns it, where the file does not say.")
@click.option("--licence", help="Under what licence, where the file does not say.")
@click.option("--licensed", is_flag=True, help="It may be used only with the owner's permission.")
@click.option("--draft", type=click.Path(path_type=Path), help="Write a draft to edit and release, instead.")
@click.option("--dry-run", is_flag=True, help="Say what would be carried, and change nothing.")
@click.option("--by", default=getuser, help="Who imports it, for the audit log.")
def import_instrument(  # noqa: PLR0913 - the options of a command
    path: Path,
    format_name: str,
    *,
    identity: str | None,
    version: str | None,
    owner: str | None,
    licence: str | None,
    draft: Path | None,
    by: str,
    licensed: bool,
    dry_run: bool,
) -> None:
    """Bring an instrument in from a file of another tool, and release it here.

    Everything that cannot be carried is listed first. A foreign file knows no scales: import it as a --draft, add
    them, and release the draft.

    Example: pulse instruments import survey.xlsx --from xlsform --draft survey.toml
    """
    details = Details(identity, version, owner, licence, licensed)
    with clear_errors():
        imported = FORMATS[format_name].read(read_bytes(path, LARGEST_FOREIGN_BYTES), str(path), details)
        _say_losses(imported.losses, "Not carried, or carried differently:")
        if dry_run:
            click.echo(f"Would import {_summary(imported.instrument)}. Nothing was changed.")
            return
        _ask_about(imported.losses)
        if draft is not None:
            _write_draft(draft, imported.instrument)
            return
        with make_app().app_context():
            instrument_library.release(imported.instrument, by, now())
    click.echo(f"Imported {_summary(imported.instrument)}.")


@click.command("export")
@click.argument("reference")
@click.option("--to", "format_name", type=_FORMATS, required=True)
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path), help="Where to; else ID-VERSION.")
def export_instrument(reference: str, format_name: str, path: Path | None) -> None:
    """Write a version in another tool's format. Everything that it cannot carry is listed first.

    Example: pulse instruments export crescendo-pulse@1.1.0 --to xlsform
    """
    with clear_errors():
        instrument = find(reference)
        exported = export(instrument, format_name)
    _say_losses(exported.losses, "Not carried:")
    target = path or Path(f"{instrument.id}-{instrument.version}{FORMATS[format_name].ending}")
    _write(target, exported.content)
    click.echo(f"Wrote {target}.")


def _say_losses(losses: Sequence[Loss], heading: str) -> None:
    if losses:
        click.echo(heading, err=True)
    for loss in losses:
        click.echo(f"  {loss}", err=True)


def _ask_about(losses: Sequence[Loss]) -> None:
    """At a terminal, let a person decide; a program has asked with --dry-run."""
    if losses and _is_terminal() and not click.confirm("Go on without these?"):
        fail("Nothing was changed.")


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _write_draft(path: Path, instrument: Instrument) -> None:
    if instrument.licence.permission_required:
        with make_app().app_context():
            instrument_library.require_permission(instrument, now().date())
    _write(path, to_toml(instrument).encode("utf-8"))
    click.echo(f"Wrote the draft {path}: {_summary(instrument)}. Edit it, then: pulse instruments release {path}")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}.")


def _summary(instrument: Instrument) -> str:
    scales = len(instrument.scales)
    return f"{instrument.reference}: {len(instrument.items)} items, {scales} {'scale' if scales == 1 else 'scales'}"
