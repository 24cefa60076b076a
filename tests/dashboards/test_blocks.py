from hypothesis import given
from hypothesis import strategies as st

from dashboards.snapshots import Level
from dashboards.suppression.blocks import form_blocks, form_coarser_blocks
from dashboards.suppression.tree import GroupNode, GroupTree
from tests.dashboards.suppression_cases import programmes, trees


def service(*teams):
    nodes = [
        GroupNode("p", "P", Level.PROGRAMME, None),
        GroupNode("a", "A", Level.AUTHORITY, "p"),
        GroupNode("s", "S", Level.SERVICE_AREA, "a"),
        *(GroupNode(team, team, Level.TEAM, "s") for team in teams),
    ]
    return GroupTree(tuple(nodes))


def keys(blocks):
    return [block.key for block in blocks]


def test_a_team_with_enough_answers_is_a_block_of_its_own():
    assert keys(form_blocks(service("x", "y"), {"x": 5, "y": 9}, 5)) == ["x", "y"]


def test_small_teams_of_a_service_are_combined_the_largest_first():
    blocks = form_blocks(service("w", "x", "y", "z"), {"w": 1, "x": 4, "y": 3, "z": 2}, 5)
    assert keys(blocks) == ["w+x+y+z"] or [block.teams for block in blocks] == [("x", "y"), ("w", "z")]
    assert keys(form_blocks(service("x", "y", "z"), {"x": 4, "y": 3, "z": 2}, 5)) == ["x+y+z"]


def test_what_remains_joins_the_last_block_and_not_a_team_that_stands_alone():
    blocks = form_blocks(service("big", "x", "y", "z"), {"big": 8, "x": 4, "y": 4, "z": 1}, 5)
    assert keys(blocks) == ["big", "x+y+z"]


def test_small_teams_that_are_too_few_together_are_passed_to_the_authority():
    nodes = [
        GroupNode("p", "P", Level.PROGRAMME, None),
        GroupNode("a", "A", Level.AUTHORITY, "p"),
        GroupNode("s", "S", Level.SERVICE_AREA, "a"),
        GroupNode("u", "U", Level.SERVICE_AREA, "a"),
        GroupNode("x", "X", Level.TEAM, "s"),
        GroupNode("y", "Y", Level.TEAM, "u"),
    ]
    assert keys(form_blocks(GroupTree(tuple(nodes)), {"x": 3, "y": 2}, 5)) == ["x+y"]


def test_answers_that_fill_no_block_in_the_whole_programme_are_in_none():
    assert form_blocks(service("x"), {"x": 4}, 5) == ()


def test_a_valid_combination_of_the_last_wave_is_kept():
    counts = {"x": 3, "y": 3, "z": 4}
    assert keys(form_blocks(service("x", "y", "z"), counts, 5)) == ["x+y+z"]
    counts = {"w": 3, "x": 3, "y": 4, "z": 4}
    assert keys(form_blocks(service("w", "x", "y", "z"), counts, 5)) == ["w+x", "y+z"]
    kept = form_blocks(service("w", "x", "y", "z"), counts, 5, previous=[("w", "y"), ("x", "z")])
    assert keys(kept) == ["w+y", "x+z"]


def test_a_combination_that_is_too_small_now_is_not_kept():
    counts = {"x": 1, "y": 2, "z": 4}
    assert keys(form_blocks(service("x", "y", "z"), counts, 5, previous=[("x", "y")])) == ["x+y+z"]


@given(trees(), st.data(), st.integers(5, 8))
def test_blocks_are_large_enough_share_no_team_and_hold_every_large_team(tree, data, minimum):
    counts = {leaf.key: data.draw(st.integers(0, 12)) for leaf in tree.leaves}

    blocks = form_blocks(tree, counts, minimum)

    members = [team for block in blocks for team in block.teams]
    assert len(members) == len(set(members))
    for block in blocks:
        others = [team for team in block.teams if not tree[team].is_leads]
        assert sum(counts[team] for team in block.teams) == block.respondents
        assert sum(counts[team] for team in others or block.teams) >= minimum
    assert {team for team, size in counts.items() if size >= minimum} == {
        block.key for block in blocks if not block.is_combined
    }
    outside = {team: size for team, size in counts.items() if team not in members}
    for are_leads in (True, False):
        assert sum(size for team, size in outside.items() if tree[team].is_leads == are_leads) < minimum
    assert blocks == form_blocks(tree, dict(reversed(counts.items())), minimum)


def with_leads(*teams):
    tree = service(*teams)
    leads = GroupNode("s.leads", "Leads of S", Level.TEAM, "s", is_leads=True)
    return GroupTree((*tree.nodes, leads))


def test_a_lead_in_company_of_others_is_not_counted_towards_the_minimum():
    assert form_blocks(with_leads("x"), {"x": 4, "s.leads": 1}, 5) == ()
    assert keys(form_blocks(with_leads("x", "y"), {"x": 4, "y": 1, "s.leads": 1}, 5)) == ["s.leads+x+y"]


def test_leads_of_several_services_are_a_block_where_no_team_can_take_them_in():
    nodes = [
        *with_leads("x").nodes,
        GroupNode("u", "U", Level.SERVICE_AREA, "a"),
        GroupNode("u.leads", "Leads of U", Level.TEAM, "u", is_leads=True),
    ]
    blocks = form_blocks(GroupTree(tuple(nodes)), {"x": 4, "s.leads": 3, "u.leads": 3}, 5)
    assert keys(blocks) == ["s.leads+u.leads"]


def test_leads_are_a_block_of_their_own_where_they_are_enough():
    assert keys(form_blocks(with_leads("x"), {"x": 4, "s.leads": 5}, 5)) == ["s.leads"]


def test_a_combination_with_leads_is_kept_only_while_the_others_are_enough():
    sizes = {"x": 3, "y": 1, "s.leads": 1}
    assert form_blocks(with_leads("x", "y"), sizes, 5, previous=[("s.leads", "x", "y")]) == ()


def test_blocks_are_joined_until_an_item_has_ten_answers():
    tree = service("w", "x", "y", "z")
    blocks = form_blocks(tree, {"w": 12, "x": 4, "y": 3, "z": 6}, 5)
    assert keys(blocks) == ["w", "x+y", "z"]
    coarser = form_coarser_blocks(tree, blocks, {"w": 11, "x+y": 4, "z": 6}, 10)
    assert coarser == (("w",), ("x+y", "z"))
    assert form_coarser_blocks(tree, blocks, {"w": 3, "x+y": 3, "z": 3}, 10) == ()


@given(programmes(), st.integers(0, 9))
def test_unions_are_of_whole_blocks_each_in_one_and_each_large_enough(programme, skipped):
    blocks = programme.counts.blocks
    sizes = {block.key: max(0, block.respondents - skipped) for block in blocks}
    unions = form_coarser_blocks(programme.tree, blocks, sizes, 10)
    members = [key for union in unions for key in union]
    assert len(set(members)) == len(members)
    assert set(members) <= {block.key for block in blocks}
    assert all(sum(sizes[key] for key in union) >= 10 for union in unions)
