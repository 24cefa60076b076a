"""`pulse psychometrics ...`: any CSV with an instrument, and the validation plan."""

import json

import pytest

from tests.scoring import r
from tests.scoring.test_analysis import made_up
from tests.survey_app.test_cli import DATA, LQ2002, Console, console, good, programme
from tests.survey_app.test_instrument_commands import refused

__all__ = ["console", "programme"]  # fixtures
CLIMATE = str(DATA / "leadership-climate.toml")


@pytest.fixture
def bare(tmp_path):
    """A machine without an installation."""
    return Console(tmp_path / "nowhere")


@pytest.fixture
def answers(tmp_path):
    table = made_up(400).astype(int)
    table["team"] = [f"t{place % 20}" for place in range(400)]
    table["council"] = ["North" if place % 2 else "South" for place in range(400)]
    path = tmp_path / "answers.csv"
    table.to_csv(path, index=False, sep=";")
    return path


def test_lq2002_by_company_gives_a_report_in_words_and_rs_numbers_at_full_precision(bare):
    text = good(bare("psychometrics", "analyse", str(LQ2002), "--instrument", CLIMATE, "--group", "COMPID"))
    assert "A group’s score is reliable (0.70) from about 24 answers" in text
    assert "100% uniform" in text
    found = json.loads(good(bare("psychometrics", "analyse", str(LQ2002), "--instrument", CLIMATE, "--format", "json")))
    expected = r.results("lq2002_scales")["lead"]["listwise"]["alpha_raw"]
    assert found["scales"][0]["items"]["alpha"]["alpha"] == pytest.approx(expected, abs=1e-10)
    assert found["scales"][0]["agreement"] is None


def test_a_report_with_pictures_is_written_to_a_file(bare, tmp_path):
    path = tmp_path / "report.html"
    command = ("psychometrics", "analyse", str(LQ2002), "--instrument", CLIMATE, "--group", "COMPID")
    assert good(bare(*command, "--format", "html", "--output", str(path))) == f"Written: {path}\n"
    page = path.read_text()
    assert page.count("<svg") == 6
    assert page.index(">9<") < page.index(">10<")  # companies in the order of their numbers


def test_the_plan_is_run_on_a_file(bare, answers):
    command = ("psychometrics", "validate", str(answers), "--instrument", "crescendo-pulse@1.0.0", "--team", "team")
    text = good(bare(*command, "--authority", "council"))
    assert "The plan" in text
    assert "by authority: scores mean the same (scalar invariance)" in text
    assert "not testable  by role: " in text
    found = json.loads(good(bare(*command, "--format", "json")))
    assert {check["outcome"] for check in found["checks"]} >= {"met", "not testable"}


def test_without_a_file_the_plan_is_run_on_the_installations_answers(programme, tmp_path):
    sentence = refused(programme("psychometrics", "validate", "--instrument", "crescendo-pulse@1.0.0"))
    assert "0 people have answered crescendo-pulse@1.0.0 here; 50 are needed. Name a file instead." in sentence
    survey = tmp_path / "map.toml"
    survey.write_bytes((DATA / "lq2002.map.toml").read_bytes())
    said = good(programme("results", "import", str(LQ2002), "--instrument", CLIMATE, "--map", str(survey)))
    assert "2 reliability cards written" in said
    text = good(programme("psychometrics", "validate", "--instrument", CLIMATE))
    assert "met           all: 300 people. Found: 2042 complete." in text
    assert "not testable  by mode: " in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("team;belonging\nA;1\n", "The file has no column help"),
        ("", "The file is not a CSV table"),
    ],
)
def test_files_that_do_not_fit_are_refused_in_a_sentence(bare, tmp_path, content, said):
    path = tmp_path / "answers.csv"
    path.write_text(content)
    assert said in refused(bare("psychometrics", "analyse", str(path), "--instrument", "crescendo-pulse@1.0.0"))


def test_an_answer_that_is_none_of_the_options_is_refused_by_line(bare, answers):
    lines = answers.read_text().splitlines()
    lines[3] = "9" + lines[3][1:]
    answers.write_text("\n".join(lines))
    sentence = refused(bare("psychometrics", "analyse", str(answers), "--instrument", "crescendo-pulse@1.0.0"))
    assert sentence == "pulse: Nothing was analysed. line 4: belonging is none of 1 to 5."


def test_a_group_that_is_no_column_and_an_instrument_that_is_none_are_refused(bare, answers):
    command = ("psychometrics", "analyse", str(answers), "--instrument")
    assert "has no column office" in refused(bare(*command, "crescendo-pulse@1.0.0", "--group", "office"))
    refused(bare(*command, str(answers.parent / "nothing.toml")))


def test_empty_labels_are_nobodys(bare, tmp_path):
    table = made_up(60).astype(int)
    table["team"] = ["", *["A"] * 30, *["B"] * 29]
    path = tmp_path / "answers.csv"
    table.to_csv(path, index=False)
    found = json.loads(
        good(
            bare(
                "psychometrics",
                "analyse",
                str(path),
                "--instrument",
                "crescendo-pulse@1.0.0",
                "--group",
                "team",
                "--format",
                "json",
            )
        )
    )
    assert found["scales"][0]["agreement"]["icc1"]["n_used"] == 59
