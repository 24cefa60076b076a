"""Play the reader who holds everything that was ever published."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from survey_app.cli.running import in_application, now
from survey_app.use_cases.disclosure_audit import AuditedWave, audit_disclosure


@click.command("audit-disclosure")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@in_application
def audit_disclosure_command(*, as_json: bool) -> None:
    """Attack everything published so far, and say how near it came to anybody; status 1 if it found somebody.

    It takes every shown figure of every wave, withdrawn ones too, with the bounds that rounding leaves, and looks for
    any weighted sum over fewer than k people that follows, and for any answer left less than W points of room.

    Example: pulse audit-disclosure
    """
    waves = audit_disclosure(now())
    if as_json:
        click.echo(
            json.dumps([asdict(wave) | {"fewest": wave.fewest, "least_room": wave.least_room} for wave in waves])
        )
    else:
        for wave in waves:
            _say(wave)
    findings = sum(wave.findings for wave in waves)
    if not as_json:
        figures = sum(wave.figures for wave in waves)
        click.echo(f"{len(waves)} waves, {figures} figures shown: {findings or 'no'} findings.")
    if findings:
        sys.exit(1)


def _say(wave: AuditedWave) -> None:
    if wave.fewest is None or wave.least_room is None:
        click.echo(f"{wave.wave}: nothing shown")
        return
    click.echo(
        f"{wave.wave}: nothing is certain about fewer than {wave.fewest} people (k {wave.minimum_group_size}); "
        f"no answer is left less than {wave.least_room:.0f} points of room (W {wave.answer_width:g})"
    )
    for found in wave.measures:
        for leak in found.leaks:
            click.echo(f"  FOUND {found.measure}: {leak.kind}, {leak.people} people in {', '.join(leak.units)}")
