"""The pages alone, on a port of their own: a wave in the hands of the test, and a browser in front of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from survey_app.extensions import db

SCREENSHOTS = Path("build") / "screenshots"
SIZES = {"phone": (390, 844), "laptop": (1280, 900)}


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application from a thread; yield its address."""
    db.session.rollback()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def inspect(page: Page, name: str) -> None:
    """Hold a page to what every page keeps: nothing axe finds, light and dark; nothing cut off, however narrow."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=SCREENSHOTS / f"state_{name}_{size}.png", full_page=True)
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], (name, scheme)
        if scheme == "dark":
            page.screenshot(path=SCREENSHOTS / f"state_{name}_dark.png", full_page=True)
    page.emulate_media(color_scheme="no-preference")
