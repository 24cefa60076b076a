"""`pulse prove-anonymity --here` finds in a database whatever is not as promised."""

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from survey_app.cli.prove_anonymity import prove_anonymity
from survey_app.extensions import db
from survey_app.linkage.inspection import inspect_store
from survey_app.models.ballots import AnswerApart, Ballot, Response
from survey_app.models.comments import Comment
from survey_app.use_cases.manners import ask_for_comments
from survey_app.use_cases.responding import find_answer_sheet, record_response
from tests.factories import MONDAY, same_answer

TEAM = "northtown-team-a"


@pytest.fixture
def installation(studio):
    studio.set_up({"Team A": 40})
    ask_for_comments("monthly", wanted=True, by="Dev", now=MONDAY)
    wave = studio.open()
    for token in wave.tokens(TEAM):
        asked = [item.id for item in find_answer_sheet(token, studio.vault).items]
        record_response(token, same_answer(3, asked), studio.vault, "a comment")
    wave.close()
    return studio


def broken(studio):
    found = [each.what for each in inspect_store(studio.vault) if not each.holds]
    db.session.rollback()
    return found


def test_a_real_wave_of_one_mind_is_kept_as_promised(installation):
    assert broken(installation) == []
    assert db.session.query(Response).count() == 40
    assert db.session.query(AnswerApart).count() > 100
    assert db.session.query(Comment).count() == 40


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE responses SET answers = '[3,3,3,3,3,3,3,3,3,3,3,3]'", "12 items in which a block is of one mind"),
        ("UPDATE responses SET block_key = 'alone' WHERE id = (SELECT min(id) FROM responses)", "1 smaller than"),
        ("UPDATE answers_apart SET answer = 3", "of one mind"),
        (
            "UPDATE comments SET group_key = 'alone' WHERE id = (SELECT min(id) FROM comments)",
            "group of comments has 1",
        ),
        ("ALTER TABLE responses ADD COLUMN written_at TEXT", "responses: also written_at"),
    ],
)
def test_what_is_not_as_promised_is_found(installation, statement, said):
    if db.engine.dialect.name == "postgresql":
        statement = statement.replace("min(id)", "min(id::text)::uuid")
    db.session.execute(text(statement))
    assert any(said in what for what in broken_now(installation)), broken_now(installation)
    db.session.rollback()


def broken_now(studio):
    return [each.what for each in inspect_store(studio.vault) if not each.holds]


def test_a_ballot_and_a_key_that_are_left_are_found(installation):
    db.session.add(Ballot(tag=b"x", wave_id=1, sealed=b"y"))
    db.session.commit()
    installation.vault.wave_keys.make("wave-1")
    assert broken(installation) == [
        "1 ballots of closed waves are left",
        "1 waves are over, the keys of 1 are still there",
    ]


def test_an_empty_installation_has_nothing_to_find(studio):
    assert broken(studio) == []


def test_the_command_says_it_all(installation):
    def run():
        db.session.remove()
        return CliRunner().invoke(prove_anonymity, ["--here"], obj=lambda: installation.app)

    found = run()
    assert found.exit_code == 0, found.output
    assert "holds   responses: nothing beside the answer" in found.output
    db.session.execute(text("UPDATE answers_apart SET answer = 3"))
    db.session.commit()
    found = run()
    assert found.exit_code == 1
    assert "BROKEN" in found.output
