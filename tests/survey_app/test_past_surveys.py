from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import func, select

from instruments.files import read_instrument
from survey_app.extensions import db, vault
from survey_app.models.ballots import Response
from survey_app.models.groups import Group
from survey_app.models.pulses import Wave
from survey_app.stores.publication_list import list_published
from survey_app.use_cases.errors import AlreadyPublished, KeyTaken, UnreadableFile, UnusableKey
from survey_app.use_cases.past_surveys import PastWave, import_results, read_map

DATA = Path(__file__).parent / "data"
LQ2002 = Path(__file__).parent.parent / "scoring" / "reference" / "lq2002.csv"
INSTRUMENT = read_instrument(DATA / "leadership-climate.toml")
MAP = (DATA / "lq2002.map.toml").read_bytes()
SURVEY = read_map(MAP, INSTRUMENT)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def bring_in(content=None, survey=SURVEY):
    return import_results(LQ2002.read_bytes() if content is None else content, survey, INSTRUMENT, NOW, vault())


def company_means(people):
    """Each company's mean in points of 100, computed the plain way."""
    points = pd.DataFrame({"COMPID": people["COMPID"]})
    for item in INSTRUMENT.items:
        low = 0 if item.id.startswith("HOSTIL") else 1
        points[item.id] = (people[item.id] - low) * 25
    means = {}
    for scale in INSTRUMENT.scales:
        items = [item.id for item in INSTRUMENT.core_items_of(scale)]
        means[scale.id] = points.groupby("COMPID")[items].mean().mean(axis=1)
    return means


def test_published_means_of_lq2002_equal_the_plain_company_means_up_to_rounding_and_protection(app):
    (imported,) = bring_in()

    people = pd.read_csv(LQ2002)
    means = company_means(people)
    sizes = people["COMPID"].value_counts()
    cells = [cell for cell in list_published() if cell["level"] == "team"]
    assert (imported.people, imported.blocks) == (2042, 49)
    assert len(cells) == 49 * 3
    for cell in cells:
        company = int(cell["group"].removeprefix("army-"))
        assert cell["n"] == sizes[company]
        moved = 25 / cell["n"]  # protection moves at most one answer of an item by one step
        assert cell["low"] - moved <= means[cell["measure"]][company] <= cell["high"] + moved
    whole = {cell["measure"]: cell["score"] for cell in list_published(group="climate")}
    pooled = people[[f"LEAD{number:02d}" for number in range(1, 12)]].mean().mean()
    assert abs(whole["leadership"] - (pooled - 1) * 25) <= 0.51


def test_companies_below_the_threshold_are_counted_together(app):
    app.extensions["pulse_settings"] = replace(app.extensions["pulse_settings"], minimum_group_size=20)
    bring_in()
    people = pd.read_csv(LQ2002)
    small = {f"army-{company}" for company, size in people["COMPID"].value_counts().items() if size < 20}
    cells = {cell["group"]: cell for cell in list_published() if cell["measure"] == "hostility"}
    assert small
    assert {cells[team]["reason"] for team in small} == {"combined"}
    for team in small:
        block = cells[cells[team]["counted_in"]]
        assert block["n"] >= 20
        assert team in block["covers"]
    assert cells["army"]["n"] == 2042


def test_rows_are_kept_by_block_only(app):
    bring_in()
    assert db.session.scalar(select(func.count()).select_from(Response)) == 2042


def test_the_same_answers_are_not_published_twice_under_any_name_or_division(app):
    bring_in()
    again = replace(
        SURVEY,
        team_column="SUB",
        waves=(PastWave("another", "Another", datetime(2003, 1, 1, tzinfo=UTC).date(), None),),
    )
    with pytest.raises(AlreadyPublished):
        bring_in(survey=again)
    same_day = replace(SURVEY, waves=(replace(SURVEY.waves[0], key="same-day"),))
    changed = LQ2002.read_text().splitlines()
    with pytest.raises(AlreadyPublished):
        bring_in("\n".join(changed[:-1]).encode(), same_day)
    with pytest.raises(KeyTaken):
        bring_in()
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Wave)) == 1


def test_a_part_of_the_same_answers_is_known_again_in_another_order_and_under_another_version(app):
    bring_in()
    shorter = replace(INSTRUMENT, id="shorter", items=INSTRUMENT.items[3:])
    survey = replace(
        SURVEY,
        waves=(PastWave("another", "Another", datetime(2003, 1, 1, tzinfo=UTC).date(), None),),
        items={item.id: SURVEY.items[item.id] for item in shorter.items},
    )
    header, *lines = LQ2002.read_text().splitlines()
    shuffled = "\n".join([header, *reversed(lines)]).encode()
    with pytest.raises(AlreadyPublished):
        import_results(shuffled, survey, shorter, NOW, vault())
    db.session.rollback()
    others = pd.read_csv(LQ2002).sample(frac=1, replace=True, random_state=1).to_csv(index=False).encode()
    (imported,) = import_results(others, survey, shorter, NOW, vault())
    assert imported.people == 2042


def small_file(rows, header="unit,when,LEAD01"):
    items = [item.id for item in INSTRUMENT.items if item.id != "LEAD01"]
    lines = [",".join([header, *items])]
    lines += [",".join([*row, *["1"] * len(items)]) for row in rows]
    return "\n".join(lines).encode()


TWO_WAVES = replace(
    SURVEY,
    team_column="unit",
    wave_column="when",
    waves=tuple(
        PastWave(f"w{year}", str(year), datetime(year, 1, 1, tzinfo=UTC).date(), str(year)) for year in (2001, 2002)
    ),
)


def test_several_waves_come_from_one_file_and_skipped_answers_stay_skipped(app):
    rows = [("a", "2001", str(1 + place % 5)) for place in range(6)] + [("a", "2002", "NA")] * 2
    rows += [("a", "2002", str(1 + place % 3)) for place in range(5)]
    first, second = bring_in(small_file(rows), TWO_WAVES)
    assert (first.people, second.people) == (6, 7)
    statuses = {(cell["wave"], cell["group"]): cell for cell in list_published() if cell["measure"] == "leadership"}
    assert statuses["w2002", "army-a"]["n"] == 7
    assert db.session.scalar(select(Group.name).where(Group.key == "army-a")) == "Company a"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (small_file([("a", "2001", "9")]), "line 2: LEAD01 is none of 1 to 5"),
        (small_file([("", "2001", "1")]), "line 2: unit is empty"),
        (small_file([("a", "2001", "x")] * 9), "and 4 more"),
        (small_file([], header="unit,year,LEAD01"), "has no column when"),
        (b"", "is not a CSV table"),
    ],
)
def test_a_file_with_a_wrong_answer_is_refused_whole_and_says_where(app, content, says):
    with pytest.raises(UnreadableFile, match=says):
        bring_in(content, TWO_WAVES)
    assert db.session.scalars(select(Wave)).all() == []


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ((b'LEAD01 = "LEAD01"\n', b""), UnreadableFile, "names no column for: LEAD01"),
        ((b'team_column = "COMPID"\n', b""), UnreadableFile, "team_column"),
        ((b"[items]", b"[items"), UnreadableFile, "is not TOML"),
        ((b"closed_on = 2002-06-01", b"closed_on = 3"), UnreadableFile, "needs a date"),
        ((b'"climate-2002"', b'"../x"'), UnusableKey, "cannot be used"),
        ((b'key = "army"', b'key = "a+b"'), UnreadableFile, "needs a-z, 0-9 and -"),
        (
            (b"waves = [", b'waves = [{ key = "x", label = "x", closed_on = 2001-01-01 }, '),
            UnreadableFile,
            "wave_column must name",
        ),
        (
            (b"waves = [", b'wave_column = "W"\nwaves = [{ key = "x", label = "x", closed_on = 2001-01-01 }, '),
            UnreadableFile,
            "same value",
        ),
    ],
)
def test_a_wrong_map_is_refused_by_name(change, error, says):
    with pytest.raises(error, match=says):
        read_map(MAP.replace(*change), INSTRUMENT)


def test_a_group_key_that_is_something_else_is_refused(app):
    with pytest.raises(KeyTaken):
        bring_in(survey=replace(SURVEY, authority=replace(SURVEY.authority, key="climate")))
