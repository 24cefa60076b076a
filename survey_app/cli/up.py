"""Run the whole product on this machine, keeping its processes alive."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import click
from redis import Redis
from redis.exceptions import RedisError

from survey_app.cli.running import clear_errors, fail
from survey_app.cli.setup import ensure_secrets
from survey_app.config import Settings, load_settings
from survey_app.processes.broker import LOOPBACK, EmbeddedBroker, NoBroker, free_port, prepare_broker
from survey_app.processes.supervisor import ChildProcess, Supervisor, die_with_parent

_PULSE = (sys.executable, "-m", "survey_app")
_READY_SECONDS = 60


@click.command()
@click.option("--demo", is_flag=True, help="With a simulated programme, and providers of its own.")
def up(*, demo: bool) -> None:
    """Run web, workers, clock and, where REDIS_URL is not set, a broker. Ctrl-C stops them all.

    Example: pulse up --demo
    """
    with clear_errors():
        settings = _prepare(demo=demo)
    supervisor = Supervisor()
    with contextlib.ExitStack() as afterwards:
        afterwards.callback(supervisor.end)
        if demo:
            supervisor.start(_demo_peers(settings))
        if not settings.redis_url:
            broker = _prepare_broker()
            afterwards.callback(shutil.rmtree, broker.folder, ignore_errors=True)
            afterwards.callback(supervisor.end)
            supervisor.start(ChildProcess("broker", broker.command, is_shared=True))
        if os.environ.get("BOUNCE_LISTEN"):
            supervisor.start(ChildProcess("bounces", (*_PULSE, "bounces", "listen")))
        for name, arguments in _PROCESSES.items():
            supervisor.start(ChildProcess(name, (*_PULSE, *arguments)))
        _wait_until_ready(settings, supervisor)
        _say_where(settings, demo=demo)
        with contextlib.suppress(KeyboardInterrupt):
            supervisor.keep_running()
    click.echo("Stopped.")


_PROCESSES = {
    "web": ("web",),
    "worker send": ("worker", "send"),
    "worker work": ("worker", "work"),
    "clock": ("clock",),
}


def _prepare(*, demo: bool) -> Settings:
    """Check what can be checked, make what is missing, and leave the children's settings in the environment."""
    data_dir = Path(os.environ.get("DATA_DIR") or "instance").resolve()
    ensure_secrets(data_dir)
    if demo:
        os.environ["DEMO"] = "yes"
        os.environ.setdefault("CONTACT_EMAIL", "pulse@example.org")
    settings = load_settings(os.environ)
    _require_free_port(settings)
    _require_answering_broker(settings)
    _run("db", "upgrade")
    if demo:
        _run("demo", "seed", "--if-empty")
    return settings


def _require_free_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            fail(f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}). Set PORT to another one.")


def _require_answering_broker(settings: Settings) -> None:
    if not settings.redis_url:
        return
    try:
        with contextlib.closing(Redis.from_url(settings.redis_url, socket_connect_timeout=3)) as client:
            client.ping()
    except RedisError as error:
        fail(f"The broker of REDIS_URL does not answer ({type(error).__name__}). Start it, or leave REDIS_URL empty.")


def _run(*arguments: str) -> None:
    ended = subprocess.run([*_PULSE, *arguments], check=False, preexec_fn=die_with_parent)
    if ended.returncode:
        sys.exit(ended.returncode)


def _demo_peers(settings: Settings) -> ChildProcess:
    from survey_app.demo import text_peer  # here: only a demo has peers

    mail_port, text_port, bounce_port = free_port(), free_port(), free_port()
    os.environ.update(
        SMTP_URL=f"smtp://{LOOPBACK}:{mail_port}",
        BOUNCE_LISTEN=f"{LOOPBACK}:{bounce_port}",
        TWILIO_ACCOUNT_SID=text_peer.ACCOUNT_SID,
        TWILIO_AUTH_TOKEN=text_peer.AUTH_TOKEN,
        TWILIO_MESSAGING_SERVICE_SID=text_peer.MESSAGING_SERVICE_SID,
        TWILIO_BASE_URL=f"http://{LOOPBACK}:{text_port}",
    )
    folder, replies = str(settings.mailbox_dir), f"{settings.public_base_url}/hooks/twilio/inbound"
    ports = (folder, str(mail_port), str(text_port), "--bounces", os.environ["BOUNCE_LISTEN"], "--replies", replies)
    return ChildProcess("demo peers", (*_PULSE, "demo", "peers", *ports), is_shared=True)


def _prepare_broker() -> EmbeddedBroker:
    """Prepare a broker of our own, and let the children know where it will be."""
    try:
        broker = prepare_broker()
    except NoBroker as error:
        fail(str(error))
    os.environ["REDIS_URL"] = broker.url
    return broker


def _wait_until_ready(settings: Settings, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        supervisor.look_after()
        try:
            with urllib.request.urlopen(f"http://{settings.host}:{settings.port}/health/ready", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    fail(f"The web server did not answer within {_READY_SECONDS} seconds; the lines above say why.")


def _say_where(settings: Settings, *, demo: bool) -> None:
    base = settings.public_base_url
    click.echo(f"\nCrescendo Pulse runs at {base}")
    if demo:
        click.echo(f"  Answer a pulse:  {base}/demo/outbox  (open a link, on a phone-sized window)")
        click.echo(f"  Read results:    {base}/sign-in  as ben@example.org (a team lead)")
        click.echo("                   or dev@example.org (the programme lead)")
    click.echo("Ctrl-C stops everything.", nl=True)
    sys.stdout.flush()
