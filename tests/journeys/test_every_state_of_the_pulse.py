"""Each state of the pulse as somebody meets it: in both languages, by keyboard, narrow, enlarged, in forced colours."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from sqlalchemy import func, select

import survey_app
from survey_app.extensions import db
from survey_app.models.ballots import Ballot
from survey_app.stores.maintenance import begin_maintenance, end_maintenance
from survey_app.use_cases.joining import poster_of
from survey_app.use_cases.pausing import pause_wave, resume_wave
from tests.factories import same_answer, signed_in
from tests.journeys.street import inspect
from tests.people import DEV

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TEAM = "northtown-team-a"
HEADINGS = {
    "fresh": "How is work?",
    "in_the_middle": "Part 2 of 4",
    "comment": "Part 4 of 4",
    "problem": "Part 4 of 4",
    "thanks": "Thank you. Your answers are in.",
    "chose_not_to": "Thank you. You chose not to answer.",
    "already": "Thank you, your answers are in",
    "again": "How is work?",
    "not_understood": "We could not read one of the answers",
    "paused": "This pulse is paused",
    "paused_with_answers": "This pulse is paused",
    "maintenance": "We are looking after this page",
    "unusable": "Sorry, this is not working just now",
    "opt_out": "Get no more of these messages?",
    "opted_out": "You will get no more reminders",
    "unknown": "This link does not work",
    "missing": "Page not found",
    "join": "No message for you?",
    "support": "Where to find support",
    "closed": "This pulse has closed",
    "expired": "This link has expired",
}
CATALOGUE = Path(survey_app.__file__).parent / "translations" / "cy" / "LC_MESSAGES" / "messages.mo"
WELSH = {message.id: message.string for message in read_mo(BytesIO(CATALOGUE.read_bytes()))}


def heading(state, language):
    """What a state's page says first, in a language."""
    english = HEADINGS[state]
    if language == "en":
        return english
    part = re.fullmatch(r"Part (\d) of (\d)", english)
    return WELSH["Part %(number)s of %(count)s"] % {"number": part[1], "count": part[2]} if part else WELSH[english]


@pytest.fixture(params=["en", "cy"])
def reader(request, chromium, town):
    """A browser that takes pages in one language, and whoever looks at them."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale=request.param)
    yield Reader(context.new_page(), request.param, *town)
    context.close()


class Reader:
    """Looks at one page after another, each held to what every page keeps."""

    def __init__(self, page, language, wave, url):
        self.page, self.language, self.wave, self.url = page, language, wave, url
        self.links = [f"{url}/p/{token}" for token in wave.tokens(TEAM)]
        self.console = []
        page.on("console", lambda message: self.console.append(message.text))

    def go(self, link, query="?"):
        """Open a link in this reader's language."""
        self.page.goto(f"{link}{query}{'' if query.endswith('?') else '&'}speak={self.language}")

    def sees(self, state):
        """The page is of this state, and as good as any."""
        assert self.page.locator("h1").inner_text() == heading(state, self.language)
        assert self.page.locator("html").get_attribute("lang") == self.language
        inspect(self.page, f"{state}_{self.language}")
        self.console = [line for line in self.console if "status of 4" not in line and "status of 5" not in line]
        assert self.console == []

    def press(self, number=0):
        """Press one of the page's buttons."""
        with self.page.expect_navigation():
            self.page.locator(".govuk-button").nth(number).click()

    def post(self, link, **fields):
        """Send a form as a page of ours would have."""
        inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
        self.page.goto(f"{self.url}/support")
        self.page.evaluate(
            "([link, inputs]) => {const form = document.createElement('form'); form.method = 'post';"
            "form.action = link; form.innerHTML = inputs; document.body.append(form); form.submit()}",
            [link, inputs + f'<input name="language" value="{self.language}">'],
        )
        self.page.wait_for_url(link)
        self.page.wait_for_load_state()


def test_answering_and_coming_back(reader):
    link = reader.links[0]
    reader.go(link)
    reader.sees("fresh")
    reader.press()
    reader.sees("in_the_middle")
    for _ in range(2):
        reader.press()
    reader.sees("comment")
    reader.page.evaluate("document.getElementById('comment').removeAttribute('maxlength')")
    reader.page.fill("#comment", "a" * 2_500)
    reader.press()
    assert reader.page.evaluate("document.activeElement.className") == "govuk-error-summary"
    reader.sees("problem")
    reader.page.locator(".govuk-error-summary a").click()
    assert reader.page.evaluate("document.activeElement.id") == "comment"
    reader.page.fill("#comment", "")
    reader.press()
    reader.sees("chose_not_to")
    reader.post(link, **same_answer(4), go="send")
    reader.sees("thanks")
    reader.go(link)
    reader.sees("already")
    reader.go(link, "?again=1")
    reader.sees("again")
    reader.post(link, belonging="often", go="send")
    reader.sees("not_understood")


def test_when_it_cannot_be_taken_just_now(reader):
    link, wave = reader.links[1], reader.wave
    data_dir = wave.studio.app.extensions["pulse_settings"].data_dir
    pause_wave(wave.key, by="Dev", now=datetime.now(UTC))
    reader.go(link)
    reader.sees("paused")
    reader.post(link, **same_answer(4), go="send")
    reader.sees("paused_with_answers")
    resume_wave(wave.key, by="Dev", now=datetime.now(UTC))
    begin_maintenance(data_dir, datetime.now(UTC) + timedelta(hours=1))
    reader.press()
    reader.sees("maintenance")
    end_maintenance(data_dir)
    with closing(sqlite3.connect(data_dir / "pulse.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        reader.press()
        reader.sees("unusable")
        other.execute("ROLLBACK")
    reader.press()
    assert reader.page.locator("h1").inner_text() == heading("thanks", reader.language)
    assert db.session.scalar(select(func.count()).select_from(Ballot)) == 1
    db.session.rollback()


def test_links_that_are_not_for_answering(reader):
    reader.go(reader.links[2].replace("/p/", "/o/"))
    reader.sees("opt_out")
    reader.page.locator("input[value=reminders]").check()
    reader.press()
    reader.sees("opted_out")
    reader.go(f"{reader.url}/p/nobodysnobodysno")
    reader.sees("unknown")
    reader.go(f"{reader.url}/nothing/is/here")
    reader.sees("missing")
    reader.go(f"{reader.url}/support")
    reader.sees("support")
    reader.go(f"{reader.url}/join/{poster_of('crescendo', TEAM, reader.wave.studio.vault).code}")
    reader.sees("join")
    db.session.rollback()


def test_after_it_has_closed(reader):
    wave = reader.wave
    wave.answer(TEAM, [same_answer(value) for value in (2, 3, 3, 4, 4, 5)])
    wave.close()
    db.session.rollback()
    reader.go(reader.links[0])
    reader.sees("closed")
    assert reader.page.locator("form").count() == 0
    wave.studio.open(opened_at=datetime.now(UTC))
    db.session.rollback()
    reader.go(reader.links[0])
    reader.sees("expired")
    assert reader.page.locator("form").count() == 0, "nothing can be sent by either"


def test_by_keyboard_alone(chromium, town):
    """Tab, arrows, space and enter answer everything; the skip link comes first; focus is always to be seen."""
    wave, url = town
    page = chromium.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.goto(f"{url}/p/{wave.tokens(TEAM)[0]}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "govuk-skip-link"
    page.keyboard.press("Enter")
    for screen in range(4):
        for _ in range(page.locator("fieldset").count()):
            while page.evaluate("document.activeElement.type") != "radio":
                page.keyboard.press("Tab")
            page.keyboard.press("Space")
            page.keyboard.press("ArrowRight")
            assert page.evaluate(_HAS_VISIBLE_FOCUS)
            page.keyboard.press("Tab")
        while "govuk-button" not in page.evaluate("document.activeElement.className"):
            page.keyboard.press("Tab")
        assert page.evaluate(_HAS_VISIBLE_FOCUS)
        assert page.locator("fieldset input:checked").count() == page.locator("fieldset").count(), screen
        with page.expect_navigation():
            page.keyboard.press("Enter")
    assert page.locator("h1").inner_text() == "Thank you. Your answers are in."
    page.context.close()


_HAS_VISIBLE_FOCUS = """() => {
  const focused = document.activeElement;
  const drawn = focused.matches('input') ? focused.nextElementSibling : focused;
  return [getComputedStyle(drawn), getComputedStyle(drawn, '::before')]
    .some((style) => style.boxShadow !== 'none' || parseFloat(style.outlineWidth) >= 3);
}"""


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("zoomed_400", {"viewport": {"width": 320, "height": 225}, "device_scale_factor": 4}),
        ("without_script", {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}),
        ("forced_colours", {"viewport": {"width": 390, "height": 844}, "forced_colors": "active"}),
        ("narrow", {"viewport": {"width": 320, "height": 568}}),
    ],
)
def test_answering_works(chromium, town, name, options):
    """A laptop at 400 % is 320 wide and 225 high; nothing is cut off, and what is chosen can be told apart."""
    wave, url = town
    context = chromium.new_context(**options)
    page = context.new_page()
    page.goto(f"{url}/p/{wave.tokens(TEAM)[3]}")
    for screen in range(4):
        for item in page.locator("fieldset").all():
            choices = item.locator(".govuk-radios__item:not(:last-child) input")
            assert all(
                min(box["width"], box["height"]) >= 44 for box in (each.bounding_box() for each in choices.all())
            )
            choices.nth(screen).check()
            item.locator(".govuk-radios__item:last-child input").check()
            choices.nth(4 - screen).check()
        if options.get("java_script_enabled", True):
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if name == "forced_colours":
            assert len(set(page.evaluate(_GROUNDS))) == 2
        page.screenshot(path=f"build/screenshots/state_{name}_{screen + 1}.png", full_page=True)
        with page.expect_navigation():
            page.locator(".pulse-steps button").first.click()
    assert page.locator("h1").inner_text() == "Thank you. Your answers are in."
    context.close()


_GROUNDS = """() => [...document.querySelectorAll('fieldset:first-of-type .govuk-radios__item:not(:last-child) label')]
  .map((label) => getComputedStyle(label).backgroundColor)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_and_focus_can_be_told_from_the_ground(chromium, town, scheme):
    """What axe does not look at: 3 to 1 for the edges of options and buttons, chosen or not (WCAG 1.4.11)."""
    wave, url = town
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{url}/p/{wave.tokens(TEAM)[0]}")
    page.locator("fieldset input").first.check()
    ground = colour(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    edges = page.evaluate(
        "[...document.querySelectorAll('.pulse-scale .govuk-radios__item:not(:last-child) label, .govuk-button')]"
        ".map((each) => getComputedStyle(each).borderTopColor)"
    )
    assert len(set(edges)) == 2
    assert all(contrast(colour(edge), ground) >= 3 for edge in edges)
    context.close()


def colour(text):
    return [int(part) for part in re.findall(r"\d+", text)[:3]]


def contrast(one, other):
    """WCAG 2.2's ratio of relative luminances."""

    def luminance(channels):
        linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_a_printed_poster_fits_one_sheet(chromium, town):
    wave, url = town
    wave.studio.appoint()
    cookie = signed_in(wave.studio, DEV).get_cookie("session")
    db.session.rollback()
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.add_cookies([{"name": "session", "value": cookie.value, "url": url}])
    page = context.new_page()
    page.goto(f"{url}/manage/posters/{TEAM}")
    inspect(page, "poster")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1
    page.goto(f"{url}/manage/posters")
    inspect(page, "posters")
    context.close()
