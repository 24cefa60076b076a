"""Run waves by hand; the clock does it otherwise."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from getpass import getuser

import click

from instruments.changes import ChangeLevel
from instruments.verdicts import lines
from survey_app.cli.running import Moment, in_application, now
from survey_app.extensions import settings, vault
from survey_app.queues import ring_delivery
from survey_app.use_cases import digesting, fieldwork, inviting, pausing, pulses, withdrawing


@click.group()
def waves() -> None:
    """Plan, open, close and list waves."""


@waves.command("plan")
@click.argument("key")
@click.option("--pulse", "pulse_key", required=True, help="Key of the pulse.")
@click.option("--label", required=True, help="As pages show it, such as “October 2026”.")
@click.option("--opens", type=Moment(), required=True)
@click.option("--closes", type=Moment(), required=True)
@in_application
def plan(key: str, pulse_key: str, label: str, opens: datetime, closes: datetime) -> None:
    """Put a wave into the calendar.

    Example: pulse waves plan 2026-12 --pulse monthly --label Christmas --opens 2026-12-01T09 --closes 2026-12-11T17
    """
    _require_time(opens, closes)
    pulses.plan_wave(pulse_key, key, label=label, opens_at=opens, closes_at=closes)
    click.echo(f"Planned {label}.")
    _say_what_it_does(key)


@waves.command("bridge")
@click.argument("key")
@click.option("--pulse", "pulse_key", required=True, help="Key of the pulse.")
@click.option("--to", required=True, help="ID@VERSION that the pulse asks from then on.")
@click.option("--label", required=True, help="As pages show it, such as “October 2026”.")
@click.option("--opens", type=Moment(), required=True)
@click.option("--closes", type=Moment(), required=True)
@in_application
def bridge(key: str, pulse_key: str, to: str, label: str, opens: datetime, closes: datetime) -> None:
    """Plan a bridge: half of each team, at random, is asked the version so far, the other half the new one.

    It shows what a change of questions does by itself. Teams of fewer than twice the minimum have no figure of their
    own in a bridge.

    Example: pulse waves bridge 2026-12 --pulse monthly --to my-pulse@2.0.0 --label December --opens 2026-12-01T09
    --closes 2026-12-11T17
    """
    _require_time(opens, closes)
    pulses.plan_bridge(pulse_key, key, to, label=label, opens_at=opens, closes_at=closes)
    click.echo(f"Planned the bridge {label}: {key}-old and {key}-new open together.")
    _say_what_it_does(f"{key}-new")


@waves.command("open")
@click.argument("key")
@in_application
def open_(key: str) -> None:
    """Open a planned wave now and invite everybody.

    Example: pulse waves open 2026-12
    """
    _say_what_it_does(key)
    if unknown := inviting.leads_not_on_a_roster():
        click.echo(
            f"Team leads on no roster: {', '.join(unknown)}. If they answer under another address, their answers are "
            "counted in their own team; put their work address on the roster to have them counted one level up.",
            err=True,
        )
    messages = fieldwork.open_wave(pulses.find_wave_id(key), now(), vault())
    ring_delivery(settings().redis_url, messages, now())
    click.echo(f"Opened {key}: {len(messages)} messages in the outbox.")


@waves.command("close")
@click.argument("key")
@in_application
def close(key: str) -> None:
    """Close a wave now: open its ballots, publish, destroy its key, draw its charts.

    Example: pulse waves close 2026-12
    """
    from survey_app.use_cases.closing import close_wave  # here: only closing needs the scoring libraries
    from survey_app.use_cases.describing import describe_waves
    from survey_app.use_cases.disclosure_audit import audit_disclosure
    from survey_app.use_cases.drawing import draw_charts

    close_wave(pulses.find_wave_id(key), now(), vault())
    describe_waves(now())
    audit_disclosure(now())
    drawn = draw_charts(now())
    digests = digesting.plan_digests(now())
    ring_delivery(settings().redis_url, digests, now())
    click.echo(f"Closed {key}: published, {drawn} charts drawn, key destroyed, {len(digests)} digests in the outbox.")


@waves.command("pause")
@click.argument("key")
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def pause(key: str, by: str) -> None:
    """Hold an open wave: it takes no answers and sends nothing until `pulse waves resume`. It closes in its time.

    Example: pulse waves pause 2026-12
    """
    paused = pausing.pause_wave(key, by=by, now=now())
    click.echo(f"Paused {key}. What is in stays in; links stay good." if paused else f"{key} was paused already.")


@waves.command("resume")
@click.argument("key")
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def resume(key: str, by: str) -> None:
    """Let a paused wave go on: answers are taken, and messages that waited leave.

    Example: pulse waves resume 2026-12
    """
    click.echo(f"{key} goes on." if pausing.resume_wave(key, by=by, now=now()) else f"{key} was not paused.")


@waves.command("withdraw")
@click.argument("key")
@click.option("--because", required=True, help="Why; readers of its receipt see this.")
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def withdraw(key: str, because: str, by: str) -> None:
    """Take a wave that should not have been off every page, for good. Nothing is ever published in its place.

    Example: pulse waves withdraw 2026-12 --because "asked of the wrong teams" --by "Dev Patel"
    """
    from survey_app.use_cases.drawing import draw_charts  # here: only drawing needs the chart engine

    withdrawing.withdraw_wave(key, because=because, by=by, now=now())
    click.echo(f"Withdrew {key}; {draw_charts(now())} charts drawn without it.")


@waves.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@in_application
def list_(*, as_json: bool) -> None:
    """List every wave.

    Example: pulse waves list
    """
    found = pulses.list_waves()
    if as_json:
        click.echo(json.dumps([asdict(wave) for wave in found], default=str))
        return
    for wave in found:
        days = f"{wave.opens_at:%Y-%m-%d} to {wave.closes_at:%Y-%m-%d}"
        click.echo(f"{wave.key}  {wave.state:8}  {days}  {wave.asks}  {wave.label}")


def _require_time(opens: datetime, closes: datetime) -> None:
    if closes - opens < 2 * fieldwork.LAST_MESSAGE_BEFORE_CLOSE:
        raise click.BadParameter("a wave stays open for four hours or more", param_hint="--closes")


def _say_what_it_does(key: str) -> None:
    """Before a wave opens, say what its questions will do to the lines of its pulse."""
    verdict = pulses.verdict_before_opening(key)
    if verdict is not None and verdict.level > ChangeLevel.PATCH:
        for line in lines(verdict):
            click.echo(line, err=True)
