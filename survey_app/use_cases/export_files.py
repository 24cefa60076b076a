"""Make the files of exports. Only jobs and commands may import this: it brings chart, table and document engines."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from dashboards.errors import NoPdf
from dashboards.exports.codebook import as_ddi
from dashboards.exports.contents import Export, build_export
from dashboards.exports.delimited import as_csv
from dashboards.exports.formats import Format
from dashboards.exports.pages import build_document
from dashboards.exports.pictures import as_pictures
from dashboards.exports.report_document import as_pdf
from dashboards.exports.slides import as_slides
from dashboards.exports.statistics_file import as_sav
from dashboards.exports.workbook import as_workbook
from survey_app.extensions import db
from survey_app.models.exports import ExportOrder
from survey_app.models.groups import Group
from survey_app.stores.published_results import DatabaseResults
from survey_app.use_cases.auditing import note
from survey_app.use_cases.errors import NothingPublished, UnknownGroup
from survey_app.use_cases.groups import programme_of
from survey_app.use_cases.reading import groups_inside

_TABLES = {Format.XLSX: as_workbook, Format.CSV: as_csv, Format.SAV: as_sav, Format.DDI: as_ddi}
_PICTURES = {Format.PPTX: as_slides, Format.PNG: as_pictures}


def make_ordered_export(order_id: UUID) -> None:
    """Make an ordered export, once; what cannot be made says why. Nothing is locked while it is made."""
    order = db.session.get(ExportOrder, order_id)
    if order is None or order.content is not None or order.problem is not None:
        db.session.rollback()
        return
    programme, group_key, kind, with_inside = order.programme, order.group_key, Format(order.kind), order.with_inside
    made_by, made_on = order.made_by, order.ordered_at.date()
    db.session.rollback()
    content, problem = None, None
    try:
        content = make_export(programme, group_key, kind, with_inside=with_inside, made_by=made_by, made_on=made_on)
    except (NoPdf, NothingPublished) as error:
        problem = str(error)
    db.session.rollback()
    order = db.session.get(ExportOrder, order_id, with_for_update=True)
    if order is not None and order.content is None:
        order.content, order.problem = content, problem
    db.session.commit()


def export_of_group(group_key: str, kind: Format, *, by: str, now: datetime) -> bytes:
    """Make an export of any group with those inside it, for the command line; it is written down. Raises as below."""
    group = db.session.scalars(select(Group).where(Group.key == group_key)).one_or_none()
    if group is None:
        raise UnknownGroup(group_key, "group")
    programme = programme_of(group).key
    content = make_export(programme, group_key, kind, with_inside=True, made_by=by, made_on=now.date())
    note(by, "export", group_key, now, format=str(kind))
    db.session.commit()
    return content


def make_export(
    programme: str, group_key: str, kind: Format, *, with_inside: bool, made_by: str, made_on: date
) -> bytes:
    """Make the file of an export from what is published.

    Raises
    ------
    NothingPublished
        Nothing is published of this group, or there is none.
    NoPdf
        The format is PDF, which this machine cannot make.
    """
    results = DatabaseResults(programme)
    group = results.group(group_key)
    inside = groups_inside(results, group) if group and with_inside else []
    export = build_export(results, group, inside, made_by=made_by, made_on=made_on) if group else None
    if export is None:
        raise NothingPublished(group_key)
    return _TABLES[kind](export) if kind in _TABLES else _document(results, export, kind)


def _document(results: DatabaseResults, export: Export, kind: Format) -> bytes:
    document = build_document(results, export)
    if document is None:
        raise NothingPublished(export.group.key)
    if kind in _PICTURES:
        return _PICTURES[kind](document)
    return as_pdf(document, one_page=kind is Format.HANDOUT)
