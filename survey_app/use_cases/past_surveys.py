"""Bring a past survey in: its answers go through the same partition, protection and publication as a live wave."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import pandas as pd
from marshmallow import Schema, ValidationError, fields, post_load, validate
from sqlalchemy import func, select

from dashboards.pages.addresses import slug
from dashboards.snapshots import Level
from dashboards.suppression.terms import NARROWEST_WIDTH
from instruments.definitions import Instrument
from survey_app.crypto.vault import Vault
from survey_app.extensions import db, settings
from survey_app.models.groups import Group
from survey_app.models.pulses import Pulse, SourceColumn, Wave, WaveState, WaveTerms
from survey_app.use_cases.answer_files import item_column, read_table, refuse
from survey_app.use_cases.errors import AlreadyPublished, KeyTaken, UnreadableFile
from survey_app.use_cases.groups import current_tree, require_usable_key
from survey_app.use_cases.instrument_library import require_permission
from survey_app.use_cases.publishing import TEAM, compute_results, previous_combinations, store_results
from survey_app.use_cases.wave_terms import FrozenWave, disclosure_terms, freeze, thaw


@dataclass(frozen=True)
class NamedKey:
    """A group as a map names it."""

    key: str
    name: str


@dataclass(frozen=True)
class PastWave:
    """A wave of a past survey; `value` is what the wave column holds, None where there is no such column."""

    key: str
    label: str
    closed_on: date
    value: str | None


@dataclass(frozen=True)
class SurveyMap:
    """How the columns of a file map onto groups, waves and items."""

    programme: NamedKey
    authority: NamedKey
    service_area: str
    team_column: str
    team_name: str
    wave_column: str | None
    waves: tuple[PastWave, ...]
    items: dict[str, str]


@dataclass(frozen=True)
class ImportedWave:
    """What an import published of a wave."""

    key: str
    people: int
    blocks: int
    cells: int


def _is_day(value: object) -> None:
    if type(value) is not date:
        raise ValidationError("needs a date such as 2002-06-01")


class _NamedKeySchema(Schema):
    key = fields.String(required=True, validate=validate.Regexp(r"^[a-z0-9][a-z0-9-]*\Z", error="needs a-z, 0-9 and -"))
    name = fields.String(required=True, validate=validate.Length(min=1))

    @post_load
    def _build(self, loaded: dict[str, Any], **_: object) -> NamedKey:
        return NamedKey(**loaded)


class _PastWaveSchema(Schema):
    key = fields.String(required=True)
    label = fields.String(required=True)
    closed_on = fields.Raw(required=True, validate=_is_day)
    value = fields.String(load_default=None)

    @post_load
    def _build(self, loaded: dict[str, Any], **_: object) -> PastWave:
        return PastWave(**loaded)


class _SurveyMapSchema(Schema):
    programme = fields.Nested(_NamedKeySchema, required=True)
    authority = fields.Nested(_NamedKeySchema, required=True)
    service_area = fields.String(required=True)
    team_column = fields.String(required=True)
    team_name = fields.String(load_default="{team}")
    wave_column = fields.String(load_default=None)
    waves = fields.List(fields.Nested(_PastWaveSchema), required=True, validate=validate.Length(min=1))
    items = fields.Dict(keys=fields.String(), values=fields.String(), required=True)

    @post_load
    def _build(self, loaded: dict[str, Any], **_: object) -> SurveyMap:
        return SurveyMap(**{**loaded, "waves": tuple(loaded["waves"])})


def read_map(content: bytes, instrument: Instrument) -> SurveyMap:
    """Read a map, or raise `UnreadableFile` naming the key."""
    try:
        read: SurveyMap = _SurveyMapSchema().load(tomllib.loads(content.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnreadableFile(f"The map is not TOML: {error}.") from error
    except ValidationError as error:
        raise UnreadableFile(f"The map is wrong: {error.normalized_messages()}") from error
    if missing := [item.id for item in instrument.scored_items if item.id not in read.items]:
        raise UnreadableFile(f"The map names no column for: {', '.join(missing)}.")
    if len(read.waves) > 1 and read.wave_column is None:
        raise UnreadableFile("The map lists several waves: wave_column must name the column that tells them apart.")
    values = [wave.value for wave in read.waves]
    if len(set(values)) != len(values):
        raise UnreadableFile("Two waves of the map have the same value.")
    for key in [wave.key for wave in read.waves]:
        require_usable_key(key)
    return read


def import_results(
    content: bytes, survey: SurveyMap, instrument: Instrument, now: datetime, vault: Vault
) -> list[ImportedWave]:
    """Publish a past survey: every wave of the map, or nothing.

    Raises
    ------
    UnreadableFile
        The file lacks a column or holds an answer that is none of the options; the sentence names where.
    PermissionMissing, PermissionOver
        The instrument may not be used without its owner's permission.
    KeyTaken
        Another wave has this key.
    AlreadyPublished
        The same answers, or another survey of the same programme and day, have been published: two partitions of
        the same people could be compared.
    """
    require_permission(instrument, now.date())
    wanted = [survey.team_column, *survey.items.values(), *([survey.wave_column] if survey.wave_column else [])]
    table = read_table(content, wanted)
    answers = _answers(table, survey, instrument)
    for wave in survey.waves:
        if db.session.scalar(select(Wave.id).where(Wave.key == wave.key)):
            raise KeyTaken(wave.key)
    pulse = _prepare_groups(survey, answers, instrument)
    imported = []
    for wave in survey.waves:
        rows = answers
        if survey.wave_column is not None:
            rows = answers[table[survey.wave_column].str.strip() == wave.value]
        imported.append(_publish(pulse, survey.authority.key, wave, rows, instrument, now, vault))
    db.session.commit()
    return imported


def _answers(table: pd.DataFrame, survey: SurveyMap, instrument: Instrument) -> pd.DataFrame:
    problems: list[str] = []
    columns = {
        item.id: item_column(table, survey.items[item.id], item, instrument, problems)
        for item in instrument.scored_items
    }
    teams = table[survey.team_column].str.strip()
    problems += [f"line {line + 2}: {survey.team_column} is empty" for line in teams.index[teams == ""]]
    refuse(problems, "Nothing was imported.")
    return pd.DataFrame({TEAM: teams.map(lambda team: _team_key(survey, team)), **columns})


def _team_key(survey: SurveyMap, team: str) -> str:
    return f"{survey.authority.key}-{slug(team)}"


def _prepare_groups(survey: SurveyMap, answers: pd.DataFrame, instrument: Instrument) -> Pulse:
    programme = _ensure(survey.programme.key, survey.programme.name, Level.PROGRAMME, None)
    authority = _ensure(survey.authority.key, survey.authority.name, Level.AUTHORITY, programme)
    area = _ensure(
        slug(f"{survey.authority.key} {survey.service_area}"),
        survey.service_area,
        Level.SERVICE_AREA,
        authority,
    )
    prefix = f"{survey.authority.key}-"
    for key in sorted(answers[TEAM].unique()):
        _ensure(key, survey.team_name.replace("{team}", key.removeprefix(prefix)), Level.TEAM, area)
    key = f"{survey.programme.key}-past"
    pulse = db.session.scalar(select(Pulse).where(Pulse.key == key))
    if pulse is None:
        pulse = Pulse(
            key=key,
            name="Past surveys",
            run_by=survey.programme.name,
            programme_id=programme.id,
            instrument=instrument.reference,
            minimum_group_size=settings().minimum_group_size,
            answer_width=NARROWEST_WIDTH,
        )
        db.session.add(pulse)
        db.session.flush()
    return pulse


def _ensure(key: str, name: str, level: Level, parent: Group | None) -> Group:
    found = db.session.scalar(select(Group).where(Group.key == key))
    if found is None:
        found = Group(key=key, name=name, level=level, parent_id=parent.id if parent else None)
        db.session.add(found)
        db.session.flush()
    elif found.level != level:
        raise KeyTaken(key)
    return found


def _publish(
    pulse: Pulse,
    authority_key: str,
    past: PastWave,
    answers: pd.DataFrame,
    instrument: Instrument,
    now: datetime,
    vault: Vault,
) -> ImportedWave:
    closed_at = datetime.combine(past.closed_on, time(12), UTC)
    source_hash, columns = _source_hash(answers, vault), _column_hashes(answers, instrument, vault)
    _refuse_second_publication(pulse, past, closed_at, source_hash)
    _refuse_known_columns(past, columns)
    wave = Wave(
        key=past.key,
        pulse_id=pulse.id,
        label=past.label,
        state=WaveState.CLOSED,
        opens_at=closed_at,
        closes_at=closed_at,
        closed_at=closed_at,
        key_destroyed_at=now,
        compacted_at=now,
    )
    db.session.add(wave)
    db.session.flush()
    frozen = _freeze(wave, pulse, instrument, authority_key, source_hash)
    results = compute_results(frozen, answers, None, previous_combinations(wave))
    store_results(wave, frozen, results)
    db.session.add_all(SourceColumn(wave_id=wave.id, column_hash=column) for column in columns)
    db.session.flush()
    return ImportedWave(past.key, len(answers), len(results.blocks), len(results.cells))


def _source_hash(answers: pd.DataFrame, vault: Vault) -> bytes:
    """Know the same answers again under any key, label, day or division into teams; useless without the key."""
    vectors = sorted(answers.drop(columns=TEAM).to_csv(index=False, header=False).splitlines())
    return vault.lookup_hash("\n".join(vectors))


def _column_hashes(answers: pd.DataFrame, instrument: Instrument, vault: Vault) -> set[bytes]:
    """Know the same answers to an item again, under any version, coding from another number on, and order of rows."""
    found = set()
    for item in instrument.scored_items:
        places = answers[item.id].dropna() - instrument.response_set_of(item).minimum
        counts = places.astype(int).value_counts().sort_index()
        found.add(vault.lookup_hash(f"column of {len(answers)}: {counts.to_dict()}"))
    return found


def _refuse_known_columns(past: PastWave, columns: set[bytes]) -> None:
    """Half of the items answered exactly as in a wave that was published are no accident."""
    matches = db.session.scalars(
        select(func.count())
        .where(SourceColumn.column_hash.in_(columns))
        .group_by(SourceColumn.wave_id)
        .order_by(func.count().desc())
    ).first()
    if matches is not None and matches >= max(2, len(columns) / 2):
        raise AlreadyPublished(past.key)


def _refuse_second_publication(pulse: Pulse, past: PastWave, closed_at: datetime, source_hash: bytes) -> None:
    same_day = select(Wave.id).where(Wave.pulse_id == pulse.id, Wave.closed_at == closed_at)
    same_answers = select(WaveTerms.wave_id).where(WaveTerms.source_hash == source_hash)
    if db.session.scalar(same_day) or db.session.scalar(same_answers):
        raise AlreadyPublished(past.key)


def _freeze(wave: Wave, pulse: Pulse, instrument: Instrument, authority_key: str, source_hash: bytes) -> FrozenWave:
    terms = freeze(
        wave,
        instrument,
        current_tree(pulse.programme, authorities=[authority_key]),
        disclosure_terms(pulse),
        public_key=b"",
        promise="Answers to a past survey, published by the same rules as a live pulse.",
    )
    terms.source_hash = source_hash
    db.session.add(terms)
    return thaw(wave.key, terms)
