"""Teams move, merge and divide: from the next wave on, with what was published left as it was."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from dashboards.ancestry import earlier_points
from dashboards.pages.group import build_group_page
from dashboards.pages.measure import build_measure_page
from dashboards.snapshots import Level
from dashboards.trends import trends_of
from survey_app.extensions import db, vault
from survey_app.models.messages import Message
from survey_app.models.participants import ContactPoint, Membership
from survey_app.models.pulses import Wave
from survey_app.stores.digest_words import words_for_lead
from survey_app.stores.publication_list import list_published
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.digesting import plan_digests
from survey_app.use_cases.drawing import draw_charts
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.errors import ChangedMeanwhile, NameTaken, UnknownGroup, UnusableReorganisation
from survey_app.use_cases.groups import add_named_group, find_group, groups_of_programme, rename_group
from survey_app.use_cases.people import people_of
from survey_app.use_cases.reorganising import (
    NewTeam,
    end_group,
    merge_groups,
    move_team,
    split_team,
    staff_refs_of,
)
from tests.factories import mixed_answers, roster_file, signed_in
from tests.people import BEN, DEV

TEAM, AREA = Level.TEAM, Level.SERVICE_AREA
LATER = datetime(2026, 6, 15, 9, tzinfo=UTC)


@pytest.fixture
def programme(studio):
    """Two service areas; a wave of each team was published before anything changes."""
    studio.set_up({"Team A": 8, "Team B": 8})
    studio.enrol("Northtown", {"Team C": 8}, area="Safeguarding")
    studio.appoint()
    answers = {"team-a": mixed_answers(8), "team-b": mixed_answers(8, shift=1), "team-c": mixed_answers(8)}
    studio.run_wave({key_of(name): given for name, given in answers.items()})
    return studio


def key_of(name):
    return f"northtown-{name}" if find_or_none(f"northtown-{name}") else name


def find_or_none(key):
    try:
        return find_group(key, TEAM)
    except UnknownGroup:
        return None


def keys():
    return {line.name: line.key for line in groups_of_programme("crescendo")}


def where_everybody_is():
    today = LATER.date()
    lines = {line.key: line.name for line in groups_of_programme("crescendo")}
    by_id = {find_group(key, TEAM).id: name for key, name in lines.items() if find_or_none(key)}
    rows = db.session.execute(select(Membership.participant_id, Membership.team_id, Membership.ended_on))
    return sorted(by_id[team] for _, team, ended in rows if ended is None or ended > today)


def next_wave(studio, names):
    studio.run_wave({keys()[name]: mixed_answers(8, shift=place) for place, name in enumerate(names)})


def test_a_team_that_moves_keeps_its_line_and_old_waves_keep_their_tree(programme):
    before = [cell for cell in list_published() if cell["level"] in ("team", "service_area")]
    move_team(keys()["Team B"], keys()["Safeguarding"], expected=keys()["Early Help"], by="Dev", now=LATER)
    move_team(keys()["Team B"], keys()["Safeguarding"], expected=keys()["Early Help"], by="Dev", now=LATER)  # twice
    assert [cell for cell in list_published() if cell["level"] in ("team", "service_area")] == before
    next_wave(programme, ["Team A", "Team B", "Team C"])
    results = DatabaseResults("crescendo")
    (trend,) = trends_of(results, keys()["Team B"], results.waves(keys()["Team B"])[-1].measures[:1])
    assert len([point for point in trend.points if point.shown]) == 2
    page = build_group_page(results, results.group(keys()["Team B"]))
    assert page.group.parent == keys()["Safeguarding"]
    assert page.happened == ("Moved from Early Help to Safeguarding on 15 June 2026. Its line goes on.",)
    left = build_group_page(results, results.group(keys()["Early Help"]))
    came = build_group_page(results, results.group(keys()["Safeguarding"]))
    assert left.happened == ("Team B went to Safeguarding on 15 June 2026: figures until then count it here.",)
    assert came.happened == ("Team B came here from Early Help on 15 June 2026: figures from then on count it here.",)


def test_a_move_that_cannot_be_changes_nothing(programme):
    programme.add_authority("Southtown", {"Team D": 6}, area="Other")
    team, area = keys()["Team A"], keys()["Early Help"]
    with pytest.raises(UnknownGroup):
        move_team(team, keys()["Other"], expected=area, by="Dev", now=LATER)
    with pytest.raises(ChangedMeanwhile, match="in Early Help"):
        move_team(team, keys()["Safeguarding"], expected="elsewhere", by="Dev", now=LATER)
    add_named_group("Team A", TEAM, keys()["Safeguarding"], by="Dev", now=LATER)
    with pytest.raises(NameTaken):
        move_team(team, keys()["Safeguarding"], expected=area, by="Dev", now=LATER)
    assert find_group(team, TEAM).parent.key == area


def test_merged_teams_end_and_the_new_one_begins_with_theirs_in_grey(programme):
    old = [keys()["Team A"], keys()["Team B"]]
    new = merge_groups(old, "Team A", TEAM, by="Dev", now=LATER)
    assert new not in old
    assert where_everybody_is() == ["Team A"] * 16 + ["Team C"] * 8
    assert len(staff_refs_of(new, LATER.date())) == 16
    programme.run_wave({new: mixed_answers(16), keys()["Team C"]: mixed_answers(8)})
    results = DatabaseResults("crescendo")
    newest = results.waves(new)[-1]
    assert {cell.group for cell in results.cells(old[0])} == {old[0]}
    assert all(cell.wave != newest.key for key in old for cell in results.cells(key))
    cells = [next(cell for cell in results.cells(key) if cell.measure == "burnout") for key in old]
    (trend,) = [each for each in trends_of(results, new, newest.measures) if each.measure.id == "burnout"]
    (earlier,) = trend.earlier
    assert earlier.score == round(sum(cell.score * cell.n for cell in cells) / sum(cell.n for cell in cells))
    assert [point.wave.key for point in trend.points] == [newest.key]
    page = build_measure_page(results, results.group(new), "burnout")
    assert page.rows[-1].note == "Before this group: Team A and Team B together"
    assert page.happened[0].startswith("Made of Team A and Team B on 15 June 2026.")
    ended = build_measure_page(results, results.group(old[1]), "burnout")
    assert ended.happened == ("Became part of Team A on 15 June 2026. Its line ends here.",)


def test_leads_of_merged_teams_lead_what_is_made_of_them(programme):
    new = merge_groups([keys()["Team A"], keys()["Team B"]], "Team AB", TEAM, by="Dev", now=LATER)
    held = {(role.name, role.group) for role in people_of("crescendo", vault()) if role.role == "team lead"}
    assert {name for name, group in held if group == "Team AB"} == {name for name, group in held if group != "Team AB"}
    page = signed_in(programme, BEN).get(f"/teams/{new}")
    assert page.status_code == 200
    assert "Team A and Team B" in page.text


def test_an_open_wave_is_of_the_teams_that_were_asked(programme):
    wave = programme.open()
    old = keys()["Team A"]
    tokens = wave.tokens(old)
    merge_groups([old, keys()["Team B"]], "Team AB", TEAM, by="Dev", now=LATER)
    assert len(tokens) == 8
    wave.answer(old, mixed_answers(8))
    wave.close()
    results = DatabaseResults("crescendo")
    assert {cell.wave for cell in results.cells(old)} == {each.key for each in results.waves(old)}
    assert results.cells(keys()["Team AB"]) == []


def test_a_merger_that_cannot_be_changes_nothing(programme):
    with pytest.raises(UnusableReorganisation, match="at least two"):
        merge_groups([keys()["Team A"]], "Alone", TEAM, by="Dev", now=LATER)
    add_named_group("Other team", TEAM, keys()["Early Help"], by="Dev", now=LATER)
    with pytest.raises(NameTaken):
        merge_groups([keys()["Team A"], keys()["Team B"]], "Other team", TEAM, by="Dev", now=LATER)
    programme.add_authority("Southtown", {"Team D": 6}, area="Other")
    with pytest.raises(UnusableReorganisation, match="one authority"):
        merge_groups([keys()["Team A"], keys()["Team D"]], "Both", TEAM, by="Dev", now=LATER)
    merge_groups([keys()["Team A"], keys()["Team B"]], "Team AB", TEAM, by="Dev", now=LATER)
    with pytest.raises(UnknownGroup):  # a double click
        merge_groups([keys()["Team A"], keys()["Team B"]], "Team AB", TEAM, by="Dev", now=LATER)
    assert sum(line.name == "Team AB" for line in groups_of_programme("crescendo")) == 1


def test_merged_service_areas_hold_the_teams_of_all(programme):
    new = merge_groups([keys()["Early Help"], keys()["Safeguarding"]], "Family Help", AREA, by="Dev", now=LATER)
    parents = {line.name: line.parent_key for line in groups_of_programme("crescendo") if line.level is TEAM}
    assert set(parents.values()) == {new}
    next_wave(programme, ["Team A", "Team B", "Team C"])
    results = DatabaseResults("crescendo")
    assert {child.name for child in results.children(new)} == {"Team A", "Team B", "Team C"}


def test_two_teams_of_one_name_are_not_taken_for_one_another(programme):
    add_named_group("Team A", TEAM, keys()["Safeguarding"], by="Dev", now=LATER)
    with pytest.raises(UnusableReorganisation, match="Both have a team team a"):
        merge_groups([keys()["Early Help"], keys()["Safeguarding"]], "All", AREA, by="Dev", now=LATER)
    assert find_group(keys()["Early Help"], AREA).ended_on is None


def test_a_divided_team_goes_on_as_several(programme):
    old = keys()["Team A"]
    staff = staff_refs_of(old, LATER.date())
    parts = [NewTeam("Red", tuple(staff[:5])), NewTeam("Blue", tuple(staff[5:]))]
    red, blue = split_team(old, parts, by="Dev", now=LATER)
    assert (staff_refs_of(red, LATER.date()), staff_refs_of(blue, LATER.date())) == (staff[:5], staff[5:])
    assert find_group(old, TEAM).ended_on == LATER.date()
    programme.run_wave({red: mixed_answers(5), keys()["Team B"]: mixed_answers(8), keys()["Team C"]: mixed_answers(8)})
    results = DatabaseResults("crescendo")
    earlier = earlier_points(results, red, ["burnout"], results.history(red))["burnout"]
    assert [point.score for point in earlier] == [
        cell.score for cell in results.cells(old) if cell.measure == "burnout"
    ]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([("Red", slice(0, 8))], "Name 2 to 6"),
        ([("Red", slice(0, 4)), ("red", slice(4, 8))], "Two of the new teams are called Red"),
        ([("Red", slice(0, 4)), ("Blue", slice(3, 8))], "stands in two places"),
        ([("Red", slice(0, 4)), ("Blue", slice(5, 8))], "in none of the new teams"),
    ],
)
def test_everybody_goes_to_exactly_one_part(programme, parts, sentence):
    staff = staff_refs_of(keys()["Team A"], LATER.date())
    with pytest.raises(UnusableReorganisation, match=sentence):
        split_team(keys()["Team A"], [NewTeam(name, tuple(staff[who])) for name, who in parts], by="Dev", now=LATER)
    two = [NewTeam("Red", tuple(staff)), NewTeam("Blue", ("nobody",))]
    with pytest.raises(UnusableReorganisation, match="nobody is not in the team"):
        split_team(keys()["Team A"], two, by="Dev", now=LATER)
    assert staff_refs_of(keys()["Team A"], LATER.date()) == staff


def test_only_what_nobody_is_in_can_end(programme):
    with pytest.raises(UnusableReorganisation, match="People are in Team A"):
        end_group(keys()["Team A"], TEAM, by="Dev", now=LATER)
    with pytest.raises(UnusableReorganisation, match="Teams are in Early Help"):
        end_group(keys()["Early Help"], AREA, by="Dev", now=LATER)
    empty = add_named_group("Empty", TEAM, keys()["Early Help"], by="Dev", now=LATER)
    end_group(empty, TEAM, by="Dev", now=LATER)
    end_group(empty, TEAM, by="Dev", now=LATER + timedelta(days=1))
    assert find_group(empty, TEAM).ended_on == LATER.date()


def staff_list(*rows):
    return roster_file(
        [
            {"staff_ref": ref, "email": f"{ref.replace(' ', '-')}@example.gov.uk", "team": team, "service_area": area}
            for ref, team, area in rows
        ]
    )


def test_a_staff_list_that_still_says_old_names_is_understood(programme):
    staff = staff_refs_of(keys()["Team A"], LATER.date())
    rename_group(keys()["Safeguarding"], "Protection", expected="Safeguarding", by="Dev", now=LATER)
    move_team(keys()["Team B"], keys()["Protection"], expected=keys()["Early Help"], by="Dev", now=LATER)
    new = merge_groups([keys()["Team B"], keys()["Team C"]], "Team BC", TEAM, by="Dev", now=LATER)
    rename_group(keys()["Team A"], "Anchors", expected="Team A", by="Dev", now=LATER)
    content = staff_list(
        (staff[0], "Team A", "Early Help"),
        ("n1", "Team B", "Early Help"),
        ("n2", "team c", "Safeguarding"),
        ("n3", "Team C", "Protection"),
        ("n4", "Team New", "Safeguarding"),
    )
    report = import_roster("northtown", content, LATER.date(), vault())
    assert (report.joined, report.moved, report.unchanged, report.refused) == (4, 0, 1, ())
    assert report.new_groups == ("team Team New, Protection",)
    assert "Team B, Early Help is Team BC, Protection now, and is read so." in report.oddities
    assert {"n1", "n2", "n3"} <= set(staff_refs_of(new, LATER.date()))


def test_a_staff_list_that_names_a_divided_team_has_to_say_which_part(programme):
    staff = staff_refs_of(keys()["Team A"], LATER.date())
    split_team(
        keys()["Team A"], [NewTeam("Red", tuple(staff[:5])), NewTeam("Blue", tuple(staff[5:]))], by="D", now=LATER
    )
    content = staff_list((staff[0], "Team A", "Early Help"), ("n1", "Red", "Early Help"))
    report = import_roster("northtown", content, LATER.date(), vault(), absent_have_left=True, however_many=True)
    assert [(row.line, row.reason) for row in report.refused] == [
        (2, "team was divided into Red and Blue: name the one of this person")
    ]
    assert report.joined == 1
    assert staff[0] in staff_refs_of(keys()["Red"], LATER.date())  # named, if not placed: they have not left


def test_a_programme_lead_does_all_of_it_on_pages(programme):
    dev = signed_in(programme, DEV)
    area = keys()["Early Help"]
    at = "/manage/groups"
    assert dev.post(f"{at}/{area}/inside", data={"name": ""}).status_code == 400
    assert dev.post(f"{at}/{area}/inside", data={"name": "Team Z"}).status_code == 303
    again = dev.post(f"{at}/{area}/inside", data={"name": "Team Z"})
    assert (again.status_code, "beside it already" in again.text) == (409, True)
    moved = {"area": keys()["Safeguarding"], "before": area}
    assert dev.post(f"{at}/{keys()['Team Z']}/move", data=moved).status_code == 303
    assert dev.post(f"{at}/{keys()['Team A']}/move", data={"area": "x", "before": area}).status_code == 400
    assert dev.post(f"{at}/{keys()['Team Z']}/end").status_code == 303
    assert dev.post(f"{at}/{keys()['Team A']}/end").status_code == 409
    split = f"{at}/{keys()['Team A']}/split"
    staff = staff_refs_of(keys()["Team A"], datetime.now(UTC).date())
    assert staff[0] in dev.get(split).text
    refused = dev.post(split, data={"name": ["Red", "Blue"], "staff_refs": ["\n".join(staff[:3]), ""]})
    assert (refused.status_code, staff[5] in refused.text, "Red" in refused.text) == (400, True, True)
    kept = {"name": ["Red", "Blue", ""], "staff_refs": ["\r\n".join(staff[:3]), "\r\n".join(staff[3:]), ""]}
    assert dev.post(split, data=kept).status_code == 303
    assert dev.post(split, data=kept).status_code == 409
    merged = {"name": "Purple", "merged": [keys()["Red"], keys()["Blue"]]}
    assert dev.post(f"{at}/{area}/merge", data={**merged, "name": ""}).status_code == 400
    assert dev.post(f"{at}/{area}/merge", data=merged).status_code == 303
    assert dev.post(f"{at}/{area}/merge", data=merged).status_code == 409
    assert "Made of Blue and Red" in dev.get(f"{at}/{keys()['Purple']}").text
    assert "ended" in dev.get(f"{at}/{keys()['Red']}").text
    assert "ended" in dev.get(at).text


def test_membership_that_begins_later_is_not_lost(programme):
    tomorrow = LATER.date() + timedelta(days=30)
    membership = db.session.scalars(select(Membership)).first()
    membership.started_on = tomorrow
    old = db.session.get_one(type(find_group(keys()["Team A"], TEAM)), membership.team_id).key
    other = next(key for name, key in keys().items() if name.startswith("Team ") and key != old)
    person = membership.participant_id
    db.session.commit()
    new = merge_groups([old, other], "Both", TEAM, by="Dev", now=LATER)
    found = db.session.scalars(
        select(Membership).where(Membership.participant_id == person).order_by(Membership.id)
    ).all()
    assert [(each.started_on, each.ended_on) for each in found] == [(tomorrow, tomorrow), (tomorrow, None)]
    assert found[1].team_id == find_group(new, TEAM).id


def test_after_a_merger_leads_are_told_of_the_group_that_was_asked(programme):
    def told():
        draw_charts(LATER)
        plan_digests(LATER + timedelta(days=60))
        rows = db.session.scalars(select(Message).where(Message.purpose == "digest_lead")).all()
        return {row.wave_id: words_for_lead(row, "https://p")["link"] for row in rows if row.contact_point_id == ben()}

    def ben():
        return db.session.scalar(
            select(ContactPoint.id).where(ContactPoint.address_hash == vault().address_hash(BEN.email))
        )

    db.session.execute(update(Wave).values(closed_at=LATER + timedelta(days=59)))
    db.session.commit()
    old = keys()["Team A"]
    open_wave = programme.open()
    new = merge_groups([old, keys()["Team B"]], "Team AB", TEAM, by="Dev", now=LATER)
    open_wave.answer(old, mixed_answers(8))
    open_wave.close()
    later = programme.open()
    later.answer(new, mixed_answers(8))
    later.close()
    db.session.execute(update(Wave).values(closed_at=LATER + timedelta(days=59)))
    db.session.commit()
    links = told()
    assert links[open_wave.id].endswith(f"/teams/{old}")
    assert links[later.id].endswith(f"/teams/{new}")
