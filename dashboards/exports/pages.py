"""The pages that documents are made of: a group's first screen and each of its measures."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.exports.contents import Export
from dashboards.pages.group import GroupPage, build_group_page
from dashboards.pages.measure import MeasurePage, build_measure_page
from dashboards.snapshots import PublishedResults

PICTURE = "wide"


@dataclass(frozen=True)
class MeasureSheet:
    """A measure's page with its picture; None where nothing was ever shown."""

    page: MeasurePage
    svg: str | None


@dataclass(frozen=True)
class Document:
    """What a report or a set of slides says, in order."""

    export: Export
    page: GroupPage
    measures: tuple[MeasureSheet, ...]


def build_document(results: PublishedResults, export: Export) -> Document | None:
    """Put the pages of an export's own group together; None before its first wave is published."""
    page = build_group_page(results, export.group)
    if page is None:
        return None
    found = [build_measure_page(results, export.group, measure.id) for measure in page.wave.measures]
    sheets = tuple(MeasureSheet(each, _picture(results, each)) for each in found if each is not None)
    return Document(export, page, sheets)


def _picture(results: PublishedResults, page: MeasurePage) -> str | None:
    chart = results.chart(page.group.key, page.measure.id, PICTURE) if page.chart_wide else None
    return chart.svg if chart else None
