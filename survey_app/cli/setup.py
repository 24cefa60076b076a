"""Set an installation up: keys, tables, groups, people and pulses."""

from __future__ import annotations

import os
import re
import secrets
from getpass import getuser
from pathlib import Path

import click
from cryptography.fernet import Fernet
from email_validator import EmailNotValidError, validate_email
from flask_migrate import upgrade

from dashboards.snapshots import Level
from instruments.changes import ChangeLevel
from instruments.verdicts import lines
from survey_app.cli.running import clear_errors, fail, in_application, make_app, now
from survey_app.extensions import MIGRATIONS, db, vault
from survey_app.models.accounts import Account, Role
from survey_app.use_cases.database_roles import role_statements
from survey_app.use_cases.groups import add_group
from survey_app.use_cases.manners import ask_for_comments, remind_after, send_digests
from survey_app.use_cases.people import add_account, contact_of_account, end_role, people_of
from survey_app.use_cases.pulses import USUAL_INSTRUMENT, add_pulse, change_version, declare_cuts, list_pulses
from survey_app.use_cases.second_steps import forget_second_factor


def ensure_secrets(data_dir: Path) -> list[str]:
    """Make the keys that neither the environment nor DATA_DIR/keys has; return the names of those made."""
    folder = data_dir / "keys"
    fresh = {"SECRET_KEY": secrets.token_urlsafe(48), "FIELD_KEY": Fernet.generate_key().decode()}
    made = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, value in fresh.items():
            path = folder / name.lower()
            if not os.environ.get(name) and not (path.exists() and path.read_text(encoding="ascii").strip()):
                fresh_path = path.with_suffix(".fresh")
                fresh_path.touch(mode=0o600)
                fresh_path.write_text(value, encoding="ascii")
                fresh_path.replace(path)
                made.append(name)
        if not os.access(data_dir, os.W_OK):
            fail(f"The folder {data_dir} cannot be written to. Set DATA_DIR to another one.")
    except OSError as error:
        fail(f"The folder {data_dir} cannot be used ({error.strerror}). Set DATA_DIR to another one.")
    return made


@click.command()
def init() -> None:
    """Make the keys that are missing, and bring the tables up to date.

    Example: pulse init
    """
    made = ensure_secrets(Path(os.environ.get("DATA_DIR") or "instance").resolve())
    with clear_errors(), make_app().app_context():
        upgrade(directory=MIGRATIONS)
    click.echo(f"Made: {', '.join(made)}." if made else "The keys were there already.")
    click.echo("Next: pulse groups add, pulse accounts add, pulse pulses add, pulse roster import.")


@click.group()
def database() -> None:
    """Look after the database."""


@database.command("upgrade")
@in_application
def upgrade_database() -> None:
    """Bring the tables up to date.

    Example: pulse db upgrade
    """
    upgrade(directory=MIGRATIONS)


@database.command("roles")
@click.option("--prefix", default="pulse", show_default=True, help="The roles are called PREFIX_web and so on.")
def roles_command(prefix: str) -> None:
    """Print SQL that makes a role of PostgreSQL for each kind of process: pages can't read answers.

    Run it as the owner of the tables, after each upgrade too; then give each role a password, and each process its own
    DATABASE_URL.

    Example: pulse db roles | psql "$OWNERS_DATABASE_URL"
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", prefix):
        fail("A prefix takes small letters, digits and underscores.")
    for statement in role_statements(prefix):
        click.echo(f"{statement};")


@click.group()
def groups() -> None:
    """Add programmes and authorities."""


@groups.command("add")
@click.argument("key")
@click.option("--name", required=True, help="As pages show it.")
@click.option("--level", type=click.Choice([str(level) for level in Level]), required=True)
@click.option("--parent", help="Key of the group above.")
@in_application
def add_group_command(key: str, name: str, level: str, parent: str | None) -> None:
    """Add a group.

    Example: pulse groups add ashcombe --name Ashcombe --level authority --parent crescendo
    """
    add_group(key, name, Level(level), parent)
    click.echo(f"Added {name}.")


@click.group()
def accounts() -> None:
    """Give people a role, end one, or let somebody set up a new phone."""


@accounts.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True)
@click.option("--group", "group_key", required=True, help="Key of the group that the role is in.")
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def add_account_command(email: str, name: str, role: str, group_key: str, by: str) -> None:
    """Give somebody a role in a group; they sign in with a link sent to this address.

    Example: pulse accounts add dev@example.org --name Dev --role programme_lead --group crescendo
    """
    try:
        address = validate_email(email, check_deliverability=False).normalized
    except EmailNotValidError:
        fail(f"{email!r} is not an email address.")
    add_account(name, address, Role(role), group_key, vault(), by=by, now=now())
    click.echo(f"{name} is now {role.replace('_', ' ')} of {group_key}.")


@accounts.command("list")
@click.argument("programme")
@in_application
def list_accounts_command(programme: str) -> None:
    """List every role that is held in a programme.

    Example: pulse accounts list crescendo
    """
    for each in people_of(programme, vault()):
        click.echo(f"{each.id}  {each.name}  {each.role} of {each.group} since {each.granted_at:%Y-%m-%d}")


@accounts.command("end")
@click.argument("programme")
@click.argument("number", type=int)
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def end_role_command(programme: str, number: int, by: str) -> None:
    """End the role of this number, and the sessions of whoever held it.

    Example: pulse accounts end crescendo 7
    """
    end_role(number, programme, by=by, now=now())
    click.echo(f"Role {number} has ended.")


@accounts.command("new-phone")
@click.argument("email")
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def new_phone_command(email: str, by: str) -> None:
    """Forget somebody's authenticator app and recovery codes, once you are sure who asks.

    The next time they sign in they set up another.

    Example: pulse accounts new-phone ben@example.org
    """
    contact = db.session.scalar(contact_of_account(email, vault()))
    if contact is None or contact.account_id is None:
        fail(f"Nobody here signs in with {email!r}.")
    account = db.session.get_one(Account, contact.account_id)
    forget_second_factor(account.id, of=account.name, by=by, now=now())
    click.echo(f"{account.name} sets up a new app when they next sign in.")


@click.group()
def pulses() -> None:
    """Add pulses."""


@pulses.command("add")
@click.argument("key")
@click.option("--name", required=True)
@click.option("--programme", required=True, help="Key of the programme.")
@click.option("--run-by", required=True, help="Who runs it, as messages say it.")
@click.option("--instrument", default=USUAL_INSTRUMENT, show_default=True)
@click.option("--authority", "authorities", multiple=True, help="Only in this authority; may be given several times.")
@in_application
def add_pulse_command(
    key: str, name: str, programme: str, run_by: str, instrument: str, authorities: tuple[str, ...]
) -> None:
    """Add a pulse to a programme, or to some of its authorities.

    Example: pulse pulses add monthly --name "Monthly pulse" --programme crescendo --run-by "The Crescendo team"
    """
    add_pulse(
        key,
        name,
        run_by=run_by,
        programme_key=programme,
        instrument=instrument,
        authorities=authorities,
        now=now(),
    )
    click.echo(f"Added the pulse {name}.")


@pulses.command("list")
@in_application
def list_pulses_command() -> None:
    """List every pulse and what it asks.

    Example: pulse pulses list
    """
    for each in list_pulses():
        click.echo(f"{each.key}  {each.asks}  {', '.join(each.authorities) or 'whole programme'}  {each.name}")


@pulses.command("ask")
@click.argument("key")
@click.argument("reference")
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@click.option("--break-the-line", "up_to", flag_value=ChangeLevel.MAJOR.word, default=None, help="A break is meant.")
@in_application
def ask_command(key: str, reference: str, by: str, up_to: str | None) -> None:
    """Let a pulse ask another version from its next wave on, and say what that does to its lines.

    A change that breaks a line is refused unless it is meant.

    Example: pulse pulses ask monthly crescendo-pulse@1.1.0
    """
    limit = ChangeLevel.MAJOR if up_to else ChangeLevel.MINOR
    verdict = change_version(key, reference, by=by, now=now(), up_to=limit)
    click.echo(f"From its next wave on, {key} asks {reference}.")
    for line in lines(verdict) if verdict is not None else ():
        click.echo(line)


@pulses.command("divide")
@click.argument("key")
@click.argument("items", nargs=-1)
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def divide_command(key: str, items: tuple[str, ...], by: str) -> None:
    """From a pulse's next wave on, show authorities' figures by these items too, such as role; without items, end that.

    Only what is declared before a wave opens is ever shown, of ten people or more, and where nobody could be found out.

    Example: pulse pulses divide monthly role
    """
    declare_cuts(key, items, by=by, now=now())
    click.echo(f"From its next wave on, {key} is divided by {', '.join(items) or 'nothing'}.")


@pulses.command("digests")
@click.argument("key")
@click.argument("wanted", type=click.Choice(["on", "off"]))
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def digests_command(key: str, wanted: str, by: str) -> None:
    """Tell leads and staff by email what came of a wave when its results are out, or tell nobody.

    Example: pulse pulses digests monthly off
    """
    send_digests(key, wanted=wanted == "on", by=by, now=now())
    click.echo(f"When results of {key} are out, {'leads and staff are told' if wanted == 'on' else 'nobody is told'}.")


@pulses.command("comments")
@click.argument("key")
@click.argument("wanted", type=click.Choice(["on", "off"]))
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def comments_command(key: str, wanted: str, by: str) -> None:
    """From a pulse's next wave on, ask for one comment, or ask no more.

    Comments are kept apart from answers, in groups of ten people or more, and a programme lead reads them first.

    Example: pulse pulses comments monthly on
    """
    ask_for_comments(key, wanted=wanted == "on", by=by, now=now())
    click.echo(f"From its next wave on, {key} asks for {'one comment' if wanted == 'on' else 'no comment'}.")


@pulses.command("reminders")
@click.argument("key")
@click.argument("days", nargs=-1, type=click.IntRange(2, 60))
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def reminders_command(key: str, days: tuple[int, ...], by: str) -> None:
    """Remind people who have not answered so many days after a wave opens: twice at most, or, without days, never.

    Example: pulse pulses reminders monthly 3 7
    """
    remind_after(key, days, by=by, now=now())
    click.echo(f"{key} reminds {' and '.join(f'after {day} days' for day in sorted(days)) or 'nobody'}.")
