"""Any number of workers draw a wave's pictures between them, and one that dies leaves its group to the others."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from survey_app.extensions import db
from survey_app.models.publications import GroupDrawing, ProgrammeFlags, StoredChartRow
from survey_app.models.pulses import Wave
from survey_app.stores.group_drawings import LEASE, NOT_DRAWN_YET, claim_group, forget_drawings, note_drawn
from survey_app.use_cases import drawing
from survey_app.use_cases.drawing import begin_to_draw, draw_charts
from survey_app.use_cases.withdrawing import withdraw_wave
from tests.factories import mixed_answers

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


@pytest.fixture
def published(studio):
    teams = [f"northtown-team-{letter}" for letter in "abcdef"]
    studio.set_up({f"Team {letter}": 8 for letter in "ABCDEF"})
    studio.run_wave({team: mixed_answers(8) for team in teams})
    return studio


def pictures():
    columns = (StoredChartRow.group_key, StoredChartRow.measure, StoredChartRow.variant, StoredChartRow.svg)
    found = sorted(db.session.execute(select(*columns)).all())
    db.session.rollback()
    return found


def flags():
    row = db.session.get_one(ProgrammeFlags, "crescendo", populate_existing=True)
    found = row.lines, row.flagged
    db.session.rollback()
    return found


def everything_again():
    db.session.execute(delete(StoredChartRow))
    db.session.execute(update(Wave).values(charts_drawn_at=None))
    db.session.commit()


def is_drawn():
    undrawn = db.session.scalar(select(func.count()).where(NOT_DRAWN_YET))
    db.session.rollback()
    return undrawn == 0


def test_four_at_once_draw_what_one_draws_and_nothing_twice(published, app):
    alone = draw_charts(NOW)
    expected, counted = pictures(), flags()
    everything_again()

    def help_out(_):
        with app.app_context():
            drawn = draw_charts(NOW)
            db.session.remove()
            return drawn

    assert begin_to_draw(NOW) > 6
    with ThreadPoolExecutor(4) as workers:
        each = list(workers.map(help_out, range(4)))
    if not is_drawn():  # whoever drew the last group may have left before another wrote down the one before it
        each.append(draw_charts(NOW))
    assert sum(each) == alone
    assert pictures() == expected
    assert flags() == counted
    assert is_drawn()


def test_a_group_of_which_the_drawer_died_is_drawn_by_another_later(published):
    begin_to_draw(NOW)
    taken = claim_group()
    draw_charts(NOW)
    assert not is_drawn()
    assert taken.key not in {row.group_key for row in pictures()}
    db.session.execute(update(GroupDrawing).values(claimed_at=datetime.now(UTC) - LEASE - timedelta(seconds=1)))
    db.session.commit()
    assert draw_charts(NOW) > 0
    assert is_drawn()


def test_what_was_read_before_a_change_is_not_drawn_after_it(published, monkeypatch):
    """A wave is withdrawn while its pictures are drawn: none of them comes back."""
    published.run_wave({f"northtown-team-{letter}": mixed_answers(8, shift=1) for letter in "abcdef"})
    real, calls = drawing.note_drawn, []

    def withdrawn_in_the_middle(claimed, *found):
        calls.append(claimed)
        if len(calls) == 3:
            db.session.rollback()
            withdraw_wave("wave-2", because="A mistake.", by="Dev", now=NOW)
            begin_to_draw(NOW)  # another worker, at once
        return real(claimed, *found)

    monkeypatch.setattr(drawing, "note_drawn", withdrawn_in_the_middle)
    draw_charts(NOW)
    assert is_drawn()
    in_the_middle = pictures()
    everything_again()
    draw_charts(NOW)
    assert pictures() == in_the_middle


def test_what_changes_while_it_is_drawn_is_drawn_again(published):
    begin_to_draw(NOW)
    taken = claim_group()
    forget_drawings("crescendo")
    db.session.commit()
    assert not note_drawn(taken, NOW)
    db.session.rollback()
    whole = draw_charts(NOW)
    assert is_drawn()
    everything_again()
    assert draw_charts(NOW) == whole
