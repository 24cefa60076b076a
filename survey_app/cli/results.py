"""Import past surveys, and print what was published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from getpass import getuser
from pathlib import Path
from typing import Any

import click

from dashboards.errors import NoPdf
from dashboards.exports.formats import Format, file_name
from survey_app.cli.finding import find
from survey_app.cli.running import fail, in_application, now
from survey_app.extensions import vault
from survey_app.stores.publication_list import list_published

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def results() -> None:
    """Import past surveys, and print what was published."""


@results.command("import")
@click.argument("path", type=FILE)
@click.option("--instrument", required=True, help="ID@VERSION of a release, or a file.")
@click.option("--map", "map_path", type=FILE, required=True, help="How columns map onto groups, waves and items.")
@in_application
def import_results_command(path: Path, instrument: str, map_path: Path) -> None:
    """Publish the answers of a past survey by the same rules as a live wave.

    Example: pulse results import survey.csv --instrument my-instrument.toml --map map.toml
    """
    from survey_app.use_cases.describing import describe_waves
    from survey_app.use_cases.drawing import draw_charts  # here: the other commands need no chart engine
    from survey_app.use_cases.past_surveys import import_results, read_map

    definition = find(instrument)
    survey = read_map(map_path.read_bytes(), definition)
    for wave in import_results(path.read_bytes(), survey, definition, now(), vault()):
        click.echo(f"{wave.key}: {wave.people} people in {wave.blocks} blocks, {wave.cells} cells published.")
    click.echo(f"{draw_charts(now())} charts drawn, {describe_waves(now())} reliability cards written.")


@results.command("export")
@click.option("--to", "kind", type=click.Choice([str(kind) for kind in Format]), required=True)
@click.option("--group", "group_key", required=True, help="Key of a group; those inside it come along.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Else a name of its own, here.")
@click.option("--by", default=getuser, help="Who makes it, for the cover and the audit log.")
@in_application
def export(kind: str, group_key: str, output: Path | None, by: str) -> None:
    """Write what is published of a group to a file: the figures of the pages, and nothing else.

    Example: pulse results export --to xlsx --group northtown
    """
    from survey_app.use_cases.export_files import export_of_group  # here: the other commands need no engines

    try:
        content = export_of_group(group_key, Format(kind), by=by, now=now())
    except NoPdf as error:
        fail(str(error))
    path = output or Path(file_name(Format(kind), group_key, now().date()))
    path.write_bytes(content)
    click.echo(f"Wrote {path}, {len(content):,} bytes.")


@results.command("published")
@click.option("--wave", help="Only this wave.")
@click.option("--group", help="Only this group.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@in_application
def published(wave: str | None, group: str | None, *, as_json: bool) -> None:
    """Print every published cell: exactly what any role could see.

    Example: pulse results published --json
    """
    cells = list_published(wave=wave, group=group)
    if as_json:
        click.echo(json.dumps(list(cells)))
        return
    for line in _lines(cells):
        click.echo(line)


def _lines(cells: Iterator[dict[str, Any]]) -> Iterator[str]:  # Any: JSON
    for cell in cells:
        figure = {"shown": "{score} (n {n})", "withheld": "withheld: {reason}"}.get(cell["status"], "withdrawn")
        yield f"{cell['wave']}  {cell['level']:12}  {cell['group']:40}  {cell['measure']:18}  {figure.format(**cell)}"
