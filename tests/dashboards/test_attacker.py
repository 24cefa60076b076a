"""The attacker finds what is there: held against brute force, and against publishers that leak on purpose."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from dashboards.suppression import attacker
from dashboards.suppression.attacker import KnownMean, attack

K, W = 5, 25.0


def exact(name, values, people, units):
    """The mean of everybody in some units, known exactly."""
    total = sum(people[unit] for unit in units)
    mean = sum(people[unit] * values[unit] for unit in units) / total
    return KnownMean(name, {unit: people[unit] / total for unit in units}, mean, mean)


@st.composite
def nested_means(draw, most_people=6):
    """Up to five units in two halves, with means of any of units, halves and all, exact or rounded."""
    count = draw(st.integers(1, 5))
    units = [f"u{place}" for place in range(count)]
    people = {unit: draw(st.integers(1, 3)) for unit in units}
    half = draw(st.integers(0, count))
    groups = [[unit] for unit in units] + [units[:half], units[half:], units]
    groups = [group for group in groups if group and draw(st.booleans())]
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    answers = {unit: 25.0 * rng.integers(0, 5, people[unit]) for unit in units}
    values = {unit: float(given_.mean()) for unit, given_ in answers.items()}
    loose = draw(st.sampled_from([0.0, 5.0]))
    means = []
    for place, group in enumerate(groups):
        found = exact(f"m{place}", values, people, group)
        means.append(KnownMean(found.name, found.weights, max(0.0, found.low - loose), min(100.0, found.high + loose)))
    return means, people


def determined_by_brute_force(means, people, minimum):
    """Every smallest set of units with fewer than `minimum` people over which some sum is determined."""
    units = sorted({unit for mean in means for unit in mean.weights})
    table = np.array([[mean.weights.get(unit, 0.0) for unit in units] for mean in means]).reshape(
        len(means), len(units)
    )
    found = []
    for chosen in sorted(product([False, True], repeat=len(units)), key=sum):
        inside = np.array(chosen, dtype=bool)
        group = {unit for unit, is_in in zip(units, chosen, strict=True) if is_in}
        if not group or sum(people[unit] for unit in group) >= minimum or any(earlier <= group for earlier in found):
            continue
        outside = table[:, ~inside]
        whole = np.linalg.matrix_rank(table) if table.size else 0
        if whole > (np.linalg.matrix_rank(outside) if outside.size else 0):
            found.append(group)
    return found


@given(nested_means(), st.integers(2, 6))
def test_determined_sums_are_those_that_brute_force_finds(case, minimum):
    means, people = case
    found = attack(means, people, minimum=minimum, width=0.0)
    leaks = {frozenset(leak.units) for leak in found.leaks if leak.kind == "determined"}
    assert found.exhaustive
    assert leaks == {frozenset(group) for group in determined_by_brute_force(means, people, minimum)}


def room_by_linear_programming(means, people):
    """The least room of any one person's answer, everybody being a variable of their own."""
    persons = [unit for unit in people for _ in range(people[unit])]
    rows, limits = [], []
    for mean in means:
        row = np.array([mean.weights.get(unit, 0.0) / people[unit] for unit in persons])
        rows += [row, -row]
        limits += [mean.high, -mean.low]
    known = {unit for mean in means for unit in mean.weights}
    rooms = []
    for place, unit in enumerate(persons):
        if unit in known:
            goal = np.eye(len(persons))[place]
            ends = [
                linprog(sign * goal, A_ub=np.array(rows), b_ub=np.array(limits) + 1e-9, bounds=(0, 100)).fun
                for sign in (1, -1)
            ]
            rooms.append(-ends[1] - ends[0])
    return min(rooms, default=None)


@settings(max_examples=40)
@given(nested_means())
def test_the_least_room_is_what_linear_programming_finds(case):
    means, people = case
    found = attack(means, people, minimum=1, width=0.0)
    expected = room_by_linear_programming(means, people)
    if expected is None:
        assert found.least_room is None
    else:
        assert found.least_room == pytest.approx(expected, abs=1e-4)


TEAMS = {"a": 6, "b": 7, "c": 3, "d": 2, "e": 9}
AREAS = {"north": ["a", "b", "c"], "south": ["d", "e"]}
VALUES = {"a": 50.0, "b": 60.0, "c": 40.0, "d": 75.0, "e": 55.0}


def whole_totals():
    return [exact(area, VALUES, TEAMS, members) for area, members in AREAS.items()] + [
        exact("all", VALUES, TEAMS, list(TEAMS))
    ]


def determined(means, people=TEAMS):
    found = attack(means, people, minimum=K, width=0.0)
    return {leak.units for leak in found.leaks if leak.kind == "determined"}


def test_a_publisher_with_a_threshold_only_is_found_out():
    shown = [exact(team, VALUES, TEAMS, [team]) for team, people in TEAMS.items() if people >= K]
    assert determined(whole_totals() + shown) == {("c",), ("d",)}


def test_a_publisher_that_hides_the_next_sibling_is_found_out():
    # Given a team of two, hidden, and the next smallest, also of two, hidden with it; the service's total is shown
    people = {"c": 2, "d": 2, "e": 9, "f": 8}
    values = {"c": 25.0, "d": 100.0, "e": 55.0, "f": 60.0}
    service = exact("south", values, people, ["c", "d", "e"])
    assert determined([service], people) == set()
    assert determined([service, exact("e", values, people, ["e"])], people) == {("c", "d")}
    # and across levels: the service hides all three, but the authority and the other service are shown
    authority = exact("all", values, people, list(people))
    others = [authority, exact("f", values, people, ["f"]), exact("e", values, people, ["e"])]
    assert determined(others, people) == {("c", "d")}


def test_a_publisher_that_computes_again_when_somebody_comes_late_is_found_out():
    people = {"a": 6, "late": 1}
    values = {"a": 50.0, "late": 100.0}
    before, after = exact("before", values, people, ["a"]), exact("after", values, people, ["a", "late"])
    assert determined([before, after], people) == {("late",)}


def test_a_publisher_that_clamps_means_but_publishes_items_is_found_out():
    clamped = KnownMean("measure", {"a": 1.0}, 0.0, 5.0)
    assert attack([clamped], TEAMS, minimum=K, width=W).leaks == ()
    item = KnownMean("item", {"a": 1.0}, 0.0, 0.0)
    (leak,) = attack([clamped, item], TEAMS, minimum=K, width=W).leaks
    assert (leak.units, leak.kind, leak.room) == (("a",), "narrow", 0.0)


def test_blocks_of_k_leave_nothing_to_find():
    people = {"a": 6, "b+c": 10, "e": 9}
    values = {"a": 50.0, "b+c": 60.0, "e": 55.0}
    means = [exact(unit, values, people, [unit]) for unit in people] + [exact("all", values, people, list(people))]
    found = attack(means, people, minimum=K, width=W)
    assert (found.leaks, found.fewest, found.means, found.exhaustive) == ((), 6, 4, True)
    assert found.least_room == 100


def test_somebody_who_weighs_more_has_less_room():
    # five people weigh a half and a sixth the other half; a mean of 5 leaves the sixth 10 points
    mean = KnownMean("m", {"five": 0.5, "one": 0.5}, 5.0, 5.0)
    found = attack([mean], {"five": 5, "one": 1}, minimum=K, width=W)
    assert found.least_room == pytest.approx(10)


def test_nothing_published_is_nothing_known():
    assert attack([], {}, minimum=K, width=W).fewest is None
    assert attack([KnownMean("m", {"empty": 1.0}, 0.0, 100.0)], {"empty": 0}, minimum=K, width=W).least_room is None


def test_units_without_answers_or_weight_say_nothing_of_the_others():
    people = {"a": 6, "b": 7, "empty": 0, "other": 5}
    means = [KnownMean("m", {"a": 0.5, "b": 0.5, "empty": 1.0, "other": 0.0}, 40.0, 40.0)]
    found = attack(means, people, minimum=K, width=W)
    assert (found.leaks, found.fewest) == ((), 13)


def test_small_classes_that_no_mean_parts_from_the_others_are_determined_by_nothing():
    # two means, each over one of the small units and the large one between them
    people = {"a": 3, "both": 9, "c": 3}
    values = {"a": 50.0, "both": 50.0, "c": 50.0}
    overlapping = [exact("one", values, people, ["a", "both"]), exact("two", values, people, ["both", "c"])]
    assert determined(overlapping, people) == set()


def test_bounds_that_are_cut_short_are_wider_and_never_narrower(monkeypatch):
    # a tells b, and b tells c: one round sees the first only
    people = {"a": 6, "b": 6, "c": 6}
    values = {"a": 0.0, "b": 100.0, "c": 0.0}
    means = [exact(name, values, people, list(name)) for name in ("a", "ab", "bc")]

    def narrow():
        return {leak.units for leak in attack(means, people, minimum=K, width=W).leaks}

    assert narrow() == {("a",), ("b",), ("c",)}
    monkeypatch.setattr(attacker, "_ROUNDS", 1)
    assert narrow() == {("a",)}


def test_many_small_classes_are_searched_alone_and_in_pairs(monkeypatch):
    monkeypatch.setattr(attacker, "MOST_SEARCHED", 1)
    shown = [exact(team, VALUES, TEAMS, [team]) for team, people in TEAMS.items() if people >= K]
    found = attack(whole_totals() + shown, TEAMS, minimum=K, width=0.0)
    assert not found.exhaustive
    assert {leak.units for leak in found.leaks} == {("c",), ("d",)}
