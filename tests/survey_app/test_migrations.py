"""Data of an earlier release comes along."""

import json

from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from instruments.files import to_document
from instruments.library import load_released
from survey_app.extensions import db
from survey_app.models.publications import PublishedMeasure
from survey_app.models.pulses import Pulse, WaveTerms
from survey_app.use_cases.wave_terms import thaw
from tests.conftest import MIGRATIONS

TREE = {
    "groups": [
        ["crescendo", "Crescendo", "programme", None, False],
        ["northtown", "Northtown", "authority", "crescendo", False],
        ["northtown-early-help", "Early Help", "service_area", "northtown", False],
        ["northtown-team-a", "Team A", "team", "northtown-early-help", False],
    ]
}


def insert(table, **values):
    columns = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    plain = {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in values.items()}
    db.session.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({places})"), plain)


def test_waves_of_the_first_release_keep_their_lines(app):
    db.session.remove()
    downgrade(directory=MIGRATIONS, revision="0001")
    instrument = load_released("crescendo-pulse@1.0.0")
    insert("groups", id=1, key="crescendo", name="Crescendo", level="programme")
    insert(
        *("pulses",),
        id=1,
        key="monthly",
        name="Monthly",
        run_by="Us",
        programme_id=1,
        instrument=instrument.reference,
        minimum_group_size=5,
        answer_width=25.0,
    )
    for number, state in ((1, "closed"), (2, "open")):
        moments = dict.fromkeys(("opens_at", "closes_at"), "2026-01-01 09:00:00+00:00")
        insert("waves", id=number, key=f"w{number}", pulse_id=1, label=f"W{number}", state=state, **moments)
        insert(
            *("wave_terms",),
            wave_id=number,
            instrument=to_document(instrument),
            instrument_digest="x",
            promise="p",
            instrument_reference=instrument.reference,
            minimum_group_size=5,
            answer_width=25.0,
            promise_hash="h",
            public_key=b"k",
            tree=TREE,
        )
    db.session.commit()
    db.session.remove()

    upgrade(directory=MIGRATIONS)

    places = {(row.wave_id, row.measure, row.series, row.offset) for row in db.session.query(PublishedMeasure)}
    assert places == {(1, scale.id, instrument.reference, 0.0) for scale in instrument.scales}
    terms = db.session.get(WaveTerms, 2)
    assert terms.authorities == ["northtown"]
    assert [node.is_reported for node in thaw("w2", terms).tree.nodes] == [True] * 4
    assert db.session.query(Pulse).one().authorities == []
