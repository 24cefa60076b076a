"""Play the game: people answer through the real pages, everything is copied after each answer, and linkers try."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from dashboards.snapshots import Level
from instruments.library import load_released
from survey_app.crypto.link_tokens import ballot_tag, invitation_token
from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.linkage import stores
from survey_app.linkage.capture import Copy, copy_everything
from survey_app.linkage.linkers import Record, Score, link_all, whose_rows
from survey_app.linkage.stores import Answered
from survey_app.models.invitations import Invitation
from survey_app.models.publications import PublishedBlock
from survey_app.use_cases.enrolment import import_roster
from survey_app.use_cases.fieldwork import open_wave
from survey_app.use_cases.groups import add_group
from survey_app.use_cases.pulses import add_pulse, plan_wave

INSTRUMENT = "crescendo-pulse@1.0.0"
TEAMS = {"Team North": 9, "Team South": 7, "Team East": 4, "Team West": 3}
"""Two teams of their own, and two that are counted together."""


@dataclass
class Round:
    """One wave of the game: how linkers did on what is really stored, and on the stores that must lose."""

    scores: list[Score]
    controls: dict[str, list[Score]]
    readable_before: int
    readable_if_plain: int
    left_after: int
    copies: int
    smallest_block: int


@dataclass
class Table:
    """A scratch programme to play on. `close` closes a wave, here or by a worker; `beside` reads logs and brokers."""

    app: Flask
    vault: Vault
    data_dir: Path
    close: Callable[[int, datetime], None]
    beside: Callable[[], bytes] = bytes
    chance: random.Random = field(default_factory=random.SystemRandom)
    rounds: int = 0


def set_the_table(table: Table) -> None:
    """Make the scratch programme: an authority with teams that are blocks, and teams that are counted together."""
    add_group("game", "Scratch programme", Level.PROGRAMME)
    add_group("scratch", "Scratch authority", Level.AUTHORITY, "game")
    add_pulse("game", "Scratch pulse", run_by="The game", programme_key="game", instrument=INSTRUMENT)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["staff_ref", "name", "email", "team", "service_area"])
    for team, size in TEAMS.items():
        for number in range(size):
            address = f"{team.lower().replace(' ', '-')}-{number}@scratch.example.org"
            writer.writerow([f"{team}-{number}", f"Person {number}", address, team, "Scratch area"])
    import_roster("scratch", file.getvalue().encode(), date(2026, 1, 1), table.vault)


def play(table: Table) -> Round:
    """Play one wave from opening to closing."""
    moment = datetime(2026, 1, 5, 9, tzinfo=UTC) + timedelta(days=30 * table.rounds)
    table.rounds += 1
    wave_id = plan_wave(
        "game",
        f"game-{table.rounds}",
        label=f"Round {table.rounds}",
        opens_at=moment,
        closes_at=moment + timedelta(days=9),
    )
    open_wave(wave_id, moment, table.vault)
    key = table.vault.wave_keys.load(f"game-{table.rounds}")
    answered, copies = _answer(table, wave_id)
    before = copies[-1]
    table.close(wave_id, moment + timedelta(days=10))
    after = copy_everything(table.data_dir, table.beside)
    blocks = _blocks(wave_id)
    answered = [_placed(each, blocks) for each in answered]
    return Round(
        scores=_score(*_really_stored(answered, before, after, wave_id)),
        controls={
            "plain store": _score(*stores.plain(answered)),
            "without tokens": _score(*stores.without_tokens(answered)),
            "without dates": _score(*stores.without_dates(answered)),
            "sealed, with the key stolen": _score(*stores.with_the_key(answered, before, key)),
        },
        readable_before=_readable(answered, [copy.content for copy in copies]),
        readable_if_plain=_readable(answered, [_plain_bytes(answered)]),
        left_after=_left(before, after, key.private_bytes_raw()),
        copies=len(copies) + 1,
        smallest_block=min(blocks.values(), key=lambda block: block[1])[1],
    )


def _answer(table: Table, wave_id: int) -> tuple[list[Answered], list[Copy]]:
    """Everybody answers once, in an order of chance, through the page; everything is copied after each."""
    items = [item.id for item in load_released(INSTRUMENT).scored_items]
    invited = db.session.execute(select(Invitation.id, Invitation.team_key).where(Invitation.wave_id == wave_id)).all()
    db.session.rollback()
    table.chance.shuffle(invited)  # type: ignore[arg-type]  # a list of rows
    browser = table.app.test_client()
    answered, copies = [], []
    for turn, (invitation_id, team) in enumerate(invited):
        token = invitation_token(table.vault.link_key, invitation_id)
        answers = tuple(table.chance.randint(1, 5) for _ in items)
        form = {item: str(value) for item, value in zip(items, answers, strict=True)}
        reply = browser.post(f"/p/{token}", data={**form, "go": "send"})
        if reply.status_code != 200:
            raise RuntimeError(f"The page of the game answered {reply.status_code}.")
        answered.append(Answered(token, str(invitation_id), team, answers, turn))
        copies.append(copy_everything(table.data_dir, table.beside))
    return answered, copies


def _blocks(wave_id: int) -> dict[str, tuple[str, int]]:
    """Each team's block, and how many answered in it."""
    rows = db.session.scalars(select(PublishedBlock).where(PublishedBlock.wave_id == wave_id)).all()
    db.session.rollback()
    return {team: (row.key, row.respondents) for row in rows for team in row.teams}


def _placed(each: Answered, blocks: dict[str, tuple[str, int]]) -> Answered:
    return Answered(each.token, each.invitation, blocks[each.block][0], each.answers, each.turn)


def _really_stored(
    answered: Sequence[Answered], before: Copy, after: Copy, wave_id: int
) -> tuple[list[Record], list[Record]]:
    """What the copies hold of each person, and of each row of answers: every column that is there, and the order."""
    ballots = {bytes(row["tag"]): row for row in before.rows["ballots"]}
    invitations = {str(row["id"]).replace("-", ""): row for row in before.rows["invitations"]}
    people: list[Record] = []
    for each in answered:
        ballot, invitation = ballots[ballot_tag(each.token)], invitations[each.invitation.replace("-", "")]
        people.append(
            {
                "block": each.block,
                "answers": each.answers,
                "turn": each.turn,
                **{f"invitation {name}": value for name, value in invitation.items()},
                **{f"ballot {name}": value for name, value in ballot.items()},
            }
        )
    rows: list[Record] = [
        {
            **{name: value for name, value in row.items() if name not in ("answers", "block_key")},
            "block": row["block_key"],
            "answers": tuple(_list(row["answers"])),
            "length": len(str(row["answers"])),
            "said": str(row["answers"]),
        }
        for row in after.rows["responses"]
        if row["wave_id"] == wave_id
    ]
    return people, rows


def _score(people: Sequence[Record], rows: Sequence[Record]) -> list[Score]:
    """Whose row is whose, by the answers that only the game knows, and then every linker, which does not see them."""
    return list(link_all(people, rows, whose_rows(people, rows)))


def _list(value: str | Sequence[int]) -> Sequence[int]:
    """JSON as text (SQLite) or as it was read (PostgreSQL)."""
    read: Sequence[int] = json.loads(value) if isinstance(value, str) else value
    return read


def _readable(answered: Sequence[Answered], contents: Sequence[bytes]) -> int:
    """How many people's answers can be read in any copy, in one of the ways in which they could be written."""
    return sum(any(form in content for content in contents for form in _written(each)) for each in answered)


def _written(each: Answered) -> Iterator[bytes]:
    for separators in ((",", ":"), (", ", ": ")):
        yield json.dumps(list(each.answers), separators=separators).encode()
        yield json.dumps([str(value) for value in each.answers], separators=separators).encode()


def _plain_bytes(answered: Sequence[Answered]) -> bytes:
    return b"\n".join(json.dumps(list(each.answers)).encode() for each in answered)


def _left(before: Copy, after: Copy, key: bytes) -> int:
    """How many ballots, and keys, can still be found after closing."""
    sealed = [bytes(row["sealed"])[32:96] for row in before.rows["ballots"]]
    return sum(part in after.content for part in (*sealed, key))
