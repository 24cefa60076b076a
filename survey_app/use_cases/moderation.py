"""Read comments before anybody else does, take out names, and release them all at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from survey_app.crypto.vault import Vault
from survey_app.extensions import db
from survey_app.models.comments import Comment, CommentState
from survey_app.models.groups import Group
from survey_app.models.pulses import Pulse, Wave, WaveState, WaveTerms
from survey_app.use_cases.auditing import note
from survey_app.use_cases.comment_texts import FEWEST_COMMENTS, clean_comment
from survey_app.use_cases.errors import UnknownComment


@dataclass(frozen=True)
class WaitingComment:
    """A comment that somebody has to read; `shown` is how it will be shown, where that was decided already."""

    id: UUID
    text: str
    shown: str
    state: str


@dataclass(frozen=True)
class Batch:
    """The comments of one group in one wave: shown together, once each is decided on."""

    wave: str
    label: str
    group: str
    name: str
    comments: tuple[WaitingComment, ...]
    waiting: int


def batches_to_read(programme: str, vault: Vault) -> list[Batch]:
    """The batches that are not out yet, newest wave first; comments in an order that says nothing."""
    rows = db.session.execute(
        select(Comment, Wave.key, Wave.label, WaveTerms.tree)
        .join(Wave, Wave.id == Comment.wave_id)
        .join(WaveTerms, WaveTerms.wave_id == Wave.id)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .join(Group, Group.id == Pulse.programme_id)
        .where(Comment.out_at.is_(None), Wave.state == WaveState.CLOSED, Group.key == programme)
        .order_by(Wave.closes_at.desc(), Wave.id.desc(), Comment.group_key, Comment.id)
    ).all()
    found: dict[tuple[str, str], list[Comment]] = {}
    labels: dict[tuple[str, str], tuple[str, str]] = {}
    for comment, wave, label, tree in rows:
        names = {group[0]: group[1] for group in tree["groups"]}
        teams = comment.group_key.split("+")
        found.setdefault((wave, comment.group_key), []).append(comment)
        labels[wave, comment.group_key] = label, ", ".join(names.get(team, team) for team in teams)
    return [
        Batch(
            wave=wave,
            label=labels[wave, group][0],
            group=group,
            name=labels[wave, group][1],
            comments=tuple(_waiting(comment, vault) for comment in comments),
            waiting=sum(comment.state == CommentState.WAITING for comment in comments),
        )
        for (wave, group), comments in found.items()
    ]


def decide(programme: str, comment_id: UUID, shown: str | None, *, by: str, now: datetime, vault: Vault) -> bool:
    """Release a comment as `shown`, or keep it back where that is None; it may be decided again until its batch is out.

    Returns
    -------
    bool
        Whether the batch is out now: with the last decision all are shown at once, if three or more are to be.

    Raises
    ------
    UnknownComment
        There is none in this programme, or its batch is out.
    """
    text = clean_comment(shown or "")
    found = db.session.execute(
        select(Comment.wave_id, Comment.group_key, Wave.key)
        .join(Wave, Wave.id == Comment.wave_id)
        .join(Pulse, Pulse.id == Wave.pulse_id)
        .join(Group, Group.id == Pulse.programme_id)
        .where(Comment.id == comment_id, Wave.state == WaveState.CLOSED, Group.key == programme)
    ).one_or_none()
    batch = [] if found is None else _locked_batch(found.wave_id, found.group_key)
    comment = next((each for each in batch if each.id == comment_id and each.out_at is None), None)
    if found is None or comment is None:
        db.session.rollback()
        raise UnknownComment
    comment.state = CommentState.RELEASED if text else CommentState.KEPT_BACK
    comment.shown_encrypted = vault.encrypt(text) if text else None
    is_out = _release_when_all_are_decided(batch, found.key, by, now)
    db.session.commit()
    return is_out


def _locked_batch(wave_id: int, group_key: str) -> list[Comment]:
    """All comments of a batch, so that two who decide on the last two at once do so one after the other."""
    rows = select(Comment).where(Comment.wave_id == wave_id, Comment.group_key == group_key).order_by(Comment.id)
    return list(db.session.scalars(rows.with_for_update().execution_options(populate_existing=True)))


def newest_comments(teams_of_wave: Mapping[str, Collection[str]], vault: Vault) -> tuple[str, list[str]] | None:
    """The newest wave of which comments may be read on the page of a group, and the comments in no order.

    Parameters
    ----------
    teams_of_wave
        The teams whose answers are in the group's figures, by wave, oldest first.
    """
    rows = db.session.execute(
        select(Wave.key, Comment.group_key, Comment.shown_encrypted)
        .join(Wave, Wave.id == Comment.wave_id)
        .where(Wave.key.in_(teams_of_wave), Comment.out_at.is_not(None), Comment.state == CommentState.RELEASED)
        .order_by(Comment.id)
    ).all()
    found: dict[str, list[str]] = {}
    for wave, group, shown in rows:
        if shown is not None and set(group.split("+")) <= set(teams_of_wave[wave]):
            found.setdefault(wave, []).append(vault.decrypt(shown))
    return next(((wave, found[wave]) for wave in reversed(list(teams_of_wave)) if wave in found), None)


def _release_when_all_are_decided(batch: Sequence[Comment], wave: str, by: str, now: datetime) -> bool:
    """Put a batch out once nothing waits in it; fewer than three are kept back, for they would be somebody's."""
    if any(comment.state == CommentState.WAITING for comment in batch):
        return False
    released = [comment for comment in batch if comment.state == CommentState.RELEASED]
    enough = len(released) >= FEWEST_COMMENTS
    for comment in batch:
        comment.out_at = now
        comment.text_encrypted = b""  # what was taken out is nowhere any more
        if not enough:
            comment.state, comment.shown_encrypted = CommentState.KEPT_BACK, None
    note(by, "release comments", wave, now, group=batch[0].group_key, released=len(released) if enough else 0)
    return True


def _waiting(comment: Comment, vault: Vault) -> WaitingComment:
    text = vault.decrypt(comment.text_encrypted)
    shown = vault.decrypt(comment.shown_encrypted) if comment.shown_encrypted is not None else text
    return WaitingComment(comment.id, text, shown, comment.state)
