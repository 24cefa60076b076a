import pytest

from instruments.interchange.formats import export
from instruments.library import load_released

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_dev_previews_and_compares_versions(visitor):
    visitor.sign_in("dev@example.org")
    page = visitor.page
    page.get_by_role("link", name="Manage", exact=True).click()
    page.locator(".rooms").get_by_role("link", name="Instruments").click()
    visitor.show("instruments")

    page.get_by_role("link", name="Crescendo Pulse 1.1.0").click()
    page.get_by_role("navigation", name="Language").get_by_role("link", name="Cymraeg").click()
    frame = page.frame_locator("iframe")
    frame.get_by_text("Roeddwn yn teimlo fy mod yn perthyn i fy nhîm.").wait_for()
    for part in range(2, 5):
        frame.get_by_role("button", name="Nesaf").click()
        frame.get_by_role("heading", name=f"Rhan {part} o 4").wait_for()
    frame.get_by_text("Rhedais allan o egni").wait_for()
    assert frame.locator("fieldset").count() == 4
    visitor.show("instrument")

    visitor.go("/manage/instruments/compare")
    page.select_option("#before", "crescendo-pulse@1.0.0")
    page.select_option("#after", "crescendo-pulse@1.1.0")
    page.get_by_role("button", name="Compare").click()
    assert page.get_by_role("heading", name="Lines go on with a mark").is_visible()
    visitor.show("compare")


def test_dev_brings_a_form_in_and_reads_the_report_first(visitor, tmp_path):
    visitor.sign_in("dev@example.org")
    page = visitor.page
    visitor.go("/manage/instruments/import")
    visitor.show("import")
    path = tmp_path / "pulse.csv"
    path.write_bytes(export(load_released("crescendo-pulse@1.1.0"), "redcap").content)
    page.set_input_files("#file", path)
    page.select_option("#format", "redcap")
    page.get_by_text("What the file may not say").click()
    width = page.viewport_size["width"]
    page.fill("#id", f"brought-in-{width}")
    page.get_by_role("button", name="Show me what it holds").click()
    assert page.get_by_text("scales: are not stated in the file").is_visible()
    visitor.show("import_report")
    page.get_by_role("button", name="Release it here").click()
    assert page.url.endswith(f"/manage/instruments/brought-in-{width}@1.0.0")


def test_a_trend_whose_questions_changed_says_so(visitor):
    visitor.sign_in("dev@example.org")
    visitor.go("/authorities/ashcombe/connectedness")
    page = visitor.page
    assert page.get_by_role("heading", name="Changed questions").is_visible()
    assert page.get_by_text("Q on the line: some questions changed, and scores stay comparable.").is_visible()
    visitor.show("changed_questions")
