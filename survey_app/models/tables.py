"""Every table at once, for migrations and for whoever needs the whole database."""

from __future__ import annotations

from survey_app.models import (
    accounts,
    api_keys,
    audit,
    authorities,
    ballots,
    clock,
    comments,
    exports,
    groups,
    instruments,
    invitations,
    keys,
    messages,
    participants,
    publications,
    pulses,
    rosters,
    senders,
    shared_pages,
    small_changes,
)

MODULES = (
    accounts,
    api_keys,
    audit,
    authorities,
    ballots,
    clock,
    comments,
    exports,
    groups,
    instruments,
    invitations,
    keys,
    messages,
    participants,
    publications,
    pulses,
    rosters,
    senders,
    shared_pages,
    small_changes,
)
