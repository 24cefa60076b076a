"""`pulse instruments ...`: what a person types, and a hundred broken files."""

import json
import random
import string

import pytest

from instruments.files import from_document, from_toml, to_document, to_toml
from instruments.interchange.formats import FORMATS, export
from instruments.library import load_released
from tests.instruments.interchange.workbook import workbook
from tests.instruments.tiny import document
from tests.survey_app.test_cli import DATA, Console, console, good, programme

__all__ = ["console", "programme"]  # fixtures
TINY = from_document(document())
LICENSED = document(id="theirs", licence={"name": "Theirs alone", "permission_required": True})
SECOND = "crescendo-pulse@1.1.0"


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(to_toml(TINY))
    return path


def refused(result):
    """One clear sentence and exit status 2, and nothing that looks like a traceback."""
    assert result.exit_code == 2, result.output + result.stderr
    (sentence,) = result.stderr.strip().splitlines()
    assert sentence.startswith("pulse: ")
    assert "Traceback" not in result.stderr
    assert "Error" not in sentence.replace("ErrorResponse", "")
    return sentence


def test_versions_are_listed_shown_and_compared_without_any_installation(tmp_path):
    bare = Console(tmp_path / "nowhere")
    assert good(bare("instruments", "list")).splitlines()[1].startswith(f"{SECOND}  Crescendo Pulse (26 items; en, cy)")
    shown = good(bare("instruments", "show", SECOND, "--language", "cy"))
    assert "Cysylltiad (higher is better)" in shown
    assert "cut-off: Roeddwn yn teimlo ar wahân i’r bobl rwy’n gweithio gyda nhw. [rotating] [reverse-keyed]" in shown
    assert "frequency: “Dros y pythefnos diwethaf, pa mor aml oedd hyn yn wir?” 1 Byth" in shown
    check = good(bare("instruments", "show", "temperature-check@1.0.0"))
    assert "Asked and not scored\n  obstacle: What most gets in the way" in check
    assert json.loads(good(bare("instruments", "show", SECOND, "--json"))) == to_document(load_released(SECOND))
    assert "no language 'fr'" in refused(bare("instruments", "show", SECOND, "--language", "fr"))
    verdict = good(bare("instruments", "compare", "crescendo-pulse@1.0.0", SECOND))
    assert "minor change, lines go on with a mark" in verdict
    found = json.loads(good(bare("instruments", "compare", "crescendo-pulse@1.0.0", SECOND, "--json")))
    assert (found["level"], found["scales"][0]["common_items"]) == ("minor", ["belonging", "help"])
    assert len(json.loads(good(bare("instruments", "list", "--json")))) == 3


def test_a_file_is_checked_and_an_editors_remarks_told(console, tmp_path, tiny):
    assert "tiny@1.2.3 is well-formed" in good(console("instruments", "check", str(tiny)))
    wordy = document()
    wordy["items"][0]["text"]["en"] = "one two three four five six seven eight nine ten eleven twelve thirteen"
    tiny.write_text(to_toml(from_document(wordy)))
    assert "look again: bright.text.en: has 13 words" in good(console("instruments", "check", str(tiny)))


def test_a_version_is_released_here_or_into_a_folder(console, tmp_path, tiny):
    assert "Released tiny@1.2.3" in good(console("instruments", "release", str(tiny), "--by", "Dev"))
    assert "tiny@1.2.3  Tiny (2 items; en)" in good(console("instruments", "list"))
    assert "Mood (higher is better)" in good(console("instruments", "show", "tiny@1.2.3"))
    assert good(console("instruments", "release", str(tiny), "--to", str(tmp_path / "releases")))
    assert (tmp_path / "releases" / "CHECKSUMS").exists()
    tiny.write_text(to_toml(from_document(document(owner="Others"))))
    assert "a release never changes" in refused(console("instruments", "release", str(tiny)))
    assert "a release never changes" in refused(
        console("instruments", "release", str(tiny), "--to", str(tmp_path / "releases"))
    )


def test_a_level_is_raised_with_a_reason(console):
    pair = ("crescendo-pulse@1.0.0", SECOND)
    assert "needs a --reason" in console("instruments", "compare", *pair, "--raise", "major").stderr
    raised = good(console("instruments", "compare", *pair, "--raise", "major", "--reason", "More.", "--by", "Dev"))
    assert "Dev raised it: More." in raised
    assert "major change" in good(console("instruments", "compare", *pair))
    lower = console("instruments", "compare", *pair, "--raise", "minor", "--reason", "Less.")
    assert "never lower it" in refused(lower)


def test_a_licensed_instrument_needs_a_permission_and_leaves_without_its_texts(console, tmp_path):
    path = tmp_path / "theirs.toml"
    path.write_text(to_toml(from_document(LICENSED)))
    assert "Record it first: pulse instruments permit theirs@1.2.3" in refused(
        console("instruments", "release", str(path))
    )
    permit = ("instruments", "permit", "theirs@1.2.3", "--by", "The publisher", "--scope", "600 staff", "--until")
    assert "already have ended on 01 January 2020" in refused(console(*permit, "2020-01-01"))
    blank = console("instruments", "permit", "theirs@1.2.3", "--by", " ", "--scope", "y", "--until", "2999-01-01")
    assert "neither may be blank" in refused(blank)
    into = console("instruments", "release", str(path), "--to", str(tmp_path / "releases"))
    assert "is licensed" in refused(into)
    assert "is not ID@VERSION" in refused(
        console("instruments", "permit", "theirs", "--by", "x", "--scope", "y", "--until", "2999-01-01")
    )
    good(console(*permit, "2999-01-01"))
    good(console("instruments", "release", str(path)))
    taken = tmp_path / "theirs.csv"
    told = console("instruments", "export", "theirs@1.2.3", "--to", "redcap", "--file", str(taken))
    assert "items: their texts are withheld" in told.stderr
    assert "It is bright." not in taken.read_text()


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_exported_says_its_losses_first_and_comes_in_again(console, tmp_path, name):
    path = tmp_path / f"file{FORMATS[name].ending}"
    told = console("instruments", "export", SECOND, "--to", name, "--file", str(path))
    assert good(told) == f"Wrote {path}.\n"
    assert (told.stderr == "") == (name == "xlsform")
    arguments = ("--id", f"again-{name}", "--version", "3.0.0") if name != "xlsform" else ()
    dry = console("instruments", "import", str(path), "--from", name, *arguments, "--dry-run")
    assert "Nothing was changed." in good(dry)
    assert (dry.stderr == "") == (name == "xlsform")
    assert "26 items" in good(console("instruments", "import", str(path), "--from", name, *arguments))


def test_a_file_is_exported_under_its_own_name(console, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good(console("instruments", "export", SECOND, "--to", "xlsform"))
    assert (tmp_path / "crescendo-pulse-1.1.0.xlsx").exists()
    blocked = console("instruments", "release", str(DATA / "leadership-climate.toml"), "--to", "/dev/null/x")
    assert "cannot be used: Not a directory" in refused(blocked)
    nowhere = console("instruments", "export", SECOND, "--to", "xlsform", "--file", str(tmp_path / "no" / "x.xlsx"))
    assert "cannot be written: No such file or directory" in refused(nowhere)


def foreign_form(path):
    path.write_bytes(
        workbook(
            survey=[["type", "name", "label"], ["select_one a", "calm", "Calm?"], ["text", "who", "Who?"]],
            choices=[["list_name", "name", "label"], ["a", 1, "No"], ["a", 2, "Yes"]],
        )
    )
    return str(path)


def test_a_foreign_form_becomes_a_draft_to_edit(console, tmp_path):
    draft = tmp_path / "draft.toml"
    told = console(
        *("instruments", "import", foreign_form(tmp_path / "form.xlsx"), "--from", "xlsform"),
        *("--id", "mine", "--owner", "Us", "--licence", "CC0", "--draft", str(draft)),
    )
    assert "1 items, 0 scales. Edit it" in good(told)
    assert "survey row 3 (who): is not carried" in told.stderr
    assert from_toml(draft.read_bytes(), source="draft").owner == "Us"
    licensed = console(
        *("instruments", "import", foreign_form(tmp_path / "form.xlsx"), "--from", "xlsform"),
        *("--id", "theirs", "--owner", "Them", "--licensed", "--draft", str(tmp_path / "other.toml")),
    )
    assert licensed.exit_code == 2
    assert "only with the permission of Them" in licensed.stderr
    assert not (tmp_path / "other.toml").exists()


def test_at_a_terminal_a_person_decides_whether_to_go_on(console, tmp_path, monkeypatch):
    from survey_app.cli import exchanging

    answers = iter([False, True])
    monkeypatch.setattr(exchanging.click, "confirm", lambda _: next(answers))
    monkeypatch.setattr(exchanging, "_is_terminal", lambda: True)
    arguments = ("instruments", "import", foreign_form(tmp_path / "form.xlsx"), "--from", "xlsform", "--id", "mine")
    assert "Nothing was changed." in console(*arguments).stderr
    assert "mine@1.0.0" not in good(console("instruments", "list"))
    assert "Imported mine@1.0.0" in good(console(*arguments))


def test_a_pulse_says_what_another_version_does_to_its_lines(programme, tmp_path):
    good(programme("roster", "import", str(tmp_path / "roster.csv"), "--authority", "northtown"))
    assert "monthly  crescendo-pulse@1.1.0  whole programme" in good(programme("pulses", "list"))
    times = ("--label", "June", "--opens", "2026-06-01T09", "--closes", "2026-06-09T17")
    good(programme("waves", "plan", "june", "--pulse", "monthly", *times))
    good(programme("waves", "open", "june"))
    assert "minor change" in good(programme("pulses", "ask", "monthly", "crescendo-pulse@1.0.0"))
    planned = programme("waves", "plan", "july", "--pulse", "monthly", *times)
    assert "lines go on with a mark" in planned.stderr
    path = tmp_path / "other.toml"
    path.write_text(to_toml(TINY))
    good(programme("instruments", "release", str(path)))
    assert "breaks the line" in refused(programme("pulses", "ask", "monthly", "tiny@1.2.3"))
    assert "major change" in good(programme("pulses", "ask", "monthly", "tiny@1.2.3", "--break-the-line"))
    opened = programme("waves", "open", "july")
    assert opened.stderr.index("a line breaks") >= 0
    bridge = programme("waves", "bridge", "aug", "--pulse", "monthly", "--to", SECOND, *times)
    assert "aug-old and aug-new open together" in good(bridge)
    assert "a line breaks" in bridge.stderr
    assert "crescendo-pulse@1.1.0" in good(programme("waves", "list"))


GOOD = to_toml(load_released(SECOND))
CHANCE = random.Random(7)  # the same hundred files every time


def broken_files():
    """A hundred files that are nearly instruments, or nothing like them."""
    lines = GOOD.splitlines()
    for share in range(1, 20):
        yield f"truncated {share}", GOOD.encode()[: len(GOOD) * share // 20 + share % 3]
    for place in range(0, len(lines), len(lines) // 25):
        yield (
            f"line {place} doubled",
            "\n".join([*lines[: place + 1], lines[place] + "x = [", *lines[place + 1 :]]).encode(),
        )
    for key in ("id", "version", "title", "owner", "languages", "estimated_seconds", "recall_window", "licence"):
        for value in ("-7", "[]", "true"):
            yield f"{key} is {value}", wrong(key, value)
    for name, before, after in (
        ("unknown key", "core = false", "cores = false"),
        ("doubled id", 'id = "help"', 'id = "belonging"'),
        ("unknown scale", 'scale = "optimism"', 'scale = "optimism2"'),
        ("unknown set", 'response_set = "confidence"', 'response_set = "certainty"'),
        ("wrong direction", "higher_is_worse", "lower_is_better"),
        ("wrong rule", 'missing_rule = "half"', 'missing_rule = "most"'),
        ("value is text", "value = 1", 'value = "1"'),
        ("value leaps", "value = 5", "value = 9"),
        ("infinite spread", "reference_sd = 20.0", "reference_sd = inf"),
        ("no spread", "reference_sd = 20.0", "reference_sd = nan"),
        ("negative spread", "reference_sd = 20.0", "reference_sd = -1.0"),
        ("a text with a bell", "I felt I belonged", "I felt \\u0007 I belonged"),
        ("blank text", 'en = "I felt I belonged in my team."', 'en = " "'),
        ("missing Welsh", 'cy = "Byth"', 'fr = "Jamais"'),
        ("a date", "estimated_seconds = 110", "estimated_seconds = 2026-01-01"),
        ("a huge number", "estimated_seconds = 110", "estimated_seconds = " + "9" * 5_000),
        ("too long a text", "I felt I belonged", "I " * 2_000),
    ):
        yield name, GOOD.replace(before, after).encode()
    yield "empty", b""
    yield "huge", b"# x\n" * 300_000
    yield "deep list", b"a = " + b"[" * 100_000
    yield "deep tables", b"[" + b".".join([b"a"] * 50_000) + b"]"
    yield "UTF-16", GOOD.encode("utf-16")
    yield "Latin-1", GOOD.encode("latin-1", errors="replace")
    yield "NUL", GOOD.encode().replace(b"\n", b"\0", 3)
    yield "JSON", json.dumps(to_document(TINY)).encode()
    yield "an image", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10
    yield "a workbook", export(TINY, "xlsform").content
    for number in range(10):
        yield f"noise {number}", bytes(CHANCE.randrange(256) for _ in range(500))
    for number in range(10):
        place = CHANCE.randrange(len(GOOD))
        noise = "".join(CHANCE.choice(string.punctuation) for _ in range(3))
        yield f"scratched {number}", (GOOD[:place] + "\n" + noise + GOOD[place:]).encode()


def wrong(key, value):
    text = "\n".join(line for line in GOOD.splitlines() if not line.startswith(f"{key} ="))
    tables = f"[{key}]" in text
    return (f"{key} = {value}\n{text}" if not tables else text.replace(f"[{key}]", f"[other_{key}]")).encode()


FILES = dict(broken_files())


def test_there_are_a_hundred_of_them():
    assert len(FILES) >= 100


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_gives_one_clear_sentence_and_status_2(tmp_path, name):
    path = tmp_path / "broken.toml"
    path.write_bytes(FILES[name])
    sentence = refused(Console(tmp_path / "nowhere")("instruments", "check", str(path)))
    assert sentence.startswith(f"pulse: {path}: ")


@pytest.mark.parametrize("name", ["xlsform", "redcap", "fhir"])
def test_a_broken_file_of_others_gives_one_clear_sentence_and_status_2(tmp_path, name):
    content = export(load_released(SECOND), name).content
    path = tmp_path / f"broken{FORMATS[name].ending}"
    bare = Console(tmp_path / "nowhere")
    halves = [content[: len(content) // 2], content[len(content) // 2 :], b"", b"\0" * 100, bytes(range(256)) * 20]
    for broken in halves if name != "redcap" else halves[1:]:
        path.write_bytes(broken)
        sentence = refused(bare("instruments", "import", str(path), "--from", name, "--dry-run"))
        assert sentence.startswith(f"pulse: {path}: ")


def test_a_path_that_is_no_file_gives_one_clear_sentence(tmp_path):
    bare = Console(tmp_path / "nowhere")
    assert "cannot be read: No such file" in refused(bare("instruments", "check", str(tmp_path / "nothing.toml")))
    assert "is not a file" in refused(bare("instruments", "check", str(tmp_path)))
    assert "is not a file" in refused(bare("instruments", "show", str(tmp_path)))
    missing = refused(bare("instruments", "import", str(tmp_path / "x"), "--from", "fhir"))
    assert "cannot be read" in missing
