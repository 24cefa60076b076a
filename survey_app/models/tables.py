"""Every table at once, for migrations and for whoever needs the whole database."""

from __future__ import annotations

from survey_app.models import (
    accounts,
    ballots,
    clock,
    groups,
    invitations,
    messages,
    participants,
    publications,
    pulses,
    small_changes,
)

MODULES = (
    accounts,
    ballots,
    clock,
    groups,
    invitations,
    messages,
    participants,
    publications,
    pulses,
    small_changes,
)
