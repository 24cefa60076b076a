"""A service shaped like GOV.UK Notify: checks the token, keeps what it takes, and misbehaves where it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import jwt

from survey_app.processes.broker import LOOPBACK

SERVICE, SECRET = str(uuid4()), str(uuid4())
API_KEY = f"pulse-{SERVICE}-{SECRET}"


class NotifyPeer:
    """`fault` is what goes wrong with the next messages: a status, `accept then 500`, `accept then drop` or `hang`."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.taken: list[dict] = []
        self._server = ThreadingHTTPServer((LOOPBACK, 0), _handler(self))
        self._server.handle_error = lambda *_: None
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, kind: str, body: dict) -> dict:
        kept = {**body, "id": str(uuid4()), "type": kind, "status": "created"}
        self.taken.append(kept)
        return kept


_AFTER_TAKING: dict[str, tuple[int, object]] = {
    "accept then 500": (500, {"errors": []}),
    "accept then garbage": (201, b"<html>"),
    "accept without id": (201, {}),
}


def _handler(peer: NotifyPeer) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"peer": peer})


class _Handler(BaseHTTPRequestHandler):
    peer: NotifyPeer

    def do_POST(self):
        body, fault = json.loads(self.rfile.read(int(self.headers["Content-Length"]))), self.peer.fault
        if not _is_ours(self.headers["Authorization"]):
            self.answer(403, {"errors": [{"error": "AuthError", "message": "Invalid token"}]})
        elif fault[:1] in {"4", "5"}:
            status, _, message = fault.partition(" ")
            self.answer(int(status), {"errors": [{"error": "BadRequestError", "message": message}]})
        elif fault == "hang":
            time.sleep(1.5)
        elif fault == "drop":
            self.connection.close()
        else:
            self.take(body)

    def take(self, body):
        kept = self.peer.take(self.path.rpartition("/")[2], body)
        if self.peer.fault == "accept then drop":
            self.connection.close()
        else:
            self.answer(*_AFTER_TAKING.get(self.peer.fault, (201, {"id": kept["id"]})))

    def do_GET(self):
        if self.peer.fault.startswith("list "):
            self.answer(*{"list 500": (500, {}), "list garbage": (200, {"unheard": "of"})}[self.peer.fault])
            return
        reference = parse_qs(urlsplit(self.path).query).get("reference", [""])[0]
        ours = _is_ours(self.headers["Authorization"])
        found = [kept for kept in self.peer.taken if kept["reference"] == reference] if ours else []
        self.answer(200, {"notifications": found, "links": {}})

    def answer(self, status, body):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


def _is_ours(authorization: str) -> bool:
    try:
        token = authorization.removeprefix("Bearer ")
        return jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_aud": False})["iss"] == SERVICE
    except (jwt.InvalidTokenError, KeyError):
        return False


@contextmanager
def notify_peer(fault: str = "") -> Iterator[NotifyPeer]:
    peer = NotifyPeer(fault)
    try:
        yield peer
    finally:
        peer.close()
