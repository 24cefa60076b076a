from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from dashboards.errors import AuditFailed, InvalidTerms
from dashboards.snapshots import Coverage, Level, ShownCell, WithheldCell, WithheldReason
from dashboards.suppression.blocks import Block, form_blocks, form_coarser_blocks
from dashboards.suppression.protection import protect
from dashboards.suppression.publication import MeasureCounts, WaveCounts, publish
from dashboards.suppression.terms import DisclosureTerms
from dashboards.suppression.tree import GroupNode, GroupTree
from scoring.tallies import measure_mean
from tests.dashboards.suppression_cases import count, programmes

TERMS = DisclosureTerms(5, 25.0)


def two_services(**teams):
    """A programme with one authority; a team's service area is its first letter."""
    nodes = [GroupNode("p", "Programme", Level.PROGRAMME, None), GroupNode("auth", "Authority", Level.AUTHORITY, "p")]
    nodes += [GroupNode(area, area.upper(), Level.SERVICE_AREA, "auth") for area in sorted({key[0] for key in teams})]
    nodes += [GroupNode(key, key.title(), Level.TEAM, key[0]) for key in teams]
    return GroupTree(tuple(nodes))


def published(answers_by_team, terms=TERMS):
    tree = two_services(**answers_by_team)
    sizes = {team: len(answers) for team, answers in answers_by_team.items()}
    teams = [team for team, answers in answers_by_team.items() for _ in answers]
    rows = [row if isinstance(row, tuple) else (row, row) for answers in answers_by_team.values() for row in answers]
    answers = np.array(rows, dtype=float).reshape(len(teams), 2)
    blocks = form_blocks(tree, sizes, terms.minimum_group_size)
    return {cell.group: cell for cell in publish(count(tree, sizes, blocks, teams, answers), terms)}


def test_a_team_with_five_answers_is_shown_and_everything_above_it():
    cells = published({"north": [0, 1, 2, 3, 4]})
    assert {key: cell.score for key, cell in cells.items()} == {"p": 50, "auth": 50, "n": 50, "north": 50}
    assert cells["north"].n == 5
    assert cells["north"].roster_size == 7
    assert cells["north"].response_rate == 70
    assert cells["north"].coverage is Coverage.ALL
    assert cells["p"].covers == ("north",)


def test_where_nobody_knows_how_many_were_asked_no_response_rate_is_shown():
    tree = two_services(north=5)
    answers = np.array([[1.0, 2.0]] * 5)
    blocks = (Block(("north",), 5),)
    counts = count(tree, {"north": 5}, blocks, ["north"] * 5, answers)
    cells = {cell.group: cell for cell in publish(replace(counts, invited=None), TERMS)}
    assert (cells["north"].roster_size, cells["north"].response_rate) == (None, None)


@pytest.mark.parametrize(("invited", "said"), [(43, 90), (42, 95), (80, 50)])
def test_a_response_rate_of_95_is_said_of_nothing_less(invited, said):
    tree = two_services(north=40)
    answers = np.array([[1.0, 2.0]] * 40)
    counts = count(tree, {"north": 40}, (Block(("north",), 40),), ["north"] * 40, answers)
    cells = {cell.group: cell for cell in publish(replace(counts, invited={"north": invited}), TERMS)}
    assert cells["north"].response_rate == said


def test_two_small_teams_are_counted_together_under_a_name_of_their_own():
    cells = published({"north": [1, 2, 3], "nearby": [1, 1, 4]})
    assert cells["north"].reason is WithheldReason.COMBINED
    assert cells["north"].counted_in == "nearby+north"
    assert cells["nearby+north"].name == "Nearby with North"
    assert cells["nearby+north"].parent == "n"
    assert cells["n"].covers == ("nearby", "north")


def test_a_block_of_several_teams_is_named_as_people_say_it():
    cells = published({"nadir": [1], "north": [1, 2], "nearby": [1, 4], "new": [3]})
    assert cells["nadir+nearby+new+north"].name == "Nadir with Nearby, New and North"


def test_a_service_whose_answers_are_mostly_counted_elsewhere_is_not_shown():
    cells = published({"north": [1, 2, 3], "south": [1, 3, 4, 4], "saltmarsh": [0, 1, 2, 3, 4]})
    assert cells["n"].reason is WithheldReason.TOO_FEW
    assert cells["s"].reason is WithheldReason.COUNTED_ELSEWHERE
    assert cells["north+south"].parent == "auth"
    assert cells["auth"].n == 12


def test_a_service_that_leaves_a_few_answers_out_says_so():
    cells = published({"north": [0, 1, 2, 3, 4] * 5, "nearby": [1]})
    assert cells["n"].coverage is Coverage.NEARLY_ALL
    assert cells["nearby"].reason is WithheldReason.TOO_FEW
    cells = published({"north": [0, 1, 2, 3, 4] * 2, "nearby": [1, 2]})
    assert cells["n"].coverage is Coverage.MOST


def test_a_measure_that_too_many_skipped_is_not_shown():
    nan = float("nan")
    cells = published({"north": [(0, nan), (1, nan), (2, 3), (3, 3), (4, 3)]})
    assert cells["north"].reason is WithheldReason.TOO_MANY_SKIPPED
    assert cells["p"].reason is WithheldReason.TOO_MANY_SKIPPED
    assert isinstance(published({"north": [(0, nan), (1, 1), (2, 3), (3, 3), (4, 3)]})["north"], ShownCell)


def test_a_unanimous_team_says_nothing_certain():
    assert published({"north": [4, 4, 4, 4, 4]})["north"].score == 95
    assert published({"north": [2, 2, 2, 2, 2]})["north"].score == 45


def test_a_programme_without_enough_answers_shows_nothing():
    cells = published({"north": [1, 2]})
    assert all(cell.reason is WithheldReason.TOO_FEW for cell in cells.values())


@given(programmes())
def test_every_figure_is_that_of_whole_blocks_and_of_nothing_else(programme):
    cells = publish(programme.counts, programme.terms)

    protected = [protect(tally, programme.terms.answer_width) for tally in programme.counts.measures[0].items]
    blocks = {frozenset(block.teams): index for index, block in enumerate(programme.counts.blocks)}
    for cell in cells:
        if isinstance(cell, WithheldCell):
            assert not hasattr(cell, "score")
            continue
        inside = [index for teams, index in blocks.items() if teams <= set(cell.covers)]
        assert {team for teams in blocks if teams <= set(cell.covers) for team in teams} == set(cell.covers)
        assert cell.n >= programme.terms.minimum_group_size
        means = [measure_mean([tally[index] for tally in protected]) for index in inside]
        invited = [
            sum(programme.counts.invited[team] for team in programme.counts.blocks[index].teams) for index in inside
        ]
        exact = np.average(means, weights=invited)
        assert cell.low - 1e-9 <= exact <= cell.high + 1e-9
        assert cell.likely_low <= cell.score <= cell.likely_high
        if cell.favourable:
            assert cell.n >= 10
            assert cell.favourable.likely_low <= cell.favourable.share <= cell.favourable.likely_high


@given(programmes())
def test_no_combination_of_published_means_uncovers_fewer_than_k_people(programme):
    """With all roundings undone: what is determined is a sum over whole blocks, hence over k people or more."""
    cells = [cell for cell in publish(programme.counts, programme.terms) if isinstance(cell, ShownCell)]
    order = {team: place for place, team in enumerate(sorted(set(programme.teams)))}
    people = np.array([order[team] for team in programme.teams])
    block_of = {team: block for block in programme.counts.blocks for team in block.teams}
    weights = {
        team: sum(programme.counts.invited[member] for member in block.teams) / block.respondents
        for team, block in block_of.items()
    }
    figures = np.array(
        [[weights[team] if team in cell.covers else 0.0 for team in sorted(order)] for cell in cells]
    ).reshape(len(cells), len(order))

    rows = figures[:, people] if len(people) else figures
    for target in range(len(people)):
        partners = (rows == rows[:, [target]]).all(axis=0)
        assert partners.sum() >= programme.terms.minimum_group_size or not rows[:, target].any()


@given(programmes())
def test_shares_of_answers_rest_on_unions_of_ten_people_or_more(programme):
    """What all shares together determine is a sum over whole unions of blocks, each of ten people or more."""
    counts, terms = programme.counts, programme.terms
    protected = [protect(tally, terms.answer_width) for tally in counts.measures[0].items]
    answered = np.min([tally.sum(axis=1) for tally in counts.measures[0].items], axis=0)
    usable = [block for block, n in zip(counts.blocks, answered, strict=True) if n >= terms.fewest_answers_to_an_item]
    sizes = {block.key: int(n) for block, n in zip(counts.blocks, answered, strict=True)}
    unions = form_coarser_blocks(counts.tree, usable, sizes, max(10, terms.minimum_group_size))
    places = {block.key: place for place, block in enumerate(counts.blocks)}

    for cell in publish(counts, terms):
        if not isinstance(cell, ShownCell) or cell.favourable is None:
            continue
        covered = set(cell.covers)
        inside = [union for union in unions if {team for key in union for team in key.split("+")} <= covered]
        assert all(sum(sizes[key] for key in union) >= 10 for union in inside)
        shares, invited = [], []
        for union in inside:
            rows = [places[key] for key in union]
            pooled = [tally[rows].sum(axis=0) for tally in protected]
            shares.append(np.mean([100 * tally[3:].sum() / tally.sum() for tally in pooled]))
            invited.append(sum(counts.invited[team] for key in union for team in key.split("+")))
        share = np.average(shares, weights=invited)
        assert cell.favourable.low - 1e-9 <= share <= cell.favourable.high + 1e-9


def test_a_team_of_five_beside_one_of_twelve_has_no_share_to_be_subtracted():
    cells = published({"north": [0, 1, 2, 3, 4, 4, 4, 3, 3, 2, 1, 0], "nearby": [0, 1, 2, 3, 4]})
    assert cells["north"].favourable.share == 50
    assert cells["nearby"].favourable is None
    assert cells["n"].favourable is None
    cells = published({"north": [0, 1, 2, 3, 4] * 8, "nearby": [0, 1, 2, 3, 4]})
    assert cells["n"].n == 45
    assert cells["n"].favourable == cells["north"].favourable  # the five are in neither


def test_favourable_answers_to_a_measure_where_higher_is_worse_are_the_low_ones():
    tree = two_services(north=12)
    counts = count(
        tree, {"north": 12}, (Block(("north",), 12),), ["north"] * 12, np.array([[0.0, 1.0]] * 9 + [[3.0, 4.0]] * 3)
    )
    burnout = replace(counts, measures=(replace(counts.measures[0], higher_is_better=False),))
    shares = [
        next(cell for cell in publish(each, TERMS) if cell.group == "north").favourable for each in (counts, burnout)
    ]
    assert (shares[0].share, shares[1].share) == (30, 80)  # 25 and 75, half up
    assert shares[0].likely_low < 30 < shares[0].likely_high


def test_a_team_in_which_many_answered_does_not_speak_for_one_in_which_few_did():
    # Given 20 of 20 at 75 points in one team, and 5 of 30 about 25 in the other
    tree = two_services(north=20, nearby=5)
    blocks = (Block(("nearby",), 5), Block(("north",), 20))
    answers = np.array([[3.0, 3.0]] * 19 + [[2.0, 2.0]] + [[1.0, 1.0]] * 4 + [[2.0, 2.0]])
    counts = count(tree, {"north": 20, "nearby": 5}, blocks, ["north"] * 20 + ["nearby"] * 5, answers)

    cells = {cell.group: cell for cell in publish(replace(counts, invited={"north": 20, "nearby": 30}), TERMS)}

    # Then the service counts them 20 to 30, not 20 to 5, and is as unsure as the team that hardly answered makes it
    assert cells["n"].score == round(0.4 * 73.75 + 0.6 * 30)
    assert cells["n"].likely_high - cells["n"].likely_low > 18


@given(programmes())
def test_every_team_with_enough_answers_has_a_figure(programme):
    cells = {cell.group: cell for cell in publish(programme.counts, programme.terms)}
    for team, size in programme.counts.respondents.items():
        if size >= programme.terms.minimum_group_size:
            cell = cells[team]
            assert isinstance(cell, ShownCell) or cell.reason is WithheldReason.TOO_MANY_SKIPPED


@given(programmes())
def test_publishing_twice_gives_the_same(programme):
    assert publish(programme.counts, programme.terms) == publish(programme.counts, programme.terms)


def test_a_partition_that_protects_nobody_is_refused_by_the_audit():
    tree = two_services(north=5, nearby=5)
    answers = np.array([[1.0, 2.0]] * 8)
    teams = ["north"] * 4 + ["nearby"] * 4
    sizes = {"north": 4, "nearby": 4}
    planted = (Block(("north",), 4), Block(("nearby", "north"), 8))
    with pytest.raises(AuditFailed) as failure:
        publish(count(tree, sizes, planted, teams, answers), TERMS)
    assert failure.value.findings == (
        "block north has fewer than 5 respondents",
        "team north is in two blocks",
    )


@pytest.mark.parametrize("terms", [(4, 25.0), (5, 20.0), (5, 60.0)])
def test_terms_that_would_protect_nobody_are_refused(terms):
    with pytest.raises(InvalidTerms):
        DisclosureTerms(*terms)


def test_a_part_of_a_programme_is_not_published_under_its_name():
    nodes = [
        GroupNode("p", "Programme", Level.PROGRAMME, None, is_reported=False),
        GroupNode("a", "Authority", Level.AUTHORITY, "p"),
        GroupNode("s", "Area", Level.SERVICE_AREA, "a"),
        GroupNode("x", "Team", Level.TEAM, "s"),
    ]
    tree = GroupTree(tuple(nodes))
    blocks = (Block(("x",), 6),)
    measure = MeasureCounts("calm", 20.0, (np.array([[1, 2, 1, 1, 1]]),))
    counts = WaveCounts("w", "i@1.0.0", tree, {"x": 6}, {"x": 6}, blocks, (measure,))
    cells = publish(counts, DisclosureTerms(5, 25.0))
    assert [cell.group for cell in cells] == ["a", "s", "x"]
