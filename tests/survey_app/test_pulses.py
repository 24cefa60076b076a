from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from dashboards.snapshots import Level
from instruments.changes import ChangeLevel
from instruments.files import from_document
from survey_app.demo.pulses import demo_pulses, read_pilot
from survey_app.extensions import db
from survey_app.models.invitations import Invitation
from survey_app.models.pulses import Pulse, Wave
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.closing import close_wave
from survey_app.use_cases.errors import (
    LineWouldBreak,
    NobodyToInvite,
    NothingScored,
    TooLongToAsk,
    UnknownGroup,
    UnknownPulse,
)
from survey_app.use_cases.fieldwork import open_wave
from survey_app.use_cases.groups import add_group
from survey_app.use_cases.instrument_library import release
from survey_app.use_cases.inviting import Person, divide_at_random
from survey_app.use_cases.pulses import (
    add_pulse,
    change_version,
    list_pulses,
    list_waves,
    plan_bridge,
    plan_wave,
    verdict_before_opening,
    verdict_on_change,
)
from tests.factories import MONDAY, mixed_answers
from tests.instruments.tiny import document

SECOND = "crescendo-pulse@1.1.0"
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
TEAM_A, TEAM_B = "northtown-team-a", "northtown-team-b"


def ask(reference, **more):
    return change_version("monthly", reference, by="Dev", now=NOW, **more)


def test_before_its_first_wave_a_pulse_may_ask_anything(studio):
    studio.set_up({"Team A": 6})
    assert verdict_on_change("monthly", SECOND) is None
    assert ask("temperature-check@1.0.0") is None
    assert list_pulses("crescendo")[0].asks == "temperature-check@1.0.0"


def test_a_minor_change_is_made_and_its_verdict_told(studio):
    studio.set_up({"Team A": 6})
    studio.open()
    verdict = ask(SECOND)
    assert verdict.level is ChangeLevel.MINOR
    wave_id = plan_wave("monthly", "next", label="Next", opens_at=NOW, closes_at=NOW + timedelta(days=9))
    assert verdict_before_opening("next").level is ChangeLevel.MINOR
    assert [wave.asks for wave in list_waves("monthly")] == ["crescendo-pulse@1.0.0", SECOND]
    assert open_wave(wave_id, NOW, studio.vault)


def test_a_break_is_refused_unless_it_is_meant(studio):
    studio.set_up({"Team A": 6})
    release(read_pilot(), "Dev", NOW)
    studio.open()
    with pytest.raises(LineWouldBreak, match=r"breaks the line: .*recall window was rewritten.*a bridge wave"):
        ask("crescendo-pulse@0.9.0")
    assert list_pulses()[0].asks == "crescendo-pulse@1.0.0"
    assert ask("crescendo-pulse@0.9.0", up_to=ChangeLevel.MAJOR).level is ChangeLevel.MAJOR
    assert list_pulses()[0].asks == "crescendo-pulse@0.9.0"


def test_what_scores_nothing_cannot_be_asked(studio):
    studio.set_up({"Team A": 6})
    unscored = document(scales=[])
    unscored["items"] = [{"id": "x", "text": {"en": "It is so."}, "response_set": "agreement"}]
    release(from_document(unscored), "Dev", NOW)
    with pytest.raises(NothingScored, match="has no scale"):
        ask("tiny@1.2.3")


def test_a_pulse_that_is_not_there_is_named(app):
    with pytest.raises(UnknownPulse, match="'monthly'"):
        ask(SECOND)


def two_authorities(studio):
    studio.set_up({"Team A": 8})
    studio.add_authority("Southtown", {"Team S": 9})
    add_pulse("south", "South", run_by="Us", programme_key="crescendo", instrument=SECOND, authorities=["southtown"])


def test_a_pulse_of_some_authorities_invites_and_reports_on_these_only(studio):
    two_authorities(studio)
    wave_id = plan_wave("south", "s1", label="June", opens_at=NOW, closes_at=NOW + timedelta(days=9))
    open_wave(wave_id, NOW, studio.vault)
    teams = set(db.session.scalars(select(Invitation.team_key).where(Invitation.wave_id == wave_id)))
    db.session.rollback()
    assert teams == {"southtown-team-s"}
    close_wave(wave_id, NOW + timedelta(days=9), studio.vault)
    results = DatabaseResults("crescendo")
    assert [group.key for group in results.groups()] == [
        "crescendo",
        "southtown",
        "southtown-early-help",
        "southtown-team-s",
    ]
    assert results.cells("crescendo") == [], "a part would stand under the name of the whole"
    assert results.group("crescendo").name == "Crescendo programme"
    assert results.waves("northtown") == []
    assert [wave.key for wave in results.waves("southtown-team-s")] == ["s1"]
    assert [child.key for child in results.children("crescendo")] == ["southtown"]


def test_each_authority_has_its_own_newest_wave(studio):
    two_authorities(studio)
    first = studio.run_wave({TEAM_A: mixed_answers(8)})
    later = plan_wave("south", "s1", label="July", opens_at=NOW, closes_at=NOW + timedelta(days=60))
    open_wave(later, NOW, studio.vault)
    close_wave(later, NOW + timedelta(days=60), studio.vault)
    results = DatabaseResults("crescendo")
    assert [wave.key for wave in results.waves(TEAM_A)] == [first.key]
    assert [wave.key for wave in results.waves("southtown")] == [first.key, "s1"]
    assert {child.key for child in results.children("crescendo")} == {"northtown", "southtown"}


def test_an_authority_that_is_not_there_is_named(studio):
    studio.set_up({"Team A": 6})
    with pytest.raises(UnknownGroup, match="no authority with the key 'nowhere'"):
        add_pulse("x", "X", run_by="Us", programme_key="crescendo", instrument=SECOND, authorities=["nowhere"])


def test_a_bridge_opens_both_of_its_waves_and_divides_each_team_evenly(studio):
    studio.set_up({"Team A": 11, "Team B": 4})
    earlier, new = studio.open_bridge(SECOND)
    assert open_wave(new.id, MONDAY, studio.vault) == [], "it is open already"
    assert len(earlier.messages) == 15
    people = db.session.scalars(select(Invitation.participant_id)).all()
    assert len(set(people)) == len(people) == 15, "nobody is in both"
    sizes = {
        (wave_id, team): count
        for wave_id, team, count in db.session.execute(
            select(Invitation.wave_id, Invitation.team_key, func.count()).group_by(
                Invitation.wave_id, Invitation.team_key
            )
        )
    }
    assert sorted(sizes[wave.id, TEAM_A] for wave in (earlier, new)) == [5, 6]
    assert [sizes[wave.id, TEAM_B] for wave in (earlier, new)] == [2, 2]
    waves = {wave.key: wave for wave in list_waves()}
    assert (waves["wave-1-old"].label, waves["wave-1-new"].label) == (
        "June 2026, earlier questions",
        "June 2026, new questions",
    )
    assert (waves["wave-1-old"].asks, waves["wave-1-new"].asks) == ("crescendo-pulse@1.0.0", SECOND)
    assert db.session.scalar(select(Pulse.instrument)) == SECOND, "from now on the pulse asks the new version"


def test_a_bridge_for_one_person_is_no_bridge(studio):
    studio.set_up({"Team A": 1})
    with pytest.raises(NobodyToInvite):
        studio.open_bridge(SECOND)
    db.session.rollback()
    assert {wave.state for wave in db.session.scalars(select(Wave))} == {"planned"}


def test_a_bridge_says_beforehand_what_it_does(studio):
    studio.set_up({"Team A": 6})
    release(read_pilot(), "Dev", NOW)
    studio.open()
    plan_bridge("monthly", "b", "crescendo-pulse@0.9.0", label="B", opens_at=NOW, closes_at=NOW + timedelta(days=9))
    assert verdict_before_opening("b-new").level is ChangeLevel.MAJOR
    assert verdict_before_opening("b-old").level is ChangeLevel.SAME


def test_people_are_divided_by_chance_and_each_team_evenly():
    people = [Person(number, 1, f"team-{number % 3}", "en", "email", number) for number in range(31)]
    seen = set()
    for _ in range(60):
        one, other = divide_at_random(people, 2)
        assert sorted((*one, *other), key=lambda person: person.participant_id) == people
        for team in range(3):
            sizes = [sum(person.team_key == f"team-{team}" for person in part) for part in (one, other)]
            assert abs(sizes[0] - sizes[1]) <= 1
        seen.add(frozenset(person.participant_id for person in one))
    assert len(seen) == 60
    assert divide_at_random(people, 1) == [people]


def test_the_demo_changes_in_the_middle_and_breaks_at_a_bridge():
    together, apart = demo_pulses(["one", "two", "three"], 14)
    assert (together.authorities, together.changes_at, together.is_bridged) == (("one", "two"), 7, False)
    assert (apart.authorities, apart.is_bridged) == (("three",), True)
    assert apart.wave_key("2026-01") == "three-2026-01"
    (alone,) = demo_pulses(["one"], 3)
    assert alone.authorities == (), "the whole programme"
    assert demo_pulses(["one", "two", "three"], 4)[1].changes_at == 4, "too short for a bridge"


def test_a_pulse_that_follows_on_another_says_what_it_does_to_their_common_line(studio):
    studio.set_up({"Team A": 8})
    add_pulse(
        "baseline", "Baseline", run_by="Us", programme_key="crescendo", instrument="temperature-check@1.0.0",
        authorities=["northtown"],
    )  # fmt: skip
    wave_id = plan_wave("baseline", "b", label="B", opens_at=NOW, closes_at=NOW + timedelta(days=9))
    open_wave(wave_id, NOW, studio.vault)
    verdict = verdict_on_change("monthly", SECOND)
    assert verdict.before == "temperature-check@1.0.0"
    assert verdict.verdict_on("burnout").level is ChangeLevel.MINOR


def test_all_authorities_by_name_are_the_whole_programme(studio):
    studio.set_up({"Team A": 8})
    add_pulse("all", "All", run_by="Us", programme_key="crescendo", instrument=SECOND, authorities=["northtown"])
    wave_id = plan_wave("all", "a", label="A", opens_at=NOW, closes_at=NOW + timedelta(days=9))
    open_wave(wave_id, NOW, studio.vault)
    close_wave(wave_id, NOW + timedelta(days=9), studio.vault)
    assert DatabaseResults("crescendo").cells("crescendo")


def test_what_would_not_fit_a_ballot_cannot_be_asked(studio):
    studio.set_up({"Team A": 6})
    long = document()
    long["items"] += [
        {"id": f"a-rather-long-name-for-an-item-{number}", "text": {"en": "So?"}, "response_set": "agreement"}
        for number in range(60)
    ]
    release(from_document(long), "Dev", NOW)
    with pytest.raises(TooLongToAsk, match="more than a ballot can hold"):
        ask("tiny@1.2.3")


def test_an_authority_of_another_programme_is_none_of_this_one(studio):
    studio.set_up({"Team A": 6})
    add_group("other", "Other", Level.PROGRAMME)
    add_group("elsewhere", "Elsewhere", Level.AUTHORITY, "other")
    with pytest.raises(UnknownGroup, match="no authority of this programme with the key 'elsewhere'"):
        add_pulse("x", "X", run_by="Us", programme_key="crescendo", instrument=SECOND, authorities=["elsewhere"])
