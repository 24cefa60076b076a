"""From an empty installation to a planned first wave of an authority with thirty teams, from one messy file."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe

from survey_app.demo.mail_peer import start_mail_server
from survey_app.demo.mailbox import list_letters
from survey_app.processes.broker import free_port
from tests.journeys.conftest import LAPTOP, Product, _wait_for
from tests.journeys.street import SCREENSHOTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TEAMS, PEOPLE_A_TEAM = 30, 8


@pytest.fixture
def installation(tmp_path):
    """A product that is no demo, with a real mail server before it, and the first lead made on the command line."""
    port, mail_port = free_port(), free_port()
    mail = start_mail_server(tmp_path / "mailbox", mail_port)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TEST_")},
        "DATA_DIR": str(tmp_path / "instance"),
        "PORT": str(port),
        "SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
    }
    made = Product(f"http://127.0.0.1:{port}", environment)
    made.pulse("init")
    made.pulse("groups", "add", "crescendo", "--name", "Crescendo programme", "--level", "programme")
    lead = ("--name", "Dev Patel", "--role", "programme_lead", "--group", "crescendo")
    made.pulse("accounts", "add", "dev@example.org", *lead)
    with (tmp_path / "up.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "survey_app", "up"], env=environment, stdout=log, stderr=log)
        _wait_for(made.url, process, tmp_path / "up.log")
        yield made, tmp_path / "mailbox"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    mail.stop()


def messy_file():
    """As a council would send it: a title, its own headings, semicolons, Windows letters, a repeated and a bad row."""
    lines = ["Children’s services staff list;;;;;", ";;;;;"]
    lines += ["Payroll number;Full name;Work e-mail;Mobile;Team;Department"]
    for number in range(TEAMS * PEOPLE_A_TEAM):
        team = number // PEOPLE_A_TEAM
        area = ("Early Help", "Safeguarding", "Children in Care")[team // 10]
        name, address = f"Zoë Person {number}", f"person.{number}@staff.example.org"
        lines.append(f"E{1000 + number}; {name} ;{address};;{area} {team + 1} ;{area}")
    lines += [lines[3], "E9999;No Way;;;Early Help 1;Early Help"]
    return "\r\n".join(lines).encode("cp1252")


@dataclass
class Steps:
    """Somebody at a browser, whose clicks and fields are counted."""

    page: object
    url: str
    count: int = 0

    def go(self, path):
        self.page.goto(self.url + path)

    def type(self, label, text):
        self.count += 1
        self.page.get_by_label(label, exact=True).fill(text)

    def click(self, role, name):
        self.count += 1
        with self.page.expect_navigation():
            self.page.get_by_role(role, name=name, exact=True).click()

    def room(self, name):
        self.count += 1
        with self.page.expect_navigation():
            self.page.locator("nav[aria-label=Manage]").get_by_role("link", name=name, exact=True).click()

    def look(self, name):
        """Keep pictures of the page, and hold it to what every page keeps."""
        for width in (390, 1280):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.screenshot(path=SCREENSHOTS / f"set_up_{name}_{width}.png", full_page=True)
        self.page.set_viewport_size({"width": 320, "height": 640})
        assert self.page.evaluate("document.documentElement.scrollWidth") <= 320, name
        self.page.set_viewport_size(LAPTOP)
        found = Axe().run(self.page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], name


def sign_in(steps, mailbox):
    """A link in the mail, read on another device: its code; then an app."""
    steps.go("/sign-in")
    steps.type("Work email address", "dev@example.org")
    steps.click("button", "Send me a link")
    steps.look("check_mail")
    for _ in range(100):
        if letters := list_letters(mailbox):
            break
        time.sleep(0.1)
    text = "".join(part.text for part in letters[0].parts)
    steps.type("Six-digit code from the email", re.search(r"\b\d{6}\b", text).group())
    steps.click("button", "Use the code")
    secret = steps.page.locator(".secret").inner_text().replace(" ", "")
    steps.look("second_step")
    steps.type("Six-digit code", pyotp.TOTP(secret).now())
    steps.click("button", "Confirm")
    steps.look("recovery_codes")
    steps.click("link", "I have kept them")


def bring_a_roster_in(steps, folder):
    page = steps.page
    steps.click("link", "Bring its roster in")
    (folder / "staff list.csv").write_bytes(messy_file())
    page.locator("select[name=authority]").select_option("ashcombe")
    page.set_input_files("input[type=file]", folder / "staff list.csv")
    steps.count += 2
    steps.click("button", "Show me what would change")
    report = page.locator("main").inner_text()
    assert "240" in report
    assert "E9999" in report or "line" in report.lower()
    steps.look("roster")
    steps.click("button", "Import it")


def plan_waves(steps):
    page = steps.page
    steps.room("Pulses")
    steps.type("Who runs it, as messages say it", "the Crescendo team")
    steps.click("button", "Add the pulse")
    steps.look("pulse")
    first_day = (datetime.now(UTC) + timedelta(days=14)).date()
    steps.type("First day", first_day.isoformat())
    steps.click("button", "Show the calendar")
    calendar = page.locator("main").inner_text()
    assert "6 waves, not planned yet" in calendar
    assert "Nobody holds a copy of wave keys" in calendar
    steps.look("calendar")
    steps.click("button", "Plan these waves")
    assert page.locator("tbody tr").count() == 6
    steps.look("waves")


def test_from_nothing_to_a_planned_wave(chromium, installation, tmp_path, record_property):
    product, mailbox = installation
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page = chromium.new_context(viewport=LAPTOP).new_page()
    console = []
    page.on("console", lambda message: console.append(message.text))
    started = time.monotonic()
    steps = Steps(page, product.url)
    sign_in(steps, mailbox)

    steps.click("link", "Manage")
    steps.look("manage")
    steps.room("Groups")
    steps.type("Name", "Ashcombe")
    steps.click("button", "Add the authority")
    steps.look("authority")

    bring_a_roster_in(steps, tmp_path)
    plan_waves(steps)
    steps.click("link", "Log")
    assert "plan waves" in page.locator("main").inner_text()
    steps.look("log")
    steps.go("/manage/people")
    steps.look("people")
    record_property("steps", steps.count)
    record_property("seconds", round(time.monotonic() - started))
    assert steps.count <= 25
    assert console == []
