"""Every known attack on published survey results, by its name, on what we publish; all roundings undone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.snapshots import Level, ShownCell, WithheldCell
from dashboards.suppression.attacker import KnownMean, attack
from dashboards.suppression.blocks import Block, form_blocks
from dashboards.suppression.figures import unions_inside
from dashboards.suppression.protection import protect
from dashboards.suppression.publication import WaveCounts, protect_measure, publish
from dashboards.suppression.terms import DisclosureTerms
from dashboards.suppression.tree import GroupNode, GroupTree
from scoring.tallies import points
from tests.dashboards.suppression_cases import count, programmes
from tests.dashboards.test_publication import TERMS, published, two_services


def undone(counts: WaveCounts, terms: DisclosureTerms):
    """What a reader would know of each item if nothing were rounded: the exact mean of every shown cell's blocks."""
    measure = protect_measure(counts.measures[0], counts.tree, counts.blocks, terms)
    places = {team: place for place, block in enumerate(counts.blocks) for team in block.teams}
    found = []
    for cell in publish(counts, terms):
        if isinstance(cell, WithheldCell):
            continue
        blocks = sorted({places[team] for team in cell.covers})
        asked = np.array([sum(counts.invited[team] for team in counts.blocks[place].teams) for place in blocks])
        weights = asked / asked.sum()
        for item, tally in enumerate(measure.items):
            means = tally[blocks] @ points(tally.shape[1]) / tally[blocks].sum(axis=1)
            exact = float(means @ weights)
            units = {counts.blocks[place].key: weight for place, weight in zip(blocks, weights, strict=True)}
            found.append((item, KnownMean(f"{cell.group}, item {item}", units, exact, exact)))
        found += _shares(cell, measure, counts, asked=dict(zip(blocks, asked, strict=True)))
    return found


def _shares(cell, measure, counts, asked):
    """The exact share of favourable answers of each union, where a share is shown."""
    if cell.favourable is None:
        return []
    unions = unions_inside(measure, sorted(asked))
    people = {union: sum(asked[place] for place in measure.unions[union]) for union in unions}
    names = {union: "+".join(sorted(counts.blocks[place].key for place in measure.unions[union])) for union in unions}
    weights = {names[union]: people[union] / sum(people.values()) for union in unions}
    share = float(sum(weights[names[union]] * measure.union_shares[union] for union in unions))
    return [("share", KnownMean(f"{cell.group}, share", weights, 100 * share, 100 * share))]


def people_of(counts: WaveCounts):
    """How many answered, by block, by union of blocks, and by team."""
    sizes = dict(counts.respondents) | {block.key: block.respondents for block in counts.blocks}
    return _Sizes(sizes, counts)


class _Sizes(dict):
    def __init__(self, sizes, counts):
        super().__init__(sizes)
        self.counts = counts

    def __missing__(self, key):
        members = [block.key for block in self.counts.blocks if set(block.teams) <= set(key.split("+"))]
        return sum(self[member] for member in members)


def assert_nothing_found(counts: WaveCounts, terms: DisclosureTerms):
    known = undone(counts, terms)
    for kind in {kind for kind, _ in known}:
        means = [mean for each, mean in known if each == kind]
        minimum = 10 if kind == "share" else terms.minimum_group_size
        width = terms.answer_width if kind != "share" else 0.0
        found = attack(means, people_of(counts), minimum=minimum, width=width)
        assert found.leaks == ()
        assert found.fewest >= minimum


def small(terms: DisclosureTerms, k: int) -> DisclosureTerms:
    """Terms below what the product allows: the theorem holds for any k."""
    made = replace(terms)
    object.__setattr__(made, "minimum_group_size", k)
    return made


@settings(max_examples=300)
@given(programmes())
def test_no_sum_over_fewer_than_k_people_is_determined_and_no_answer_has_less_room_than_w(programme):
    assert_nothing_found(programme.counts, programme.terms)


@settings(max_examples=150)
@given(programmes(), st.integers(3, 4))
def test_the_same_holds_for_smaller_k(programme, k):
    terms = small(programme.terms, k)
    sizes = {leaf.key: programme.teams.count(leaf.key) for leaf in programme.tree.leaves}
    blocks = form_blocks(programme.tree, sizes, k)
    assert_nothing_found(count(programme.tree, sizes, blocks, programme.teams, programme.answers), terms)


def counts_of(answers_by_team, terms=TERMS, tree=None):
    tree = tree or two_services(**answers_by_team)
    sizes = {team: len(answers) for team, answers in answers_by_team.items()}
    teams = [team for team, answers in answers_by_team.items() for _ in answers]
    answers = np.array([(row, row) for rows in answers_by_team.values() for row in rows], dtype=float)
    blocks = form_blocks(tree, sizes, terms.minimum_group_size)
    return count(tree, sizes, blocks, teams, answers.reshape(len(teams), 2))


def test_attack_1_parent_minus_children():
    two_hidden_siblings = {"north": [0, 1], "nadir": [4, 4], "near": [0, 1, 2, 3, 4, 2], "south": [1, 2, 3, 4, 0]}
    counts = counts_of(two_hidden_siblings)
    assert_nothing_found(counts, TERMS)
    cells = published(two_hidden_siblings)
    shown = {key: cell.covers for key, cell in cells.items() if isinstance(cell, ShownCell)}
    assert shown == {"near": ("near",), "south": ("south",), "s": ("south",)}, "four of fifteen are in no figure at all"


def test_attack_2_overlapping_filters():
    # a team of six and a role of six that share five: tables by attribute are checked by minimum cut (test_cuts);
    # by group there is one partition only, so any two cells are nested or apart
    cells = published({"north": [0, 1, 2, 3, 4, 0], "nearby": [1, 2], "south": [1, 2, 3, 4], "saltmarsh": [0, 1]})
    covers = [set(cell.covers) for cell in cells.values() if isinstance(cell, ShownCell)]
    assert all(one <= two or two <= one or not one & two for one in covers for two in covers)


def test_attack_3_you_against_the_rest():
    # Given a comparator that leaves the reader's own team out, from shown cells: what it leaves is whole blocks
    counts = counts_of({"north": [0, 1, 2, 3, 4], "nearby": [4, 4], "near": [0, 0, 1], "nadir": [1, 2, 3, 4, 0, 1]})
    known = [mean for item, mean in undone(counts, TERMS) if item == 0]
    own = next(mean for mean in known if mean.name == "nadir, item 0")
    area = next(mean for mean in known if mean.name == "n, item 0")
    share = area.weights["nadir"]
    rest = (area.low - share * own.low) / (1 - share)
    weights = {unit: weight / (1 - share) for unit, weight in area.weights.items() if unit != "nadir"}
    found = attack([*known, KnownMean("rest", weights, rest, rest)], people_of(counts), minimum=5, width=25.0)
    assert found.leaks == ()


def test_attack_4_two_snapshots():
    # a second computation with one more answer would show it; one wave is computed once (test_written_once), and a late
    # answer meets a destroyed key (test_closing). What the attacker would see otherwise is found:
    before = KnownMean("before", {"north": 1.0}, 50.0, 50.0)
    after = KnownMean("after", {"north": 6 / 7, "late": 1 / 7}, 57.142857142857146, 57.142857142857146)
    found = attack([before, after], {"north": 6, "late": 1}, minimum=5, width=25.0)
    assert {leak.units for leak in found.leaks} >= {("late",)}
    counts = counts_of({"north": [0, 1, 2, 3, 4, 2]})
    assert publish(counts, TERMS) == publish(counts, TERMS)


def test_attack_5_rolling_windows():
    # three people in each of two waves are three people: nothing is shown of either wave, and no cell spans waves
    for answers in ([0, 1, 2], [3, 4, 4]):
        cells = published({"north": answers})
        assert all(isinstance(cell, WithheldCell) for cell in cells.values())
        assert {cell.wave for cell in cells.values()} == {"w"}


def test_attack_6_a_joiner_between_waves_by_somebody_who_knows_that_nobody_else_moved():
    # That belief is outside what is claimed. Rounding answers it as far as it goes: 55 points of room in place of none,
    # before the ends of the scale cut it
    others, rooms = [1, 2, 3, 2, 1], []
    for joiner in range(5):
        before, after = published({"north": others})["north"], published({"north": [*others, joiner]})["north"]
        least, most = after.low * 6 - before.high * 5, after.high * 6 - before.low * 5
        assert most - least == 55
        assert least <= 25 * joiner <= most
        rooms.append(min(most, 100) - max(least, 0))
    assert np.mean(rooms) > 40


@pytest.mark.parametrize("answer", range(5))
def test_attack_7_unanimity(answer):
    unanimous = counts_of({"north": [answer] * 12, "south": [0, 1, 2, 3, 4]})
    assert_nothing_found(unanimous, TERMS)
    cell = published({"north": [answer] * 12})["north"]
    assert cell.low * 12 < 1200 - 25 or answer < 4
    assert cell.high * 12 > 25 or answer > 0
    if cell.favourable is not None:
        assert 0 < cell.favourable.share < 100


def test_attack_7_near_unanimity_for_the_one_exception():
    # eleven said 4 and one said 0: to the exception, shares stay "all but two or fewer"
    cell = published({"north": [4] * 11 + [0]})["north"]
    assert (cell.favourable.low, cell.favourable.high) == published_share([4] * 12)


def published_share(answers):
    share = published({"north": answers})["north"].favourable
    return share.low, share.high


def test_attack_8_whole_number_reconstruction():
    # five people, mean exactly 50, nobody favourable: all gave the middle answer, if both were told exactly
    cell = published({"north": [2, 2, 2, 2, 2]})["north"]
    assert cell.favourable is None, "no share below ten people"
    totals = [total for total in range(41) if cell.low <= total * 25 / 10 <= cell.high]
    assert len(totals) > 1
    assert_nothing_found(counts_of({"north": [2, 2, 2, 2, 2]}), TERMS)


@given(programmes(), st.integers(0, 2**32))
def test_attack_9_whether_something_is_shown_does_not_depend_on_what_was_said(programme, seed):
    rng = np.random.default_rng(seed)
    other = programme.answers.copy()
    for row, column in np.argwhere(~np.isnan(other)):
        other[row, column] = rng.integers(0, 5)
    sizes = {leaf.key: programme.teams.count(leaf.key) for leaf in programme.tree.leaves}
    counts = count(programme.tree, sizes, programme.counts.blocks, programme.teams, other)

    def pattern(cells):
        return [
            (cell.group, cell.n, cell.covers, cell.coverage, cell.response_rate, cell.favourable is None)
            if isinstance(cell, ShownCell)
            else (cell.group, cell.reason, cell.counted_in)
            for cell in cells
        ]

    assert pattern(publish(counts, programme.terms)) == pattern(publish(programme.counts, programme.terms))


def test_attack_10_everybody_knows_every_n_and_who_answered():
    # the attacker of all these tests is given every n; the sizes alone say nothing
    counts = counts_of({"north": [0, 1, 2, 3, 4], "nearby": [4], "south": [1, 2, 3, 4, 0]})
    assert attack([], people_of(counts), minimum=5, width=25.0).fewest is None
    cells = published({"north": [0, 1, 2, 3, 4], "nearby": [4]})
    assert not hasattr(cells["nearby"], "n")


def test_attack_11_derived_figures_depend_on_shown_figures_and_counts_alone():
    # the same shown score of two teams, one of one mind and one divided: no SD, interval or sign tells them apart
    alike, divided = published({"north": [2] * 11 + [3]})["north"], published({"north": [0, 4] * 5 + [2, 3]})["north"]
    assert alike.score == divided.score
    assert (alike.likely_low, alike.likely_high) == (divided.likely_low, divided.likely_high)


def test_attack_12_carriers_a_withheld_cell_carries_no_figure():
    cell = published({"north": [1, 2]})["north"]
    assert isinstance(cell, WithheldCell)
    assert {name: value for name, value in vars(cell).items() if isinstance(value, int | float)} == {}


def test_attack_14_a_lead_who_knows_their_own_answer_still_faces_k_others():
    nodes = (
        GroupNode("p", "P", Level.PROGRAMME, None),
        GroupNode("a", "A", Level.AUTHORITY, "p"),
        GroupNode("s", "S", Level.SERVICE_AREA, "a"),
        GroupNode("s.leads", "Leads", Level.TEAM, "s", is_leads=True),
        GroupNode("north", "North", Level.TEAM, "s"),
        GroupNode("south", "South", Level.TEAM, "s"),
    )
    sizes = {"s.leads": 2, "north": 3, "south": 2}
    blocks = form_blocks(GroupTree(nodes), sizes, 5)
    assert blocks == (Block(("north", "s.leads", "south"), 7),), "five without the two leads"
    assert form_blocks(GroupTree(nodes), {**sizes, "south": 1}, 5) == (), "four others do not do"


def test_protecting_is_what_makes_room():
    unprotected = np.array([[0, 0, 0, 0, 5]])
    assert protect(unprotected, 25.0).tolist() == [[0, 0, 0, 1, 4]]
    mean = KnownMean("north", {"north": 1.0}, 100.0, 100.0)
    (leak,) = attack([mean], {"north": 5}, minimum=5, width=25.0).leaks
    assert leak.kind == "narrow"
