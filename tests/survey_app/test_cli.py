import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from survey_app.app import create_app
from survey_app.cli import pulse
from survey_app.config import load_settings
from tests.factories import roster_file

DATA = Path(__file__).parent / "data"
LQ2002 = Path(__file__).parent.parent / "scoring" / "reference" / "lq2002.csv"


class Console:
    """The command line, with settings of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"DATA_DIR": str(folder)}

    def __call__(self, *arguments, **more):
        def make():
            return create_app(load_settings({**self.environment, **more}))

        result = CliRunner(env={**self.environment, **more}).invoke(pulse, arguments, obj=make)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result


@pytest.fixture
def console(tmp_path):
    made = Console(tmp_path / "instance")
    assert made("init").exit_code == 0
    return made


def good(result):
    assert result.exit_code == 0, result.output + result.stderr
    return result.stdout


@pytest.fixture
def programme(console, tmp_path):
    good(console("groups", "add", "crescendo", "--name", "Crescendo", "--level", "programme"))
    good(console("groups", "add", "northtown", "--name", "Northtown", "--level", "authority", "--parent", "crescendo"))
    good(console("pulses", "add", "monthly", "--name", "Monthly", "--programme", "crescendo", "--run-by", "Us"))
    rows = [
        {"staff_ref": str(number), "email": f"p{number}@staff.example.org", "team": "Team A", "service_area": "Duty"}
        for number in range(6)
    ]
    (tmp_path / "roster.csv").write_bytes(roster_file([*rows, {**rows[0], "staff_ref": "x", "email": "wrong"}]))
    return console


def test_every_command_has_help_with_an_example(console):
    def walk(command, path):
        if hasattr(command, "list_commands"):
            context = command.make_context(path[-1] if path else "pulse", [], resilient_parsing=True)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                if not found.hidden:
                    walk(found, [*path, name])
        else:
            text = good(console(*path, "--help"))
            assert "Example: " in text or "Example:" in text, path

    walk(pulse, [])
    assert "Run the whole product" in good(console("--help"))
    assert console("nonsense").exit_code == 2


def test_a_wave_is_run_by_hand_from_roster_to_publication(programme, tmp_path):
    roster = str(tmp_path / "roster.csv")
    assert "Would have imported: 6 joined" in good(
        programme("roster", "import", roster, "--authority", "northtown", "--dry-run")
    )
    report = json.loads(good(programme("roster", "import", roster, "--authority", "northtown", "--json")))
    assert (report["joined"], report["refused"][0]["line"]) == (6, 8)
    again = programme("roster", "import", roster, "--authority", "northtown")
    assert "6 unchanged" in again.stdout
    assert "line 8 refused: email is not an email address" in again.stderr
    opens, closes = "2026-06-01T09:00", "2026-06-11T17:00+01:00"
    good(
        programme(
            "waves", "plan", "june", "--pulse", "monthly", "--label", "June", "--opens", opens, "--closes", closes
        )
    )
    good(
        programme(
            "accounts", "add", "ben@example.org", "--name", "Ben", "--role", "team_lead", "--group", "northtown-team-a"
        )
    )
    opened = programme("waves", "open", "june")
    assert "6 messages in the outbox" in good(opened)
    assert "Team leads on no roster: Ben." in opened.stderr
    assert "charts drawn, key destroyed" in good(programme("waves", "close", "june"))
    assert json.loads(good(programme("waves", "list", "--json")))[0]["state"] == "closed"
    assert "june  closed" in good(programme("waves", "list"))
    cells = json.loads(good(programme("results", "published", "--json")))
    assert {cell["status"] for cell in cells} == {"withheld"}
    assert not any("score" in cell for cell in cells)
    assert "withheld: too_few" in good(programme("results", "published", "--wave", "june", "--group", "northtown"))


def test_a_past_survey_is_imported_with_an_instrument_of_its_own(console):
    arguments = ["--instrument", str(DATA / "leadership-climate.toml"), "--map", str(DATA / "lq2002.map.toml")]
    text = good(console("results", "import", str(LQ2002), *arguments))
    assert "climate-2002: 2042 people in 49 blocks" in text
    lines = good(console("results", "published", "--group", "army-10"))
    company = len([line for line in LQ2002.read_text().splitlines() if line.startswith("10,")])
    assert lines.count(f"(n {company})") == 3
    again = console("results", "import", str(LQ2002), *arguments)
    assert (again.exit_code, "already taken" in again.stderr) == (2, True)
    wrong = console("results", "import", str(LQ2002), "--instrument", "crescendo-pulse@1.0.0", "--map", arguments[3])
    assert "names no column for: belonging" in wrong.stderr


def test_people_get_roles(programme):
    role = ["--role", "programme_lead", "--group", "crescendo"]
    assert "Dev is now programme lead" in good(programme("accounts", "add", "dev@example.org", "--name", "Dev", *role))
    assert "is not an email address" in programme("accounts", "add", "dev", "--name", "Dev", *role).stderr
    assert programme("accounts", "add", "a@b.org", "--name", "A", "--role", "team_lead", "--group", "x").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["waves", "open", "nope"], "There is no wave with the key 'nope'"),
        (
            ["waves", "plan", "w", "--pulse", "x", "--label", "x", "--opens", "now", "--closes", "2026"],
            "is not a moment",
        ),
        (
            [
                "waves",
                "plan",
                "w",
                "--pulse",
                "x",
                "--label",
                "x",
                "--opens",
                "2026-06-01T09",
                "--closes",
                "2026-06-01T10",
            ],
            "four hours or more",
        ),
        (["groups", "add", "A+B", "--name", "x", "--level", "programme"], "small letters, digits and hyphens only"),
        (["worker", "send"], "The setting REDIS_URL is missing"),
        (["clock"], "The setting REDIS_URL is missing"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_2(console, arguments, says):
    result = console(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_a_database_without_tables_says_how_to_make_them(console, tmp_path):
    result = console("waves", "list", DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite")
    assert result.exit_code == 2
    assert "pulse db upgrade" in result.stderr
    good(console("db", "upgrade", DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite"))


def test_keys_are_made_once_for_this_account_alone_and_an_empty_one_is_made_again(console):
    keys = console.folder / "keys"
    before = {path.name: path.read_text() for path in keys.iterdir() if path.is_file()}
    assert "were there already" in good(console("init"))
    assert {path.name: path.read_text() for path in keys.iterdir() if path.is_file()} == before
    assert all(path.stat().st_mode & 0o077 == 0 for path in keys.iterdir())
    (keys / "secret_key").write_text("")
    assert "Made: SECRET_KEY." in good(console("init"))


def test_a_folder_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    result = Console(tmp_path / "file" / "instance")("init")
    assert (result.exit_code, "Set DATA_DIR to another one" in result.stderr) == (2, True)


def test_a_small_demo_is_seeded_once_and_its_truth_written(console, tmp_path):
    truth = tmp_path / "truth.csv"
    arguments = ["demo", "seed", "--authorities", "2", "--waves", "2", "--seed", "3", "--today", "2026-11-23"]
    good(console(*arguments, "--truth", str(truth)))
    assert truth.read_text().splitlines()[0] == "wave,participant,team,item,answer"
    assert [wave["state"] for wave in json.loads(good(console("waves", "list", "--json")))] == ["closed", "open"]
    assert "holds a programme already" in console(*arguments).stderr
    assert good(console(*arguments, "--if-empty")) == ""
    first = good(console("results", "published", "--json"))

    other = Console(tmp_path / "other")
    good(other("init"))
    (other.folder / "demo-seed-unfinished").touch()
    good(other(*arguments))
    assert json.loads(good(other("results", "published", "--json"))) == json.loads(first)
    assert not (other.folder / "demo-seed-unfinished").exists()


def test_a_database_that_somebody_named_is_never_emptied_for_a_demo(programme, tmp_path):
    named = f"sqlite:///{programme.folder / 'pulse.sqlite'}"
    elsewhere = Console(tmp_path / "elsewhere")
    good(elsewhere("init"))
    (elsewhere.folder / "demo-seed-unfinished").touch()
    refused = elsewhere("demo", "seed", DATABASE_URL=named)
    assert (refused.exit_code, "holds a programme already" in refused.stderr) == (2, True)
    assert "already taken" in programme("groups", "add", "crescendo", "--name", "C", "--level", "programme").stderr


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "survey_app", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"PORT": "x"}, "The setting PORT must be a number"),
        ({"MINIMUM_GROUP_SIZE": "3"}, "The setting MINIMUM_GROUP_SIZE must be"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "The broker of REDIS_URL does not answer"),
        ({"DATA_DIR": "/proc/nowhere"}, "Set DATA_DIR to another one"),
    ],
)
def test_pulse_up_refuses_what_cannot_work_in_one_sentence(tmp_path, change, says):
    ended = run("up", **{"DATA_DIR": str(tmp_path), "PORT": "8991", **change})
    assert ended.returncode == 2
    assert says in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_pulse_up_refuses_a_taken_port(tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run("up", DATA_DIR=str(tmp_path), PORT=str(taken.getsockname()[1]))
    assert ended.returncode == 2
    assert "Set PORT to another one." in ended.stderr
