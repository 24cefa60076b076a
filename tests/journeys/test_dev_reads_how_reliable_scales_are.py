from pathlib import Path

import pytest

from tests.survey_app.test_cli import DATA, LQ2002

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CLIMATE = str(DATA / "leadership-climate.toml")


@pytest.fixture(scope="session")
def climate(product):
    """A past survey of 2,042 people beside the demo, with a programme lead of its own."""
    said = product.pulse(
        "results", "import", str(LQ2002), "--instrument", CLIMATE, "--map", str(DATA / "lq2002.map.toml")
    )
    assert "reliability cards written" in said  # by this command, or by the worker that saw the wave first
    role = ("--name", "Paula", "--role", "programme_lead", "--group", "climate")
    product.pulse("accounts", "add", "paula@example.org", *role)
    return product


def test_a_programme_lead_reads_the_words_and_opens_the_numbers(climate, visitor):
    visitor.sign_in("paula@example.org")
    page = visitor.page
    page.get_by_role("link", name="Manage", exact=True).click()
    page.locator(".rooms").get_by_role("link", name="Reliability").click()
    visitor.show("reliability")

    page.get_by_role("link", name="Climate study, 2002").click()
    assert page.get_by_text("A group’s score is reliable (0.70) from about 24 answers").is_visible()
    assert page.get_by_text("0.90 (0.90 to 0.91)").first.is_hidden()
    page.get_by_text("The numbers").first.click()
    assert page.get_by_text("0.90 (0.90 to 0.91)").first.is_visible()
    visitor.show("reliability_card")


def test_a_list_of_companies_carries_steadied_scores(climate, visitor):
    visitor.sign_in("paula@example.org")
    visitor.go("/authorities/army/leadership")
    assert visitor.page.get_by_text("of answers are favourable").is_visible()
    visitor.go("/service-areas/army-companies/leadership")
    table = visitor.page.get_by_role("region", name="Inside Companies")
    assert table.locator("tbody tr").count() == 49
    visitor.show("steadied")


def test_the_report_of_any_csv_is_a_page_that_stands_alone(product, visitor, tmp_path):
    path = tmp_path / "report.html"
    command = ("psychometrics", "analyse", str(LQ2002), "--instrument", CLIMATE, "--group", "COMPID")
    product.pulse(*command, "--format", "html", "--output", str(path))
    visitor.page.goto(Path(path).as_uri())
    assert visitor.page.get_by_role("heading", name="Leadership climate, 2002: lq2002.csv").is_visible()
    visitor.show("report")
