"""What runs an installation: units that systemd can read, whose commands exist, and the Procfile says the same."""

import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from survey_app.cli import pulse

ROOT = Path(__file__).parent.parent.parent
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]


def read(unit):
    parser = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str
    parser.read_string(unit.read_text())
    return parser


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_has_the_parts_of_its_kind(unit):
    parts = set(read(unit).sections())
    wanted = {".service": {"Unit", "Service"}, ".timer": {"Unit", "Timer"}, ".target": {"Unit"}}[unit.suffix]
    assert wanted <= parts <= {"Unit", "Service", "Timer", "Install"}


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_runs_a_command_that_there_is_as_nobody_special(unit):
    service = read(unit)["Service"]
    command = re.fullmatch(r"/opt/pulse/\.venv/bin/pulse (\w+)(?: .*)?", service["ExecStart"])
    assert command
    assert command[1] in pulse.list_commands(None)
    assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"]) == ("pulse", "yes", "strict")


def test_the_units_run_what_the_procfile_names():
    named = {line.partition(": ")[2] for line in (ROOT / "Procfile").read_text().splitlines() if line}
    run = {read(unit)["Service"]["ExecStart"].partition("/bin/")[2] for unit in SERVICES}
    assert named <= run
    wanted = read(ROOT / "deploy/systemd/pulse.target")["Unit"]["Wants"].split()
    templates = {re.sub(r"@\w+\.", "@.", name) for name in wanted}
    assert templates == {unit.name for unit in SERVICES if unit.name != "pulse-backup.service"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_itself_takes_them(unit):
    told = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    complaints = [line for line in told.stderr.splitlines() if unit.name in line and "not executable" not in line]
    assert complaints == []


def test_every_benchmark_can_be_loaded():
    modules = [f"benchmarks.{path.stem}" for path in sorted((ROOT / "benchmarks").glob("*.py"))]
    code = f"import {', '.join(modules)}; print('loaded')"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (0, "loaded\n", "")
