from dashboards.comparison import Asked, Standing, comparable_cells, stand_against_others
from tests.fakes import shown


def test_a_group_is_compared_with_the_others_and_not_with_a_mean_that_holds_it():
    cells = [
        shown(0, 80, group="a", likely_low=77, likely_high=83),
        shown(0, 60, group="b", likely_low=57, likely_high=63),
        shown(0, 60, group="c", likely_low=57, likely_high=63),
    ]
    assert stand_against_others(cells) == {"a": Standing.HIGHER, "b": Standing.LOWER, "c": Standing.LOWER}


def test_a_difference_that_chance_could_make_is_similar():
    cells = [shown(0, 62, group="a"), shown(0, 60, group="b")]
    assert set(stand_against_others(cells).values()) == {Standing.SIMILAR}


def test_a_lone_group_has_nothing_to_compare_with():
    assert stand_against_others([shown(0, 62)]) == {"t": Standing.ALONE}


def test_an_end_of_the_scale_does_not_make_a_figure_look_surer_than_it_is():
    at_the_end = shown(0, 98, group="a", likely_low=88, likely_high=100)
    assert stand_against_others([at_the_end, shown(0, 90, group="b")])["a"] is Standing.SIMILAR


def test_only_figures_of_the_same_questions_are_compared():
    a, b, c = (shown(0, 60, group=group) for group in "abc")
    assert comparable_cells([Asked(a, "new"), Asked(b, "new"), Asked(c, "old")]) == (a, b)
    assert comparable_cells([]) == ()


def test_of_two_sets_asked_alike_often_the_one_asked_of_more_people_is_compared():
    many, few = shown(0, 60, group="a", n=200), shown(0, 60, group="b", n=20)
    assert comparable_cells([Asked(few, "z"), Asked(many, "a")]) == (many,)
