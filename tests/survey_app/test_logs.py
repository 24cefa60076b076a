"""One line an entry, for people or for programs, and nothing that an error quotes."""

import json
import logging
import sys

import pytest

from survey_app.config import InvalidSetting, load_settings
from survey_app.logs import AsJson, OneLine, configure_logging

SECRET = "Amara answered 4"


def entry(message="A page failed on %s", *values, error=False, **extra):
    info = None
    if error:
        try:
            raise ValueError(SECRET)
        except ValueError:
            info = sys.exc_info()
    record = logging.LogRecord("survey_app", logging.ERROR, __file__, 1, message, values, info)
    vars(record).update(extra)
    return record


@pytest.mark.parametrize("kind", [OneLine, AsJson])
@pytest.mark.parametrize("evil", ["/p/x\n2026 INFO all is well", "/p/\r\x1b[2J", "/p/\u2028x", "/p/\x00"])
def test_nothing_that_a_request_brings_begins_a_line_of_its_own(kind, evil):
    line = kind().format(entry("A page failed on %s", evil))
    assert len(line.splitlines()) == 1
    assert not set(line) & set("\r\n\x00\x1b\u2028")


@pytest.mark.parametrize("kind", [OneLine, AsJson])
def test_an_error_is_named_with_where_it_came_from_and_without_its_text(kind):
    line = kind().format(entry("A job failed", error=True))
    assert "ValueError at " in line
    assert "test_logs.py:" in line
    assert SECRET not in line
    assert len(line.splitlines()) == 1


def test_values_that_came_with_an_entry_are_fields_for_programs_and_words_for_people():
    record = entry("A wave was published.", wave="2026-11", cells=72)
    read = json.loads(AsJson().format(record))
    assert (read["wave"], read["cells"], read["level"], read["logger"]) == ("2026-11", 72, "error", "survey_app")
    assert read["time"].endswith("+00:00")
    assert OneLine().format(record).endswith("A wave was published. wave=2026-11 cells=72")


def test_the_format_is_that_of_the_setting(capsys):
    before = logging.root.handlers[:], logging.root.level
    try:
        configure_logging("json")
        logging.getLogger("survey_app.anything").warning("It is late.")
        assert json.loads(capsys.readouterr().err)["message"] == "It is late."
    finally:
        logging.root.handlers[:], level = before
        logging.root.setLevel(level)


def test_a_format_that_there_is_not_stops_the_start(keys):
    with pytest.raises(InvalidSetting, match="LOG_FORMAT must be one of text, json"):
        load_settings({**keys, "LOG_FORMAT": "xml"})
