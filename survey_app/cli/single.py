"""One process each: what the Procfile names."""

from __future__ import annotations

import os
import sys

import click

from survey_app.cli.running import clear_errors, fail, make_app
from survey_app.extensions import settings

GRANIAN = (
    "--interface", "wsgi",
    "--workers", os.environ.get("WEB_CONCURRENCY", "2"),
    "--blocking-threads", "128",  # they wait for requests that come in slowly; `views.gate` lets two of them on
    "--backpressure", "128",
    "--http1-header-read-timeout", "5000",  # milliseconds: a phone that stops in the middle is not waited for longer
    "--respawn-failed-workers",
    "--respawn-interval", "0.5",
    "--workers-max-rss", "400",  # MiB: a worker that has grown so large is replaced
    "--workers-kill-timeout", "20",
    "--no-ws",
    "--log-level", "error",  # its warnings are about choices that are explained here
)  # fmt: skip


@click.command()
def web() -> None:
    """Run the web server.

    Example: PORT=8080 pulse web
    """
    with clear_errors(), make_app().app_context():
        address = ("--host", settings().host, "--port", str(settings().port))
    arguments = [sys.executable, "-m", "granian", *GRANIAN, *address, "survey_app.wsgi:app"]
    os.execv(sys.executable, arguments)


@click.command()
@click.argument("queue", type=click.Choice(["send", "work"]))
def worker(queue: str) -> None:
    """Run a worker of one queue.

    Example: pulse worker send
    """
    from survey_app.processes.worker import work  # here: other commands need no worker

    with clear_errors():
        app = make_app()
        with app.app_context():
            _require_broker()
        work(app, queue)


@click.command()
def clock() -> None:
    """Run the clock.

    Example: pulse clock
    """
    from survey_app.processes.clock import run_clock  # here: other commands need no clock

    with clear_errors():
        app = make_app()
        with app.app_context():
            _require_broker()
        run_clock(app)


def _require_broker() -> None:
    if not settings().redis_url:
        fail("The setting REDIS_URL is missing: set it, or run `pulse up`, which starts a broker of its own.")
