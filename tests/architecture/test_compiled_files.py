"""The compiled stylesheet and the bundled script are of their sources, and nobody has edited them."""

import json
import re
from importlib.metadata import version
from pathlib import Path

from survey_app.explorer import bundle
from survey_app.explorer.bundle import BUNDLED, LICENCES
from survey_app.stylesheets.compile import COMPILED, HERE, head


def test_the_compiled_stylesheet_is_of_its_source():
    first, _, css = COMPILED.read_text(encoding="utf-8").partition("\n")
    assert first + "\n" == head(css.strip()), "make stylesheet"


def test_the_explorers_bundle_is_of_its_source_and_its_licences_go_with_it():
    first, _, script = BUNDLED.read_text(encoding="utf-8").partition("\n")
    assert first + "\n" == bundle.head(script.strip()), "make explorer"
    bundled = {
        name.partition("/")[0] for name in re.findall(r'from "([^"./]+)"', (bundle.HERE / "explorer.js").read_text())
    }
    assert bundled <= set(LICENCES.read_text(encoding="utf-8").splitlines())


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
