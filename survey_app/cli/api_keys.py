"""Give programs keys to read what is published, and to bring rosters in."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from getpass import getuser

import click

from survey_app.cli.running import in_application, now
from survey_app.extensions import vault
from survey_app.use_cases.api_keys import list_api_keys, make_api_key, revoke_api_key


@click.group("api-keys")
def api_keys() -> None:
    """Give programs keys to read what is published: /api/v1, described at /api/v1/openapi.json."""


@api_keys.command("make")
@click.argument("name")
@click.option("--group", "group_key", required=True, help="The program sees what somebody with a role in it sees.")
@click.option("--days", type=click.IntRange(1, 730), default=365, show_default=True)
@click.option("--may-write", is_flag=True, help="It may also bring rosters in and add groups inside its own.")
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def make(name: str, group_key: str, days: int, by: str, *, may_write: bool) -> None:
    """Make a key. It is printed this once and kept as a hash.

    Example: pulse api-keys make warehouse --group northtown
    """
    lasts = timedelta(days=days)
    secret = make_api_key(name, group_key, lasts=lasts, by=by, now=now(), vault=vault(), may_write=may_write)
    click.echo(secret)
    click.echo("Keep it as you would a password: it is not shown again.", err=True)


@api_keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@in_application
def list_(*, as_json: bool) -> None:
    """List every key, its group and whether it is good.

    Example: pulse api-keys list
    """
    found = list_api_keys(now())
    if as_json:
        click.echo(json.dumps([asdict(line) for line in found], default=str))
        return
    for line in found:
        may = "reads and writes" if line.may_write else "reads"
        until = f"until {line.expires_at:%Y-%m-%d}"
        click.echo(f"{line.name:24}  {line.group:32}  {line.state:8}  {may:16}  {until}, {line.made_by}")


@api_keys.command("revoke")
@click.argument("name")
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def revoke(name: str, by: str) -> None:
    """End a key at once.

    Example: pulse api-keys revoke warehouse
    """
    revoke_api_key(name, by=by, now=now())
    click.echo(f"{name} is revoked.")
