"""Answers to rotating items, and to those without a scale, are nobody's."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import select, text

from instruments.errors import UnknownItem
from instruments.library import load_released
from instruments.rotation import rotating_items
from survey_app.extensions import db
from survey_app.models.ballots import AnswerApart, Response
from survey_app.models.invitations import Invitation
from survey_app.use_cases.pulses import change_version
from survey_app.use_cases.responding import find_answer_sheet, record_response
from tests.factories import mixed_answers

PULSE = load_released("crescendo-pulse@1.0.0")
TEAM_A, TEAM_B = "northtown-team-a", "northtown-team-b"
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


def answer_everything(studio, wave, team, people, *, value="4"):
    """Let people of a team answer their core items differently, and their rotating items all alike."""
    for token, given in zip(wave.tokens(team), mixed_answers(people), strict=False):
        rotating = [item.id for item in find_answer_sheet(token, studio.vault).items if not item.core]
        db.session.rollback()
        record_response(token, given | dict.fromkeys(rotating, value), studio.vault)


def kept():
    return db.session.scalars(select(AnswerApart)).all()


def test_everybody_is_asked_their_own_item_of_each_bank(studio):
    studio.set_up({"Team A": 12})
    wave = studio.open()
    asked = Counter()
    for row in db.session.scalars(select(Invitation)):
        assert row.rotating == [item.id for item in rotating_items(PULSE, row.participant_id, 0)]
        asked.update(row.rotating)
    db.session.rollback()
    counts = [asked[item.id] for item in PULSE.bank_of(PULSE.scales[0])]
    assert sum(counts) == 12
    assert max(counts) - min(counts) <= 2
    sheet = find_answer_sheet(wave.tokens(TEAM_A)[0], studio.vault)
    assert len(sheet.items) == 16


def test_the_next_wave_asks_the_next_items(studio):
    studio.set_up({"Team A": 6})
    first, second = studio.open(), studio.open()
    rows = {
        wave.id: dict(
            db.session.execute(
                select(Invitation.participant_id, Invitation.rotating).where(Invitation.wave_id == wave.id)
            ).all()
        )
        for wave in (first, second)
    }
    for person, items in rows[first.id].items():
        assert not set(items) & set(rows[second.id][person])


def test_an_item_that_somebody_else_is_asked_is_refused_and_nothing_kept(studio):
    studio.set_up({"Team A": 6})
    wave = studio.open()
    token = wave.tokens(TEAM_A)[0]
    asked = {item.id for item in find_answer_sheet(token, studio.vault).items}
    other = next(item.id for item in PULSE.items if item.id not in asked)
    db.session.rollback()
    with pytest.raises(UnknownItem):
        record_response(token, {"belonging": "3", other: "3"}, studio.vault)
    db.session.rollback()
    assert not find_answer_sheet(token, studio.vault).answered


def test_answers_apart_stand_in_groups_of_ten_and_beside_no_other_answer(studio):
    studio.set_up({"Team A": 60, "Team B": 8})
    wave = studio.open()
    answer_everything(studio, wave, TEAM_A, 60)
    answer_everything(studio, wave, TEAM_B, 8)
    wave.close()
    rows = kept()
    groups = Counter((row.item, row.group_key) for row in rows)
    assert min(groups.values()) >= 10
    assert {group for _, group in groups} == {TEAM_A}, "the two of team B find no eight others"
    moved = Counter((row.item, row.group_key) for row in rows if row.answer == 3)
    assert moved == dict.fromkeys(groups, 1), "all said 4; one answer of each group is a step away"
    assert {row.answer for row in rows} == {3, 4}
    assert all(len(response.answers) == 12 for response in db.session.scalars(select(Response)))
    sizes = Counter(row.item for row in rows)
    assert sizes["supervision"] == 15, "every fourth is asked it"


def test_fewer_than_ten_answers_to_an_item_are_not_kept(studio):
    studio.set_up({"Team A": 20})
    wave = studio.open()
    answer_everything(studio, wave, TEAM_A, 20)
    wave.close()
    assert kept() == []
    assert len(db.session.scalars(select(Response)).all()) == 20


def test_a_role_is_kept_apart_from_everything_else(studio):
    studio.set_up({"Team A": 14})
    change_version("monthly", "temperature-check@1.0.0", by="Dev", now=NOW)
    wave = studio.open()
    check = load_released("temperature-check@1.0.0")
    scored = [item.id for item in check.scored_items]
    for place, token in enumerate(wave.tokens(TEAM_A)):
        given = {item: str(1 + (place + at) % 5) for at, item in enumerate(scored)}
        record_response(token, given | {"role": str(1 + place % 5), "obstacle": "10"}, studio.vault)
    wave.close()
    rows = kept()
    assert Counter(row.item for row in rows) == {"role": 14, "obstacle": 14}
    assert {len(response.answers) for response in db.session.scalars(select(Response))} == {len(scored)}


def test_somebody_who_answered_no_scored_item_is_in_no_group(studio):
    studio.set_up({"Team A": 14})
    change_version("monthly", "temperature-check@1.0.0", by="Dev", now=NOW)
    wave = studio.open()
    tokens = wave.tokens(TEAM_A)
    for token in tokens[:10]:
        record_response(token, {"belonging": "3", "role": "1"}, studio.vault)
    record_response(tokens[10], {"role": "2"}, studio.vault)
    wave.close()
    rows = kept()
    assert Counter(row.item for row in rows) == {"role": 10}, "the eleventh is in no block"
    assert sum(row.answer == 1 for row in rows) == 9, "one of ten alike is a step away"


def test_rows_of_all_items_are_shuffled_together(studio):
    studio.set_up({"Team A": 60})
    wave = studio.open()
    answer_everything(studio, wave, TEAM_A, 60)
    wave.close()
    order = list(db.session.scalars(text("SELECT item FROM answers_apart")))
    runs = sum(before != after for before, after in pairwise(order))
    assert runs > len(order) / 3
