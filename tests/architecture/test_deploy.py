"""What runs an installation: units that systemd can read, whose commands exist, and the Procfile says the same."""

import re
import shutil
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from survey_app.cli import pulse
from survey_app.config import SETTINGS

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


COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "crescendo-pulse"}


def test_the_compose_file_runs_what_the_procfile_names_once_the_tables_are_up_to_date():
    named = {line.partition(": pulse ")[2] for line in (ROOT / "Procfile").read_text().splitlines() if line}
    assert {" ".join(service["command"]) for service in OURS.values()} == {*named, "db upgrade"}
    for name, service in OURS.items():
        needed = service["depends_on"]
        assert set(needed) <= set(COMPOSE["services"])
        assert name == "upgrade" or needed["upgrade"]["condition"] == "service_completed_successfully"
        for other, how in needed.items():
            assert how["condition"] != "service_healthy" or "healthcheck" in COMPOSE["services"][other]


def test_the_compose_file_names_settings_that_there_are_and_holds_no_secret():
    known = {setting.name: setting for setting in SETTINGS}
    for service in OURS.values():
        assert set(service["environment"]) <= set(known)
        for name in ("SECRET_KEY", "FIELD_KEY"):
            assert service["environment"][name].startswith("${" + name + ":?")
    assert all(
        port.startswith("127.0.0.1:") for service in COMPOSE["services"].values() for port in service.get("ports", ())
    )
    mounted = {
        volume.partition(":")[0] for service in COMPOSE["services"].values() for volume in service.get("volumes", ())
    }
    assert mounted == set(COMPOSE["volumes"])


def test_the_image_holds_every_package_and_runs_as_nobody_special():
    lines = (ROOT / "deploy" / "Containerfile").read_text().splitlines()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert all((ROOT / path).exists() for path in copied)
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(packages["packages"]) <= set(copied)
    assert "USER pulse" in lines
    assert lines.index("USER pulse") > max(place for place, line in enumerate(lines) if line.startswith("COPY "))


def test_every_benchmark_can_be_loaded():
    modules = [f"benchmarks.{path.stem}" for path in sorted((ROOT / "benchmarks").glob("*.py"))]
    code = f"import {', '.join(modules)}; print('loaded')"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (0, "loaded\n", "")
