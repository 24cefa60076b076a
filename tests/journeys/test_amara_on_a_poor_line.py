"""Somebody between two visits: a lost signal, a reload or another language lose no answer; nothing is readable."""

import time

import pytest

from tests.journeys.test_amara_answers import unanswered

pytestmark = [pytest.mark.browser, pytest.mark.slow]
STORED = "JSON.stringify(Object.entries(localStorage))"


def choose(page, *places):
    for item, place in zip(page.locator("fieldset").all(), places, strict=False):
        item.locator(".govuk-radios__item:not(:last-child) input").nth(place).click()


def chosen(page):
    return [page.locator("fieldset").nth(n).locator("input:checked").input_value() for n in range(3)]


def test_a_reload_and_a_closed_page_lose_nothing_and_nothing_is_readable(phone):
    link = unanswered(phone, ".bubble a[href*='/p/']")
    page = phone.page
    phone.go(link)
    choose(page, 0, 1, 4)
    answers = chosen(page)
    page.wait_for_function("localStorage.length === 1")
    page.get_by_role("button", name="Next").click()
    choose(page, 2)
    page.wait_for_timeout(200)
    stored = page.evaluate(STORED)
    assert "belonging" not in stored
    assert link.rsplit("/", 1)[1] not in stored

    phone.go(link)
    assert page.get_by_text("What you chose before, on this phone, is filled in.").is_visible()
    assert chosen(page) == answers
    phone.show("resumed")
    page.get_by_role("button", name="Next").click()
    assert page.locator("fieldset").first.locator("input:checked").input_value() == "3"

    phone.go(link)
    page.get_by_role("button", name="Start empty").click()
    page.wait_for_function("document.querySelectorAll('fieldset input:checked').length === 0")
    assert page.evaluate("document.getElementById('draft-notice').hidden")


def test_without_a_signal_the_page_says_so_and_goes_on_when_there_is_one(phone):
    link = unanswered(phone, ".bubble a[href*='/p/']")
    page = phone.page
    phone.go(link)
    choose(page, 3, 3, 3)
    phone.context.set_offline(True)
    page.get_by_text("There is no signal just now.").wait_for()
    page.get_by_role("button", name="Next").click()
    assert page.get_by_role("heading", name="How is work?").is_visible()
    phone.context.set_offline(False)
    page.get_by_text("There is no signal just now.").wait_for(state="hidden")
    for _ in range(3):
        page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Send my answers").click()
    page.get_by_role("heading", name="Thank you. Your answers are in.").wait_for()
    page.wait_for_function("localStorage.length === 0")


def test_the_pulse_in_welsh_on_every_screen(phone):
    link = unanswered(phone, ".bubble a[href*='/p/']")
    page = phone.page
    phone.go(f"{link}?speak=cy")
    for number in range(1, 5):
        page.get_by_text(f"Rhan {number} o 4.").wait_for()
        choose(page, 1, 2, 3)
        phone.show(f"pulse_cy_{number}")
        page.locator(".pulse-steps button").first.click()
    page.get_by_role("heading", name="Diolch. Mae eich atebion wedi cyrraedd.").wait_for()
    assert page.locator("html").get_attribute("lang") == "cy"
    phone.show("thanks_cy")
    phone.go(link)
    page.get_by_role("heading", name="Diolch, mae eich atebion wedi cyrraedd").wait_for()
    phone.show("already_answered_cy")
    phone.go(link.replace("/p/", "/o/"))
    assert page.get_by_role("heading", name="Peidio â chael rhagor o’r negeseuon hyn?").is_visible()
    phone.show("opt_out_cy")


def test_the_first_view_is_light(phone):
    link = unanswered(phone, ".bubble a[href*='/p/']")
    phone.context.clear_cookies()
    page = phone.context.new_page()
    session = phone.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    weights, requests = [], []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(link)
    page.wait_for_load_state("networkidle")
    assert len(requests) <= 4, requests
    assert all(url.startswith(phone.url) for url in requests)
    assert sum(weights) <= 15_000


def test_two_minutes_are_enough_on_a_slow_line(phone, pytestconfig):
    """Taps, a second each; words, 238 a minute (Brysbaert 2019), the row of answers once; 400 kbit/s, 400 ms away."""
    link = unanswered(phone, ".bubble a[href*='/p/']")
    page = phone.context.new_page()
    session = phone.context.new_cdp_session(page)
    session.send("Network.enable")
    line = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    session.send("Network.emulateNetworkConditions", line)
    taps, words, waited = 1, 0, waiting(lambda: page.goto(link))
    while page.locator("fieldset").count():
        words += len(page.evaluate(READ).split())
        for item in page.locator("fieldset").all():
            item.locator("input").nth(2).check()
            taps += 1
        button = page.locator(".pulse-steps button").first
        taps += 1
        with page.expect_navigation():
            started = time.monotonic()
            button.click()
        waited += time.monotonic() - started
    seconds = waited + words / 238 * 60 + taps
    told = f"{taps} taps, {words} words, {waited:.1f} s of waiting: {seconds:.0f} s"
    pytestconfig.get_terminal_writer().line(told)
    assert taps <= 22, told
    assert seconds <= 140, told


READ = """() => {
  const main = document.querySelector('main').cloneNode(true);
  [...main.querySelectorAll('.govuk-radios')].slice(1).forEach((part) => part.remove());
  main.querySelectorAll('[hidden], [type=hidden]').forEach((part) => part.remove());
  return main.innerText;
}"""


def waiting(act):
    """The seconds that something takes."""
    started = time.monotonic()
    act()
    return time.monotonic() - started
