"""The pages, one module an audience."""

from __future__ import annotations

from flask import Flask

from survey_app.views import (
    api,
    assets,
    audit_log,
    blueprints,
    comments,
    demo,
    errors,
    explorer,
    exports,
    fresh_steps,
    groups,
    guard,
    health,
    hooks,
    instrument_import,
    instruments,
    joining,
    languages,
    manage,
    not_now,
    numbers,
    opting_out,
    people,
    programs,
    provider,
    public,
    pulses,
    ranges,
    reliability,
    reorganising,
    respond,
    results,
    rosters,
    second_step,
    senders,
    shared,
    sharing,
    sign_in,
    small_changes,
    staff_requests,
    themes,
    trials,
    waves,
)


def register_views(app: Flask, *, demo: bool) -> None:
    """Add every page to an application; the demo's own pages only in a demo."""
    numbers.init_app(app)
    languages.init_app(app)
    not_now.init_app(app)
    guard.init_app(app)
    fresh_steps.init_app(app)
    errors.init_app(app)
    assets.init_app(app)
    for module in _PAGES:
        app.register_blueprint(module.pages)
    if demo:
        app.register_blueprint(_DEMO_PAGES)


_PAGES = (
    api,
    audit_log,
    blueprints,
    comments,
    explorer,
    exports,
    groups,
    health,
    hooks,
    instrument_import,
    instruments,
    joining,
    manage,
    opting_out,
    people,
    programs,
    provider,
    public,
    pulses,
    ranges,
    reliability,
    reorganising,
    respond,
    results,
    rosters,
    second_step,
    senders,
    shared,
    sharing,
    sign_in,
    small_changes,
    staff_requests,
    themes,
    trials,
    waves,
)
_DEMO_PAGES = demo.pages
