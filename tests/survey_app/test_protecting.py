"""The rows that are kept tell no more than the figures: no block is unanimous in them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from dashboards.suppression.protection import protect, spans_width
from instruments.library import load_released
from survey_app.extensions import db
from survey_app.models.ballots import AnswerApart, Response
from survey_app.use_cases.protecting import protect_answers
from survey_app.use_cases.tallying import count_measures
from tests.factories import CORE, mixed_answers, same_answer

PULSE = load_released("crescendo-pulse@1.0.0")
ITEMS = [item.id for item in PULSE.scored_items]


@st.composite
def wave_answers(draw):
    """Answers of up to four blocks of five to eight people, often unanimous, with gaps; some people are in no block."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    sizes = [draw(st.integers(5, 8)) for _ in range(draw(st.integers(1, 4)))]
    blocks = np.repeat(np.arange(len(sizes)), sizes)
    values = rng.integers(1, 6, (len(blocks), len(ITEMS))).astype(float)
    for block in range(len(sizes)):
        alike = rng.random(len(ITEMS)) < 0.5
        values[np.ix_(blocks == block, alike)] = rng.integers(1, 6, alike.sum())
    values[rng.random(values.shape) < draw(st.sampled_from([0.0, 0.1, 0.5]))] = np.nan
    blocks[rng.random(len(blocks)) < 0.05] = -1
    return pd.DataFrame(values, columns=ITEMS), blocks, len(sizes)


@given(wave_answers(), st.sampled_from([25.0, 50.0]))
def test_protected_rows_count_up_to_the_protected_counts(wave, width):
    answers, blocks, size = wave
    before = count_measures(PULSE, answers, blocks, size)

    after = answers.copy()
    protect_answers(PULSE, after, blocks, width)

    assert after.isna().equals(answers.isna())
    counted = count_measures(PULSE, after, blocks, size)
    for was, now in zip(before, counted, strict=True):
        for was_item, now_item in zip(was.items, now.items, strict=True):
            several = was_item.sum(axis=1) > 1
            np.testing.assert_array_equal(now_item[several], protect(was_item, width)[several])
    for item in ITEMS:
        given_ = after[item].notna() & (blocks >= 0)
        table = pd.crosstab(blocks[given_], after[item][given_]).reindex(range(size), columns=range(1, 6), fill_value=0)
        counts = table.to_numpy()
        assert (spans_width(counts, width) | (counts.sum(axis=1) < 2)).all()
    moved = (after != answers) & answers.notna()
    assert not moved[blocks < 0].any().any(), "who is in no block is left alone"


def test_protecting_twice_is_protecting_once():
    answers = pd.DataFrame([[5.0] * len(ITEMS)] * 5, columns=ITEMS)
    blocks = np.zeros(5, dtype=np.intp)
    protect_answers(PULSE, answers, blocks, 25.0)
    once = answers.copy()
    protect_answers(PULSE, answers, blocks, 25.0)
    assert answers.equals(once)
    assert (answers != 5).sum().eq(1).all(), "one answer of each item is a step away"


def test_it_is_not_always_the_same_person_who_is_moved():
    found = set()
    for _ in range(40):
        answers = pd.DataFrame([[5.0] * len(ITEMS)] * 5, columns=ITEMS)
        protect_answers(PULSE, answers, np.zeros(5, dtype=np.intp), 25.0)
        found.add(int((answers[ITEMS[0]] != 5).to_numpy().argmax()))
    assert found == set(range(5))


def test_whoever_holds_the_database_finds_no_block_that_is_unanimous(studio):
    studio.set_up({"Team A": 6, "Team B": 12})
    studio.run_wave({"northtown-team-a": [same_answer(4)] * 6, "northtown-team-b": mixed_answers(12)})
    rows = db.session.execute(select(Response.block_key, Response.answers)).all()
    answers = pd.DataFrame([row.answers for row in rows], columns=ITEMS).assign(block=[row.block_key for row in rows])
    spread = answers.groupby("block")[ITEMS].agg(lambda column: column.max() - column.min())
    assert len(answers) == 18
    assert (spread.to_numpy() >= 1).all()


@pytest.mark.parametrize("answer", ["1", "5"])
def test_answers_kept_apart_are_not_unanimous_either(studio, answer):
    studio.set_up({"Team A": 60})
    wave = studio.open()
    for token in wave.tokens("northtown-team-a"):
        sheet = studio.app.test_client().get(f"/p/{token}")
        assert sheet.status_code == 200
    from survey_app.use_cases.responding import find_answer_sheet, record_response

    for token in wave.tokens("northtown-team-a"):
        asked = [item.id for item in find_answer_sheet(token, studio.vault).items]
        record_response(token, dict.fromkeys(asked, answer), studio.vault)
    wave.close()
    rows = db.session.execute(select(AnswerApart.item, AnswerApart.group_key, AnswerApart.answer)).all()
    groups = pd.DataFrame(rows).groupby(["item", "group_key"])["answer"]
    assert len(groups) > 3
    assert (groups.max() - groups.min() >= 1).all()
    assert set(CORE).isdisjoint(item for item, _, _ in rows)
