"""Rules that a tool can hold: imports, sizes, access, queues, migrations, frozen instruments, documents."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import check, downgrade, upgrade

from survey_app.app import create_app
from survey_app.cli import _COMMANDS
from survey_app.config import SETTINGS, load_settings
from survey_app.extensions import db
from survey_app.views.policy import POLICY, Who

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("instruments", "scoring", "notifications", "dashboards", "survey_app")
MODULES = [
    path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")) if "versions" not in path.parts
]
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "service", "data", "info", "handle", "process"}
MIGRATIONS = ROOT / "survey_app" / "migrations"


def run(script, *arguments):
    """Run a script in a fresh interpreter at the project's root."""
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_import_contracts_are_kept():
    ended = run("from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])")
    assert "0 broken" in ended.stdout, ended.stdout[-2000:]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_are_small_and_say_what_they_are_for(path):
    text = path.read_text()
    tree = ast.parse(text)
    assert len(text.splitlines()) <= 400
    docstring = ast.get_docstring(tree)
    assert docstring, "a module opens with a sentence"
    assert path.stem not in FORBIDDEN_NAMES
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno + 1 <= 50, f"{node.name} is too long"
        assert not isinstance(node, ast.Assert), "no assert in product code"


def test_web_processes_load_neither_the_scoring_nor_the_chart_libraries(tmp_path):
    script = (
        "import os, sys\n"
        "os.environ.update(SECRET_KEY='s' * 40, DATA_DIR=sys.argv[1])\n"
        "os.environ['FIELD_KEY'] = 'jKbPqj1S6eKqcKEBAsyuDArCYwDdeHHyCvCJ3pBBvGs='\n"
        "import survey_app.wsgi\n"
        "heavy = ('pandas', 'numpy', 'altair', 'vl_convert', 'twilio', 'aiosmtpd')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    (tmp_path / "data").mkdir()
    assert run(script, str(tmp_path / "data")).stdout.strip() == "[]"


def test_scoring_loads_neither_a_web_nor_a_database_nor_a_chart_library():
    modules = sorted(path.stem for path in (ROOT / "scoring").glob("*.py") if path.stem != "__init__")
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(f'scoring.{name}')\n"
        "foreign = ('flask', 'sqlalchemy', 'altair', 'matplotlib', 'statsmodels', 'pingouin', 'survey_app')\n"
        "print([name for name in foreign if name in sys.modules])"
    )
    assert len(modules) > 30
    assert run(script, *modules).stdout.strip() == "[]"


def test_every_page_needs_signing_in_unless_it_is_everybodys(app: Flask):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints == set(POLICY), "a page is not placed, or the table names one that is no more"
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if POLICY[rule.endpoint] is Who.EVERYBODY:
            continue
        path = re.sub(r"<uuid:\w+>", "00000000-0000-4000-8000-000000000000", re.sub(r"<int:\w+>", "1", str(rule)))
        path = re.sub(r"<(\w+:)?\w+>", "x", path)
        for method in (rule.methods or set()) - {"OPTIONS"}:
            response = client.open(path, method=method)
            assert (response.status_code, response.headers.get("Location")) == (302, "/sign-in"), (method, path)


def test_no_page_changes_anything_when_it_is_fetched(app: Flask):
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()):
            assert not {"POST", "PUT", "DELETE", "PATCH"} & (rule.methods or set()), rule


def test_migrations_are_numbered_have_one_head_and_lead_to_the_tables_and_back(app: Flask):
    script = ScriptDirectory(str(MIGRATIONS))
    revisions = [revision.revision for revision in script.walk_revisions()]
    assert script.get_heads() == [max(revisions)]
    assert sorted(revisions) == [f"{number:04d}" for number in range(1, len(revisions) + 1)]
    db.session.remove()
    check(directory=str(MIGRATIONS))
    downgrade(directory=str(MIGRATIONS), revision="base")
    upgrade(directory=str(MIGRATIONS))
    check(directory=str(MIGRATIONS))


def test_settings_commands_and_pages_are_documented(tmp_path, keys):
    documents = "\n".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    missing = [setting.name for setting in SETTINGS if f"`{setting.name}`" not in documents]
    missing += [name for name in _COMMANDS if f"`pulse {name}" not in documents]
    app = create_app(load_settings({**keys, "DATA_DIR": str(tmp_path), "DEMO": "yes"}))
    rules = {str(rule) for rule in app.url_map.iter_rules() if rule.endpoint != "static"}
    missing += [rule for rule in sorted(rules) if f"`{rule}`" not in documents]
    assert missing == []


def test_every_link_between_documents_leads_somewhere():
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
            if not target.startswith(("http:", "https:")):
                assert (path.parent / target).exists(), f"{path.name} links to {target}"


def test_the_project_stands_alone():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    for name in filter(None, listed):
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".html", ".css", ".sh", ""} and path.is_file():
            text = path.read_text(errors="ignore")
            for words in ("../" + "shared", "/work" + "/", "farm" + "-", "uv" + ".lock\n["):
                assert words not in text, f"{name} mentions {words}"
