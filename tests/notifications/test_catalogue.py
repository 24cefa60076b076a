"""Every wording fits its channel in every language, and no released one changes."""

import json
import re

import pytest

from notifications import catalogue
from notifications.catalogue import fingerprints, latest_version, longest_values, misfits, written_languages
from notifications.rendering import WORDING, fill

RELEASED = WORDING / "released.json"
PARTS = sorted(str(path.relative_to(WORDING)) for path in WORDING.rglob("*-*/??.*"))


def test_english_and_welsh_are_written_out():
    assert written_languages() == {"en", "cy"}
    assert latest_version("invitation") == 1


def test_every_wording_fits_with_the_longest_values():
    assert list(misfits("https://pulse.example.gov.uk")) == []


def test_a_long_address_is_found_out():
    found = {
        misfit.wording: misfit.reason for misfit in misfits("https://pulse." + "long-name." * 4 + "example.gov.uk")
    }
    assert found["invitation-1/en.sms.txt"].startswith("takes 2 texts")
    assert "GSM-7" in found["invitation-1/cy.sms.txt"]


def test_a_wording_that_does_not_fit_is_named_with_the_reason(tmp_path, monkeypatch):
    folder = tmp_path / "invitation-1"
    folder.mkdir()
    (folder / "en.sms.txt").write_text("It’s time " * 9)
    (folder / "en.subject.txt").write_text("S" * 61)
    (folder / "en.email.txt").write_text("T" * 15_001)
    (folder / "en.email.html").write_text("")
    monkeypatch.setattr(catalogue, "WORDING", tmp_path)
    monkeypatch.setattr(catalogue, "fill", lambda name, _values: (tmp_path / name).read_text())
    latest_version.cache_clear()
    found = [(misfit.wording, misfit.reason) for misfit in misfits("https://x")]
    latest_version.cache_clear()
    assert found == [
        ("invitation-1/en.sms.txt", "takes 2 texts (89 in UCS-2, because of ’)"),
        ("invitation-1/en.subject.txt", "is longer than 60 characters"),
        ("invitation-1/en.email.html", "is heavier than 15000 bytes"),
    ]


def test_what_was_released_is_never_changed():
    """A new wording is a new version: copy the folder, raise its number, and add the new files' prints to the list."""
    assert fingerprints() == json.loads(RELEASED.read_text())


@pytest.mark.parametrize("part", PARTS)
def test_wordings_name_no_team_and_no_score_and_load_nothing(part):
    language = part.split("/")[1][:2]
    text = fill(part, {**longest_values("https://pulse.example.gov.uk")[language], "language": language})
    source = (WORDING / part).read_text()
    asked = set(re.findall(r"{{ (\w+)", source)) - set(re.findall(r"{% for (\w+) in", source))
    assert asked <= set(longest_values("x")["en"]), "no team, no score, no name"
    assert "<img" not in text
    assert "url(" not in text
    assert len(text.splitlines()[0]) > 0


@pytest.mark.parametrize("part", [part for part in PARTS if part.endswith(".html")])
def test_mails_say_their_language_and_can_be_read_in_the_dark(part):
    language = part.split("/")[1][:2]
    html = fill(part, {**longest_values("https://pulse.example.gov.uk")[language], "language": language})
    assert f'<html lang="{language}">' in html
    assert "prefers-color-scheme: dark" in html
    assert "max-width:600px" in html
    assert html.count("<a ") >= 2, "the button, and the address as text"
