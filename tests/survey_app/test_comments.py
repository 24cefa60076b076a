"""Comments: apart from answers, of ten people or more and three comments or more, read by somebody first."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from survey_app.cli.setup import pulses as pulses_command
from survey_app.crypto.sealed_ballots import open_ballot
from survey_app.extensions import db
from survey_app.models.audit import AuditEntry
from survey_app.models.ballots import Ballot, Response
from survey_app.models.comments import Comment
from survey_app.use_cases.comment_texts import LONGEST_COMMENT, clean_comment
from survey_app.use_cases.errors import CommentTooLong, UnknownComment
from survey_app.use_cases.manners import ask_for_comments
from survey_app.use_cases.moderation import batches_to_read, decide, newest_comments
from survey_app.use_cases.responding import record_response
from survey_app.use_cases.withdrawing import withdraw_wave
from tests.factories import CORE, mixed_answers, signed_in
from tests.people import BEN, CHLOE, DEV

NOW = datetime(2026, 8, 1, tzinfo=UTC)
TEAM_A, TEAM_B = "northtown-team-a", "northtown-team-b"


@pytest.fixture
def asked(studio):
    studio.set_up({"Team A": 12, "Team B": 6, "Team C": 6})
    studio.appoint()
    ask_for_comments("monthly", wanted=True, by="Dev", now=NOW)
    return studio


def run_wave(studio, said, **sizes):
    """A wave in which whole teams answer; `said` lists comments by team, of its first people."""
    wave = studio.open()
    for team in (TEAM_A, TEAM_B, "northtown-team-c"):
        tokens = wave.tokens(team)[: sizes.get(team[-1], 20)]
        for place, (token, answers) in enumerate(zip(tokens, mixed_answers(len(tokens)), strict=True)):
            comments = said.get(team, [])
            record_response(token, answers, studio.vault, comments[place] if place < len(comments) else "")
    wave.close()
    return wave


def kept(studio):
    rows = db.session.scalars(select(Comment)).all()
    return Counter((row.group_key, studio.vault.decrypt(row.text_encrypted)) for row in rows)


def batches(studio):
    return batches_to_read("crescendo", studio.vault)


def decide_all(studio, shown=lambda text: text):
    for batch in batches(studio):
        for comment in batch.comments:
            decide("crescendo", comment.id, shown(comment.text), by="Dev", now=NOW, vault=studio.vault)


def test_comments_are_kept_in_groups_of_ten_people_and_three_comments_and_nowhere_else(asked):
    run_wave(asked, {TEAM_A: ["one", "two", "three"], TEAM_B: ["four", "five"], "northtown-team-c": ["six"]})
    assert kept(asked) == {
        (TEAM_A, "one"): 1,
        (TEAM_A, "two"): 1,
        (TEAM_A, "three"): 1,
        (f"{TEAM_B}+northtown-team-c", "four"): 1,
        (f"{TEAM_B}+northtown-team-c", "five"): 1,
        (f"{TEAM_B}+northtown-team-c", "six"): 1,
    }
    assert all(len(row.answers) == len(CORE) for row in db.session.scalars(select(Response)))


def test_one_or_two_comments_and_those_of_fewer_than_ten_people_are_not_kept(asked):
    run_wave(asked, {TEAM_A: ["one", "two"]})
    assert kept(asked) == {}
    run_wave(asked, {TEAM_B: ["one", "two", "three"]}, a=0, c=3)
    assert kept(asked) == {}, "nine people answered"


def test_a_comment_is_inside_the_sealed_ballot_and_nowhere_else_before_closing(asked):
    wave = asked.open()
    token = wave.tokens(TEAM_A)[0]
    private_key = asked.vault.wave_keys.load(wave.key)
    record_response(token, {"help": "3"}, asked.vault, "  A canary \u200bsings.\r\n\r\nTwice. ")
    sealed = db.session.scalars(select(Ballot.sealed)).one()
    db.session.rollback()
    inside = json.loads(open_ballot(private_key, sealed))
    assert inside["comment"] == "A canary sings.\nTwice."
    record_response(token, {"help": "3"}, asked.vault, "")
    again = db.session.scalars(select(Ballot.sealed)).one()
    assert len(again) == len(sealed), "a ballot's length does not say whether there is a comment"
    assert "comment" not in json.loads(open_ballot(private_key, again))


def test_the_longest_comment_of_the_widest_letters_fits_beside_every_answer(asked):
    wave = asked.open()
    record_response(wave.tokens(TEAM_A)[0], mixed_answers(1)[0], asked.vault, "\U0001f600" * LONGEST_COMMENT)
    record_response(wave.tokens(TEAM_A)[1], mixed_answers(1)[0], asked.vault, '"' * LONGEST_COMMENT)
    assert db.session.query(Ballot).count() == 2


def test_a_wave_that_asks_for_none_keeps_none(studio):
    studio.set_up({"Team A": 12})
    wave = studio.open()
    for token, answers in zip(wave.tokens(TEAM_A), mixed_answers(12), strict=True):
        record_response(token, answers, studio.vault, "unasked")
    assert "textarea" not in studio.app.test_client().get(f"/p/{wave.tokens(TEAM_A)[0]}").text
    wave.close()
    assert kept(studio) == {}


def test_nothing_is_shown_before_each_of_a_batch_is_decided_on_and_then_all_at_once(asked):
    wave = run_wave(asked, {TEAM_A: ["I love it", "Ann Smith is unfair", "More time", "rude"]})
    (batch,) = batches(asked)
    assert (batch.name, batch.waiting, len(batch.comments)) == ("Team A", 4, 4)
    shown = {"Ann Smith is unfair": "[a colleague] is unfair", "rude": None}
    for place, comment in enumerate(batch.comments):
        text = shown.get(comment.text, comment.text)
        assert newest_comments({wave.key: {TEAM_A}}, asked.vault) is None
        is_out = decide("crescendo", comment.id, text, by="Dev", now=NOW, vault=asked.vault)
        assert is_out == (place == 3)
    _, out = newest_comments({wave.key: {TEAM_A}}, asked.vault)
    assert sorted(out) == ["I love it", "More time", "[a colleague] is unfair"]
    assert batches(asked) == []
    with pytest.raises(UnknownComment):
        decide("crescendo", batch.comments[0].id, None, by="Dev", now=NOW, vault=asked.vault)
    assert {row.text_encrypted for row in db.session.scalars(select(Comment))} == {b""}, "names are nowhere any more"
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "release comments")).one()
    assert entry.detail == {"group": TEAM_A, "released": 3}


def test_a_decision_can_be_changed_until_the_batch_is_out(asked):
    run_wave(asked, {TEAM_A: ["one", "two", "three"]})
    (batch,) = batches(asked)
    first = batch.comments[0]
    decide("crescendo", first.id, None, by="Dev", now=NOW, vault=asked.vault)
    decide("crescendo", first.id, "better so", by="Dev", now=NOW, vault=asked.vault)
    found = next(comment for comment in batches(asked)[0].comments if comment.id == first.id)
    assert (found.state, found.shown, found.text) == ("released", "better so", first.text)


def test_two_who_decide_on_the_last_two_at_once_put_the_batch_out(asked):
    run_wave(asked, {TEAM_A: ["one", "two", "three", "four"]})
    (batch,) = batches(asked)
    for comment in batch.comments[:2]:
        decide("crescendo", comment.id, comment.text, by="Dev", now=NOW, vault=asked.vault)
    together = Barrier(2)

    def last(comment):
        with asked.app.app_context():
            together.wait()
            found = decide("crescendo", comment.id, comment.text, by="Dev", now=NOW, vault=asked.vault)
            db.session.remove()
            return found

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(last, batch.comments[2:])) == [False, True]
    db.session.rollback()
    assert batches(asked) == []


def test_fewer_than_three_that_are_left_are_kept_back(asked):
    wave = run_wave(asked, {TEAM_A: ["one", "two", "three"]})
    decide_all(asked, lambda text: None if text == "one" else text)
    assert newest_comments({wave.key: {TEAM_A}}, asked.vault) is None
    assert {row.shown_encrypted for row in db.session.scalars(select(Comment))} == {None}


def test_pages_show_comments_of_the_groups_inside_and_no_others(asked):
    said = {TEAM_A: ["from A"] * 3, TEAM_B: ["from B or C"] * 3}
    wave = run_wave(asked, said)
    decide_all(asked)
    ben, chloe, dev = (signed_in(asked, person) for person in (BEN, CHLOE, DEV))
    assert ben.get(f"/teams/{TEAM_A}").text.count("<li>from A</li>") == 3
    assert "from" not in re.sub(r"From the|from the", "", _quotes(chloe.get(f"/teams/{TEAM_B}").text))
    area = dev.get("/service-areas/northtown-early-help").text
    assert (area.count("<li>from A</li>"), area.count("<li>from B or C</li>")) == (3, 3)
    withdraw_wave(wave.key, because="test", by="Dev", now=NOW)
    assert "from A" not in ben.get(f"/teams/{TEAM_A}").text


def test_the_newest_comments_stay_until_newer_ones_are_out(asked):
    run_wave(asked, {TEAM_A: ["early"] * 3})
    decide_all(asked)
    run_wave(asked, {TEAM_A: ["late"] * 3})
    ben = signed_in(asked, BEN)
    page = ben.get(f"/teams/{TEAM_A}").text
    assert page.count("<li>early</li>") == 3
    assert "From the June 2026 pulse" in page
    decide_all(asked)
    page = ben.get(f"/teams/{TEAM_A}").text
    assert (page.count("<li>early</li>"), page.count("<li>late</li>")) == (0, 3)


def _quotes(page):
    return page.partition('<ul class="quotes">')[2].partition("</ul>")[0]


def test_a_wave_that_was_withdrawn_leaves_the_queue(asked):
    wave = run_wave(asked, {TEAM_A: ["one", "two", "three"]})
    withdraw_wave(wave.key, because="test", by="Dev", now=NOW)
    assert batches(asked) == []


def test_only_programme_leads_read_them_first(asked):
    run_wave(asked, {TEAM_A: ["one", "two", "<b>three</b>"]})
    comment = batches(asked)[0].comments[0].id
    db.session.rollback()
    ben = signed_in(asked, BEN)
    assert ben.get("/manage/comments").status_code == 404
    assert ben.post(f"/manage/comments/{comment}", data={"go": "release", "shown": "x"}).status_code == 404
    dev = signed_in(asked, DEV)
    page = dev.get("/manage/comments").text
    assert "3 of 3 still to be decided on" in page
    assert "&lt;b&gt;three&lt;/b&gt;" in page
    assert dev.post(f"/manage/comments/{comment}", data={"go": "release", "shown": "mild"}).status_code == 303
    assert dev.post(f"/manage/comments/{comment}", data={"go": "keep"}).status_code == 303
    page = dev.get("/manage/comments").text
    assert "<strong>Kept back</strong>" in page
    assert dev.post(f"/manage/comments/{uuid4()}", data={"go": "keep"}).status_code == 404
    long = dev.post(f"/manage/comments/{comment}", data={"go": "release", "shown": "x" * 501})
    assert (long.status_code, "501 characters" in long.text) == (400, True)


def test_a_person_writes_after_the_last_screen_and_may_go_back_without_losing_it(asked):
    wave = asked.open(opened_at=datetime.now(UTC) - timedelta(hours=1))
    path = f"/p/{wave.tokens(TEAM_A)[0]}"
    browser = asked.app.test_client()
    assert "<textarea" not in browser.get(path).text
    last = browser.post(path, data={"screen": "2", "go": "next"}).text
    assert "<textarea" in last
    assert "Please do not name people or cases." in last
    back = browser.post(path, data={"screen": "3", "go": "back", "comment": 'so "it" is'}).text
    assert '<input type="hidden" name="comment" value="so &#34;it&#34; is">' in back
    forward = browser.post(path, data={"screen": "2", "go": "next", "comment": "so it is"}).text
    assert ">so it is</textarea>" in forward
    sent = browser.post(path, data={"screen": "3", "go": "send", "comment": "only this"})
    assert "Your answers are in" in sent.text


def test_a_comment_that_is_too_long_loses_nothing(asked):
    wave = asked.open(opened_at=datetime.now(UTC) - timedelta(hours=1))
    path = f"/p/{wave.tokens(TEAM_A)[0]}"
    answers = mixed_answers(1)[0]
    sent = asked.app.test_client().post(path, data={**answers, "go": "send", "comment": "x" * 600})
    assert sent.status_code == 400
    assert "Your comment has 600 characters; 500 fit. Nothing has been sent yet." in sent.text
    assert "x" * 600 in sent.text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)"', sent.text))
    assert {item: hidden.get(item) for item in CORE[:9]} == {item: answers[item] for item in CORE[:9]}
    assert db.session.query(Ballot).count() == 0


@given(st.text(max_size=300))
def test_a_cleaned_comment_is_visible_text_and_clean(text):
    found = clean_comment(text)
    assert found == clean_comment(found)
    assert "\r" not in found
    assert not found.startswith((" ", "\n"))
    assert len(found) <= len(text)


def test_the_limit_is_of_what_is_left():
    assert clean_comment(" " * 600 + "x" * 500) == "x" * 500
    with pytest.raises(CommentTooLong):
        clean_comment("x" * 501)


def test_the_command_turns_it_on_and_off(studio):
    studio.set_up({"Team A": 6})

    def run(*arguments):
        db.session.remove()
        return CliRunner().invoke(pulses_command, list(arguments), obj=lambda: studio.app).output

    assert "asks for one comment" in run("comments", "monthly", "on")
    assert "asks for no comment" in run("comments", "monthly", "off")
