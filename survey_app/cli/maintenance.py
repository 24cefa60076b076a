"""Say on every page of this host that it is being looked after."""

from __future__ import annotations

from datetime import datetime

import click

from survey_app.cli.running import Moment, in_application
from survey_app.extensions import settings
from survey_app.stores.maintenance import begin_maintenance, end_maintenance


@click.group("maintenance")
def maintenance_command() -> None:
    """Say on every page of this host that it is being looked after."""


@maintenance_command.command("on")
@click.option("--until", type=Moment(), help="When it should be back; pages say so.")
@in_application
def on(until: datetime | None) -> None:
    """Show “back soon” on every page. Answers that are sent meanwhile stay on the phone, to be sent again.

    Example: pulse maintenance on --until 2026-12-01T18:30
    """
    begin_maintenance(settings().data_dir, until)
    click.echo("Every page of this host says that it is being looked after, until `pulse maintenance off`.")


@maintenance_command.command("off")
@in_application
def off() -> None:
    """Answer as usual again.

    Example: pulse maintenance off
    """
    was_on = end_maintenance(settings().data_dir)
    click.echo("Pages answer as usual." if was_on else "There was no maintenance; pages answer as usual.")
