"""The pulse's pages are small on the wire, and their length says nothing about anybody's answers."""

import gzip
import random

import pytest

from survey_app.views.packing import COMMON_BYTES, STEP_BYTES, packed
from tests.factories import CORE

PACKED = {"Accept-Encoding": "gzip, br"}
LARGEST_BYTES = 3 * 1024
CHANCE = random.Random(7)


@pytest.fixture
def link(studio):
    studio.set_up({"Team A": 6})
    return f"/p/{studio.open().tokens('northtown-team-a')[0]}"


def weight(response):
    """Body and headers, as they go over the wire."""
    return len(response.data) + len(str(response.headers)) + len("HTTP/1.1 200 OK\r\n")


def any_answers(items):
    """Some answered, some skipped, some left alone."""
    return {item: CHANCE.choice(["", "1", "2", "3", "4", "5"]) for item in items if CHANCE.random() < 0.8}


def test_every_page_of_every_set_of_answers_has_one_length_below_three_kilobytes(studio, link):
    client = studio.app.test_client()
    lengths = set()
    for turn in range(60):
        last = turn % 5 == 4
        data = {**any_answers(CORE), "screen": str(turn % 4), "go": "send" if last else "next"}
        page = client.post(link, data=data, headers=PACKED)
        assert page.status_code == 200
        assert page.headers["Content-Encoding"] == "gzip"
        assert weight(page) <= LARGEST_BYTES
        lengths.add(len(page.data))
    lengths |= {len(client.get(link + again, headers=PACKED).data) for again in ("", "?again=1")}
    assert lengths == {COMMON_BYTES}


def test_what_is_unpacked_is_the_page(studio, link):
    client = studio.app.test_client()
    plain = client.get(link)
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(client.get(link, headers=PACKED).data) == plain.data


@pytest.mark.parametrize("size", [0, 1, 40, 2_700, 2_760, 2_790, 2_800, 3_000, 9_000, 70_000])
def test_longer_pages_go_up_in_steps(size):
    page = CHANCE.randbytes(size)
    once = packed(page)
    assert gzip.decompress(once) == page
    assert (len(once) - COMMON_BYTES) % STEP_BYTES == 0
    assert len(once) >= COMMON_BYTES
