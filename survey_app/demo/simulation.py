"""How the made-up staff answer: tendencies of people and teams, chance, and a few planted effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from instruments.definitions import Instrument, Item
from survey_app.demo.staff import DemoTeam, Worker

BUDDY_SCHEME_WAVE = 10
REORGANISATION_WAVE = 10
CONNECTEDNESS, BURNOUT = 0, 3
_MEANS = np.array([62.0, 68.0, 52.0, 46.0])
_TEAM_SD = 5.0
_TEAM_WAVE_SD = 1.5
_OCCASION_SD = 4.0
_ITEM_SD = 8.0
_SKIP_SHARE = 0.01
_EASINESS = {"had-a-say": -9.0, "worth-doing": 6.0, "good-future": -6.0, "hard-to-care": -6.0}
_PILOT_FORMAT = 6.0


@dataclass
class TeamClimate:
    """What the people of a team have in common."""

    usual: np.ndarray
    response_share: float


def planted_effect(team: DemoTeam, wave: int) -> np.ndarray:
    """What a lead should find: a change that lifts connectedness, and a burnout rise after a reorganisation."""
    effect = np.zeros(len(_MEANS))
    if _is_bens(team) and wave >= BUDDY_SCHEME_WAVE:
        effect[CONNECTEDNESS] = 26
    if team.authority == "Calderport" and team.service_area == "Family Safeguarding" and wave >= REORGANISATION_WAVE:
        effect[BURNOUT] = 18
    return effect


def make_climate(rng: np.random.Generator, team: DemoTeam) -> TeamClimate:
    """Draw a team's climate; Ben's team answers well, and has room to rise."""
    usual = _MEANS + rng.normal(0, _TEAM_SD, len(_MEANS))
    share = float(rng.uniform(0.5, 0.85))
    if _is_bens(team):
        usual[CONNECTEDNESS] = 54
        share = 0.85
    return TeamClimate(usual, share)


def responds(rng: np.random.Generator, worker: Worker, climate: TeamClimate) -> bool:
    """Whether somebody answers this time."""
    return bool(rng.random() < np.clip(climate.response_share + worker.willingness, 0.2, 0.98))


def answer(
    rng: np.random.Generator,
    worker: Worker,
    climate: TeamClimate,
    shift: np.ndarray,
    instrument: Instrument,
    asked: Sequence[Item],
) -> dict[str, str]:
    """Draw somebody's answers to the items they were asked, as a form would send them.

    New items are a little easier or harder to agree with than those they replaced, and the pilot's response format
    draws higher answers: what a change of version has to show.
    """
    scales = {scale.id: place for place, scale in enumerate(instrument.scales)}
    theta = climate.usual + worker.tendency + shift + rng.normal(0, _OCCASION_SD, len(scales))
    given = {}
    for item in asked:
        options = instrument.response_set_of(item).values
        trait = theta[scales[item.scale]] if item.scale is not None else 50.0
        keyed = 100.0 - trait if item.reverse_keyed else trait
        format_effect = _PILOT_FORMAT if instrument.version.startswith("0.") else 0.0
        points = keyed + _EASINESS.get(item.id, 0.0) + format_effect + rng.normal(0, _ITEM_SD)
        place = int(np.clip(round(points / 100 * (len(options) - 1)), 0, len(options) - 1))
        if rng.random() >= _SKIP_SHARE:
            given[item.id] = str(options[place])
    return given


def wave_shift(rng: np.random.Generator, team: DemoTeam, wave: int) -> np.ndarray:
    """What a wave adds for everybody in a team: chance, and what was planted."""
    chance: np.ndarray = rng.normal(0, _TEAM_WAVE_SD, len(_MEANS))
    shift: np.ndarray = chance + planted_effect(team, wave)
    return shift


def _is_bens(team: DemoTeam) -> bool:
    return (team.authority, team.name) == ("Ashcombe", "Children in Care")
