import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_ben_reads_in_a_minute_whether_anything_is_different(visitor):
    visitor.sign_in("ben@example.org")
    page = visitor.page
    assert page.url.endswith("/teams/ashcombe-children-in-care")
    assert page.locator("h1").inner_text().strip()
    assert page.locator(".measures li").count() == 4
    visitor.show("team")

    page.get_by_role("link", name="Connectedness").click()

    picture = page.locator(".chart img")
    picture.evaluate("image => image.decode()")
    assert picture.evaluate("image => image.naturalWidth > 200")
    wide = page.viewport_size["width"] > 768
    assert ("/wide-" if wide else "/phone-") in picture.evaluate("image => image.currentSrc")
    assert 80 <= len(picture.get_attribute("alt")) <= 500
    assert page.locator("tbody tr").count() >= 7
    visitor.show("measure")


def test_a_lead_signs_out_and_sees_nothing_any_more(phone):
    phone.sign_in("ben@example.org")
    phone.page.get_by_role("button", name="Sign out").click()
    phone.go("/teams/ashcombe-children-in-care")
    assert phone.page.url.endswith("/sign-in")
    phone.show("sign_in")
