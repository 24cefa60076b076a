"""Every room of a programme lead, on a phone and a laptop: axe, 320 pixels, an empty console, mistakes in words."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def dev(visitor):
    visitor.sign_in("dev@example.org")
    return visitor


def first_link(dev, path, pattern):
    """The first link of a page whose address looks like this."""
    dev.go(path)
    links = dev.page.evaluate("[...document.querySelectorAll('main a')].map((link) => link.getAttribute('href'))")
    return next(link for link in links if re.fullmatch(pattern, link))


def level(dev, word):
    """The first group of a level, on the page of all groups."""
    dev.go("/manage/groups")
    return (
        dev.page.locator(".tree li", has=dev.page.locator("span", has_text=word))
        .locator("a")
        .first.get_attribute("href")
    )


def test_every_room_is_fit_for_everybody(dev):
    dev.go("/manage")
    rooms = dev.page.evaluate("[...document.querySelectorAll('.rooms a')].map((link) => link.getAttribute('href'))")
    assert len(rooms) >= 11
    for room in rooms:
        dev.go(room)
        dev.show(f"room_{room.rsplit('/', 1)[1]}")
    authority, area, team = (level(dev, word) for word in ("authority", "service area", "team"))
    pulse = first_link(dev, "/manage/pulses", r"/manage/pulses/[^/]+")
    change = first_link(dev, "/programme", r"/programme/changes/.+")
    paths = {
        "group_authority": authority, "group_area": area, "group_team": team, "group_split": f"{team}/split",
        "pulse": pulse, "messages": f"{pulse}/messages", "themes": "/programme/themes", "tried": change,
    }  # fmt: skip
    for name, path in paths.items():
        dev.go(path)
        dev.show(name)


def test_a_mistake_is_named_beside_what_was_typed(dev):
    team = level(dev, "team")
    dev.go(f"{team}/split")
    dev.page.get_by_label("Name").nth(0).fill("Red")
    dev.page.get_by_label("Name").nth(1).fill("Blue")
    dev.page.get_by_label("Staff references, one a line").nth(1).fill("nobody")
    with dev.page.expect_navigation():
        dev.page.get_by_role("button", name="Divide the team").click()
    assert "nobody is not in the team" in dev.page.get_by_role("alert").inner_text()
    assert dev.page.get_by_label("Name").nth(0).input_value() == "Red"
    assert [message for message in dev.console if "400" not in message] == []
    dev.console.clear()
    dev.show("split_with_a_mistake")


def test_in_welsh_what_pages_share(dev):
    dev.go("/manage?speak=cy")
    assert dev.page.locator("header").get_attribute("lang") == "cy"
    assert "Allgofnodi" in dev.page.locator("header").inner_text()
    dev.show("manage_cy")
    dev.go("/manage?speak=en")
