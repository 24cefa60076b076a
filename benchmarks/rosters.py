"""Time the import of one authority's roster of 20,000 people, first, again, and as a workbook."""

from __future__ import annotations

import io
import time
from datetime import date

from openpyxl import Workbook

from benchmarks.delivery import installation
from survey_app.extensions import vault
from survey_app.use_cases.enrolment import import_roster

PEOPLE = 20_000
_HEADINGS = ("staff_ref", "name", "email", "mobile", "team", "service_area")


def report() -> None:
    """Print a line an import."""
    rows = [
        (f"E{n:05}", f"Person {n}", f"person{n}@example.org", f"07400{n:06}", f"Team {n // 9}", f"Service {n // 450}")
        for n in range(PEOPLE)
    ]
    text = "\n".join(",".join(row) for row in (_HEADINGS, *rows)).encode()
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (_HEADINGS, *rows):
        sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    print(f"a roster of {PEOPLE:,} people in {PEOPLE // 9:,} teams, on SQLite, wall seconds")
    with installation(people=1) as app, app.app_context():
        for name, content, is_dry in (
            ("read first, nothing kept", text, True),
            ("all new", text, False),
            ("again, as a workbook", packed.getvalue(), False),
        ):
            started = time.perf_counter()
            import_roster("authority", content, date(2026, 1, 1), vault(), dry_run=is_dry)
            print(f"  {name:26} {time.perf_counter() - started:5.1f}")
