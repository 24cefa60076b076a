"""Analyse answers to an instrument, and run the plan that would validate it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from survey_app.cli.finding import find
from survey_app.cli.running import clear_errors, in_application, now

if TYPE_CHECKING:  # they bring numpy and pandas, which only these commands need
    import pandas as pd

    from dashboards.pages.reliability import Card
    from instruments.definitions import Instrument
    from scoring.analysis import Analysis
    from scoring.validation import Check

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FORMATS = click.Choice(["text", "json", "html"])
DIVISIONS = ("authority", "role", "mode", "wave")


@click.group()
def psychometrics() -> None:
    """Analyse answers to an instrument, and run the plan that would validate it."""


@psychometrics.command()
@click.argument("path", type=FILE)
@click.option("--instrument", required=True, help="ID@VERSION of a release, or a file.")
@click.option("--group", help="Column of the group each person is in: agreement, invariance, differences.")
@click.option("--format", "form", type=FORMATS, default="text", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write there instead.")
def analyse(path: Path, instrument: str, group: str | None, form: str, output: Path | None) -> None:
    """Analyse any CSV: a row a person, a column an item, named as in the instrument.

    Example: pulse psychometrics analyse answers.csv --instrument crescendo-pulse@1.0.0 --group team --format html
    """
    from scoring.analysis import analyse_instrument
    from survey_app.use_cases.answer_files import read_answers

    with clear_errors():
        definition = find(instrument)
        table = read_answers(path.read_bytes(), definition, [group] if group else [])
        labels = table[group] if group else None
        found = analyse_instrument(definition, table, labels, labels)
        _write(_rendered(found, f"{_title(definition)}: {path.name}", form, (), len(table)), output)


@psychometrics.command()
@click.argument("path", type=FILE, required=False)
@click.option("--instrument", required=True, help="ID@VERSION of a release, or a file.")
@click.option("--team", help="Column of the team each person is in.")
@click.option("--authority", help="Column of the authority.")
@click.option("--role", help="Column of the role.")
@click.option("--mode", help="Column of how people were reached: email or SMS.")
@click.option("--wave", help="Column of the wave.")
@click.option("--format", "form", type=FORMATS, default="text", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write there instead.")
def validate(
    path: Path | None, instrument: str, team: str | None, form: str, output: Path | None, **columns: str | None
) -> None:
    """Run the validation plan on a CSV, or without one on the answers of this installation.

    Says of each thing whether it is met, not met, or not testable and why.

    Example: pulse psychometrics validate answers.csv --instrument crescendo-pulse@1.0.0 --authority council --wave wave
    """
    from scoring.validation import validate as run_plan
    from survey_app.use_cases.answer_files import read_answers

    with clear_errors():
        definition = find(instrument)
        teams: pd.Series | None
        if path is None:
            table, divisions, teams = _kept(definition)
        else:
            named = [column for column in (team, *columns.values()) if column]
            table = read_answers(path.read_bytes(), definition, named)
            divisions = {name: table[column] if (column := columns[name]) else None for name in DIVISIONS}
            teams = table[team] if team else None
        found = run_plan(definition, table, divisions, teams)
        title = f"{_title(definition)}: validation plan, {path.name if path else 'answers of this installation'}"
        _write(_rendered(found.analysis, title, form, found.checks, len(table)), output)


@in_application
def _kept(definition: Instrument) -> tuple[pd.DataFrame, dict[str, pd.Series | None], pd.Series]:
    """The installation's answers to a version; it keeps neither roles nor channels beside them."""
    from survey_app.use_cases.describing import kept_answers

    table = kept_answers(definition)
    return table, {"authority": table["authority"], "role": None, "mode": None, "wave": table["wave"]}, table["block"]


def _title(definition: Instrument) -> str:
    return definition.title.get("en") or next(iter(definition.title.values()))


def _rendered(analysis: Analysis, title: str, form: str, checks: Sequence[Check], people: int) -> str:
    from dashboards.cards import build_card

    card: Card = build_card(analysis, title, people=people)
    if form == "json":
        from scoring.plain import as_plain

        plan = [as_plain(check) for check in checks]
        return json.dumps({**as_plain(analysis), "checks": plan} if checks else as_plain(analysis), indent=2)
    from dashboards.reports import as_html, as_text

    if form == "text":
        return "\n".join(as_text(card, checks))
    stylesheet = files("survey_app").joinpath("static", "dashboard.css").read_text()
    return as_html(card, analysis, stylesheet, now().date(), checks)


def _write(report: str, output: Path | None) -> None:
    if output is None:
        click.echo(report)
        return
    output.write_text(report)
    click.echo(f"Written: {output}")
