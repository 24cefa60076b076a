"""The last journey, by its name: the wave that the others answered closes, and is counted."""

import re

import pytest

from tests.journeys.test_amara_answers import answer, count_ballots, unanswered

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_what_was_answered_is_counted_and_links_say_that_it_is_over(phone, product):
    by_text = unanswered(phone, ".bubble a[href*='/p/']")
    answer(phone, by_text, show=False)
    newest = re.findall(r"^(\S+)  open", product.pulse("waves", "list"), re.MULTILINE)[0]
    earlier = product.published()
    ballots = count_ballots(product)
    assert "key destroyed" in product.pulse("waves", "close", newest)
    cells = [cell for cell in product.published() if cell["wave"] == newest]
    assert [cell for cell in product.published() if cell["wave"] != newest] == earlier
    counted = next(cell["n"] for cell in cells if cell["group"] == "crescendo")
    assert ballots - 4 <= counted <= ballots, "fewer than five answers may fill no block"
    assert count_ballots(product) == 0
    phone.go(by_text)
    assert phone.page.get_by_role("heading", name="This pulse has closed").is_visible()
    phone.show("closed")
