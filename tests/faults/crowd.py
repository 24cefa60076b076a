"""A crowd that answers over HTTP while things die, and keeps a ledger of what it was told."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from survey_app.processes.broker import LOOPBACK
from tests.factories import same_answer

NO_ANSWER = 0
"""What counts as a status where the connection was refused or broke off."""
THANKS = "Your answers are in"


@dataclass
class Crowd:
    """People with a link each, who press Send once, or again and again until they are thanked."""

    ports: Sequence[int]
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What who holds a link answers; everybody else answers 4."""
    acknowledged: dict[str, float] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    losses: list[str] = field(default_factory=list)
    """Pages of "not now" that did not hold what was sent, or did not say when to come again."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, tokens: Iterable[str], *, at_once: int = 16, patience: float = 0.0) -> list[threading.Thread]:
        """Let everybody answer in threads; with `patience`, each goes on for so many seconds until thanked."""
        left = iter(tokens)
        people = [threading.Thread(target=self._answer_in_turn, args=(left, patience)) for _ in range(at_once)]
        for person in people:
            person.start()
        return people

    def wait_for(self, number: int, seconds: float = 60.0) -> float:
        """Wait until so many are thanked; return how long that took."""
        started = time.monotonic()
        while len(self.acknowledged) < number:
            assert time.monotonic() - started < seconds, (len(self.acknowledged), self.statuses)
            time.sleep(0.01)
        return time.monotonic() - started

    def first_after(self, moment: float) -> float:
        """How many seconds after a moment somebody was thanked again."""
        return min(at for at in self.acknowledged.values() if at > moment) - moment

    def _answer_in_turn(self, left: Iterable[str], patience: float) -> None:
        while True:
            with self._lock:
                token = next(iter(left), None)
            if token is None:
                return
            until = time.monotonic() + patience
            while not self._send(token) and time.monotonic() < until:
                time.sleep(0.1)

    def _send(self, token: str) -> bool:
        port = self.ports[hash(token) % len(self.ports)]
        given = self.answers.get(token, same_answer(4))
        status, page, headers = send(port, token, given)
        with self._lock:
            self.statuses[status] += 1
            if status == 200 and THANKS in page:
                self.acknowledged[token] = time.monotonic()
                return True
            held = f'name="belonging" value="{given["belonging"]}"'
            if status == 503 and (held not in page or "retry-after" not in headers):
                self.losses.append(page)
        return False


def send(port: int, token: str, given: Mapping[str, str] | None = None) -> tuple[int, str, dict[str, str]]:
    """Send one set of answers, and return the status, the page and its headers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    try:
        body = urlencode({**(given or same_answer(4)), "go": "send", "language": "en"})
        connection.request("POST", f"/p/{token}", body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, answer.read().decode(), headers
    except (OSError, http.client.HTTPException):
        return NO_ANSWER, "", {}
    finally:
        connection.close()
