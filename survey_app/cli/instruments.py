"""List, show and check instruments."""

from __future__ import annotations

from pathlib import Path

import click

from instruments.files import digest, read_instrument
from instruments.library import load_released, released_references
from survey_app.cli.running import clear_errors


@click.group()
def instruments() -> None:
    """List, show and check instruments."""


@instruments.command("list")
def list_instruments() -> None:
    """List every release.

    Example: pulse instruments list
    """
    for reference in released_references():
        click.echo(f"{reference}  {load_released(reference).title['en']}")


@instruments.command("show")
@click.argument("reference")
def show_instrument(reference: str) -> None:
    """Show what a release asks.

    Example: pulse instruments show crescendo-pulse@1.0.0
    """
    with clear_errors():
        instrument = load_released(reference)
    click.echo(f"{instrument.title['en']} {instrument.version}, {instrument.licence.name}")
    for scale in instrument.scales:
        click.echo(f"\n{scale.title['en']} ({scale.direction.replace('_', ' ')})")
        for item in instrument.items:
            if item.scale == scale.id:
                marks = ("" if item.core else " [rotating]") + (" [reverse-keyed]" if item.reverse_keyed else "")
                click.echo(f"  {item.id}: {item.text['en']}{marks}")


@instruments.command("check")
@click.argument("path", type=click.Path(path_type=Path))
def check_instrument(path: Path) -> None:
    """Say whether a file describes an instrument, and if not, what is wrong.

    Example: pulse instruments check my-instrument.toml
    """
    with clear_errors():
        instrument = read_instrument(path)
    click.echo(f"{instrument.reference} is well-formed. Digest: {digest(instrument)}")
