from datetime import date

import pytest

from dashboards.pages.addresses import group_path
from dashboards.pages.comparison import build_comparison_page
from dashboards.pages.group import build_group_page
from dashboards.pages.last_time import build_last_time
from dashboards.pages.measure import build_measure_page
from dashboards.snapshots import Level, LinePlace, ReportingGroup, SmallChangeMark, StoredChart, WithheldReason
from dashboards.trends import ReadingKind
from tests.fakes import BURNOUT, CONNECTEDNESS, FakeResults, shown, wave, withheld

TEAM = ReportingGroup("t", "Team T", Level.TEAM, "s")
AREA = ReportingGroup("s", "Area S", Level.SERVICE_AREA, "p")
BLOCK = ReportingGroup("t+u", "Team T with Team U", Level.TEAM, "s")
PROGRAMME = ReportingGroup("p", "Programme", Level.PROGRAMME, None)
STEADY = [60, 62, 58, 61, 59, 60, 62, 58, 61, 59, 60, 62]


def results(cells, *, waves=None, measures=(CONNECTEDNESS,), **more):
    last = waves or max(int(cell.wave[1:]) for cell in cells) + 1
    return FakeResults(
        published=[wave(number, measures) for number in range(last)],
        groups=[PROGRAMME, AREA, TEAM, BLOCK],
        published_cells=list(cells),
        **more,
    )


def steady(extra=(), **changes):
    return [shown(number, score, **changes) for number, score in enumerate([*STEADY, *extra])]


def test_whoever_has_answered_reads_what_came_of_last_time():
    marks = [SmallChangeMark("Buddies", date(2025, 12, 20)), SmallChangeMark("Later", date(2030, 1, 1))]
    found = build_last_time(results(steady([85]), changes={"t": marks}), "t")
    assert (found.group, found.is_own_team) == (TEAM, True)
    ((measure, reading),) = found.readings
    assert (measure.id, reading.kind, reading.is_better) == ("connectedness", ReadingKind.HIGHER, True)
    assert found.small_change.title == "Buddies", "the later one had not begun"


def test_a_team_that_was_counted_in_a_block_reads_of_the_block():
    cells = [withheld(0, counted_in="t+u"), shown(0, 60, group="t+u")]
    found = build_last_time(results(cells, waves=1), "t")
    assert (found.group, found.is_own_team, found.small_change) == (BLOCK, False, None)


def test_nothing_is_said_of_a_team_of_which_nothing_was_shown():
    assert build_last_time(FakeResults(), "t") is None
    assert build_last_time(FakeResults(groups=[TEAM]), "t") is None
    assert build_last_time(results([withheld(0)], waves=1), "t") is None
    assert build_last_time(results([shown(0, 60)], waves=2), "t") is None, "the newest wave is the one that counts"
    assert build_last_time(results([withheld(0, counted_in="gone")], waves=1), "t") is None


def test_before_the_first_wave_there_is_no_page():
    assert build_group_page(FakeResults(), TEAM) is None
    assert build_measure_page(FakeResults(), TEAM, "connectedness") is None
    assert build_comparison_page(FakeResults(), PROGRAMME) is None


def test_a_quiet_wave_reads_as_quiet():
    page = build_group_page(results(steady()), TEAM)
    assert page.headline == "All as usual"
    assert page.signals == ()
    assert page.answered == "12 answers, about 85% of those asked"
    assert page.parent.text == "Area S"
    assert page.rows[0].path == "/teams/t/connectedness"


def test_the_headline_counts_what_has_changed():
    cells = steady([85]) + steady([60], measure="burnout")
    page = build_group_page(results(cells, measures=(CONNECTEDNESS, BURNOUT)), TEAM)
    assert page.headline == "One thing has changed; one is as usual"
    both = steady([85]) + steady([85], measure="burnout")
    assert (
        build_group_page(results(both, measures=(CONNECTEDNESS, BURNOUT)), TEAM).headline == "Two things have changed"
    )


def test_a_signal_names_the_change_that_came_before_and_claims_nothing_more():
    marks = [SmallChangeMark("Buddies", date(2025, 12, 20)), SmallChangeMark("Later", date(2026, 1, 31))]
    page = build_group_page(results(steady([85, 85]), changes={"t": marks}), TEAM)
    assert page.signals[0].headline == "Connectedness is higher than usual (better)"
    assert page.signals[0].detail == "Above the usual range since January 2026. “Buddies” came before."
    assert build_group_page(results(steady([30])), TEAM).signals[0].detail.startswith("Below the usual range")


def test_the_first_waves_say_that_it_is_early():
    assert build_group_page(results([shown(0, 60)]), TEAM).headline == "A starting point"
    assert build_group_page(results([shown(0, 60), shown(1, 60)]), TEAM).headline == "Too early to say what is usual"


def test_a_team_that_is_too_small_sees_where_its_answers_are_counted():
    cell = withheld(0, reason=WithheldReason.COMBINED, counted_in="t+u")
    page = build_group_page(results([cell]), TEAM)
    assert page.headline == "Not enough answers to show this time"
    assert page.withheld == (
        "Fewer than 5 people answered, so their answers are counted together with others: Team T with Team U."
    )
    assert [link.path for link in page.look_instead] == ["/teams/t+u", "/service-areas/s"]
    assert page.rows[0].score is None
    assert page.rows[0].sparkline is None


def test_a_group_that_was_not_part_of_the_newest_wave_says_so():
    page = build_group_page(results([shown(0, 60)], waves=2), TEAM)
    assert page.withheld == "This group was not part of the pulse of February 2025."
    assert build_measure_page(results([], waves=1), TEAM, "connectedness").rows == ()


def test_the_largest_group_has_nothing_above_it():
    page = build_group_page(results([shown(0, 60, group="p")]), PROGRAMME)
    assert page.parent is None


def test_a_measure_page_says_in_words_and_in_a_table_what_its_picture_shows():
    charts = {("t", "connectedness", size): StoredChart("<svg/>", "abc") for size in ("wide", "phone")}
    marks = [SmallChangeMark("Buddies", date(2025, 12, 20))]
    page = build_measure_page(results(steady([85]), charts=charts, changes={"t": marks}), TEAM, "connectedness")
    assert page.headline == "Connectedness: higher than usual (better) since January 2026"
    assert page.usual.startswith("Usually between ")
    assert page.chart_wide == "/charts/t/connectedness/wide-abc.svg"
    assert 80 <= len(page.alt) <= 500
    assert "The latest, January 2026, is 85, likely between 79 and 91" in page.alt
    assert page.alt.endswith("Small changes are marked A.")
    assert [row.label for row in page.rows][:2] == ["January 2026", "December 2025"]
    assert (page.has_gaps, page.has_breaks) == (False, False)


def test_a_table_says_which_pulses_are_not_shown_and_where_the_questions_changed():
    cells = [shown(0, 60), withheld(1), shown(2, 61, instrument="crescendo-pulse@2.0.0")]
    page = build_measure_page(results(cells), TEAM, "connectedness")
    newest, hidden, oldest = page.rows
    assert newest.note.startswith("Questions changed")
    assert (hidden.score, hidden.answers) == ("Not shown: fewer than 5 answers", "")
    assert oldest.score == "60"
    assert (page.has_gaps, page.has_breaks) == (True, True)
    assert page.usual == "Too early to say what is usual: that needs six pulses."


def test_an_early_range_says_so_and_a_hidden_wave_keeps_its_picture():
    page = build_measure_page(results([*steady()[:7], withheld(7)]), TEAM, "connectedness")
    assert page.usual.endswith("it settles after twelve pulses.")
    assert page.score is None
    assert page.withheld.startswith("Fewer than 5 people answered")
    assert page.alt


def test_a_measure_that_was_never_shown_has_no_picture():
    page = build_measure_page(results([withheld(0)]), TEAM, "connectedness")
    assert (page.chart_wide, page.alt) == (None, "")


def test_a_measure_that_does_not_exist_has_no_page():
    assert build_measure_page(results([shown(0, 60)]), TEAM, "salary") is None


def authorities(*scores):
    groups = [PROGRAMME]
    cells = []
    for place, score in enumerate(scores):
        key = "abc"[place]
        groups.append(ReportingGroup(key, f"Authority {key.upper()}", Level.AUTHORITY, "p"))
        if score is None:
            cells.append(withheld(0, group=key))
        else:
            cells.append(shown(0, score, group=key, likely_low=score - 2, likely_high=score + 2))
    charts = {("p", "connectedness", size): StoredChart("<svg/>", "x") for size in ("dots-wide", "dots-phone")}
    return FakeResults([wave(0)], groups, cells, charts=charts)


def test_authorities_are_compared_in_words_with_their_likely_ranges():
    page = build_comparison_page(authorities(60, 80, 61), PROGRAMME)
    assert [row.name for row in page.rows] == ["Authority A", "Authority B", "Authority C"]
    assert [row.figures[0].standing for row in page.rows] == [
        "lower than the others (worse)",
        "higher than the others (better)",
        "lower than the others (worse)",
    ]
    assert page.headline == (
        "Authority A on connectedness, Authority B on connectedness and Authority C on connectedness stand out; "
        "other differences could be chance"
    )
    chart = page.charts[0]
    assert chart.differences[1] == "Authority B: higher than the others (better)"
    assert (chart.title, chart.wide, chart.phone) == (
        "Connectedness (higher is better)",
        "/charts/p/connectedness/dots-wide-x.svg",
        "/charts/p/connectedness/dots-phone-x.svg",
    )
    assert "Authority A 60 (58–62); Authority B 80 (78–82)" in chart.alt


def test_a_measure_without_a_picture_yet_is_compared_in_words_only():
    fake = authorities(60, 61)
    fake.charts = {}
    assert build_comparison_page(fake, PROGRAMME).charts == ()


def test_when_nothing_stands_out_the_page_says_so():
    assert build_comparison_page(authorities(60, 61), PROGRAMME).headline.startswith("No group stands out")


def test_many_figures_that_stand_out_are_counted():
    groups = [PROGRAMME]
    cells = []
    for place, score in enumerate((20, 80, 20, 80)):
        key = "abcd"[place]
        groups.append(ReportingGroup(key, f"Authority {key.upper()}", Level.AUTHORITY, "p"))
        cells.append(shown(0, score, group=key, likely_low=score - 2, likely_high=score + 2))
    page = build_comparison_page(FakeResults([wave(0)], groups, cells), PROGRAMME)
    assert page.headline.startswith("Four figures stand out")


def test_one_figure_that_stands_out_is_named():
    fake = authorities(60, 62, 63)
    fake.published_cells = [shown(0, score, group=group) for group, score in (("a", 48), ("b", 62), ("c", 63))]
    page = build_comparison_page(fake, PROGRAMME)
    assert (
        page.headline
        == "Authority A: connectedness is lower than the others (worse); other differences could be chance"
    )


def test_an_authority_that_is_not_shown_has_a_row_without_a_figure():
    page = build_comparison_page(authorities(60, None), PROGRAMME)
    assert page.rows[1].figures[0].score == "Not shown"
    assert page.rows[1].answers == "not enough answers to show"
    assert page.answered is None, "the programme itself is not reported on"


@pytest.mark.parametrize(
    ("level", "path"), [(Level.TEAM, "/teams/x"), (Level.AUTHORITY, "/authorities/x"), (Level.PROGRAMME, "/programme")]
)
def test_every_level_has_an_address(level, path):
    assert group_path("x", level) == path


def asked(*questions):
    """Three authorities whose newest waves ask these questions."""
    fake = authorities(60, 62)
    fake.groups.append(ReportingGroup("c", "Authority C", Level.AUTHORITY, "p"))
    fake.published_cells.append(shown(0, 90, group="c"))
    for key, version in zip("abc", questions, strict=True):
        fake.waves_of[key] = [wave(0, places={"connectedness": LinePlace(version, version)})]
    return fake


def test_authorities_that_were_asked_other_questions_are_shown_and_not_compared():
    fake = asked("new", "new", "old")
    fake.charts = {
        ("p", "connectedness", variant): StoredChart("<svg/>", "f") for variant in ("dots-wide", "dots-phone")
    }
    page = build_comparison_page(fake, PROGRAMME)
    standings = [row.figures[0].standing for row in page.rows]
    assert standings[:2] == ["similar to the others"] * 2
    assert standings[2] == "other questions were asked: not compared"
    assert page.rows[2].figures[0].score == "90"
    assert "Authority C" not in page.charts[0].alt, "nor does the picture show it beside them"
    assert page.headline == "No group stands out; the differences could be chance"


def test_an_authority_whose_newest_pulse_is_older_says_so():
    fake = asked("new", "new", "new")
    fake.published = [wave(0), wave(1)]
    page = build_comparison_page(fake, PROGRAMME)
    assert (page.wave.label, page.rows[0].pulse) == ("February 2025", "January 2025")


def test_an_authority_without_any_pulse_is_not_in_the_comparison():
    fake = asked("new", "new", "new")
    fake.waves_of["c"] = []
    assert [row.name for row in build_comparison_page(fake, PROGRAMME).rows] == ["Authority A", "Authority B"]


def moved(*places, bridge=(), scores=(60, 58)):
    marks = {0: None, 1: None} | dict.fromkeys(bridge, "b")
    waves = [
        wave(number, places={"connectedness": LinePlace(*place)}, bridge=marks[number])
        for number, place in enumerate(places)
    ]
    cells = [shown(number, score) if score else withheld(number) for number, score in enumerate(scores)]
    fake = results(cells)
    fake.published = waves
    return build_measure_page(fake, TEAM, "connectedness")


def test_a_page_says_how_far_a_change_of_questions_moved_scores_by_itself():
    page = moved(("one", "one"), ("one", "two", -2.0, 1.0))
    assert page.moves == (
        "February 2025: some questions changed, which by itself moved scores by −2.0 (likely between −4.0 and 0). "
        "The usual range moved too.",
    )
    assert page.rows[0].note == "Some questions changed"
    assert not page.has_breaks


def test_a_change_of_nothing_that_is_scored_moves_nothing():
    page = moved(("one", "one"), ("one", "two"))
    assert page.moves == ("February 2025: something about the questions changed, but none of those that are scored.",)


def test_a_break_is_said_in_the_table_and_to_those_who_do_not_see_the_picture():
    page = moved(("one", "one"), ("two", "two"))
    assert page.has_breaks
    assert page.rows[0].note == "Questions changed: not comparable with earlier pulses"
    assert "The questions changed at February 2025; the line is broken there." in page.alt
    assert page.bridges == page.moves == ()


def test_a_bridge_says_what_the_questions_do_by_themselves():
    page = moved(("one", "one"), ("two", "two"), bridge=(0, 1))
    (sentence,) = page.bridges
    assert sentence.startswith("In February 2025 half of the people, at random, were asked the new questions")
    assert "moved scores by −2.0 (likely between −10.5 and +6.5)" in sentence
    assert moved(("one", "one"), ("two", "two"), bridge=(0, 1), scores=(None, 58)).bridges == ()
