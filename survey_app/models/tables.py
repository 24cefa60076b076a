"""Every table at once, for migrations and for whoever needs the whole database."""

from __future__ import annotations

from survey_app.models import (
    accounts,
    audit,
    authorities,
    ballots,
    clock,
    comments,
    groups,
    instruments,
    invitations,
    keys,
    messages,
    participants,
    publications,
    pulses,
    senders,
    small_changes,
)

MODULES = (
    accounts,
    audit,
    authorities,
    ballots,
    clock,
    comments,
    groups,
    instruments,
    invitations,
    keys,
    messages,
    participants,
    publications,
    pulses,
    senders,
    small_changes,
)
