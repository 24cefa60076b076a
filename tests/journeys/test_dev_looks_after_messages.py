import csv

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COLUMNS = ("Staff number", "E-mail", "Mobile phone", "Team", "Service", "Full name")
PEOPLE = [
    ("N1", "n1@staff.example.org", "07700 900321", "Duty Team Nine", "Early Help", "Zoë O’Brien"),
    ("N2", "n2@staff.example.org", "07700 900321", "Duty Team Nine", "Early Help", "Łukasz Nowak"),
    ("N3", "nonsense", "", "Duty Team Nine", "Early Help", "Amara Okafor"),
]


def test_dev_sees_what_became_of_messages(visitor):
    visitor.sign_in("dev@example.org")
    page = visitor.page
    page.get_by_role("link", name="Manage", exact=True).click()
    page.locator(".rooms").get_by_role("link", name="Waves", exact=True).click()
    page.get_by_role("heading", name="Waves").wait_for()
    visitor.show("waves")
    page.get_by_role("link", name="Messages of").first.click()
    page.get_by_role("heading", name="Invitations").wait_for()
    assert page.get_by_text("The clock last went round at").is_visible()
    visitor.show("delivery")


def test_dev_brings_a_roster_in_and_reads_first_what_it_would_change(visitor, tmp_path):
    visitor.sign_in("dev@example.org")
    page = visitor.page
    page.get_by_role("link", name="Manage", exact=True).click()
    page.locator(".rooms").get_by_role("link", name="Rosters").click()
    visitor.show("rosters")
    path = tmp_path / "staff list.csv"
    with path.open("w", newline="", encoding="utf-16") as file:
        csv.writer(file, delimiter=";").writerows([["Staff list, June"], COLUMNS, *PEOPLE])
    page.set_input_files("#file", path)
    page.get_by_role("button", name="Show me what would change").click()
    page.get_by_role("heading", name="What staff list.csv would change").wait_for()
    assert page.get_by_text("Line 5: email is not an email address").is_visible()
    assert page.get_by_text("Lines 3 and 4 have the same mobile number").is_visible()
    visitor.show("roster_report")
    page.get_by_role("button", name="Import it").click()
    page.get_by_role("heading", name="staff list.csv is imported").wait_for()
    visitor.show("roster_imported")
    visitor.go("/manage/rosters")
    page.get_by_role("button", name="Show me what would change").click()  # without a file, the browser says so
    assert page.get_by_role("heading", name="Rosters").is_visible()
    path.write_text("who knows")
    page.set_input_files("#file", path)
    page.get_by_role("button", name="Show me what would change").click()
    page.get_by_role("heading", name="staff list.csv cannot be used").wait_for()
    visitor.console.clear()  # the browser notes that the answer was a 400
    visitor.show("roster_refused")


def test_everything_that_was_sent_can_be_read_in_the_outbox(visitor):
    visitor.go("/demo/outbox")
    assert visitor.page.get_by_role("heading", name="Demo outbox").is_visible()
    assert visitor.page.locator(".bubble a[href*='/p/']").count() > 0
    assert visitor.page.locator("article.letter a[href*='/p/']").count() > 0
    visitor.show("outbox")
