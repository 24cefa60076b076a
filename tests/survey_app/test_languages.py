"""Pages speak the language of whoever reads them, every sentence of them, and lose nothing when it is changed."""

import re
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from sqlalchemy import update

import survey_app
from survey_app.extensions import db
from survey_app.models.participants import Participant
from survey_app.use_cases import wave_terms
from survey_app.use_cases.small_changes import record_small_change
from tests.factories import MONDAY, same_answer, signed_in
from tests.people import DEV

ROOT = Path(survey_app.__file__).parent
CATALOGUES = sorted(ROOT.glob("translations/*/LC_MESSAGES/messages.po"))
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
HOLES = re.compile(r'%\(\w+\)[sd]|\{\w+\}|<a href="[^"]*">|</?\w+>')


def sentences():
    keywords = {"_": None, "gettext": None, "phrase": None}
    folders = (ROOT, ROOT.parent / "dashboards")
    found = (each for folder in folders for each in extract_from_dir(folder, METHODS, OPTIONS, keywords=keywords))
    return {message for _, _, message, _, _ in found}


@pytest.fixture(scope="module", params=CATALOGUES, ids=lambda path: path.parts[-3])
def catalogue(request):
    return request.param


def test_a_catalogue_has_every_sentence_and_no_other(catalogue):
    messages = {message.id: message for message in read_po(BytesIO(catalogue.read_bytes())) if message.id}
    assert set(messages) == sentences(), "make translations"
    assert [each.id for each in messages.values() if not each.string or each.fuzzy] == []


def test_a_translation_has_the_holes_and_links_of_its_sentence(catalogue):
    for message in read_po(BytesIO(catalogue.read_bytes())):
        assert sorted(HOLES.findall(message.string)) == sorted(HOLES.findall(message.id)), message.id


def test_what_is_compiled_is_what_is_written(catalogue):
    compiled = read_mo(BytesIO(catalogue.with_suffix(".mo").read_bytes()))
    written = read_po(BytesIO(catalogue.read_bytes()))
    assert {m.id: m.string for m in compiled if m.id} == {m.id: m.string for m in written if m.id}, "make translations"


@pytest.fixture
def invited(studio):
    """A wave, a link of it, and somebody whose language is Welsh."""
    studio.set_up({"Team A": 6})
    db.session.execute(update(Participant).values(language="cy"))
    db.session.commit()
    wave = studio.open(opened_at=MONDAY)
    return wave, f"/p/{wave.tokens('northtown-team-a')[0]}", studio.app.test_client()


def test_a_page_speaks_the_language_of_the_person_it_is_for(invited):
    _, path, client = invited
    page = client.get(path)
    assert '<html lang="cy"' in page.text
    for words in ("Sut mae gwaith?", "Rhan 1 o 4", "Gwell gen i beidio ag ateb", "dim ond ar gyfer 5 neu ragor o bobl"):
        assert words in page.text
    assert "Ar agor tan dydd Iau 11 Mehefin" in page.text
    assert client.get_cookie("language") is None, "nobody chose anything"


def test_another_language_can_be_chosen_and_is_remembered_by_a_cookie_that_names_nobody(invited):
    _, path, client = invited
    page = client.get(f"{path}?speak=en")
    assert '<html lang="en"' in page.text
    assert '<a href="?speak=cy" lang="cy" hreflang="cy">Cymraeg</a>' in page.text
    assert client.get_cookie("language").value == "en"
    assert '<html lang="en"' in client.get(path).text
    assert '<html lang="en"' in client.get("/privacy").text
    assert '<html lang="cy"' in client.get("/privacy?speak=cy").text
    client.get("/privacy?speak=fr")
    assert client.get_cookie("language").value == "cy", "only a language that there is"


def test_changing_the_language_in_the_middle_keeps_the_screen_and_every_answer(invited):
    _, path, client = invited
    client.post(path, data={"screen": "0", "go": "next", "belonging": "4"})
    page = client.post(path, data={"screen": "1", "language": "cy", "speak": "en", "belonging": "4", "fit": "2"}).text
    assert '<html lang="en"' in page
    assert "Part 2 of 4" in page
    assert '<input type="hidden" name="belonging" value="4">' in page
    assert re.search(r'name="fit" type="radio" value="2" checked', page)
    assert '<input type="hidden" name="language" value="en">' in page


def test_without_cookies_the_form_carries_the_choice(invited):
    wave, path, _ = invited
    client = wave.studio.app.test_client(use_cookies=False)
    page = client.post(path, data={"screen": "0", "go": "next", "language": "en"}).text
    assert '<html lang="en"' in page
    thanks = client.post(path, data={**same_answer(4), "go": "send", "language": "cy"}).text
    assert "Diolch. Mae eich atebion wedi cyrraedd." in thanks


def test_a_promise_that_no_catalogue_knows_stays_as_it_was_given(studio, monkeypatch):
    studio.set_up({"Team A": 6})
    monkeypatch.setattr(wave_terms, "PROMISE", "A promise of our own.")
    path = f"/p/{studio.open(opened_at=MONDAY).tokens('northtown-team-a')[0]}"
    page = studio.app.test_client().get(f"{path}?speak=cy").text
    assert '<strong lang="en">A promise of our own.</strong>' in page


def test_opting_out_and_errors_speak_it_too(invited):
    _, path, client = invited
    out = path.replace("/p/", "/o/")
    assert "Peidio â chael rhagor o’r negeseuon hyn?" in client.get(out).text
    assert "Ni chewch ragor o negeseuon atgoffa" in client.post(out, data={"stop": "reminders"}).text
    stranger = client.application.test_client()
    missing = stranger.get("/p/nobody", headers={"Accept-Language": "cy-GB,cy;q=0.9,en;q=0.5"}).text
    assert "Nid yw’r ddolen hon yn gweithio" in missing
    assert "This link does not work" in stranger.get("/p/nobody", headers={"Accept-Language": "fr"}).text
    too_much = client.post(path, data=b"x" * 3_000_000, content_type="application/x-www-form-urlencoded")
    assert too_much.status_code == 413


@pytest.mark.parametrize("path", ["/privacy", "/how-anonymous", "/accessibility", "/support", "/receipts/wave-1"])
def test_pages_for_everybody_are_there_in_welsh(invited, path):
    _, _, client = invited
    page = client.get(f"{path}?speak=cy").text
    assert '<html lang="cy"' in page
    english = {sentence for sentence in sentences() if len(sentence) > 40}
    assert [sentence for sentence in english if sentence in page] == []


def test_the_thank_you_says_what_came_of_last_time_in_the_language_of_the_page(studio):
    studio.set_up({"Team A": 6, "Team B": 3})
    studio.appoint()
    studio.run_wave({"northtown-team-a": [same_answer(4)] * 6, "northtown-team-b": [same_answer(2)] * 3})
    record_small_change("northtown-team-a", "Walk and talk", date(2026, 6, 1))
    wave = studio.open(opened_at=MONDAY + timedelta(days=40))
    client = studio.app.test_client()
    path = f"/p/{wave.tokens('northtown-team-a')[0]}"
    page = client.post(path, data={**same_answer(4), "go": "send"}).text
    for words in (
        "What came of last time",
        "Your team in the pulse of June 2026",
        "Connectedness: a starting point",
        "“Walk and talk”",
    ):
        assert words in page
    welsh = client.post(path, data={**same_answer(4), "go": "send", "language": "cy"}).text
    for words in ("Beth ddaeth o’r tro diwethaf", "man cychwyn", "ers 1 Mehefin 2026"):
        assert words in welsh
    first = studio.app.test_client().get(path)
    assert "What came of last time" not in first.text


def test_what_leads_pages_share_is_in_welsh_and_says_so(studio):
    studio.set_up({"Team A": 6, "Team B": 6})
    studio.appoint()
    dev = signed_in(studio, DEV)
    page = dev.get("/manage?speak=cy").text
    assert '<html lang="en">' in page
    assert '<header class="bar" lang="cy">' in page
    assert all(words in page for words in ("Allgofnodi", "Rheoli", "Rhestrau staff", "Preifatrwydd"))
    assert 'href="?speak=en" lang="en"' in page
    assert "Sign out" in dev.get("/manage?speak=en").text
    asked = studio.app.test_client().get("/sign-in?speak=cy").text
    assert '<html lang="cy">' in asked
    assert "Cyfeiriad e-bost gwaith" in asked
