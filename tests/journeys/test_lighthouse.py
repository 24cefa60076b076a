"""What Lighthouse says of the pulse on a slow phone: `make lighthouse` fetches it and runs this."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.journeys.conftest import CHROMIUM, FLAGS

LIGHTHOUSE = Path("build/lighthouse/node_modules/.bin/lighthouse")
LEAST = {"accessibility": 100, "best-practices": 100, "performance": 95}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif("LIGHTHOUSE" not in os.environ, reason="it measures alone: make lighthouse"),
]


@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_pulse_on_a_slow_phone(town, language, pytestconfig):
    wave, url = town
    address = f"{url}/p/{wave.tokens('northtown-team-a')[0]}?speak={language}"
    command = [
        *(str(LIGHTHOUSE), address, "--quiet", "--output=json", "--output-path=stdout"),
        *("--only-categories=" + ",".join(LEAST), "--chrome-flags=--headless " + " ".join(FLAGS)),
    ]
    environment = {**os.environ, "CHROME_PATH": str(CHROMIUM)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=180)
    report = json.loads(ran.stdout)
    scores = {name: round(100 * report["categories"][name]["score"]) for name in LEAST}
    interactive = report["audits"]["interactive"]["displayValue"]
    pytestconfig.get_terminal_writer().line(f"Lighthouse, {language}: {scores}, interactive after {interactive}")
    assert {name: score for name, score in scores.items() if score < LEAST[name]} == {}
