"""The whole product on a port of its own, and a real browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import update

from survey_app.app import create_app
from survey_app.extensions import close_connections, db
from survey_app.models.pulses import Pulse
from survey_app.processes.broker import free_port
from tests.factories import Studio
from tests.journeys.street import served

CHROMIUM = shutil.which("chromium")
SCREENSHOTS = Path("build") / "screenshots"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1280, "height": 900}


@dataclass
class Product:
    """`pulse up --demo`, running."""

    url: str
    environment: dict[str, str]

    def pulse(self, *arguments: str) -> str:
        """Run a command beside it."""
        command = [sys.executable, "-m", "survey_app", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout

    def published(self) -> list[dict[str, object]]:
        return json.loads(self.pulse("results", "published", "--json"))


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A demo of two authorities and eight waves, started as its user would start it."""
    folder = tmp_path_factory.mktemp("product")
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TEST_")},
        "DATA_DIR": str(folder / "instance"),
        "PORT": str(port),
    }
    made = Product(f"http://127.0.0.1:{port}", environment)
    made.pulse("init")
    made.pulse("demo", "seed", "--authorities", "2", "--waves", "8")
    log = (folder / "up.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "survey_app", "up", "--demo"], env=environment, stdout=log, stderr=log
    )
    _wait_for(made.url, process, folder / "up.log")
    yield made
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    log.close()
    assert not _family_of(str(folder))
    _assert_nothing_leaked(folder / "instance", (folder / "up.log").read_bytes())


def _assert_nothing_leaked(data_dir: Path, log: bytes) -> None:
    """What the demo's people received names the secrets of the run: none of them is in the database or in the log."""
    received = b"".join(path.read_bytes() for path in (data_dir / "demo-mailbox").rglob("*") if path.is_file())
    secrets = set(re.findall(rb"/[po]/([1-9A-HJ-NP-Za-km-z]{16})\b", received))
    secrets |= set(re.findall(rb"/sign-in/([0-9a-f]{64})", received))
    secrets |= set(re.findall(rb"[\w.]+@staff\.example\.org", received)) | set(
        re.findall(rb"\+447700900\d{3}", received)
    )
    held = log + b"".join(path.read_bytes() for path in data_dir.glob("pulse.sqlite*"))
    assert len(secrets) > 50
    assert [secret for secret in secrets if secret in held] == []


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{url}/health/ready", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())


def _family_of(mark: str) -> list[str]:
    """Processes whose environment or command names a folder of this product."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            seen = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if mark.encode() in seen and int(entry.name) != os.getpid():
            found.append(entry.name)
    return found


@dataclass
class Visitor:
    """Somebody at a browser of a certain size, whose console stays empty."""

    context: BrowserContext
    url: str
    page: Page = field(init=False)
    console: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.console.append(message.text))

    def go(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.url + path)

    def sign_in(self, email: str) -> None:
        """Ask for a link and follow it from the demo's outbox."""
        known = self._letters()
        self.go("/sign-in")
        self.page.fill("#email", email)
        self.page.get_by_role("button", name="Send me a link").click()
        for _ in range(150):
            fresh = [link for link in self._letters() if link not in known]
            if fresh:
                self.go(fresh[0])
                self.page.get_by_role("button", name="Sign in to Crescendo Pulse").click()
                return
            time.sleep(0.2)
        raise AssertionError("no link arrived")

    def _letters(self) -> list[str]:
        self.go("/demo/outbox")
        return re.findall(r'href="([^"]*/sign-in/[0-9a-f]{64})"', self.page.content())

    def show(self, name: str) -> None:
        """Keep a picture of the page, and hold it to what every page must keep."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        width = self.page.viewport_size["width"]
        self.page.screenshot(path=SCREENSHOTS / f"{name}_{width}.png", full_page=True)
        violations = Axe().run(self.page).response["violations"]
        assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == []
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width
        self.page.set_viewport_size({"width": 320, "height": 640})
        assert self.page.evaluate("document.documentElement.scrollWidth") <= 320
        self.page.set_viewport_size({"width": width, "height": 844})
        assert self.console == []


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: make browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(params=[PHONE, LAPTOP], ids=["phone", "laptop"])
def visitor(request: pytest.FixtureRequest, chromium: Browser, product: Product) -> Iterator[Visitor]:
    context = chromium.new_context(viewport=request.param)
    yield Visitor(context, product.url)
    context.close()


@pytest.fixture
def laptop(chromium: Browser, product: Product) -> Iterator[Visitor]:
    context = chromium.new_context(viewport=LAPTOP)
    yield Visitor(context, product.url)
    context.close()


@pytest.fixture
def phone(chromium: Browser, product: Product) -> Iterator[Visitor]:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=True)
    yield Visitor(context, product.url)
    context.close()


@pytest.fixture
def town(settings, migrated_sqlite):
    """A wave of a pulse that asks for a comment, opened yesterday for people to meet."""
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "pulse.sqlite").write_bytes(migrated_sqlite.read_bytes())
    app = create_app(replace(settings, contact_email="pulse@example.org"))
    with app.app_context():
        studio = Studio(app)
        studio.set_up({"Team A": 8, "Team B": 6})
        db.session.execute(update(Pulse).values(asks_comment=True))
        db.session.commit()
        wave = studio.open(opened_at=datetime.now(UTC) - timedelta(days=1))
        with served(app) as url:
            yield wave, url
        db.session.remove()
        close_connections()
