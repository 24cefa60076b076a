"""The API's write side: rosters and groups from the systems that know who works where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Response, request

from dashboards.snapshots import Level
from survey_app.extensions import vault
from survey_app.use_cases.answering_once import Answer, answer_once
from survey_app.use_cases.errors import NameTaken, TooManyLeavers, UnknownGroup, UnreadableFile
from survey_app.use_cases.groups import add_named_group, groups_of_programme
from survey_app.use_cases.program_errors import IdempotencyKeyReused, RequestUnderWay
from survey_app.use_cases.roster_tables import LARGEST_FILE_BYTES
from survey_app.use_cases.rosters_of_programs import Wanted, take_roster
from survey_app.views.api.edge import answer, current_program, pages, problem
from survey_app.views.api.schemas import LONGEST_KEY, GroupBody, RosterBody, RosterReportSchema, StructureSchema


@pages.get("/structure")
def structure() -> Response:
    """The groups inside the key's own, as they are now, published or not."""
    viewer = current_program().viewer
    found = [
        {"key": each.key, "name": each.name, "level": each.level, "parent": each.parent_key or None}
        for each in groups_of_programme(viewer.programme)
        if each.key in viewer.inside and each.ended_on is None
    ]
    return answer(StructureSchema().dump({"groups": found}))


@pages.put("/rosters/<authority>")
def bring_roster(authority: str) -> Response:
    """Bring in who works in an authority."""
    request.max_content_length = LARGEST_FILE_BYTES
    wanted = RosterBody().load(request.get_json())
    program = current_program()
    if authority not in program.viewer.inside:
        return problem(404, "Not found", "This key sees no authority of this name.")

    def act() -> Answer:
        people = wanted.pop("people")
        report = take_roster(
            authority, people, Wanted(**wanted), by=program.viewer.name, now=datetime.now(UTC), vault=vault()
        )
        return Answer(200, RosterReportSchema().dump(report))

    return _once(act)


@pages.post("/groups")
def add_group() -> Response:
    """Add a service area or a team."""
    wanted = GroupBody().load(request.get_json())
    viewer = current_program().viewer
    if wanted["parent"] not in viewer.inside:
        return problem(404, "Not found", "This key sees no group of the parent's key.")

    def act() -> Answer:
        name, level, parent = wanted["name"], Level(wanted["level"]), wanted["parent"]
        key = add_named_group(name, level, parent, by=viewer.name, now=datetime.now(UTC))
        return Answer(201, {"key": key, "name": name, "level": level, "parent": parent})

    return _once(act)


def _once(act: Callable[[], Answer]) -> Response:
    """Do what is asked, once for its Idempotency-Key."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not 1 <= len(key) <= LONGEST_KEY:
        words = f"Give each request a key of its own, of 1 to {LONGEST_KEY} characters, such as a UUID."
        return problem(400, "Idempotency-Key needed", words)
    asked = f"{request.method} {request.path} {request.get_data(as_text=True)}"
    fingerprint = vault().lookup_hash(asked)
    try:
        found = answer_once(current_program().key_id, key, fingerprint, datetime.now(UTC), act)
    except (UnknownGroup, UnreadableFile) as error:
        return problem(404 if isinstance(error, UnknownGroup) else 400, "It cannot be used", str(error))
    except (NameTaken, TooManyLeavers, RequestUnderWay) as error:
        return problem(409, "Not as things are", str(error))
    except IdempotencyKeyReused as error:
        return problem(422, "Key used before", str(error))
    response = answer(found.body, found.status)
    if found.is_repeated:
        response.headers["Idempotency-Replayed"] = "true"
    return response
