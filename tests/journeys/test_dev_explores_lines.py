"""Dev looks through the lines of his programme: a chart for pointers and keys over a table that says the same."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAID = "#explorer-said"
ZONES = ("Europe/London", "America/Los_Angeles", "Pacific/Auckland")


def said(page):
    return page.locator(SAID).inner_text()


def open_explorer(visitor, query=""):
    visitor.go(f"/explore{query}")
    visitor.page.locator("#explorer svg").wait_for()


def test_the_chart_is_of_the_table_and_both_are_looked_at(visitor):
    visitor.sign_in("dev@example.org")
    visitor.go("/programme")
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("link", name="Explore the lines").click()
    page = visitor.page
    page.locator("#explorer svg").wait_for()
    figures = page.locator("tr[data-score]").count()
    assert page.evaluate("document.querySelectorAll('#explorer svg .mark-symbol path').length") >= 2 * figures
    visitor.show("explore")
    page.select_option("#measure", "burnout")
    page.locator("fieldset").nth(1).locator("input").first.check()
    with page.expect_navigation():
        page.get_by_role("button", name="Show").click()
    page.locator("#explorer svg").wait_for()
    assert page.locator("h1").inner_text() == "Explore: burnout"
    visitor.show("explore_burnout")


def test_keys_go_along_lines_and_say_what_the_table_says(laptop):
    laptop.sign_in("dev@example.org")
    open_explorer(laptop)
    page = laptop.page
    lines = page.locator("table.explored tbody")
    name, other = (lines.nth(place).get_attribute("data-name") for place in range(2))
    rows = lines.first.locator("tr[data-score]")
    page.locator("#explorer").focus()

    def row(place):
        return rows.nth(place).get_attribute("data-said")

    assert said(page) == f"{name}, {row(rows.count() - 1)}"
    page.keyboard.press("Home")
    assert said(page) == f"{name}, {row(0)}"
    page.keyboard.press("ArrowRight")
    assert said(page) == f"{name}, {row(1)}"
    page.keyboard.press("ArrowDown")
    assert said(page).startswith(f"{other}, ")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "measure", "the chart is no trap"


def test_a_pointer_picks_the_point_that_it_is_over(laptop):
    laptop.sign_in("dev@example.org")
    open_explorer(laptop)
    page = laptop.page
    before = said(page)
    spots = page.locator("#explorer svg g.mark-symbol").last.locator("path")
    spots.first.hover(force=True)
    assert said(page) != before


@pytest.mark.parametrize("zone", ZONES)
def test_days_are_the_same_wherever_the_browser_is(chromium, product, laptop, zone):
    laptop.sign_in("dev@example.org")
    context = chromium.new_context(timezone_id=zone, storage_state=laptop.context.storage_state())
    page = context.new_page()
    page.goto(f"{product.url}/explore")
    page.locator("#explorer svg").wait_for()
    ticks = page.locator("#explorer svg .role-axis-label text").all_inner_texts()
    place = page.locator("#explorer svg g.mark-symbol").last.locator("path").first.get_attribute("transform")
    context.close()
    laptop.go("/explore")
    laptop.page.locator("#explorer svg").wait_for()
    assert ticks == laptop.page.locator("#explorer svg .role-axis-label text").all_inner_texts()
    assert place == laptop.page.locator("#explorer svg g.mark-symbol").last.locator("path").first.get_attribute(
        "transform"
    )


def test_without_a_script_the_table_says_it_all(chromium, product, laptop):
    laptop.sign_in("dev@example.org")
    context = chromium.new_context(java_script_enabled=False, storage_state=laptop.context.storage_state())
    page = context.new_page()
    page.goto(f"{product.url}/explore?measure=burnout")
    assert page.get_by_text("The chart needs a script.").is_visible()
    assert page.locator("tr[data-score]").count() > 5
    assert not page.locator("#explorer").is_visible()
    context.close()


def test_the_bundle_is_the_only_weight_and_comes_from_here(laptop):
    laptop.sign_in("dev@example.org")
    asked = []
    laptop.page.on("request", lambda request: asked.append(request.url))
    open_explorer(laptop)
    assert all(url.startswith(laptop.url) for url in asked)
    headers = laptop.page.request.get(f"{laptop.url}/explore").headers
    policy = headers["content-security-policy"]
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    packed = laptop.page.request.get(next(url for url in asked if "explorer.js" in url))
    assert int(packed.headers["content-length"]) < 160_000
