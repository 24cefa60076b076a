"""The commands of `pulse`, each loaded when it is used."""

from __future__ import annotations

import importlib

import click

_COMMANDS = {
    "up": ("survey_app.cli.up:up", "Run the whole product on this machine."),
    "web": ("survey_app.cli.single:web", "Run the web server."),
    "worker": ("survey_app.cli.single:worker", "Run a worker: `send` or `work`."),
    "clock": ("survey_app.cli.single:clock", "Run the clock."),
    "init": ("survey_app.cli.setup:init", "Make the keys and the database."),
    "db": ("survey_app.cli.setup:database", "Look after the database."),
    "groups": ("survey_app.cli.setup:groups", "Add programmes and authorities."),
    "authorities": ("survey_app.cli.authorities:authorities", "Decide when an authority's messages may leave."),
    "senders": ("survey_app.cli.senders:senders", "Look after the accounts that messages leave through."),
    "bounces": ("survey_app.cli.bounces:bounces", "Take in mails that came back."),
    "accounts": ("survey_app.cli.setup:accounts", "Give people a role."),
    "pulses": ("survey_app.cli.setup:pulses", "Add pulses, say what they ask."),
    "instruments": ("survey_app.cli.instruments:instruments", "List, compare, release, import, export instruments."),
    "roster": ("survey_app.cli.roster:roster", "Import rosters."),
    "waves": ("survey_app.cli.waves:waves", "Plan, open, close and list waves."),
    "keys": ("survey_app.cli.keys:keys", "Look after the waves' keys and who holds copies."),
    "results": ("survey_app.cli.results:results", "Import past surveys, print what was published."),
    "psychometrics": ("survey_app.cli.psychometrics:psychometrics", "Analyse answers, run the validation plan."),
    "prove-anonymity": (
        "survey_app.cli.prove_anonymity:prove_anonymity",
        "Attack the store, as whoever holds the database could.",
    ),
    "audit": ("survey_app.cli.audit:audit", "Check the log of acts."),
    "audit-disclosure": (
        "survey_app.cli.audit_disclosure:audit_disclosure_command",
        "Attack everything published, as a reader could.",
    ),
    "maintenance": ("survey_app.cli.maintenance:maintenance_command", "Say on every page that it is looked after."),
    "api-keys": ("survey_app.cli.api_keys:api_keys", "Give programs keys."),
    "backup": ("survey_app.cli.backup:backup", "Copy the database while everything runs."),
    "restore": ("survey_app.cli.backup:restore", "Bring a copy back into an empty database."),
    "retention": ("survey_app.cli.retention:retention", "Delete what was promised to be deleted."),
    "doctor": ("survey_app.cli.doctor:doctor", "Check this installation and say what to mend."),
    "demo": ("survey_app.cli.demo:demo", "Simulate a programme."),
}


class _LazyGroup(click.Group):
    """Loads a command's module when the command is used, so that `pulse --help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every command, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Load a command."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, purpose) for name, (_, purpose) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def pulse() -> None:
    """Two-minute pulse surveys for public-service teams.

    Example: pulse up --demo
    """
