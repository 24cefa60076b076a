"""The addresses of pages and pictures."""

from __future__ import annotations

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
