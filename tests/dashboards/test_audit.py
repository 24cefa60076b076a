"""The audit reads a publication as anybody could, and finds what leaks in it."""

from dataclasses import replace

from hypothesis import given

from dashboards.snapshots import ShownCell
from dashboards.suppression.audit import audit
from dashboards.suppression.publication import publish
from dashboards.suppression.terms import DisclosureTerms
from tests.dashboards.suppression_cases import programmes
from tests.dashboards.test_publication import published

TERMS = DisclosureTerms(5, 25.0)


@given(programmes())
def test_what_is_published_stands_the_audit_with_the_bounds_that_the_display_allows(programme):
    found = audit(publish(programme.counts, programme.terms), programme.terms)
    assert [leak for measure in found for leak in measure.leaks] == []
    for measure in found:
        assert measure.means.fewest >= programme.terms.minimum_group_size
        assert measure.means.least_room >= programme.terms.answer_width
        if measure.shares.fewest is not None:
            assert measure.shares.fewest >= 10


def cells_of(**answers):
    return list(published(answers).values())


def leaks(cells):
    return {(leak.kind, leak.units, leak.people) for measure in audit(cells, TERMS) for leak in measure.leaks}


def test_a_cell_too_small_is_found():
    cells = cells_of(north=[0, 1, 2, 3, 4, 2], south=[0, 1, 2, 3, 4])
    planted = [replace(cell, n=3) if cell.group == "south" and isinstance(cell, ShownCell) else cell for cell in cells]
    assert ("determined", ("south",), 3) in leaks(planted)


def test_a_mean_at_the_end_of_the_scale_told_sharply_is_found():
    cells = cells_of(north=[4] * 6)
    planted = [replace(cell, low=99.0, high=100.0) if isinstance(cell, ShownCell) else cell for cell in cells]
    assert ("narrow", ("north",), 6) in leaks(planted)


def test_a_team_that_is_covered_and_has_no_block_is_found():
    cells = cells_of(north=[0, 1, 2, 3, 4, 2], south=[0, 1, 2, 3, 4])
    planted = [
        replace(cell, covers=(*cell.covers, "stray")) if cell.group == "p" and isinstance(cell, ShownCell) else cell
        for cell in cells
    ]
    assert any(kind == "determined" and units == ("stray",) for kind, units, _ in leaks(planted))


def test_a_share_of_fewer_than_ten_is_found():
    cells = cells_of(north=[0, 1, 2, 3, 4, 2], south=[0, 1, 2, 3, 4, 3])
    whole = next(cell for cell in cells if cell.group == "p")
    one = replace(whole.favourable, covers=("north",))
    planted = [replace(cell, favourable=one) if cell.group == "p" else cell for cell in cells]
    assert ("determined", ("north",), 6) in leaks(planted)


def test_cells_of_before_shares_named_their_teams_are_audited_without_them():
    cells = cells_of(north=[0, 1, 2, 3, 4, 2], south=[0, 1, 2, 3, 4, 3])
    early = [
        replace(cell, favourable=replace(cell.favourable, covers=()))
        if isinstance(cell, ShownCell) and cell.favourable
        else cell
        for cell in cells
    ]
    assert leaks(early) == set()


def test_nothing_shown_is_nothing_to_find():
    assert audit(cells_of(north=[1, 2]), TERMS) == ()
