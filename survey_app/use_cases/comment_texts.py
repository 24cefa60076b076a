"""What a comment may be: how long, and without what nobody can see."""

from __future__ import annotations

import re
import unicodedata

from survey_app.use_cases.errors import CommentTooLong

LONGEST_COMMENT = 500
LONGEST_COMMENT_BYTES = 2 * 1024 + 100
"""Of a comment in a ballot: characters of four bytes, or of one that takes two when written down."""

FEWEST_COMMENTS = 3
"""So many of a group are kept and shown; one or two would be somebody's."""


def clean_comment(text: str) -> str:
    """A comment without invisible characters and empty lines, or the empty text.

    Raises
    ------
    CommentTooLong
        It has more than 500 characters.
    """
    lines = [re.sub(r"[^\S\n]+", " ", line).strip() for line in text.replace("\r\n", "\n").split("\n")]
    kept = "\n".join(line for line in lines if line)
    visible = "".join(
        char for char in kept if char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
    )
    if len(visible) > LONGEST_COMMENT:
        raise CommentTooLong(len(visible), LONGEST_COMMENT)
    return visible
