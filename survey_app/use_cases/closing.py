"""Close a wave: stop taking answers, open the ballots in memory, publish, and destroy the key.

Every step may be interrupted and run again: the wave's state says how far it came, and the key is destroyed only
after the publication is known to be committed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from psycopg.errors import LockNotAvailable
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import OperationalError

from survey_app.crypto.sealed_ballots import open_ballot
from survey_app.crypto.vault import Vault
from survey_app.extensions import db, wait_long_for_locks
from survey_app.models.ballots import Ballot
from survey_app.models.pulses import Wave, WaveState
from survey_app.stores.group_drawings import forget_drawings
from survey_app.use_cases.comments import Written, keep_comments
from survey_app.use_cases.errors import UnknownWave, WrongWaveState
from survey_app.use_cases.publishing import (
    TEAM,
    compute_results,
    invited_by_team,
    previous_combinations,
    store_results,
)
from survey_app.use_cases.wave_terms import FrozenWave, thaw

_LOG = logging.getLogger(__name__)


def close_wave(wave_id: int, now: datetime, vault: Vault) -> None:
    """Close a wave, or finish closing one; a wave that is wholly closed is left alone.

    Raises
    ------
    WrongWaveState
        The wave has not opened yet.
    MissingWaveKey
        The wave's private key is gone; nothing is changed, so that it can be restored.
    """
    _stop_taking_answers(wave_id)
    wave = _wave(wave_id)
    if wave.state == WaveState.CLOSING:
        _publish(wave, now, vault)
    _destroy_key(wave_id, now, vault)
    _compact(wave_id, now)


def _stop_taking_answers(wave_id: int) -> None:
    """From the commit on, no answer is taken; PostgreSQL waits here for answers that are on their way in."""
    moved = db.session.scalars(
        update(Wave)
        .where(Wave.id == wave_id, Wave.state == WaveState.OPEN)
        .values(state=WaveState.CLOSING)
        .returning(Wave.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    if not moved and _wave(wave_id).state == WaveState.PLANNED:
        raise WrongWaveState(_wave(wave_id).key, WaveState.PLANNED, WaveState.OPEN)


def _publish(wave: Wave, now: datetime, vault: Vault) -> None:
    wait_long_for_locks()  # for another job that closes the same wave: of a large one that takes a while
    locked = db.session.scalars(
        select(Wave).where(Wave.id == wave.id, Wave.state == WaveState.CLOSING).with_for_update()
    ).one_or_none()
    if locked is None or locked.terms is None:
        db.session.rollback()
        return
    frozen = thaw(locked.key, locked.terms)
    opened = _open_ballots(wave.id, vault.wave_keys.load(wave.key))
    answers = _answers(opened, frozen)
    results = compute_results(frozen, answers, invited_by_team(wave.id), previous_combinations(locked))
    store_results(locked, frozen, results)
    written = [Written(ballot["team"], ballot["comment"]) for ballot in opened if ballot.get("comment")]
    keep_comments(wave.id, frozen, written, results.blocks, vault)
    db.session.execute(delete(Ballot).where(Ballot.wave_id == wave.id))
    forget_drawings(locked.pulse.programme.key)
    locked.state = WaveState.CLOSED
    locked.closed_at = now
    db.session.commit()
    _LOG.info("A wave was published.", extra={"wave": frozen.key, "cells": len(results.cells)})


def _open_ballots(wave_id: int, private_key: X25519PrivateKey) -> list[dict[str, Any]]:  # Any: JSON
    """Return what was sealed in each ballot, in memory only: the team, the answers, and perhaps a comment."""
    sealed = db.session.scalars(select(Ballot.sealed).where(Ballot.wave_id == wave_id).order_by(Ballot.tag))
    return [json.loads(open_ballot(private_key, ballot)) for ballot in sealed]


def _answers(opened: Sequence[Mapping[str, Any]], frozen: FrozenWave) -> pd.DataFrame:  # Any: as above
    """A row a ballot: the team and every item, NaN where it was skipped or not asked."""
    items = [item.id for item in frozen.instrument.items]
    rows = [{TEAM: ballot["team"], **ballot["answers"]} for ballot in opened]
    frame = pd.DataFrame(rows, columns=[TEAM, *items])
    return frame.astype(dict.fromkeys(items, "float64"))


def _destroy_key(wave_id: int, now: datetime, vault: Vault) -> None:
    wave = _wave(wave_id)
    if wave.state == WaveState.CLOSED and wave.key_destroyed_at is None:
        vault.escrow.destroy(wave.key)
        vault.wave_keys.destroy(wave.key)
        wave.key_destroyed_at = now
    db.session.commit()


def _compact(wave_id: int, now: datetime) -> None:
    """Leave no trace of deleted ballots in free pages or in the write-ahead log.

    Somebody else may be reading or writing just now; then the wave stays uncompacted, and the clock closes it again.
    """
    wave = _wave(wave_id)
    needed = wave.key_destroyed_at is not None and wave.compacted_at is None
    db.session.commit()
    if needed and _vacuum():
        wave.compacted_at = now
        db.session.commit()


def _vacuum() -> bool:
    """Rewrite the database file (SQLite) or the table of ballots (PostgreSQL), and say whether it could be done."""
    if db.engine.dialect.name == "sqlite":
        try:
            with contextlib.closing(db.engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                checkpoint = cursor.fetchone()
        except sqlite3.OperationalError:
            return False
        return checkpoint is not None and not checkpoint[0]  # its first column says whether somebody was in the way
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            connection.execute(text("VACUUM ballots"))
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            return False  # several jobs do it one after another; who waited too long comes again
    return True


def _wave(wave_id: int) -> Wave:
    wave = db.session.get(Wave, wave_id, populate_existing=True)
    if wave is None:
        raise UnknownWave(str(wave_id))
    return wave
