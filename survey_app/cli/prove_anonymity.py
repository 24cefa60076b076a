"""Play the attacker who holds the whole database and the logs, and say whom they could name."""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from cryptography.fernet import Fernet
from flask_migrate import upgrade

from survey_app.cli.running import clear_errors, in_application, make_app
from survey_app.config import load_settings
from survey_app.extensions import MIGRATIONS, close_connections, db, vault
from survey_app.linkage.game import Round, Table, play, set_the_table
from survey_app.linkage.inspection import inspect_store
from survey_app.linkage.linkers import Score, pooled
from survey_app.use_cases.closing import close_wave

BEYOND_CHANCE = 1e-4


@click.command("prove-anonymity")
@click.option("--waves", default=20, show_default=True, type=click.IntRange(1, 500), help="How many waves to play.")
@click.option("--here", is_flag=True, help="Look at this installation's own database instead, and change nothing.")
def prove_anonymity(waves: int, *, here: bool) -> None:
    """Play the attacker who copies the database after every single answer, and say whom they could name.

    A scratch programme is set up in a folder of its own; people answer at random through the real pages; the waves are
    closed as ever. The attacker has every copy, the roster and the logs, and tries every column and every order
    against every other. The same attacker is let loose on the same answers stored as other products store them, where
    they must win: else the game would prove nothing. Status 1 if anybody was named beyond chance.

    Example: pulse prove-anonymity --waves 20
    """
    if here:
        _look_here()
        return
    with clear_errors(), tempfile.TemporaryDirectory(prefix="pulse-proof-") as folder:
        keys = {"SECRET_KEY": secrets.token_urlsafe(48), "FIELD_KEY": Fernet.generate_key().decode()}
        app = make_app(load_settings({**keys, "DATA_DIR": folder}))
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            table = Table(app, vault(), Path(folder), lambda wave_id, now: close_wave(wave_id, now, vault()))
            set_the_table(table)
            with click.progressbar(range(waves), label="Playing", file=sys.stderr) as bar:
                rounds = [play(table) for _ in bar]
            db.session.remove()
            close_connections()
    verdict = judge(rounds)
    for line in verdict.lines:
        click.echo(line)
    if not verdict.holds:
        sys.exit(1)


@in_application
def _look_here() -> None:
    """Waves of this installation closed before answers were protected at the door may have blocks of one mind."""
    observations = list(inspect_store(vault()))
    db.session.rollback()
    for each in observations:
        click.echo(f"{'holds' if each.holds else 'BROKEN':6}  {each.what}")
    if not all(each.holds for each in observations):
        sys.exit(1)


@dataclass(frozen=True)
class Verdict:
    """Whether the promise held in the game, and what is to be said of it."""

    holds: bool
    lines: tuple[str, ...]


def judge(rounds: Sequence[Round]) -> Verdict:
    """What the rounds show, beyond chance after as many tries."""
    tried = pooled([score for each in rounds for score in each.scores])
    best = min(tried, key=lambda score: score.p)
    at_chance = best.p * len(tried) > BEYOND_CHANCE
    controls = {
        name: pooled([score for each in rounds for score in each.controls[name]])[0] for name in rounds[0].controls
    }
    answers = best.rows
    unread = sum(each.readable_before for each in rounds) == 0 == sum(each.left_after for each in rounds)
    seen = sum(each.readable_if_plain for each in rounds) == answers
    wins = all(control.named == control.rows for control in controls.values())
    lines = (
        f"{len(rounds)} waves, {answers} answers, {sum(each.copies for each in rounds)} copies of everything at rest.",
        f"Readable answers in any copy before closing: {sum(each.readable_before for each in rounds)}.",
        f"Ballots or keys left after closing: {sum(each.left_after for each in rounds)}.",
        f"Smallest group in which rows are kept: {min(each.smallest_block for each in rounds)} people.",
        f"{len(tried)} ways of linking people to rows; the best: {_said(best)}.",
        f"Chance alone does so well with p {best.p:.2g}, before counting the tries.",
        "The same attacker on the same answers, stored as elsewhere:",
        *(f"  {name}: {_said(control)}" for name, control in controls.items()),
        "Nobody was named beyond chance." if at_chance and unread else "SOMEBODY COULD BE NAMED: this must be mended.",
        *([] if wins and seen else ["The attacker did not win where they must: the game proves nothing."]),
    )
    return Verdict(at_chance and unread and wins and seen, lines)


def _said(score: Score) -> str:
    named = f"{score.named} of {score.rows} named ({score.share:.1%}; by chance {score.chance:.1%})"
    return f"{named} by {score.linker}"
