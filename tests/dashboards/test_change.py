from dashboards import words
from dashboards.change import since_before
from dashboards.pages.measure import build_measure_page
from dashboards.snapshots import FavourableShare, Level, LinePlace, ReportingGroup
from dashboards.steadying import steadied
from dashboards.trends import build_trend
from scoring.differences import Verdict, team_change
from tests.fakes import BURNOUT, CONNECTEDNESS, FakeResults, shown, wave, withheld

AREA = ReportingGroup("s", "Area S", Level.SERVICE_AREA, "p")


def trend(cells, waves=None, measure=CONNECTEDNESS):
    return build_trend(measure, waves or [wave(number, (measure,)) for number in range(len(cells))], cells)


def test_a_small_difference_is_no_clear_change():
    found = since_before(trend([shown(0, 60), shown(1, 64)]))
    assert found.before.wave.label == "January 2025"
    assert (found.change.difference, found.change.verdict) == (4, Verdict.UNCLEAR)
    said = words.since(found.change, "January 2025", CONNECTEDNESS)
    assert said == "Since the January 2025 pulse: +4 (likely between −4 and +12), no clear change."


def test_a_large_one_is_said_with_better_or_worse():
    found = since_before(trend([shown(0, 60), shown(1, 80)]))
    assert words.since(found.change, "x", CONNECTEDNESS).endswith("higher (better).")
    worse = since_before(trend([shown(0, 60, measure="burnout"), shown(1, 80, measure="burnout")], measure=BURNOUT))
    assert words.since(worse.change, "x", BURNOUT).endswith("higher (worse).")
    fell = since_before(trend([shown(0, 80), shown(1, 60)]))
    assert words.since(fell.change, "x", CONNECTEDNESS).endswith("lower (worse).")


def test_a_hidden_wave_is_skipped_and_a_hidden_newest_has_no_change():
    found = since_before(trend([shown(0, 60), withheld(1), shown(2, 60)]))
    assert found.before.wave.label == "January 2025"
    assert words.since(found.change, "x", CONNECTEDNESS).startswith("Since the x pulse: 0 (likely between")
    assert since_before(trend([shown(0, 60), withheld(1)])) is None
    assert since_before(trend([shown(0, 60)])) is None
    assert since_before(trend([withheld(0), shown(1, 60)])) is None
    assert since_before(trend([])) is None


def test_a_break_in_the_line_has_no_change_across_it():
    assert since_before(trend([shown(0, 60), shown(1, 80, instrument="crescendo-pulse@2.0.0")])) is None


def test_what_changed_questions_did_by_themselves_is_taken_off_and_its_error_added():
    places = [LinePlace("a", "a"), LinePlace("a", "b", offset=5.0, offset_error=2.0)]
    waves = [wave(number, places={"connectedness": place}) for number, place in enumerate(places)]
    linked = since_before(trend([shown(0, 60), shown(1, 65)], waves))
    plain = since_before(trend([shown(0, 60), shown(1, 65)]))
    assert linked.change.difference == 0
    assert linked.change.standard_error > plain.change.standard_error


def test_no_words_without_a_difference():
    class Nothing:
        mean = standard_error = None

    assert words.since(team_change(Nothing(), Nothing()), "x", CONNECTEDNESS) == ""


def test_the_ends_of_a_list_of_small_groups_are_drawn_in():
    cells = [shown(0, score, group=f"g{place}") for place, score in enumerate((45, 55, 60, 65, 75))]
    found = steadied(cells)
    assert [figure.estimate for figure in found] == sorted(figure.estimate for figure in found)
    assert found[0].estimate > 45
    assert found[-1].estimate < 75
    assert all(figure.low < figure.estimate < figure.high for figure in found)
    assert steadied(cells[:4]) == ()


def test_a_measure_page_lists_the_groups_inside_by_name_where_they_are_five():
    groups = [ReportingGroup(f"t{place}", f"T{place}", Level.TEAM, "s") for place in range(5)]
    share = FavourableShare(60, 55.0, 65.0, 40, 78)
    cells = [shown(0, 50 + 5 * place, group=f"t{place}") for place in range(5)]
    results = FakeResults(
        published=[wave(0)],
        groups=[AREA, *groups],
        published_cells=[shown(0, 60, group="s", favourable=share), *cells],
    )
    page = build_measure_page(results, AREA, "connectedness", groups)
    assert [row.name for row in page.inside] == ["T0", "T1", "T2", "T3", "T4"]
    assert page.inside[0].path == "/teams/t0/connectedness"
    assert page.favourable == "About 60% of answers are favourable (likely between 40% and 78%)"
    assert page.since == ""
    assert build_measure_page(results, AREA, "connectedness", groups[:4]).inside == ()


def test_shares_at_the_ends_are_said_as_classes():
    assert words.favourable(FavourableShare(20, 0.0, 25.0, 0, 40)).startswith("20% of answers or fewer")
    assert words.favourable(FavourableShare(80, 75.0, 100.0, 60, 100)).startswith("80% of answers or more")
