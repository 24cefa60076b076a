"""Mistakes that others have made before us, looked for by bandit and by semgrep with rules of our own.

A judge that finds nothing proves little until it has found something: each rule is first given its mistake.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("instruments", "scoring", "notifications", "dashboards", "survey_app")
SEMGREP = ROOT / "build" / "security" / "bin" / "semgrep"
RULES = Path(__file__).with_name("semgrep.yml")

NOT_FAULTS = {
    "B404": "to load subprocess is no fault; each call is judged by itself",
    "B603": "no shell is used: our own programs are started, with arguments in a list",
    "B606": "as above",
    "B405": "XML is written with it and never read",
    "B406": "as above",
}
LOOKED_AT = {
    ("survey_app/cli/up.py", "B310"): "the address of our own web server",
    ("survey_app/views/demo.py", "B310"): "the demo's own peer on this machine, as the settings demand",
    ("survey_app/demo/text_peer.py", "B105"): "the demo's peer knows no secret",
    ("survey_app/linkage/capture.py", "B608"): "names of our own tables",
    ("survey_app/use_cases/database_roles.py", "B608"): "the command takes small letters, digits and underscores only",
    ("survey_app/views/qr_pictures.py", "B704"): "squares that segno draws",
}


def bandit(*paths):
    """What bandit finds: (file, test, line)."""
    command = [sys.executable, "-m", "bandit", "-q", "-r", *paths, "-f", "json", "-s", ",".join(NOT_FAULTS)]
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout)
    assert not found["errors"]
    return [(each["filename"], each["test_id"], each["line_number"]) for each in found["results"]]


def test_bandit_finds_a_mistake_that_is_there(tmp_path):
    (tmp_path / "bad.py").write_text("import subprocess\nsubprocess.run('ls ' + input(), shell=True)\nexec(input())\n")
    assert {test for _, test, _ in bandit(str(tmp_path))} == {"B602", "B102"}


def test_bandit_finds_nothing_that_was_not_looked_at():
    found = {(name, test) for name, test, _ in bandit(*PACKAGES)}
    assert found - set(LOOKED_AT) == set()
    assert set(LOOKED_AT) - found == set(), "a reason without its line"


MISTAKES = {
    "markup-past-escaping": ("a.py", "from markupsafe import Markup\nMarkup(name)\n"),
    "template-from-text": ("b.py", "from flask import render_template_string\nrender_template_string(name)\n"),
    "question-put-together": ("c.py", 'session.execute("SELECT * FROM people WHERE name = " + name)\n'),
    "request-in-log": ("d.py", "from flask import request\nLOG.info('asked %s', request.args['next'])\n"),
    "lead-elsewhere": ("e.py", "from flask import redirect, request\nredirect(request.args.get('next'))\n"),
    "unsafe-loading": ("f.py", "import pickle\npickle.loads(body)\n"),
    "secrets-compared-in-the-open": ("survey_app/views/g.py", "if given_token == known:\n    pass\n"),
    "unescaped-in-page": ("h.html", "<p>{{ group.name | safe }}</p>\n"),
}


def semgrep(folder, *targets):
    """What semgrep finds by our rules: (rule, file, line)."""
    command = [str(SEMGREP), "scan", "--config", str(RULES), "--metrics", "off", "--disable-version-check"]
    command += ["--json", "--quiet", "--no-git-ignore", *targets]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = json.loads(ended.stdout)
    assert not found["errors"], found["errors"]
    return [(each["check_id"].rpartition(".")[2], each["path"], each["start"]["line"]) for each in found["results"]]


needs_semgrep = pytest.mark.skipif(not SEMGREP.exists(), reason="semgrep is not fetched (make security)")


@needs_semgrep
@pytest.mark.slow
def test_each_rule_finds_its_mistake(tmp_path):
    for name, text in MISTAKES.values():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert {(rule, path) for rule, path, _ in semgrep(tmp_path, ".")} == {
        (rule, name) for rule, (name, _) in MISTAKES.items()
    }


@needs_semgrep
@pytest.mark.slow
def test_our_own_code_makes_none_of_them():
    assert semgrep(ROOT, *PACKAGES) == []
