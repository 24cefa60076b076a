"""Leads' pages by keyboard alone, in forced colours, on paper, and light over the wire."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_FOCUS = """() => {
  const focused = document.activeElement;
  const style = getComputedStyle(focused);
  return {
    tag: focused.tagName, text: focused.innerText || focused.value || '', at: focused.className,
    seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== 'none',
  };
}"""


@pytest.fixture
def dev(laptop):
    laptop.sign_in("dev@example.org")
    return laptop


def pages_of(visitor):
    """The pages of a lead: programme, authority, team, measure, export, share."""
    visitor.go("/programme")
    authority = visitor.page.locator(".coverage a").first.get_attribute("href")
    visitor.go(authority)
    area = visitor.page.locator("ul.links a").first.get_attribute("href")
    visitor.go(area)
    team = visitor.page.locator("ul.links a").first.get_attribute("href")
    key = team.rsplit("/", 1)[1]
    return ["/programme", authority, area, team, f"{team}/burnout", f"/exports/of/{key}", f"/share/{key}"]


def test_every_link_and_button_is_reached_by_keyboard_and_focus_is_seen(dev):
    page = dev.page
    for path in pages_of(dev):
        dev.go(path)
        page.keyboard.press("Tab")
        assert page.evaluate(_FOCUS)["text"] == "Skip to the content", path
        reached = 0
        for _ in range(200):
            found = page.evaluate(_FOCUS)
            if found["tag"] == "BODY":
                break
            assert found["seen"], (path, found)
            reached += 1
            page.keyboard.press("Tab")
        wanted = page.evaluate(
            "[...document.querySelectorAll('a[href], button, select, textarea, summary, [tabindex=\"0\"]')]"
            ".filter((each) => each.checkVisibility()).length"
        )
        assert reached >= wanted, (path, reached, wanted)


def test_in_forced_colours_pictures_keep_their_ground(dev):
    page = dev.page
    page.emulate_media(forced_colors="active")
    for number, path in enumerate(pages_of(dev)):
        dev.go(path)
        for address in set(page.evaluate("[...document.images].map((image) => image.src)")):
            assert re.search(r'<rect [^>]*fill="white"', page.request.get(address).text()), address
        dev.show(f"forced_colours_{number}")
    page.emulate_media(forced_colors="none")


def test_on_paper_there_is_the_page_and_no_way_about(dev):
    page = dev.page
    for path in pages_of(dev):
        dev.go(path)
        page.emulate_media(media="print")
        assert not page.locator("nav").is_visible(), path
        assert page.locator("h1").is_visible()
        assert len(page.pdf(format="A4")) > 1000
        page.emulate_media(media="screen")


def test_a_page_is_light_and_comes_from_nobody_else(dev):
    for path in pages_of(dev):
        page = dev.context.new_page()
        session = dev.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        weights, requests = [], []
        session.on("Network.loadingFinished", lambda event, kept=weights: kept.append(event["encodedDataLength"]))
        page.on("request", lambda request, kept=requests: kept.append(request.url))
        page.goto(dev.url + path)
        page.wait_for_load_state("networkidle")
        assert all(url.startswith(dev.url) for url in requests), path
        assert sum(weights) <= 60_000 or path == "/programme", (path, sum(weights))
        page.close()
