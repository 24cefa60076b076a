"""Comments that somebody has to read before anybody else does: for programme leads, never for team leads."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from survey_app.extensions import vault
from survey_app.use_cases.comment_texts import LONGEST_COMMENT
from survey_app.use_cases.errors import CommentTooLong, UnknownComment
from survey_app.use_cases.moderation import batches_to_read, decide
from survey_app.views.guard import current_viewer
from survey_app.views.navigation import home_links

pages = Blueprint("comments", __name__, url_prefix="/manage/comments")


@pages.get("")
def index() -> str:
    """The batches that wait, the newest wave first."""
    return _page()


@pages.post("/<comment>")
def decide_on(comment: str) -> Response | tuple[str, int]:
    """Release a comment as edited, or keep it back."""
    shown = request.form.get("shown", "") if request.form.get("go") == "release" else None
    viewer = current_viewer()
    try:
        decide(viewer.programme, UUID(comment), shown, by=viewer.name, now=datetime.now(UTC), vault=vault())
    except UnknownComment as problem:
        return _page(str(problem)), 404
    except ValueError:
        abort(404)
    except CommentTooLong as problem:
        return _page(str(problem)), 400
    return redirect("/manage/comments", 303)


def _page(problem: str = "") -> str:
    return render_template(
        "manage/comments.html",
        batches=batches_to_read(current_viewer().programme, vault()),
        problem=problem,
        longest=LONGEST_COMMENT,
        home_links=home_links(current_viewer()),
    )
