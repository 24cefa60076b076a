"""F18: mail scanners open every link of every message, with scripts and without; nothing that counts may change."""

import re
import sqlite3
import time
import urllib.request
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COUNTS = """
SELECT (SELECT group_concat(hex(tag) || hex(sealed)) FROM (SELECT tag, sealed FROM ballots ORDER BY tag)),
       (SELECT count(*) FROM opt_outs),
       (SELECT count(*) FROM invitations WHERE answered),
       (SELECT count(*) FROM sign_in_requests WHERE used_at IS NOT NULL)
"""


def links_of(product):
    """A link of each kind from the newest of everything that was received."""
    mailbox = Path(product.environment["DATA_DIR"]) / "demo-mailbox"
    received = "".join(
        path.read_text(errors="ignore").replace("=\n", "") for path in mailbox.rglob("*") if path.is_file()
    )
    found = {kind: re.findall(rf"{re.escape(product.url)}/{kind}/[\w-]+", received) for kind in ("p", "o")}
    return [link for links in found.values() for link in sorted(set(links))[:3]]


def counts(product):
    with sqlite3.connect(f"file:{product.environment['DATA_DIR']}/pulse.sqlite?mode=ro", uri=True) as database:
        return database.execute(COUNTS).fetchone()


def test_opening_every_link_in_every_way_changes_nothing(phone, product):
    links = links_of(product)
    assert len(links) == 6
    before = counts(product)
    for link in links:
        for method in ("GET", "HEAD"):
            urllib.request.urlopen(urllib.request.Request(link, method=method), timeout=5).close()
    pages = [phone.context.new_page() for _ in links]
    for page, link in zip(pages, links, strict=True):
        page.goto(link)
    time.sleep(10)
    for page in pages:
        page.close()
    assert counts(product) == before
