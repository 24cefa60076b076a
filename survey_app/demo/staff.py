"""The made-up staff of the demo: three authorities, their teams, and who works where from month to month."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

_FIRST = (
    "Aisha", "Ben", "Carys", "Dafydd", "Efua", "Farah", "Gareth", "Hannah", "Imran", "Joanna", "Kofi", "Lowri",
    "Megan", "Nadia", "Owen", "Priya", "Rhys", "Siân", "Tomasz", "Uma", "Vera", "Will", "Yusuf", "Zoë",
)  # fmt: skip
_LAST = (
    "Adeyemi", "Barker", "Clarke", "Davies", "Evans", "Fletcher", "Green", "Hughes", "Iqbal", "Jones", "Khan",
    "Lewis", "Morgan", "Nowak", "O'Brien", "Patel", "Quinn", "Roberts", "Singh", "Taylor", "Underwood", "Walsh",
)  # fmt: skip
_ROLES = (
    "Social worker",
    "Social worker",
    "Family support worker",
    "Business support",
    "Senior practitioner",
)
_AREAS_OF_CALDERPORT = {
    "Front Door": ("Advice Hub", "Assessment 1", "Assessment 2", "Assessment 3", "Emergency Duty"),
    "Family Safeguarding": ("Safeguarding 1", "Safeguarding 2", "Safeguarding 3", "Safeguarding 4", "Court Team"),
    "Children in Care": ("In Care 1", "In Care 2", "Leaving Care", "Reunification", "Contact Service"),
    "Fostering and Adoption": ("Fostering Recruitment", "Fostering Support", "Kinship", "Adoption", "Placements"),
    "Disabled Children": ("Assessment and Support", "Short Breaks", "Transitions", "Equipment"),
    "Early Help": ("Harbour", "Hill", "Mill", "Parenting", "Youth Support", "Edge of Care"),
}
_SHARE_WITH_MOBILE = 0.5
_MONTHLY_LEAVERS = 0.012
_MONTHLY_MOVERS = 0.006


@dataclass(frozen=True)
class DemoTeam:
    """A team of the demo and how many people it starts with."""

    authority: str
    service_area: str
    name: str
    size: int


@dataclass
class Worker:
    """A made-up member of staff: who they are, and how they tend to answer."""

    staff_ref: str
    team: DemoTeam
    name: str
    email: str
    mobile: str
    role: str
    tendency: np.ndarray = field(repr=False)
    willingness: float = 0.0
    left_on: date | None = None


@dataclass
class Workforce:
    """Everybody, from month to month. The same seed gives the same people."""

    rng: np.random.Generator
    scales: int
    workers: dict[str, Worker] = field(default_factory=dict)
    hired: int = 0

    def hire(self, team: DemoTeam) -> Worker:
        """Let somebody new join a team."""
        self.hired += 1
        first, last = self.rng.choice(_FIRST), self.rng.choice(_LAST)
        ref = f"{team.authority[:1].upper()}{self.hired:04d}"
        worker = Worker(
            staff_ref=ref,
            team=team,
            name=f"{first} {last}",
            email=f"{ref.lower()}@staff.example.org",
            mobile=f"+447700900{100 + self.hired % 900:03d}" if self._has_mobile() else "",
            role=str(self.rng.choice(_ROLES)),
            tendency=self.rng.normal(0, 9, self.scales),
            willingness=float(self.rng.normal(0, 0.12)),
        )
        self.workers[ref] = worker
        return worker

    def month_passes(self, teams: Iterable[DemoTeam], today: date) -> list[Worker]:
        """Let some leave and be replaced, and some move within their authority; return those it concerns."""
        options = list(teams)
        concerned: list[Worker] = []
        for worker in list(self.workers.values()):
            if worker.left_on is not None:
                continue
            luck = self.rng.random()
            if luck < _MONTHLY_LEAVERS:
                worker.left_on = today
                concerned += [worker, self.hire(worker.team)]
            elif luck < _MONTHLY_LEAVERS + _MONTHLY_MOVERS:
                elsewhere = [
                    team for team in options if team.authority == worker.team.authority and team != worker.team
                ]
                worker.team = elsewhere[int(self.rng.integers(len(elsewhere)))]
                concerned.append(worker)
        return concerned

    def _has_mobile(self) -> bool:
        return bool(self.rng.random() < _SHARE_WITH_MOBILE) and self.hired < 1000


def demo_teams(rng: np.random.Generator, authorities: int) -> list[DemoTeam]:
    """The teams of the first `authorities` authorities: two teams, four teams, and a whole children's service."""
    teams = [
        DemoTeam("Ashcombe", "Children’s Social Care", "Children in Care", 14),
        DemoTeam("Ashcombe", "Children’s Social Care", "Assessment", 13),
    ]
    if authorities > 1:
        sizes = (9, 11, 7, 10)
        places = ("North", "South", "East", "West")
        teams += [
            DemoTeam("Brackenfield", "Early Help", f"Early Help {place}", size)
            for place, size in zip(places, sizes, strict=True)
        ]
    if authorities > 2:
        for area, names in _AREAS_OF_CALDERPORT.items():
            teams += [DemoTeam("Calderport", area, name, int(rng.integers(6, 15))) for name in names]
        teams = [_resized(team, 4) if team.name in {"Equipment", "Edge of Care"} else team for team in teams]
    return teams


def roster_csv(workers: Iterable[Worker]) -> bytes:
    """The workers as a council would send them."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["staff_ref", "name", "email", "mobile", "team", "service_area", "role", "left_on"])
    for worker in workers:
        left = worker.left_on.isoformat() if worker.left_on else ""
        row = [worker.staff_ref, worker.name, worker.email, worker.mobile]
        writer.writerow([*row, worker.team.name, worker.team.service_area, worker.role, left])
    return file.getvalue().encode()


def _resized(team: DemoTeam, size: int) -> DemoTeam:
    return DemoTeam(team.authority, team.service_area, team.name, size)
