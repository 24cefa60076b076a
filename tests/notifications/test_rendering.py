from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from notifications.catalogue import longest_values
from notifications.errors import IncompletePersonalisation, UnknownTemplate
from notifications.messages import Channel, ClaimedMessage
from notifications.rendering import render
from notifications.segments import measure

LONGEST = {
    "link": "https://pulse.example.gov.uk/p/" + "x" * 16,
    "opt_out_url": "https://pulse.example.gov.uk/o/" + "x" * 16,
    "run_by": "The Crescendo <team>",
    "minutes": "2",
    "minimum_group_size": "5",
    "closes_on": "Wednesday 30 September",
    "closes_on_short": "Wed 30 Sep",
}
CLAIMED = ClaimedMessage(
    message_id=UUID(int=1),
    attempt_id=UUID(int=2),
    attempt_number=1,
    lease_until=datetime(2026, 6, 1, 9, 2, tzinfo=UTC),
    good_until=datetime(2026, 6, 1, 17, 30, tzinfo=UTC),
    channel=Channel.EMAIL,
    template="invitation",
    language="en",
    address="amara@staff.example.org",
    personalisation=LONGEST,
)


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("purpose", ["invitation", "reminder"])
def test_an_invitation_or_reminder_by_text_is_one_segment_for_the_longest_values(purpose, language):
    values = longest_values("https://pulse.example.gov.uk")[language]
    text = render(
        replace(CLAIMED, channel=Channel.SMS, template=purpose, language=language, personalisation=values)
    ).text
    assert (measure(text).segments, str(measure(text).encoding)) == (1, "GSM-7")
    assert values["link"] in text
    assert values["opt_out_url"] in text


def test_an_invitation_by_email_has_the_link_in_both_parts_and_escapes_what_it_is_given():
    mail = render(CLAIMED)
    assert LONGEST["link"] in mail.text
    assert LONGEST["link"] in mail.html
    assert "The Crescendo &lt;team&gt;" in mail.html
    assert "The Crescendo <team>" in mail.text
    assert 'lang="en"' in mail.html
    assert mail.unsubscribe_url == LONGEST["opt_out_url"]
    assert len(mail.html) < 15_000
    assert "\n" not in mail.subject


def test_no_email_loads_anything_from_anywhere():
    for purpose in ("invitation", "reminder", "sign_in"):
        html = render(replace(CLAIMED, template=purpose)).html
        assert "<img" not in html
        assert "url(" not in html


def test_a_missing_value_is_refused_by_name():
    with pytest.raises(IncompletePersonalisation, match="'run_by' is undefined"):
        render(replace(CLAIMED, personalisation={key: LONGEST[key] for key in LONGEST if key != "run_by"}))


def test_a_wording_that_does_not_exist_is_refused():
    with pytest.raises(UnknownTemplate):
        render(replace(CLAIMED, language="de"))


def test_what_is_printed_of_a_message_holds_no_address_and_no_link():
    printed = repr(CLAIMED) + repr(render(CLAIMED))
    assert "amara" not in printed
    assert "x" * 16 not in printed
