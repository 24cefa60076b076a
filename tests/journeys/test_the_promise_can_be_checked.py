import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_anybody_reads_how_the_promise_is_kept(visitor, product):
    wave = next(cell["wave"] for cell in reversed(product.published()) if cell["status"] == "shown")
    visitor.go("/how-anonymous")
    page = visitor.page
    assert page.get_by_text("Nobody could be found out.").is_visible()
    visitor.show("how_anonymous")

    visitor.go(f"/receipts/{wave}")
    assert page.get_by_text("Destroyed on").is_visible()
    assert page.get_by_text("SHA-256 of the promise").is_visible()
    visitor.show("receipt")


def test_dev_sees_who_was_counted_together_and_reads_comments_first(visitor, product):
    wave = next(cell["wave"] for cell in reversed(product.published()) if cell["status"] == "shown")
    visitor.sign_in("dev@example.org")
    page = visitor.page
    visitor.go(f"/receipts/{wave}/partition")
    assert page.locator("tbody tr").count() >= 3
    visitor.show("partition")

    page.get_by_role("link", name="Manage", exact=True).click()
    page.locator(".rooms").get_by_role("link", name="Comments").click()
    visitor.show("comments")
    first = page.locator("form.comment").first
    if first.count():
        first.locator("textarea").fill("Without a name.")
        first.get_by_role("button", name="Release").click()
        page.get_by_role("heading", name="Comments to read").wait_for()
    visitor.go("/authorities/ashcombe")
    visitor.show("authority_with_comments")
