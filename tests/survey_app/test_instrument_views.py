"""Programme leads list, preview, compare, bring in and take out instruments; nobody else knows of these pages."""

import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from instruments.files import from_document, from_toml, to_toml
from instruments.interchange.xlsform_writer import write_xlsform
from survey_app.demo.pulses import read_pilot
from survey_app.extensions import db
from survey_app.models.audit import AuditEntry
from survey_app.use_cases.instrument_library import list_references, record_permission, release
from survey_app.use_cases.pulses import plan_wave
from tests.factories import signed_in
from tests.instruments.interchange.workbook import workbook
from tests.instruments.tiny import document
from tests.people import BEN, DEV

TINY = from_document(document())
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
SHIPPED = "crescendo-pulse@1.1.0"


@pytest.fixture
def dev(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    return signed_in(studio, DEV)


def upload(client, content, kind, name="file.bin", **typed):
    data = {"file": (io.BytesIO(content), name), "format": kind, **typed}
    return client.post("/manage/instruments/import", data=data, content_type="multipart/form-data")


def document_of(page):
    from html import unescape

    return unescape(re.search(r'name="document" value="([^"]*)"', page.text)[1])


@pytest.mark.parametrize(
    "path",
    ["", f"/{SHIPPED}", f"/{SHIPPED}/phone/en/0", f"/{SHIPPED}/export/xlsform", "/compare", "/import"],
)
def test_a_team_lead_is_not_told_that_these_pages_exist(studio, dev, path):
    assert dev.get(f"/manage/instruments{path}").status_code == 200
    ben = signed_in(studio, BEN)
    assert ben.get(f"/manage/instruments{path}").status_code == 404
    assert "Instruments" not in ben.get("/", follow_redirects=True).text


@pytest.mark.parametrize("path", ["/compare", "/import", "/release"])
def test_a_team_lead_can_change_nothing(studio, dev, path):
    assert signed_in(studio, BEN).post(f"/manage/instruments{path}").status_code == 404


def test_every_version_is_listed_with_the_pulses_that_ask_it(dev):
    page = dev.get("/manage/instruments").text
    assert "Crescendo Pulse 1.1.0" in page
    assert "Temperature check 1.0.0" in page
    assert re.search(r"Monthly pulse</span> <a[^>]*>crescendo-pulse@1\.0\.0</a>", page)


def test_a_planned_wave_says_what_its_questions_will_do_before_it_opens(studio, dev):
    release(read_pilot(), "Dev", NOW)
    studio.open()
    opens = datetime.now(UTC) + timedelta(days=3)
    plan_wave("monthly", "next", label="Next", opens_at=opens, closes_at=opens + timedelta(days=9))
    page = dev.get("/manage/instruments").text
    assert "asks crescendo-pulse@1.0.0: the line goes on." in page
    from survey_app.models.pulses import Pulse

    db.session.scalar(select(Pulse)).instrument = "crescendo-pulse@0.9.0"
    db.session.commit()
    assert "the line breaks." in dev.get("/manage/instruments").text
    db.session.scalar(select(Pulse)).instrument = SHIPPED
    db.session.commit()
    assert "the line goes on with a mark." in dev.get("/manage/instruments").text


def test_a_first_wave_has_no_line_yet(studio, dev):
    opens = datetime.now(UTC) + timedelta(days=3)
    plan_wave("monthly", "next", label="Next", opens_at=opens, closes_at=opens + timedelta(days=9))
    assert "the pulse’s first wave" in dev.get("/manage/instruments").text


@pytest.mark.parametrize(("language", "text"), [("en", "I felt I belonged in my team."), ("cy", "perthyn i fy nhîm.")])
def test_a_version_is_previewed_in_each_language_in_a_frame_that_runs_nothing(dev, language, text):
    page = dev.get(f"/manage/instruments/{SHIPPED}?language={language}")
    frame = re.search(r'<iframe[^>]*src="([^"]*)"[^>]*>', page.text)
    assert 'sandbox="allow-same-origin"' in frame[0]
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    shown = dev.get(frame[1])
    assert text in shown.text
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    assert f'<html lang="{language}"' in shown.text
    assert dev.get(f"/manage/instruments/{SHIPPED}/phone/{language}/9").status_code == 404


def test_a_language_or_a_version_that_is_not_there_is_not_found(dev):
    assert "Crescendo Pulse" in dev.get(f"/manage/instruments/{SHIPPED}?language=xx").text
    assert dev.get(f"/manage/instruments/{SHIPPED}/phone/xx/0").status_code == 404
    assert dev.get("/manage/instruments/nothing@1.0.0").status_code == 404
    assert dev.get(f"/manage/instruments/{SHIPPED}/export/paper").status_code == 404


def test_a_preview_walks_through_every_screen_and_shows_lists_as_lists(dev):
    reference = "temperature-check@1.0.0"
    path = f"/manage/instruments/{reference}/phone/en/0"
    seen = []
    while path:
        page = dev.get(path).text
        seen.append(page)
        following = re.search(r'<a href="([^"]*)"[^>]*>\s*Next\s*</a>', page)
        path = following[1] if following else None
    assert 'class="govuk-radios pulse-scale"' in seen[0]
    assert 'class="govuk-radios"' in seen[-1]
    assert "Social worker" in seen[-1]
    assert re.search(r"Back\s*</a>", seen[-1])


def test_what_a_format_cannot_carry_is_on_the_page_before_anything_is_written(dev):
    page = dev.get(f"/manage/instruments/{SHIPPED}").text
    assert "carries everything" in page
    assert "languages: only en is carried, not cy" in page
    taken = dev.get(f"/manage/instruments/{SHIPPED}/export/redcap")
    assert taken.headers["Content-Disposition"] == 'attachment; filename="crescendo-pulse-1.1.0.csv"'
    assert taken.data.startswith(b"Variable / Field Name,")


def test_two_versions_are_compared_side_by_side_with_the_verdict(dev):
    assert "Compare two versions" in dev.get("/manage/instruments/compare").text
    page = dev.get(f"/manage/instruments/compare?before=crescendo-pulse@1.0.0&after={SHIPPED}").text
    assert "<h1>Lines go on with a mark</h1>" in page
    assert "linked by 2 items: belonging, help" in page
    assert "stays, links the two" in page
    same = dev.get(f"/manage/instruments/compare?before={SHIPPED}&after={SHIPPED}").text
    assert "Nothing changed" in same
    assert "more than it looks" not in same


def test_a_programme_lead_raises_a_level_and_says_why(dev):
    form = {"before": "crescendo-pulse@1.0.0", "after": SHIPPED, "level": "major", "reason": "It asks about more."}
    assert dev.post("/manage/instruments/compare", data={**form, "reason": ""}).status_code == 400
    refused = dev.post("/manage/instruments/compare", data={**form, "level": "patch"})
    assert refused.status_code == 400
    assert "never lower it" in refused.text
    assert "It asks about more." in refused.text, "what was typed is kept"
    unknown = dev.post("/manage/instruments/compare", data={**form, "level": "huge"})
    assert "Choose a level" in unknown.text
    raised = dev.post("/manage/instruments/compare", data=form, follow_redirects=True)
    assert "<h1>A line breaks</h1>" in raised.text
    assert "Dev raised it: It asks about more." in raised.text
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action != "give role")).all()
    assert (entry.actor, entry.detail["level"]) == ("Dev", "major")


def test_a_file_is_reported_on_before_anything_is_kept_and_then_released(dev):
    page = upload(dev, write_xlsform(TINY).content, "xlsform", "tiny.xlsx")
    assert page.status_code == 200
    assert "Everything in the file is carried." in page.text
    assert "tiny@1.2.3" not in list_references()
    released = dev.post("/manage/instruments/release", data={"document": document_of(page), "go": "release"})
    assert (released.status_code, released.headers["Location"]) == (303, "/manage/instruments/tiny@1.2.3")
    assert "tiny@1.2.3" in list_references()
    again = dev.post("/manage/instruments/release", data={"document": document_of(page), "go": "release"})
    assert again.status_code == 303, "a double click releases once"
    assert len(db.session.scalars(select(AuditEntry).where(AuditEntry.action != "give role")).all()) == 1


def test_a_foreign_form_says_what_is_lost_and_may_be_taken_as_a_draft(dev):
    content = workbook(
        survey=[["type", "name", "label"], ["select_one a", "calm", "Calm?"], ["text", "name", "Your name?"]],
        choices=[["list_name", "name", "label"], ["a", 1, "No"], ["a", 2, "Yes"]],
    )
    typed = {"id": "mine", "version": "2.0.0", "owner": "Us", "licence": "CC0", "licensed": "yes"}
    page = upload(dev, content, "xlsform", "form.xlsx", **typed)
    assert "survey row 3 (name): is not carried" in page.text
    assert "nothing would be scored or shown" in page.text
    draft = dev.post("/manage/instruments/release", data={"document": document_of(page), "go": "draft"})
    assert draft.headers["Content-Disposition"] == 'attachment; filename="mine-2.0.0.toml"'
    instrument = from_toml(draft.data, source="draft")
    assert (instrument.owner, instrument.licence.permission_required) == ("Us", True)
    refused = dev.post("/manage/instruments/release", data={"document": document_of(page), "go": "release"})
    assert refused.status_code == 400
    assert "may be used only with the permission of Us" in refused.text


def test_an_instrument_file_of_our_own_is_taken_too(dev):
    assert "Tiny 1.2.3: 2 items" in upload(dev, to_toml(TINY).encode(), "toml").text


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"nothing", "toml", "is not TOML"),
        (b"nothing", "xlsform", "is not a readable .xlsx workbook"),
        (b"nothing", "redcap", "is not a REDCap data dictionary"),
        (b"nothing", "fhir", "is not JSON"),
        (b"nothing", "paper", "choose which kind of file it is"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_keeps_what_was_typed(dev, content, kind, said):
    page = upload(dev, content, kind, "broken.txt", owner="Us & them")
    assert page.status_code == 400
    assert said in page.text
    assert 'value="Us &amp; them"' in page.text


def test_no_file_is_no_report(dev):
    data = {"format": "toml"}
    page = dev.post("/manage/instruments/import", data=data, content_type="multipart/form-data")
    assert page.status_code == 400
    assert "Choose a file" in page.text


@pytest.mark.parametrize("document", ["", "{}", "[" * 50_000])
def test_a_report_that_was_tampered_with_releases_nothing(dev, document):
    before = list_references()
    page = dev.post("/manage/instruments/release", data={"document": document, "go": "release"})
    assert page.status_code == 400
    assert list_references() == before


def test_a_file_that_is_far_too_large_is_turned_away(dev):
    sent = dev.post("/manage/instruments/import", data=b"x" * 6_500_000, content_type="multipart/form-data; boundary=x")
    assert sent.status_code == 413


def test_the_list_says_how_permissions_stand(studio, dev):
    licensed = from_document(document(id="theirs", licence={"name": "Theirs", "permission_required": True}))
    today = datetime.now(UTC).date()

    def permit(until):
        record_permission("theirs@1.2.3", granted_by="The publisher", scope="600 staff", until=until, by="Dev", now=NOW)

    permit(date(2026, 6, 2))
    release(licensed, "Dev", NOW)
    assert "permission ended on 2 June 2026" in dev.get("/manage/instruments").text
    permit(today + timedelta(days=30))
    assert "permitted by The publisher until" in dev.get("/manage/instruments").text
    assert "Permitted by The publisher for 600 staff" in dev.get("/manage/instruments/theirs@1.2.3").text
    assert "It is bright." not in dev.get("/manage/instruments/theirs@1.2.3/export/fhir").text
