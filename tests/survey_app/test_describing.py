from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import func, select

from dashboards.snapshots import Level
from instruments.library import load_released
from survey_app.extensions import db
from survey_app.models.publications import ReliabilityCard
from survey_app.models.pulses import Wave
from survey_app.stores.publication_list import list_published
from survey_app.stores.published_results import DatabaseResults
from survey_app.stores.reliability_cards import find_card, list_cards
from survey_app.use_cases import describing
from survey_app.use_cases.describing import describe_waves, kept_answers
from survey_app.use_cases.errors import NoAnswers
from survey_app.use_cases.fieldwork import open_wave
from survey_app.use_cases.groups import add_group
from survey_app.use_cases.pulses import add_pulse, plan_wave
from tests.factories import MONDAY, OpenWave, signed_in
from tests.people import BEN, DEV
from tests.scoring.test_analysis import PULSE, made_up

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


def given(people, seed=1):
    """Answers as browsers send them."""
    frame = made_up(people, seed)
    return [{item: str(int(value)) for item, value in row.items()} for row in frame.to_dict("records")]


@pytest.fixture
def large(studio):
    """Two authorities: 120 answers in ten teams of one, 24 in two of the other; Dev leads the programme."""
    teams = {f"Team {letter}": 12 for letter in "ABCDEFGHIJ"}
    studio.set_up(teams)
    studio.add_authority("Southby", {"Team Y": 12, "Team Z": 12})
    studio.appoint()
    studio.run_wave(
        {
            **{f"northtown-team-{letter}": given(12, place) for place, letter in enumerate("abcdefghij")},
            "southby-team-y": given(12, 20),
            "southby-team-z": given(12, 21),
        }
    )
    return studio


def test_a_wave_gets_a_card_for_the_programme_and_for_each_authority_of_a_hundred(large):
    assert describe_waves(NOW) == 2
    assert [(stored.group, stored.card.people) for stored in list_cards("crescendo")] == [
        ("crescendo", 144),
        ("northtown", 120),
    ]
    card = find_card("crescendo", "wave-1", "northtown").card
    assert card.title == "Northtown, June 2026"
    assert card.instrument == "crescendo-pulse@1.0.0"
    assert [scale.title for scale in card.scales] == ["Connectedness", "Purpose alignment", "Optimism", "Burnout"]
    assert not any("same in all authorities" in sentence for sentence in card.sentences)
    programme = find_card("crescendo", "wave-1", "crescendo").card
    assert any("group northtown has 120 complete answers" in sentence for sentence in programme.sentences)
    assert find_card("crescendo", "wave-1", "southby") is None


def test_a_wave_is_described_once(large):
    describe_waves(NOW)
    assert describe_waves(NOW) == 0
    assert db.session.scalar(select(func.count()).select_from(ReliabilityCard)) == 2
    assert db.session.scalar(select(Wave.described_at)) is not None


def test_two_that_describe_a_wave_at_once_write_its_cards_once(large, monkeypatch):
    # Given another worker that finishes while this one still computes
    real = describing._cards

    def slow(described):
        monkeypatch.setattr(describing, "_cards", real)
        assert describe_waves(NOW) == 2
        return real(described)

    monkeypatch.setattr(describing, "_cards", slow)
    assert describe_waves(NOW) == 0
    assert len(list_cards("crescendo")) == 2


def test_a_small_wave_is_described_by_no_card(studio):
    studio.set_up({"Team A": 12})
    studio.run_wave({"northtown-team-a": given(12)})
    assert describe_waves(NOW) == 0
    assert list_cards("crescendo") == []
    with pytest.raises(NoAnswers, match=r"12 people have answered crescendo-pulse@1\.0\.0 here"):
        kept_answers(PULSE)


def test_a_pulse_of_some_authorities_has_a_card_under_their_names(studio):
    studio.set_up({f"Team {letter}": 12 for letter in "ABC"})
    studio.add_authority("Southby", {"Team Y": 12, "Team Z": 12})
    add_group("eastwick", "Eastwick", Level.AUTHORITY, "crescendo")
    add_pulse(
        "two",
        "Two",
        run_by="Us",
        programme_key="crescendo",
        instrument="crescendo-pulse@1.0.0",
        authorities=["northtown", "southby"],
    )
    wave_id = plan_wave("two", "w", label="May", opens_at=MONDAY, closes_at=NOW)
    wave = OpenWave(studio, wave_id, "w", MONDAY, open_wave(wave_id, MONDAY, studio.vault))
    for place, team in enumerate(
        ("northtown-team-a", "northtown-team-b", "northtown-team-c", "southby-team-y", "southby-team-z")
    ):
        wave.answer(team, given(12, place))
    wave.close()
    assert describe_waves(NOW) == 1
    assert [(stored.group, stored.card.title) for stored in list_cards("crescendo")] == [
        ("northtown+southby", "Northtown and Southby, May")
    ]


def test_a_pulse_of_one_authority_has_only_that_authoritys_card(studio):
    studio.set_up({f"Team {letter}": 12 for letter in "ABCDE"})
    studio.add_authority("Southby", {"Team Y": 12})
    add_pulse(
        "one",
        "One",
        run_by="Us",
        programme_key="crescendo",
        instrument="crescendo-pulse@1.0.0",
        authorities=["northtown"],
    )
    wave_id = plan_wave("one", "w", label="May", opens_at=MONDAY, closes_at=NOW)
    wave = OpenWave(studio, wave_id, "w", MONDAY, open_wave(wave_id, MONDAY, studio.vault))
    for place, letter in enumerate("abcde"):
        wave.answer(f"northtown-team-{letter}", given(12, place))
    wave.close()
    assert describe_waves(NOW) == 0  # sixty answers: enough for a programme, not for an authority


def test_kept_answers_tell_the_authority_and_the_wave_and_nothing_of_a_person(large):
    table = kept_answers(load_released("crescendo-pulse@1.0.0"))
    assert len(table) == 144
    assert set(table["authority"]) == {"northtown", "southby"}
    assert set(table["wave"]) == {"wave-1"}
    assert set(table.columns) == {*(item.id for item in PULSE.scored_items), "block", "authority", "wave"}


def test_a_programme_lead_reads_the_cards_and_a_team_lead_does_not(large):
    describe_waves(NOW)
    dev, ben = signed_in(large, DEV), signed_in(large, BEN)
    page = dev.get("/manage/reliability")
    assert "Crescendo programme, June 2026" in page.text
    assert "144 people" in page.text
    card = dev.get("/manage/reliability/wave-1/northtown")
    assert "A group’s score is reliable" in card.text or "no size would" in card.text
    assert "I felt I belonged" in card.text
    assert dev.get("/manage/reliability/wave-1/southby").status_code == 404
    assert ben.get("/manage/reliability").status_code == 404
    assert ben.get("/manage/reliability/wave-1/northtown").status_code == 404
    assert "Reliability" in dev.get("/manage").text
    assert "Reliability" not in ben.get("/", follow_redirects=True).text


def test_before_the_first_card_the_page_says_when_one_comes(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    assert "with 50 people or more" in signed_in(studio, DEV).get("/manage/reliability").text


def test_item_figures_of_a_card_are_those_of_protected_counts(large):
    describe_waves(NOW)
    card = find_card("crescendo", "wave-1", "crescendo").card
    answers = kept_answers(PULSE)
    for scale in card.scales:
        for item in scale.items:
            exact = 25 * (answers[item.name].mean() - 1)
            assert abs(int(item.figures.mean) - exact) < 1.5
            assert item.figures.lowest.rstrip("% orlesm").isdigit()


def test_published_shares_of_favourable_answers_can_be_read_again(large):
    cells = {cell["group"]: cell for cell in list_published() if cell["measure"] == "connectedness"}
    share = cells["crescendo"]["favourable"]
    assert share["likely_low"] <= share["share"] <= share["likely_high"]
    shown = {cell.measure: cell for cell in DatabaseResults("crescendo").cells("crescendo")}["connectedness"]
    assert shown.favourable.share == share["share"]
    answers = kept_answers(PULSE)[["belonging", "help", "heard"]]
    assert abs(float((answers >= 4).mean().mean()) * 100 - share["share"]) <= 5


def test_somebody_who_left_out_most_of_a_scale_does_not_count_in_it(studio):
    # Given a version whose rule is half: two of three items
    studio.set_up({"Team A": 8})
    complete = given(7)
    one_item = {
        "belonging": "5",
        **{item: value for item, value in given(1, 3)[0].items() if item not in ("belonging", "help", "heard")},
    }
    wave = studio.open()
    wave.answer("northtown-team-a", [*complete, one_item])
    wave.close()

    # Then the eighth is a respondent, and the answer to one item of the scale is not in its figure
    shown = {cell.measure: cell for cell in DatabaseResults("crescendo").cells("northtown-team-a")}["connectedness"]
    mean = np.mean(
        [25 * (np.mean([int(answers[item]) for answers in complete]) - 1) for item in ("belonging", "help", "heard")]
    )
    assert shown.n == 8
    assert shown.low - 25 / 7 <= mean <= shown.high + 25 / 7
