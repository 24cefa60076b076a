"""The compiled stylesheet is of its source, and nobody has edited it."""

import json
import re
from importlib.metadata import version
from pathlib import Path

from survey_app.stylesheets.compile import COMPILED, HERE, head


def test_the_compiled_stylesheet_is_of_its_source():
    first, _, css = COMPILED.read_text(encoding="utf-8").partition("\n")
    assert first + "\n" == head(css.strip()), "make stylesheet"


def test_macros_and_stylesheet_are_of_one_release_of_govuk_frontend():
    package = json.loads((HERE / "package.json").read_text())["devDependencies"]["govuk-frontend"]
    compiled = re.search(r'--govuk-frontend-version: "([\d.]+)"', COMPILED.read_text()).group(1)
    macros = next(Path(HERE.parent.parent).glob("pyproject.toml")).read_text()
    assert package == compiled
    assert f"macros of govuk-frontend {package.rpartition('.')[0]};" in macros
    assert version("govuk-frontend-jinja").startswith("4.1.")


def test_it_has_no_crown_no_foreign_typeface_and_asks_nobody():
    css = COMPILED.read_text()
    assert "GDS Transport" not in css
    assert "crown" not in css
    assert "url(" not in css
    assert "@import" not in css
