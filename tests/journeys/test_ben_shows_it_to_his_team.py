"""A lead hands round what the team answered: by a link, and as a file that a worker makes."""

import io
import re

import pytest
from pypdf import PdfReader

from tests.conftest import HAS_PANGO

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_ben_shares_the_page_by_a_link_that_he_can_end(visitor, chromium):
    visitor.sign_in("ben@example.org")
    page = visitor.page
    page.get_by_role("link", name="Share with the team").click()
    visitor.show("share_before")
    page.get_by_role("button", name="Make a link").click()
    page.get_by_role("button", name="Stop sharing").wait_for()
    visitor.show("share")
    address = page.locator(".card a").get_attribute("href")

    width = page.viewport_size["width"]
    context = chromium.new_context(viewport={"width": width, "height": 844})
    colleague = type(visitor)(context, visitor.url)
    colleague.go(address)
    assert colleague.page.get_by_text("Shared with").is_visible()
    assert colleague.page.locator("figure img").count() == 4
    for picture in colleague.page.locator("figure img").all():
        picture.scroll_into_view_if_needed()
    colleague.page.wait_for_load_state("networkidle")
    assert all(colleague.page.evaluate("[...document.images].map((image) => image.naturalWidth > 0)"))
    colleague.show("shared")
    assert context.cookies() == []

    page.get_by_role("button", name="Stop sharing").click()
    page.get_by_role("button", name="Make a link").wait_for()
    colleague.console.clear()
    assert colleague.page.goto(address).status == 404
    context.close()


@pytest.mark.skipif(not HAS_PANGO, reason="Pango is not here")
def test_ben_takes_the_page_away_as_a_tagged_pdf(visitor):
    visitor.sign_in("ben@example.org")
    page = visitor.page
    page.get_by_role("link", name="Export or print").click()
    visitor.show("export_formats")
    page.get_by_label("One page, PDF").check()
    page.get_by_role("button", name="Make the export").click()
    page.get_by_role("heading", name="Your export is ready").wait_for(timeout=60_000)
    visitor.show("export_ready")
    with page.expect_download() as waited:
        page.get_by_role("link", name=re.compile("Download")).click()
    reader = PdfReader(io.BytesIO(waited.value.path().read_bytes()))
    assert len(reader.pages) == 1
    assert "Talk it through" in reader.pages[0].extract_text()
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
