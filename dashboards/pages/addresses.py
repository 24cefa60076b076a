"""The addresses of pages and pictures."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from dashboards.snapshots import Level, PublishedResults

_PATHS = {
    Level.TEAM: "/teams/{key}",
    Level.SERVICE_AREA: "/service-areas/{key}",
    Level.AUTHORITY: "/authorities/{key}",
    Level.PROGRAMME: "/programme",
}


@dataclass(frozen=True)
class Link:
    """A name with an address."""

    text: str
    path: str


def group_path(key: str, level: Level) -> str:
    """The address of a group's page."""
    return _PATHS[level].format(key=key)


def measure_path(key: str, level: Level, measure: str) -> str:
    """The address of a group's page on one measure."""
    return f"{group_path(key, level)}/{measure}"


def chart_path(results: PublishedResults, group: str, measure: str, variant: str) -> str | None:
    """The address of a stored picture, which names its content; None where there is none."""
    fingerprint = results.fingerprint(group, measure, variant)
    return None if fingerprint is None else f"/charts/{group}/{measure}/{variant}-{fingerprint}.svg"


def slug(text: str) -> str:
    """A name as it can stand in an address: plain lower-case letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "group"


def tried_path(title: str) -> str:
    """The address of one small change across the teams that tried it."""
    return f"/programme/changes/{slug(title)}"
