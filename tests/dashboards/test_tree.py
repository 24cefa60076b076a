import pytest

from dashboards.errors import BrokenTree
from dashboards.snapshots import Level
from dashboards.suppression.tree import GroupNode, GroupTree

PROGRAMME = GroupNode("p", "P", Level.PROGRAMME, None)
AUTHORITY = GroupNode("a", "A", Level.AUTHORITY, "p")
AREA = GroupNode("s", "S", Level.SERVICE_AREA, "a")
TEAM = GroupNode("t", "T", Level.TEAM, "s")
TREE = GroupTree((PROGRAMME, AUTHORITY, AREA, TEAM))


def test_groups_come_bottom_up_before_those_above_them():
    assert [node.key for node in TREE.bottom_up()] == ["t", "s", "a", "p"]


def test_a_team_knows_what_it_belongs_to():
    assert list(TREE.ancestors("t")) == ["s", "a", "p"]
    assert TREE.leaves_under["a"] == ("t",)
    assert TREE.root is PROGRAMME
    assert TREE["t"] is TEAM


@pytest.mark.parametrize(
    "nodes",
    [
        (PROGRAMME, PROGRAMME),
        (AUTHORITY,),
        (PROGRAMME, GroupNode("q", "Q", Level.PROGRAMME, None)),
        (PROGRAMME, TEAM),
    ],
)
def test_groups_that_form_no_tree_are_refused(nodes):
    with pytest.raises(BrokenTree):
        GroupTree(nodes)
