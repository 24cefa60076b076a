"""The columns of tables: one list for every format, with what each means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboards.exports.contents import NOT_SHOWN, SHOWN, ExportRow

Value = str | int | date | None


@dataclass(frozen=True)
class Column:
    """A column: its name in programs, its heading, and its choices where it has a few."""

    name: str
    heading: str
    is_number: bool = False
    choices: tuple[str, ...] = ()

    def value(self, row: ExportRow) -> Value:
        """A row's value; None where nothing is shown."""
        found: Value = getattr(row, self.name)
        return found


COLUMNS = (
    Column("wave", "Key of the pulse"),
    Column("wave_label", "Pulse"),
    Column("closed_on", "Results of"),
    Column("group", "Key of the group"),
    Column("group_name", "Group"),
    Column("level", "Level", choices=("team", "service area", "authority", "programme")),
    Column("inside", "Part of"),
    Column("measure", "Key of the measure"),
    Column("title", "Measure"),
    Column("direction", "Better end", choices=("higher is better", "lower is better")),
    Column("instrument", "Questions asked"),
    Column("series", "Comparable within"),
    Column("status", "Status", choices=(SHOWN, NOT_SHOWN)),
    Column("reason", "Why not shown"),
    Column("score", "Score, 0 to 100, rounded", is_number=True),
    Column("score_in_words", "Score as shown"),
    Column("likely_low", "Likely range, from", is_number=True),
    Column("likely_high", "Likely range, to", is_number=True),
    Column("answers", "Answers", is_number=True),
    Column("response_rate", "Answered, of 100 asked, in steps of 5", is_number=True),
)
