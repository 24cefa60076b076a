"""Decide when an authority's messages may leave."""

from __future__ import annotations

from getpass import getuser
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from dashboards.snapshots import Level
from notifications.errors import UnusableWindow
from notifications.windows import WEEKDAYS, Nation, SendingWindow
from survey_app.cli.running import fail, in_application, now
from survey_app.extensions import settings
from survey_app.stores.sending_windows import window_of
from survey_app.use_cases.groups import find_group
from survey_app.use_cases.sending_terms import set_sending_window


@click.group()
def authorities() -> None:
    """Decide when an authority's messages may leave."""


@authorities.command("window")
@click.argument("key")
@click.option("--opens", type=click.DateTime(["%H:%M"]), default="08:30", show_default=True)
@click.option("--closes", type=click.DateTime(["%H:%M"]), default="17:30", show_default=True)
@click.option(
    "--day", "days", type=click.Choice(WEEKDAYS), multiple=True, default=WEEKDAYS[:5], help="Monday to Friday."
)
@click.option("--time-zone", help="The setting DEFAULT_TIME_ZONE where left out.")
@click.option("--nation", type=click.Choice([str(nation) for nation in Nation]), default=str(Nation.ENGLAND))
@click.option("--no-holidays", is_flag=True, help="Send on bank holidays too.")
@click.option("--closed", "closures", type=click.DateTime(["%Y-%m-%d"]), multiple=True, help="A day without messages.")
@click.option("--by", default=getuser, help="Who says so, for the audit log.")
@in_application
def window_command(key: str, by: str, **given: Any) -> None:  # Any: the options above, as click reads them
    """Let an authority's messages leave in these hours only, but for sign-in links.

    Example: pulse authorities window ashcombe --opens 09:00 --closes 17:00 --closed 2026-12-24
    """
    time_zone = given["time_zone"] or settings().default_time_zone
    try:
        ZoneInfo(time_zone)
        window = SendingWindow(
            time_zone=time_zone,
            nation=None if given["no_holidays"] else Nation(given["nation"]),
            opens=given["opens"].time(),
            closes=given["closes"].time(),
            days=frozenset(WEEKDAYS.index(day) for day in given["days"]),
            closures=frozenset(closure.date() for closure in given["closures"]),
        )
    except (ZoneInfoNotFoundError, ValueError):
        fail(f"{time_zone!r} is not a time zone such as Europe/London.")
    except UnusableWindow as problem:
        fail(str(problem))
    set_sending_window(key, window, by=by, now=now())
    click.echo(f"{key}: {_said(window)}")


@authorities.command("show")
@click.argument("key")
@in_application
def show_command(key: str) -> None:
    """Say when an authority's messages may leave, and when they next do.

    Example: pulse authorities show ashcombe
    """
    window = window_of(find_group(key, Level.AUTHORITY).id)
    click.echo(f"{key}: {_said(window)}")
    opening = window.next_opening(now()).astimezone(ZoneInfo(window.time_zone))
    click.echo("Open now." if window.is_open(now()) else f"Opens next on {opening:%A %d %B at %H:%M}.")


def _said(window: SendingWindow) -> str:
    days = " ".join(WEEKDAYS[day] for day in sorted(window.days))
    holidays = (
        f"without bank holidays of {window.nation.replace('_', ' ')}" if window.nation else "on bank holidays too"
    )
    closed = "".join(f", closed {day:%Y-%m-%d}" for day in sorted(window.closures))
    return f"{window.opens:%H:%M} to {window.closes:%H:%M} {window.time_zone}, {days}, {holidays}{closed}"
