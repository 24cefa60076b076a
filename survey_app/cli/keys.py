"""Look after the waves' keys: name who keeps copies, see where keys are, bring a lost one back."""

from __future__ import annotations

import json
from dataclasses import asdict
from getpass import getuser
from pathlib import Path

import click

from survey_app.cli.running import clear_errors, fail, in_application, now
from survey_app.crypto.escrow import make_holder_key, read_holder_key
from survey_app.extensions import settings, vault
from survey_app.use_cases import field_keys, key_holders

BY = click.option("--by", default=getuser, help="Who says so, for the audit log.")


@click.group()
def keys() -> None:
    """Look after the waves' keys."""


@keys.command("make")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.password_option("--passphrase", help="Asked for when left out.")
def make(path: Path, passphrase: str) -> None:
    """Make a key holder's key pair: on their own machine, not on the server.

    The file stays with them; the line printed goes to `pulse keys escrow`.

    Example: pulse keys make my-pulse-key.pem
    """
    if len(passphrase) < 12:
        fail("The passphrase needs twelve characters or more.")
    with clear_errors():
        try:
            public_key = make_holder_key(path, passphrase)
        except FileExistsError:
            fail(f"{path} is there already; a key is never written over.")
    click.echo(public_key.hex())


@keys.command("escrow")
@click.argument("name")
@click.argument("public_key", required=False)
@click.option("--remove", is_flag=True, help="No more copies for this person.")
@BY
@in_application
def escrow(name: str, public_key: str | None, by: str, *, remove: bool) -> None:
    """Name a person who keeps copies of wave keys, outside the line management of those who answer.

    Example: pulse keys escrow information-governance 8f3c…
    """
    if remove:
        key_holders.remove_key_holder(name, by=by, now=now())
        click.echo(f"From the next wave on, no copy is sealed for {name}.")
        return
    try:
        raw = bytes.fromhex(public_key or "")
    except ValueError:
        raw = b""
    sealed = key_holders.add_key_holder(name, raw, by=by, now=now(), vault=vault())
    click.echo(f"{name} holds copies from now on; {sealed} open waves have one.")


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@in_application
def list_(*, as_json: bool) -> None:
    """List who holds copies, and where each wave's key is.

    Example: pulse keys list
    """
    holders, waves = key_holders.current_holders(), key_holders.wave_key_statuses(vault())
    if as_json:
        found = {
            "holders": {name: key.hex() for name, key in holders.items()},
            "waves": [asdict(wave) for wave in waves],
        }
        click.echo(json.dumps(found, default=str))
        return
    click.echo(f"Key holders: {', '.join(holders) or 'nobody; a lost key loses its wave'}")
    for wave in waves:
        where = "here" if wave.is_here else "destroyed" if wave.destroyed_at else "MISSING"
        click.echo(f"{wave.wave}  {wave.state:9}  {where:9}  copies: {', '.join(wave.copies) or 'none'}")


@keys.command("restore")
@click.argument("wave")
@click.option("--with", "path", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--passphrase", prompt=True, hide_input=True, help="Asked for when left out.")
@BY
@in_application
def restore(wave: str, path: Path, passphrase: str, by: str) -> None:
    """Put an open wave's lost key back from a key holder's copy.

    Example: pulse keys restore 2026-12 --with my-pulse-key.pem
    """
    holder_key = read_holder_key(path.read_bytes(), passphrase)
    key_holders.restore_wave_key(wave, holder_key, by=by, now=now(), vault=vault())
    click.echo(f"The key of {wave} is back. `pulse waves close {wave}` goes on where it stopped.")


@keys.command("reencrypt")
@BY
@in_application
def reencrypt_command(by: str) -> None:
    """Encrypt every stored field with the newest key of FIELD_KEY, so that an older one can be taken away.

    Put the new key in front, restart everything, run this, take the old key away, restart.

    Example: pulse keys reencrypt
    """
    found = field_keys.reencrypt(settings(), vault(), by=by, now=now())
    for column in found:
        click.echo(f"{column.name}: {column.values} values, {column.renewed} encrypted anew")
    lost = sum(column.lost for column in found)
    if lost:
        fail(f"{lost} values are opened by no key of FIELD_KEY: keep every key there is, and look for the one missing.")
    click.echo("Every value is under the newest key. Older ones may be taken out of FIELD_KEY.")
