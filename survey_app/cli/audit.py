"""Check the log of acts."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from survey_app.cli.running import in_application, now
from survey_app.extensions import vault
from survey_app.use_cases.audit_chain import verify_chain


@click.group()
def audit() -> None:
    """Check the log of acts."""


@audit.command("verify")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@in_application
def verify(*, as_json: bool) -> None:
    """Compute every seal over the log anew; status 1 if an entry was changed, removed or reordered.

    Write the head down somewhere else from time to time: if the end of the log were cut off, no seal would tell.

    Example: pulse audit verify
    """
    report = verify_chain(now(), vault())
    if as_json:
        click.echo(json.dumps(asdict(report)))
    else:
        for finding in report.findings:
            click.echo(finding, err=True)
        click.echo(f"{report.sealed} entries sealed, {report.waiting} waiting; head {report.head or 'none yet'}.")
    if report.findings:
        sys.exit(1)
