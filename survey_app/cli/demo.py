"""Simulate a programme, and run the demo's providers."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import click
from flask_migrate import downgrade, upgrade

from survey_app.cli.running import fail, in_application
from survey_app.extensions import MIGRATIONS, settings, vault


@click.group()
def demo() -> None:
    """Simulate a programme."""


@demo.command("seed")
@click.option("--authorities", type=click.IntRange(1, 3), default=3, show_default=True)
@click.option("--waves", type=click.IntRange(1, 60), default=14, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same programme.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day to simulate up to; today if not given.")
@click.option("--truth", type=click.Path(dir_okay=False, path_type=Path), help="Write every simulated answer here.")
@click.option("--if-empty", is_flag=True, help="Do nothing where there is a programme already.")
@in_application
def seed_command(
    authorities: int, waves: int, seed: int, today: datetime | None, truth: Path | None, *, if_empty: bool
) -> None:
    """Simulate a programme through the real use cases; the newest wave stays open.

    Example: pulse demo seed --waves 14 --seed 7 --truth truth.csv
    """
    from survey_app.demo.seeding import DemoPlan, DemoSeed, is_empty  # here: it brings the chart engine

    unfinished = settings().data_dir / "demo-seed-unfinished"
    if unfinished.exists() and settings().has_embedded_database:
        _start_over(settings().mailbox_dir)
    if not is_empty():
        if if_empty:
            return
        fail("The database holds a programme already. Set DATABASE_URL or DATA_DIR to an empty one.")
    unfinished.touch()
    day: date = today.date() if today else datetime.now(UTC).date()
    plan = DemoPlan(authorities=authorities, waves=waves, seed=seed, today=day, truth=truth)
    with click.progressbar(length=waves + 2, label="Simulating a programme") as bar:
        DemoSeed(plan, settings(), vault(), lambda _: bar.update(1)).run()
    unfinished.unlink()


def _start_over(mailbox: Path) -> None:
    """Empty the embedded database after an interrupted simulation; a database somebody named is never emptied."""
    downgrade(directory=MIGRATIONS, revision="base")
    upgrade(directory=MIGRATIONS)
    shutil.rmtree(mailbox, ignore_errors=True)


@demo.command("peers", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("mail_port", type=int)
@click.argument("text_port", type=int)
@click.option("--bounces", default="", help="HOST:PORT that mails come back to.")
@click.option("--replies", default="", help="The URL that people text back to.")
def peers_command(folder: Path, mail_port: int, text_port: int, bounces: str, replies: str) -> None:
    """Run the demo's mail server and text peer."""
    from survey_app.demo.mail_peer import start_mail_server  # here: only this command serves
    from survey_app.demo.text_peer import TextPeer, start_text_peer

    start_mail_server(folder, mail_port, bounces)
    start_text_peer(TextPeer(folder, reports_after=2.0, inbound_url=replies), text_port).serve_forever()
