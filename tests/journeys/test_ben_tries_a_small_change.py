"""From an idea that somebody of the team had to a review, and what is beyond the team goes up."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TEAM = "ashcombe-assessment"


def test_an_idea_is_tried_reviewed_and_passed_up(visitor):
    visitor.sign_in("dev@example.org")
    page = visitor.page
    idea = f"Walk and talk at {visitor.page.viewport_size['width']}"
    visitor.go(f"/share/{TEAM}")
    if page.get_by_role("button", name="Make a link").count():
        with page.expect_navigation():
            page.get_by_role("button", name="Make a link").click()
    link = page.locator("text=/\\/shared\\//").first.inner_text()
    visitor.go("/shared/" + link.partition("/shared/")[2].split()[0])
    page.fill("#idea", idea)
    with page.expect_navigation():
        page.get_by_role("button", name="Suggest it").click()
    assert page.get_by_text("Thank you. Your lead reads it").is_visible()
    visitor.go(f"/changes/{TEAM}")
    visitor.show("ideas")
    with page.expect_navigation():
        page.locator("li", has_text=idea).locator("button[value=try]").click()
    assert page.input_value("#title") == idea
    page.fill("#started_on", "2026-06-01")
    page.select_option("#measure", "connectedness")
    with page.expect_navigation():
        page.get_by_role("button", name="Write it down").click()
    assert page.get_by_role("heading", name="Before and since").is_visible()
    visitor.show("small_change")
    page.fill("#how_it_went", "Twice a week, and people came.")
    page.select_option("#decision", "adopt")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    assert page.get_by_text("The team decided to adopt it.").is_visible()
    page.fill("#beyond", f"Rooms to meet in ({idea})")
    with page.expect_navigation():
        page.get_by_role("button", name="Pass it up").click()
    visitor.go("/authorities/ashcombe/blueprint")
    assert page.get_by_role("heading", name=f"Rooms to meet in ({idea})").is_visible()
    page.locator("summary").first.click()
    visitor.show("blueprint")
    visitor.go("/manage/people")
    visitor.show("people")
    visitor.go("/manage/groups")
    visitor.show("groups")
    visitor.go("/account")
    visitor.show("account")
