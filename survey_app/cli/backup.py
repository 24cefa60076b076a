"""Copy the database, and bring a copy back."""

from __future__ import annotations

from getpass import getuser
from pathlib import Path

import click
from flask_migrate import upgrade

from survey_app.cli.running import in_application, now
from survey_app.extensions import MIGRATIONS, close_connections, db, settings, vault
from survey_app.use_cases.backups import make_backup, restore_backup, settle_restored


@click.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@in_application
def backup(folder: Path) -> None:
    """Copy the database into a new folder inside FOLDER, while everything runs, and read the copy back.

    Keys are not in it, on purpose: keep SECRET_KEY and FIELD_KEY elsewhere, and wave keys nowhere but with their
    holders. PostgreSQL needs its own pg_dump.

    Example: pulse backup /var/backups/pulse
    """
    place = make_backup(folder, settings().database_url, now())
    size = sum(file.stat().st_size for file in place.iterdir())
    click.echo(f"{place} ({size / 1e6:.1f} MB), read back and added up.")


@click.command("restore")
@click.argument("place", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def restore(place: Path, by: str) -> None:
    """Bring a copy into an empty database, check that it adds up, and make it fit to run.

    Stop everything first. Sessions end; messages that waited when the copy was made are not sent again on a guess;
    whoever was erased since is erased again.

    Example: pulse restore /var/backups/pulse/pulse-20261128T020000Z
    """
    db.session.remove()
    close_connections()
    manifest = restore_backup(place, settings().database_url)
    upgrade(directory=MIGRATIONS)
    forgotten = settle_restored(manifest, now(), vault(), vault().erasures, by=by)
    rows = sum(manifest.rows.values())
    click.echo(f"{rows} rows of {manifest.made_at} are back and add up; {forgotten} people were forgotten again.")
