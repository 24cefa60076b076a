import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_dev_compares_authorities_in_words_and_follows_one_to_its_own_past(visitor):
    visitor.sign_in("dev@example.org")
    page = visitor.page
    assert page.url.endswith("/programme")
    names = page.locator(".coverage a").all_inner_texts()
    assert names == sorted(names) == ["Ashcombe", "Brackenfield"]
    assert page.locator(".dots img").count() == 4
    table = page.locator(".wide-only table")
    assert page.locator(".multiples img").count() == 8
    page.get_by_role("link", name="Show months since each started").click()
    assert page.locator(".multiples img").count() == 8
    assert page.get_by_text("chance alone would give").is_visible()
    assert table.is_visible() == (page.viewport_size["width"] > 768)
    visitor.show("programme")

    page.get_by_role("link", name="Ashcombe").first.click()
    page.get_by_role("link", name="Burnout").click()
    page.get_by_role("link", name="Let the usual range begin anew").click()
    assert page.get_by_text("a range must have stood for eight pulses").is_visible()
    visitor.show("new_range")
    visitor.go("/programme")
    page.get_by_role("link", name="Brackenfield").first.click()

    assert page.url.endswith("/authorities/brackenfield")
    visitor.show("authority")
