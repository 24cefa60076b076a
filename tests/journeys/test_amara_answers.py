import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def unanswered(visitor, css):
    """A link of this kind in the outbox that nobody has used yet."""
    visitor.go("/demo/outbox")
    links = [link.get_attribute("href") for link in visitor.page.locator(css).all()]
    for link in links:
        visitor.go(link)
        if visitor.page.get_by_role("heading", name="How is work?").count():
            return link
    raise AssertionError("everybody has answered")


def answer(visitor, link, *, show):
    """Answer with one thumb: four screens of three items."""
    visitor.go(link)
    page = visitor.page
    taps = 0
    for screen in range(4):
        for place, item in enumerate(page.locator("fieldset").all()):
            item.locator(".govuk-radios__item:not(:last-child) input").nth((screen + place) % 5).click()
            taps += 1
        if show:
            visitor.show(f"pulse_{screen + 1}")
        with page.expect_navigation():
            page.locator(".pulse-steps button").first.click()
        taps += 1
    assert page.get_by_role("heading", name="Thank you. Your answers are in.").is_visible()
    return taps


def count_ballots(product):
    with closing(sqlite3.connect(Path(product.environment["DATA_DIR"]) / "pulse.sqlite")) as database:
        return database.execute("SELECT count(*) FROM ballots").fetchone()[0]


def test_amara_answers_from_a_text_and_from_an_email_and_is_counted(phone, product):
    before = count_ballots(product)
    by_text = unanswered(phone, ".bubble a[href*='/p/']")
    by_mail = unanswered(phone, "article.letter a[href*='/p/']")
    phone.go(by_text)
    for label in phone.page.locator(".govuk-radios__item:not(:last-child) input").all():
        box = label.bounding_box()
        assert box["width"] >= 44
        assert box["height"] >= 44

    assert answer(phone, by_text, show=True) <= 22
    phone.show("thanks")
    answer(phone, by_mail, show=False)
    phone.go(by_text)
    assert phone.page.get_by_role("heading", name="Thank you, your answers are in").is_visible()
    assert phone.context.cookies() == []

    assert count_ballots(product) == before + 2


def test_the_pulse_works_without_any_script(chromium, product):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{product.url}/p/nobodysnobodysno")
    assert page.get_by_role("heading", name="This link does not work").is_visible()
    context.close()
