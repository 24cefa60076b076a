"""List, show, check, compare and release instruments, and record permissions to use them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from getpass import getuser
from pathlib import Path

import click

from instruments.changes import ChangeLevel
from instruments.definitions import Instrument
from instruments.equivalence import Comparison, compare
from instruments.files import digest, read_instrument, to_document
from instruments.library import release_into, released_references
from instruments.schemas import is_reference
from instruments.verdicts import lines
from instruments.wording import review
from survey_app.cli.exchanging import export_instrument, import_instrument
from survey_app.cli.finding import find, where_there_is_a_database
from survey_app.cli.running import clear_errors, fail, in_application, make_app, now
from survey_app.use_cases import instrument_library

_FILE = click.Path(path_type=Path)
_LEVELS = click.Choice([level.word for level in ChangeLevel if level > ChangeLevel.SAME])


@click.group()
def instruments() -> None:
    """List, show, check, compare, release, import, export and permit instruments."""


instruments.add_command(import_instrument)
instruments.add_command(export_instrument)


@instruments.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_instruments(*, as_json: bool) -> None:
    """List every version that may be asked: those shipped and those released here.

    Example: pulse instruments list
    """
    with clear_errors():
        references = where_there_is_a_database(instrument_library.list_references, list(released_references()))
        found = [find(reference) for reference in references]
    if as_json:
        rows = [{"reference": each.reference, "title": each.title, "digest": digest(each)} for each in found]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for each in found:
        languages = ", ".join(each.languages)
        click.echo(f"{each.reference}  {_title(each)} ({len(each.items)} items; {languages})")


@instruments.command("show")
@click.argument("reference")
@click.option("--language", help="In this language of the instrument; its first if not given.")
@click.option("--json", "as_json", is_flag=True, help="The whole document, for programs.")
def show_instrument(reference: str, language: str | None, *, as_json: bool) -> None:
    """Show what a version asks: ID@VERSION, or a file.

    Example: pulse instruments show crescendo-pulse@1.1.0 --language cy
    """
    with clear_errors():
        instrument = find(reference)
    if as_json:
        click.echo(json.dumps(to_document(instrument), ensure_ascii=False))
        return
    tag = language or instrument.languages[0]
    if tag not in instrument.languages:
        fail(f"{instrument.reference} has no language {tag!r}. It has: {', '.join(instrument.languages)}.")
    for line in _description(instrument, tag):
        click.echo(line)


@instruments.command("check")
@click.argument("path", type=_FILE)
def check_instrument(path: Path) -> None:
    """Say whether a file describes an instrument, and what an editor would look at again.

    Example: pulse instruments check my-instrument.toml
    """
    with clear_errors():
        instrument = read_instrument(path)
    click.echo(f"{instrument.reference} is well-formed. Digest: {digest(instrument)}")
    for remark in review(instrument):
        click.echo(f"  look again: {remark.key}: {remark.sentence}")


@instruments.command("compare")
@click.argument("before")
@click.argument("after")
@click.option("--raise", "raised", type=_LEVELS, help="Rule that the change is more than it looks; never less.")
@click.option("--reason", help="Why it is raised.")
@click.option("--by", default=getuser, help="Who raises it, for the audit log.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def compare_instruments(
    before: str, after: str, raised: str | None, reason: str | None, by: str, *, as_json: bool
) -> None:
    """Say what asking AFTER instead of BEFORE does to trends: each is ID@VERSION or a file.

    Example: pulse instruments compare crescendo-pulse@1.0.0 crescendo-pulse@1.1.0
    """
    with clear_errors():
        found = _ruled(before, after, raised, reason, by) if raised else _compared(before, after)
    if as_json:
        verdict = {**asdict(found), "level": found.level.word}
        verdict["reasons"] = [{**asdict(reason), "level": reason.level.word} for reason in found.reasons]
        verdict["scales"] = [{**asdict(scale), "level": scale.level.word} for scale in found.scales]
        click.echo(json.dumps(verdict, ensure_ascii=False))
        return
    for line in lines(found):
        click.echo(line)


@instruments.command("release")
@click.argument("path", type=_FILE)
@click.option("--by", default=getuser, help="Who releases it, for the audit log.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Into a folder of releases.")
def release_instrument(path: Path, by: str, folder: Path | None) -> None:
    """Add a version to this installation. From then on it never changes.

    Its number has to say what it does to trends: a change that breaks a line needs a new first number.

    Example: pulse instruments release my-instrument.toml
    """
    with clear_errors():
        instrument = read_instrument(path)
        if folder is not None:
            release_into(folder, instrument)
        else:
            with make_app().app_context():
                instrument_library.release(instrument, by, now())
    click.echo(f"Released {instrument.reference}. Digest: {digest(instrument)}")


@instruments.command("permit")
@click.argument("reference")
@click.option("--by", "granted_by", required=True, help="Who gave the permission: the owner, or for the owner.")
@click.option("--scope", required=True, help="What for: programme, number of people, languages.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The last day that it holds.")
@click.option("--recorded-by", default=getuser, help="Who writes it down, for the audit log.")
@in_application
def permit_instrument(reference: str, granted_by: str, scope: str, until: datetime, recorded_by: str) -> None:
    """Record the owner's permission to use a licensed version, before or after it is imported.

    Example: pulse instruments permit their-scale@1.0.0 --by "The publisher" --scope "600 staff" --until 2027-03-31
    """
    if not is_reference(reference):
        fail(f"{reference!r} is not ID@VERSION, such as their-scale@1.0.0.")
    if not granted_by.strip() or not scope.strip():
        fail("--by and --scope say who gave the permission and what for; neither may be blank.")
    if until.date() < now().date():
        fail(f"The permission would already have ended on {until:%d %B %Y}.")
    instrument_library.record_permission(
        reference, granted_by=granted_by, scope=scope, until=until.date(), by=recorded_by, now=now()
    )
    click.echo(f"Recorded: {granted_by} permits {reference} until {until:%d %B %Y}.")


def _compared(before: str, after: str) -> Comparison:
    old, new = find(before), find(after)
    return where_there_is_a_database(lambda: instrument_library.compare_versions(old, new), compare(old, new))


def _ruled(before: str, after: str, level: str, reason: str | None, by: str) -> Comparison:
    if not reason:
        raise click.UsageError("--raise needs a --reason, for those who read the audit log.")
    with make_app().app_context():
        old, new = (instrument_library.find_instrument(reference) for reference in (before, after))
        return instrument_library.raise_level(old, new, ChangeLevel[level.upper()], reason=reason, by=by, now=now())


def _title(instrument: Instrument) -> str:
    return instrument.title[instrument.languages[0]]


def _description(instrument: Instrument, language: str) -> Sequence[str]:
    told = [f"{instrument.title[language]} {instrument.version}, {instrument.licence.name}"]
    for scale in instrument.scales:
        told.append(f"\n{scale.title[language]} ({scale.direction.replace('_', ' ')})")
        for item in (item for item in instrument.items if item.scale == scale.id):
            marks = ("" if item.core else " [rotating]") + (" [reverse-keyed]" if item.reverse_keyed else "")
            told.append(f"  {item.id}: {item.text[language]}{marks}")
    if unscored := [item for item in instrument.items if item.scale is None]:
        told += ["\nAsked and not scored", *(f"  {item.id}: {item.text[language]}" for item in unscored)]
    for options in instrument.response_sets:
        labels = ", ".join(f"{option.value} {option.label[language]}" for option in options.options)
        lead_in = f"“{options.stem[language]}” " if options.stem else ""
        told.append(f"\n{options.id}: {lead_in}{labels}".replace("\u00ad", ""))
    return told
