"""What programs read and write: published figures, groups and rosters, by keys that are scoped like people."""

from survey_app.views.api import reading, writing
from survey_app.views.api.edge import pages

__all__ = ["pages", "reading", "writing"]
