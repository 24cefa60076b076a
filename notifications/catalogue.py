"""The wordings: which there are, in which languages and versions, and whether each fits the channel that it is for.

A version that was released is never changed: a message in doubt is looked for by its words, so a new wording is a new
version, and messages that were planned before keep theirs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from notifications.rendering import WORDING, fill
from notifications.segments import measure

LONGEST_MAIL_BYTES = 15_000
_LONGEST_SUBJECT = 60
_TOKEN = "z" * 16
_LONGEST_HEADLINE = "Not enough answers to show this time"
_MAIL_PARTS = ("subject.txt", "email.txt", "email.html")


@lru_cache(maxsize=32)
def latest_version(template: str) -> int:
    """The newest version of a wording; new messages are planned with it."""
    return max(int(folder.name.rpartition("-")[2]) for folder in WORDING.glob(f"{template}-*"))


@lru_cache(maxsize=1)
def written_languages() -> frozenset[str]:
    """Languages in which the newest version of every wording is written out."""
    templates = {folder.name.rpartition("-")[0] for folder in WORDING.iterdir() if folder.is_dir()} - {"layout"}
    spoken = [_languages(WORDING / f"{template}-{latest_version(template)}") for template in templates]
    return frozenset.intersection(*spoken)


def _languages(folder: Path) -> frozenset[str]:
    return frozenset(path.name.partition(".")[0] for path in folder.glob("*.email.txt"))


def fingerprints() -> Mapping[str, str]:
    """The SHA-256 of every file of every version, by its path: what was released must keep its own."""
    return {
        str(path.relative_to(WORDING)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(WORDING.rglob("*-*/*"))
    }


@dataclass(frozen=True)
class Misfit:
    """A wording that does not fit, and why."""

    wording: str
    reason: str


def longest_values(public_base_url: str) -> Mapping[str, Mapping[str, str]]:
    """By language, the longest that each value of a wording can be."""
    shared = {
        "link": f"{public_base_url}/p/{_TOKEN}",
        "opt_out_url": f"{public_base_url}/o/{_TOKEN}",
        "code": "000000",
        "run_by": "W" * 60,
        "minutes": "10",
        "minimum_group_size": "100",
        "headline": _LONGEST_HEADLINE,
        "short": _LONGEST_HEADLINE,
        "lines": "\n".join(["W" * 160] * 3),
        "answered": "10,000 answers, 95% or more of those asked",
        "next_step": "W" * 160,
        "small_change": "W" * 120,
        "next_pulse": "W" * 80,
    }
    return {
        "en": {
            **shared,
            "closes_on": "Wednesday 30 September",
            "closes_on_short": "Wed 30 Sept",
            "wave": "September 2026",
        },
        "cy": {
            **shared,
            "closes_on": "Dydd Mercher 30 Tachwedd",
            "closes_on_short": "Llun 30 Chwef",
            "wave": "Chwefror 2026",
        },
    }


def misfits(public_base_url: str) -> Iterator[Misfit]:
    """Wordings of the newest versions that take more than one text, or make a mail heavy, with the longest values."""
    values = longest_values(public_base_url)
    for folder in sorted(WORDING.iterdir()):
        template, _, version = folder.name.rpartition("-")
        if template in {"", "layout"} or int(version) != latest_version(template):
            continue
        for language in sorted(_languages(folder)):
            yield from _misfits_of(f"{folder.name}/{language}", {**values[language], "language": language})


def _misfits_of(name: str, values: Mapping[str, str]) -> Iterator[Misfit]:
    if (WORDING / f"{name}.sms.txt").exists():
        size = measure(fill(f"{name}.sms.txt", values).strip())
        if size.segments > 1:
            because = f", because of {' '.join(size.costly)}" if size.costly else ""
            yield Misfit(f"{name}.sms.txt", f"takes {size.segments} texts ({size.units} in {size.encoding}{because})")
    subject, text, html = (fill(f"{name}.{part}", values) for part in _MAIL_PARTS)
    if len(subject.strip()) > _LONGEST_SUBJECT:
        yield Misfit(f"{name}.subject.txt", f"is longer than {_LONGEST_SUBJECT} characters")
    if len((text + html).encode()) > LONGEST_MAIL_BYTES:
        yield Misfit(f"{name}.email.html", f"is heavier than {LONGEST_MAIL_BYTES} bytes")
