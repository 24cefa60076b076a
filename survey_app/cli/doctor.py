"""Check this installation and say what to mend."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from survey_app.cli.running import in_application, now
from survey_app.doctor import Verdict, examine
from survey_app.extensions import settings, vault


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@in_application
def doctor(*, as_json: bool) -> None:
    """Check this installation and say what to mend; status 1 if anything is wrong.

    Example: pulse doctor
    """
    findings = list(examine(settings(), vault(), now()))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            click.echo(f"{finding.verdict:8} {finding.check}: {finding.found}")
            if finding.hint:
                click.echo(f"         {finding.hint}")
    if any(finding.verdict is Verdict.WRONG for finding in findings):
        sys.exit(1)
