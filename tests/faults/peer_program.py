"""The demo's text peer, misbehaving as `plan.json` in its folder says.

`{"fault": "accept then drop", "times": 1}` spoils the next one; `{"odds": 0.4, "seed": 7}` spoils that share of all,
each in a way drawn by chance; `{"hide": 1}` leaves everything out of the list once.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from survey_app.demo.text_peer import TextHandler, TextPeer, start_text_peer

FAULTS = (
    "accept then 500",
    "accept then drop",
    "accept then hang",
    "accept then garbage",
    "429",
    "503",
    "drop",
)
LOCK = Lock()


class SpoiltHandler(TextHandler):
    """Spoils what the plan says."""

    hang_seconds = 3.0

    def do_POST(self) -> None:
        fault = self._next_fault()
        self.fault = fault
        if fault == "drop":
            self._discard()
            self.connection.close()
        elif fault in {"429", "503"}:
            self._discard()
            self.answer(int(fault), {"code": 20429 if fault == "429" else 20503, "message": "x", "status": int(fault)})
        else:
            super().do_POST()

    def taken(self, text: Mapping[str, str]) -> None:
        if self.fault == "accept then 500":
            self.answer(500, {"code": 20500, "message": "x", "status": 500})
        elif self.fault == "accept then drop":
            self.connection.close()
        elif self.fault == "accept then hang":
            time.sleep(self.hang_seconds)
        elif self.fault == "accept then garbage":
            self.answer(201, {})
        elif self.fault == "slow":
            time.sleep(0.05)
            super().taken(text)
        else:
            super().taken(text)

    def do_GET(self) -> None:
        plan = self._plan()
        if plan.get("hide", 0) > 0:
            self._write({**plan, "hide": plan["hide"] - 1})
            self.answer(200, {"messages": []})
        else:
            super().do_GET()

    def _discard(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _plan(self) -> dict[str, Any]:
        path = Path(self.peer.folder) / "plan.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def _write(self, plan: Mapping[str, Any]) -> None:
        (Path(self.peer.folder) / "plan.json").write_text(json.dumps(plan))

    def _next_fault(self) -> str:
        with LOCK:
            plan = self._plan()
            if plan.get("times", 0) > 0:
                self._write({**plan, "times": plan["times"] - 1})
                return self._noted(plan["fault"])
            if "odds" in plan:
                chance = CHANCE.setdefault("it", random.Random(plan["seed"]))
                if chance.random() < plan["odds"]:
                    return self._noted(chance.choice(FAULTS))
            return str(plan.get("always", ""))

    def _noted(self, fault: str) -> str:
        with (Path(self.peer.folder) / "faults.txt").open("a") as file:
            file.write(fault + "\n")
        return fault


CHANCE: dict[str, random.Random] = {}


def main() -> None:
    """Serve until killed."""
    peer = TextPeer(Path(sys.argv[1]))
    server = start_text_peer(peer, int(sys.argv[2]))
    server.RequestHandlerClass = type("Handler", (SpoiltHandler,), {"peer": peer})
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.serve_forever()


if __name__ == "__main__":
    main()
