"""Jobs that make files for those who ordered them."""

from __future__ import annotations

from uuid import UUID

from survey_app.jobs.guarding import without_details


@without_details
def make_export(order_id: str) -> None:
    """Make one export."""
    from survey_app.use_cases.export_files import make_ordered_export  # here: a process that forks loads no engines

    make_ordered_export(UUID(order_id))
