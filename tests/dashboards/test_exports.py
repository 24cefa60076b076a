"""Files hold what the pages show, in the same words, and nothing that is withheld, in any format."""

import csv
import io
import re
import subprocess
import sys
import zipfile
from datetime import date, datetime
from xml.etree import ElementTree

import openpyxl
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pptx import Presentation
from pypdf import PdfReader

from dashboards.charts.trend import WIDE, draw_trend
from dashboards.errors import NoPdf
from dashboards.exports import report_document
from dashboards.exports.codebook import NAMESPACE, as_ddi
from dashboards.exports.columns import COLUMNS
from dashboards.exports.contents import HOW_TO_READ, build_export
from dashboards.exports.delimited import as_csv
from dashboards.exports.formats import KINDS, Format, file_name
from dashboards.exports.pages import build_document
from dashboards.exports.pictures import as_pictures, as_png
from dashboards.exports.report_document import as_html, as_pdf
from dashboards.exports.slides import as_slides
from dashboards.exports.statistics_file import as_sav
from dashboards.exports.workbook import HIDDEN, as_workbook
from dashboards.snapshots import Level, ReportingGroup, SmallChangeMark, WithheldReason
from dashboards.trends import build_trend
from tests.conftest import HAS_PANGO
from tests.fakes import BURNOUT, CONNECTEDNESS, FakeResults, shown, wave, withheld

needs_pango = pytest.mark.skipif(not HAS_PANGO, reason="Pango is not here")
TEAM = ReportingGroup("t", "Team T", Level.TEAM, "s")
AREA = ReportingGroup("s", "=Area S", Level.SERVICE_AREA, "p")
MADE = {"made_by": "Dev Patel", "made_on": date(2026, 11, 25)}


def results(cells, *, measures=(CONNECTEDNESS,), waves=None, groups=(AREA, TEAM)):
    """Published results with a picture wherever a line has a figure."""
    published = [wave(number, measures) for number in range(waves or max(int(cell.wave[1:]) for cell in cells) + 1)]
    changes = [SmallChangeMark("Buddies", date(2025, 4, 2))]
    charts = {}
    for group in groups:
        for measure in measures:
            line = build_trend(measure, published, [c for c in cells if c.group == group.key], changes)
            if line.latest_shown is not None:
                charts[group.key, measure.id, "wide"] = draw_trend(line, WIDE)
                charts[group.key, measure.id, "phone"] = charts[group.key, measure.id, "wide"]
    return FakeResults(
        published=published,
        groups=list(groups),
        published_cells=list(cells),
        charts=charts,
        changes={group.key: changes for group in groups},
    )


CELLS = [
    *(shown(number, 60 + number % 3) for number in range(7)),
    withheld(7, reason=WithheldReason.TOO_FEW),
    shown(8, 95, low=92.5, high=100.0),
    *(shown(number, 50, group="s", name="=Area S", measure="burnout") for number in range(9)),
]
ALL = results(CELLS, measures=(CONNECTEDNESS, BURNOUT))


@pytest.fixture(scope="module")
def export():
    return build_export(ALL, AREA, [TEAM], **MADE)


@pytest.fixture(scope="module")
def document():
    of_team = build_export(ALL, TEAM, [], **MADE)
    return build_document(ALL, of_team)


def table(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_csv_has_a_line_a_cell_and_an_empty_cell_is_not_a_nought(export):
    content = as_csv(export)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = table(content)
    assert len(rows) == len(CELLS)
    assert list(rows[0]) == [column.name for column in COLUMNS]
    hidden = next(row for row in rows if row["status"] == "not shown")
    assert (hidden["score"], hidden["answers"], hidden["likely_low"]) == ("", "", "")
    assert hidden["reason"] == hidden["score_in_words"].replace("Not shown", "Not shown: fewer than 5 answers")
    top = rows[-1]
    assert (top["wave"], top["score"], top["score_in_words"]) == ("w8", "95", "95 or higher")
    assert rows[0]["group_name"] == "'=Area S", "no spreadsheet takes a name for a formula"
    assert datetime.fromisoformat(rows[0]["closed_on"]).date() == ALL.published[0].closed_on


def test_a_workbook_has_numbers_as_numbers_and_says_what_is_confidential(export):
    book = openpyxl.load_workbook(io.BytesIO(as_workbook(export)))
    assert book.sheetnames == ["Cover", "Scores", "Pulses"]
    scores = book["Scores"]
    assert scores.freeze_panes == "A2"
    assert scores.max_row == len(CELLS) + 1
    by_name = {column.name: place for place, column in enumerate(COLUMNS)}
    rows = list(scores.iter_rows(min_row=2, values_only=True))
    hidden = next(row for row in rows if row[by_name["status"]] == "not shown")
    assert hidden[by_name["score"]] == HIDDEN
    assert isinstance(rows[0][by_name["score"]], int)
    assert rows[0][by_name["group_name"]] == "=Area S"
    assert all(cell.data_type != "f" for row in scores.iter_rows() for cell in row)
    cover = "\n".join(str(cell.value) for row in book["Cover"].iter_rows() for cell in row if cell.value)
    for needed in ("Dev Patel", "25 November 2026", "5 answers", *HOW_TO_READ):
        assert needed in cover
    assert book["Pulses"].max_row == len(ALL.published) + 1


def test_an_spss_file_has_labels_for_variables_and_codes(export, tmp_path):
    path = tmp_path / "export.sav"
    path.write_bytes(as_sav(export))
    frame, meta = pyreadstat.read_sav(path)
    assert meta.column_names_to_labels == {column.name: column.heading for column in COLUMNS}
    assert meta.variable_value_labels["status"] == {1.0: "shown", 2.0: "not shown"}
    assert len(frame) == len(CELLS)
    assert frame["score"].isna().sum() == 1
    assert list(frame["score"].dropna().astype(int)) == [row.score for row in export.rows if row.score is not None]
    assert any("Dev Patel" in note for note in meta.notes)


def test_a_codebook_tells_each_column_in_the_order_that_ddi_wants(export):
    root = ElementTree.fromstring(as_ddi(export))
    ns = {"d": NAMESPACE}
    assert [child.tag.rpartition("}")[2] for child in root] == ["docDscr", "stdyDscr", "fileDscr", "dataDscr"]
    variables = root.findall("d:dataDscr/d:var", ns)
    assert [each.get("name") for each in variables] == [column.name for column in COLUMNS]
    score = next(each for each in variables if each.get("name") == "score")
    assert {each.get("type"): each.text for each in score.findall("d:sumStat", ns)} == {
        "vald": str(len(CELLS) - 1),
        "invd": "1",
    }
    status = next(each for each in variables if each.get("name") == "status")
    assert [each.findtext("d:labl", None, ns) for each in status.findall("d:catgry", ns)] == ["shown", "not shown"]
    assert root.findtext("d:fileDscr/d:fileTxt/d:dimensns/d:caseQnty", None, ns) == str(len(CELLS))
    assert "at least 5 answers" in root.findtext("d:stdyDscr/d:method/d:anlyInfo/d:dataAppr", None, ns)


def test_slides_have_a_picture_with_its_words_a_measure_and_notes(document):
    slides = Presentation(io.BytesIO(as_slides(document))).slides
    titles = [slide.shapes.title.text_frame.text for slide in slides]
    assert titles[0] == f"Team T: {document.page.headline}"
    assert titles[1].startswith("Connectedness: ")
    assert titles[-1] == "How to read this"
    pictures = [shape for shape in slides[1].shapes if shape.shape_type == 13]
    assert pictures[0]._element.nvPicPr.cNvPr.get("descr") == document.measures[0].page.alt
    assert HOW_TO_READ[0] in slides[1].notes_slide.notes_text_frame.text
    assert not any(shape.has_chart for slide in slides for shape in slide.shapes), "no chart carries a workbook"
    unmeasured = slides[2]
    assert [shape for shape in unmeasured.shapes if shape.shape_type == 13] == [], "nothing of burnout was ever shown"


@needs_pango
def test_a_report_is_tagged_says_its_language_and_has_words_for_pictures(document):
    pdf = as_pdf(document)
    reader = PdfReader(io.BytesIO(pdf))
    catalogue = reader.trailer["/Root"]
    assert catalogue["/Lang"] == "en"
    assert catalogue["/MarkInfo"]["/Marked"]
    text = "\n".join(page.extract_text() for page in reader.pages)
    for needed in ("Team T", "95 or higher", "Not shown: fewer than 5 answers", "Buddies", "Dev Patel"):
        assert needed in text
    assert document.measures[0].page.alt in alternatives(catalogue["/StructTreeRoot"])
    assert len(pdf) < 150_000


def alternatives(node):
    """The words of every figure in a PDF's structure."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return [words for child in node for words in alternatives(child)]
    if not isinstance(node, dict):
        return []
    own = [node["/Alt"]] if "/Alt" in node else []
    return own + (alternatives(node["/K"]) if "/K" in node else [])


@needs_pango
def test_the_hand_out_is_one_page(document):
    reader = PdfReader(io.BytesIO(as_pdf(document, one_page=True)))
    assert len(reader.pages) == 1
    assert "Talk it through" in reader.pages[0].extract_text()


def test_without_pango_the_error_says_what_to_install(document, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    real = __builtins__["__import__"] if isinstance(__builtins__, dict) else __import__

    def missing(name, *rest):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango'")
        return real(name, *rest)

    monkeypatch.setattr("builtins.__import__", missing)
    with pytest.raises(NoPdf, match="apt-get install libpango"):
        as_pdf(document)


def test_a_group_that_is_not_shown_has_a_report_that_says_so():
    hidden = results([withheld(0, reason=WithheldReason.COMBINED, counted_in="s"), shown(0, 50, group="s")], waves=1)
    document = build_document(hidden, build_export(hidden, TEAM, [], **MADE))
    page = as_html(document)
    assert "Not enough answers to show this time" in page
    assert "<img" not in page
    cover = Presentation(io.BytesIO(as_slides(document))).slides[0]
    assert any("counted together" in shape.text_frame.text for shape in cover.shapes)


def test_before_the_first_wave_there_is_nothing_to_export():
    assert build_export(FakeResults(groups=[TEAM]), TEAM, [], **MADE) is None
    export = build_export(ALL, TEAM, [], **MADE)
    assert build_document(FakeResults(groups=[TEAM]), export) is None


def test_a_measure_that_is_asked_no_more_keeps_its_rows():
    older = results([shown(0, 60, measure="burnout"), shown(1, 60)], measures=(CONNECTEDNESS, BURNOUT))
    older.published[1] = wave(1, (CONNECTEDNESS,))
    older.published_cells.append(shown(1, 40, measure="burnout"))
    export = build_export(older, TEAM, [], **MADE)
    assert [(row.wave, row.measure) for row in export.rows] == [("w0", "burnout"), ("w1", "connectedness")]
    document = build_document(older, export)
    assert [sheet.page.measure.id for sheet in document.measures] == ["connectedness"]


@pytest.mark.parametrize("kind", list(Format))
def test_files_have_names_that_any_system_takes(kind):
    name = file_name(kind, "a+b/../c", date(2026, 1, 2))
    assert re.fullmatch(r"pulse-[\w-]+-2026-01-02\.[a-z]+", name)
    assert name.endswith(KINDS[kind].suffix)


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.integers(0, 10_000))
def test_nothing_that_is_withheld_is_in_any_format(pattern, seed):
    """Canaries: what a withheld cell would have said is nowhere, however deep a file is opened (B8)."""
    cells = [
        withheld(number) if hidden else shown(number, 40 + (seed + number) % 20)
        for number, hidden in enumerate(pattern)
    ]
    published = results(cells, waves=len(cells), groups=(TEAM,))
    export = build_export(published, TEAM, [], **MADE)
    figures = [(row.wave, row.score, row.answers) for row in export.rows if row.status == "not shown"]
    assert figures == [(f"w{number}", None, None) for number, hidden in enumerate(pattern) if hidden]
    expected = ["" if hidden else str(cell.score) for cell, hidden in zip(cells, pattern, strict=True)]
    assert [row["score"] for row in table(as_csv(export))] == expected
    sheet = openpyxl.load_workbook(io.BytesIO(as_workbook(export)))["Scores"]
    place = [column.name for column in COLUMNS].index("score") + 1
    in_sheet = [sheet.cell(row, place).value for row in range(2, len(cells) + 2)]
    assert [HIDDEN if value == "" else int(value) for value in expected] == in_sheet


def test_a_file_of_slides_carries_nothing_but_what_is_seen(document):
    names = zipfile.ZipFile(io.BytesIO(as_slides(document))).namelist()
    assert not any("embeddings" in name or name.endswith(".xlsx") for name in names)


def test_a_picture_is_twice_its_size_in_pixels():
    svg = next(iter(ALL.charts.values())).svg
    png = as_png(svg)
    width = float(re.search(r'<svg[^>]* width="([\d.]+)', svg).group(1))
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == pytest.approx(2 * width, abs=2)


def test_pictures_come_one_a_measure_with_their_words(document):
    pack = zipfile.ZipFile(io.BytesIO(as_pictures(document)))
    assert pack.namelist() == ["connectedness.png", "connectedness.txt"], "nothing of burnout was ever shown"
    assert pack.read("connectedness.png")[:4] == b"\x89PNG"
    assert document.measures[0].page.alt in pack.read("connectedness.txt").decode()


def test_what_pages_need_of_exports_loads_no_engine():
    loads = "import sys; import dashboards.exports.formats, dashboards.exports.contents; print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"'(pandas|weasyprint|pptx|xlsxwriter|vl_convert|altair)'", loaded)


def test_templates_are_read_once():
    assert report_document._environment() is report_document._environment()
