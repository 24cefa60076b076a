"""The cast: Amara answers, Ben leads Team A, Chloe leads Team B, Dev runs the programme, Eve has no access."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    name: str
    email: str


AMARA = Person("Amara", "amara@staff.example.org")
BEN = Person("Ben", "ben@example.org")
CHLOE = Person("Chloe", "chloe@example.org")
DEV = Person("Dev", "dev@example.org")
EVE = Person("Eve", "eve@example.org")
