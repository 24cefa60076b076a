"""The same answers as other products store them: where the attacker must win, or the game proves nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from survey_app.crypto.link_tokens import ballot_tag
from survey_app.crypto.sealed_ballots import open_ballot
from survey_app.linkage.capture import Copy
from survey_app.linkage.linkers import Record


@dataclass(frozen=True)
class Answered:
    """One person's answering, as the game knows it: their link, where they are counted, what they said, and when."""

    token: str
    invitation: str
    block: str
    answers: tuple[int, ...]
    turn: int


def plain(answered: Sequence[Answered]) -> tuple[list[Record], list[Record]]:
    """Answers beside the invitation that gave them."""
    people: list[Record] = [_person(each, invitation=each.invitation) for each in answered]
    rows: list[Record] = [
        {"block": each.block, "answers": each.answers, "invitation_id": each.invitation} for each in answered
    ]
    return people, rows


def without_tokens(answered: Sequence[Answered]) -> tuple[list[Record], list[Record]]:
    """Answers apart from people, with the moment at which each came."""
    people: list[Record] = [_person(each, answered_at=1_000 + 60 * each.turn) for each in answered]
    rows: list[Record] = [
        {"block": each.block, "answers": each.answers, "submitted": 1_000 + 60 * each.turn} for each in answered
    ]
    return people, rows


def without_dates(answered: Sequence[Answered]) -> tuple[list[Record], list[Record]]:
    """Answers apart from people, without a date, numbered as they came."""
    people: list[Record] = [_person(each, turn=each.turn) for each in answered]
    by_turn = sorted(answered, key=lambda each: each.turn)
    rows: list[Record] = [
        {"block": each.block, "answers": each.answers, "id": number} for number, each in enumerate(by_turn)
    ]
    return people, rows


def with_the_key(
    answered: Sequence[Answered], before_close: Copy, key: X25519PrivateKey
) -> tuple[list[Record], list[Record]]:
    """Sealed ballots, for somebody who has the wave's key as well as the copy from before it closed."""
    tags = {ballot_tag(each.token): each for each in answered}
    people: list[Record] = [_person(each, tag=ballot_tag(each.token).hex()) for each in answered]
    rows: list[Record] = []
    for ballot in before_close.rows["ballots"]:
        each = tags.get(bytes(ballot["tag"]))
        if each is not None:
            given = json.loads(open_ballot(key, bytes(ballot["sealed"])))["answers"]
            rows.append({"block": each.block, "answers": tuple(given.values()), "ballot": bytes(ballot["tag"]).hex()})
    return people, rows


def _person(each: Answered, **known: object) -> Record:
    """What is held of a person; their answers are beside it for the game to count by, not for the linkers."""
    return {"block": each.block, "answers": each.answers, **known}
