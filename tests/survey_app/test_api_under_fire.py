"""Schemathesis asks the API what its description allows, and what it does not: no failure, no answer undescribed."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import schemathesis
from flask import abort
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from survey_app.extensions import db
from survey_app.use_cases.api_keys import make_api_key
from tests.factories import mixed_answers

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 30
KINDS = {"as described": GenerationMode.POSITIVE, "not as described": GenerationMode.NEGATIVE}


@pytest.fixture
def programme(studio):
    studio.set_up({"Team A": 12, "Team B": 3, "Team C": 8})
    studio.run_wave({"northtown-team-a": mixed_answers(10), "northtown-team-c": mixed_answers(7)})
    return studio


def key_for(programme, group, *, may_write):
    given_terms = {"lasts": timedelta(days=30), "by": "Dev", "now": datetime.now(UTC), "vault": programme.vault}
    secret = make_api_key(f"key-{group}", group, may_write=may_write, **given_terms)
    db.session.rollback()
    db.session.remove()
    return secret


def fire(app, secret, kind):
    """Ask every operation so many questions of a kind; return how often each status was answered."""
    found = Counter()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    for operation in (each.ok() for each in schema.get_all_operations()):

        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=kind))
        def ask(case):
            answer = case.call(headers={"Authorization": f"Bearer {secret}"})
            case.validate_response(answer, checks=CHECKS)
            found[answer.status_code] += 1

        ask()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_no_question_fails_or_is_answered_with_what_is_not_described(programme, app, kind):
    found = fire(app, key_for(programme, "crescendo", may_write=True), kind)
    assert sum(found.values()) >= 7 * EXAMPLES
    assert found[200] > 0 or kind is GenerationMode.NEGATIVE


@pytest.mark.slow
def test_without_a_key_that_is_good_everything_is_refused(programme, app):
    assert set(fire(app, "nobody", GenerationMode.POSITIVE)) <= {401}


@pytest.mark.slow
@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_failure_that_is_there_is_found(programme, app):
    """The judge is given something to find first."""
    secret = key_for(programme, "crescendo", may_write=True)
    app.view_functions["api.waves"] = lambda: abort(500)
    with pytest.raises(FailureGroup):
        fire(app, secret, GenerationMode.POSITIVE)
