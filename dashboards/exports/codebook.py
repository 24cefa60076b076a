"""DDI-Codebook 2.5: what the table is, how it came about, and what each column means, for archives."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dashboards.exports.columns import COLUMNS, Column
from dashboards.exports.contents import HOW_TO_READ, Export

NAMESPACE = "ddi:codebook:2_5"
_DISCLOSURE = (
    "Figures rest on at least {minimum} answers. Small groups are counted together with others, means are rounded to a "
    "step that depends on the number of answers, and every figure of every level is worked out from the same groups of "
    "people, so that no figure can be subtracted from another to uncover a few."
)


def as_ddi(export: Export) -> bytes:
    """The codebook of the export's table as XML."""
    book = Element("codeBook", {"xmlns": NAMESPACE, "version": "2.5", "xml:lang": "en"})
    _document(SubElement(book, "docDscr"), export)
    _study(SubElement(book, "stdyDscr"), export)
    file = SubElement(SubElement(book, "fileDscr", {"ID": "table"}), "fileTxt")
    _text(file, "fileName", "pulse.csv")
    dimensions = SubElement(file, "dimensns")
    _text(dimensions, "caseQnty", str(len(export.rows)))
    _text(dimensions, "varQnty", str(len(COLUMNS)))
    data = SubElement(book, "dataDscr")
    for column in COLUMNS:
        _variable(data, column, export)
    indent(book)
    return bytes(tostring(book, encoding="utf-8", xml_declaration=True))


def _document(parent: Element, export: Export) -> None:
    citation = SubElement(parent, "citation")
    _text(SubElement(citation, "titlStmt"), "titl", f"Codebook of {export.title}")
    production = SubElement(citation, "prodStmt")
    _text(production, "producer", export.made_by)
    SubElement(production, "prodDate", {"date": export.made_on.isoformat()}).text = export.made_on.isoformat()


def _study(parent: Element, export: Export) -> None:
    citation = SubElement(parent, "citation")
    _text(SubElement(citation, "titlStmt"), "titl", export.title)
    info = SubElement(parent, "stdyInfo")
    _text(info, "abstract", "Published means of a recurring staff pulse, by group, measure and pulse.")
    summary = SubElement(info, "sumDscr")
    for event, wave in (("start", export.waves[0]), ("end", export.waves[-1])):
        SubElement(summary, "timePrd", {"date": wave.closed_on.isoformat(), "event": event}).text = wave.label
    _text(summary, "anlyUnit", "Group")
    _text(summary, "universe", "People who were asked and answered")
    _text(summary, "dataKind", "Aggregated survey data")
    method = SubElement(parent, "method")
    collection = SubElement(method, "dataColl")
    _text(collection, "timeMeth", "Trend or time series")
    _text(collection, "collMode", "Self-administered questionnaire: web-based")
    for sentence in HOW_TO_READ:
        _text(method, "notes", sentence)
    minimum = export.waves[-1].minimum_group_size
    _text(SubElement(method, "anlyInfo"), "dataAppr", _DISCLOSURE.format(minimum=minimum))


def _variable(parent: Element, column: Column, export: Export) -> None:
    attributes = {"ID": column.name, "name": column.name, "files": "table", "intrvl": "discrete"}
    variable = SubElement(parent, "var", attributes)
    _text(variable, "labl", column.heading)
    missing = sum(column.value(row) in {None, ""} for row in export.rows)
    for kind, count in (("vald", len(export.rows) - missing), ("invd", missing)):
        SubElement(variable, "sumStat", {"type": kind}).text = str(count)
    for choice in column.choices:
        category = SubElement(variable, "catgry")
        _text(category, "catValu", choice)
        _text(category, "labl", choice)
    SubElement(variable, "varFormat", {"type": "numeric" if column.is_number else "character"})


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
