"""A stage for faults: an open wave, providers in a process of their own, a broker, and workers that may be killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from redis import Redis
from sqlalchemy import select

from notifications.messages import MessageState
from survey_app.config import Settings
from survey_app.demo.mailbox import read_texts
from survey_app.demo.text_peer import ACCOUNT_SID, AUTH_TOKEN, LOOPBACK, MESSAGING_SERVICE_SID
from survey_app.extensions import db
from survey_app.models.messages import Attempt, Message
from survey_app.processes.broker import free_port
from survey_app.processes.clock import tick
from survey_app.use_cases.enrolment import import_roster
from tests.factories import Studio, roster_file
from tests.faults.installation import environment_of, kill_session

DONE = frozenset({MessageState.ACCEPTED, MessageState.DELIVERED})
ENDED = DONE | {MessageState.FAILED, MessageState.UNCONFIRMED, MessageState.EXPIRED, MessageState.UNDELIVERED}


@dataclass
class Stage:
    """What a test of faults plays on."""

    studio: Studio
    settings: Settings
    folder: Path
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    # --- people and messages

    def open_wave(self, people: int, *, texts_only: bool = True) -> Sequence[UUID]:
        """Open a wave for so many people and return the ids of their messages."""
        self.studio.set_up({})
        names = [(f"Team {chr(65 + number // 20)}", number) for number in range(people)]
        rows = [
            {
                "staff_ref": f"P{number}",
                "email": "" if texts_only else f"p{number}@staff.example.org",
                "mobile": f"07700 900{100 + number:03d}" if texts_only else "",
                "team": team,
                "service_area": "Early Help",
            }
            for team, number in names
        ]
        report = import_roster(
            "northtown", roster_file(rows), datetime(2026, 1, 1, tzinfo=UTC).date(), self.studio.vault
        )
        assert not report.refused
        return self.studio.open(opened_at=datetime.now(UTC)).messages

    def states(self) -> Counter[str]:
        """How many messages are in each state."""
        found = Counter(db.session.scalars(select(Message.state)))
        db.session.rollback()
        return found

    def ledger(self) -> Counter[str]:
        """How many texts the peer took for each number: the truth."""
        return Counter(text["to"] for text in read_texts(self.folder))

    def minutes_pass(self, minutes: float) -> None:
        """Move everything that was written down into the past, which is the same as waiting."""
        by = timedelta(minutes=minutes)
        for message in db.session.scalars(select(Message)):
            message.not_before -= by
            message.lease_until = message.lease_until and message.lease_until - by
            message.asked_at = message.asked_at and message.asked_at - by
        for attempt in db.session.scalars(select(Attempt)):
            attempt.claimed_at -= by
        db.session.commit()

    # --- processes

    def environment(self, **more: str) -> dict[str, str]:
        """What a process of the product finds in its environment."""
        current = self.settings
        return {
            **environment_of(current),
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_MESSAGING_SERVICE_SID": MESSAGING_SERVICE_SID,
            "TWILIO_BASE_URL": current.twilio_base_url,
            "SMTP_URL": current.smtp_url,
            "RESEND_WHEN_ABSENT": "yes",
            **more,
        }

    def worker(self, **more: str) -> subprocess.Popen[bytes]:
        """Start a worker of the send queue in a session of its own."""
        command = [sys.executable, "-m", "tests.faults.worker_program", "send"]
        child = subprocess.Popen(command, env=self.environment(**more), start_new_session=True)
        self.children.append(child)
        return child

    def ring(self, **changes: object) -> None:
        """Let the clock go round once."""
        tick(replace(self.settings, **changes), datetime.now(UTC))  # type: ignore[arg-type]

    def finish(self, *, rounds: int = 12, **more: str) -> Counter[str]:
        """Let time pass and a healthy worker work until nothing is left to do."""
        worker = self.worker(**more)
        for _ in range(rounds):
            self.ring()
            self.settle()
            if set(self.states()) <= ENDED:
                break
            self.minutes_pass(17)
        kill(worker)
        return self.states()

    def settle(self, seconds: float = 1.0) -> None:
        """Wait until the queue is empty and nothing has changed for a moment."""
        broker = Redis.from_url(self.settings.redis_url)
        before, since, deadline = None, time.monotonic(), time.monotonic() + 40
        while time.monotonic() < since + seconds:
            assert time.monotonic() < deadline, "it does not settle"
            now = broker.llen("rq:queue:send"), self.states(), sum(self.ledger().values())
            if now != before or now[0]:
                before, since = now, time.monotonic()
            time.sleep(0.05)
        broker.close()

    def wait_until(self, condition: Callable[[], object], seconds: float) -> None:
        """Wait for something to come true."""
        deadline = time.monotonic() + seconds
        while not condition():
            db.session.rollback()
            assert time.monotonic() < deadline, "it did not come true in time"
            time.sleep(0.05)
        db.session.rollback()

    def stopped(self, path: Path) -> int:
        """Wait until a process has stopped where it was told to; return its id."""
        self.wait_until(lambda: path.exists() and path.read_text().isdecimal(), 30)
        return int(path.read_text())

    def end(self) -> None:
        """End every process that was started."""
        for child in self.children:
            kill(child)


def kill(child: subprocess.Popen[bytes]) -> None:
    """End a process and everything in its session at once, as a power cut does."""
    kill_session(child.pid)
    child.wait(10)


@contextmanager
def a_stage(
    studio: Studio, settings: Settings, broker_url: str, peer: str = "tests.faults.peer_program"
) -> Iterator[Stage]:
    """Set the stage, with the text peer in a process of its own."""
    port = free_port()
    folder = settings.data_dir / "ledger"
    folder.mkdir(parents=True, exist_ok=True)
    current = replace(
        studio.app.extensions["pulse_settings"],
        redis_url=broker_url,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=AUTH_TOKEN,
        twilio_messaging_service_sid=MESSAGING_SERVICE_SID,
        twilio_base_url=f"http://{LOOPBACK}:{port}",
        resend_when_absent=True,
    )
    stage = Stage(studio, current, folder)
    stage.children.append(
        subprocess.Popen([sys.executable, "-m", peer, str(folder), str(port)], start_new_session=True)
    )
    stage.wait_until(lambda: _answers(current.twilio_base_url), 20)
    try:
        yield stage
    finally:
        stage.end()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/?To=nobody", timeout=1).close()
    except (urllib.error.URLError, OSError):
        return False
    return True


def misbehave(folder: Path, **plan: object) -> None:
    """Tell the peer what to do with the texts to come: see `tests.faults.peer_program`."""
    (folder / "plan.json").write_text(json.dumps(plan))
