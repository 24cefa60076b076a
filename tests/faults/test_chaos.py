"""F21: three hundred texts, a hundred faults and more by chance: by the peer's ledger none is lost, none doubled."""

import random
import time
from collections import Counter
from datetime import timedelta

import pytest

from survey_app import queues
from survey_app.stores import doubts
from tests.faults.stage import DONE, ENDED, kill, misbehave

PEOPLE, FAULTS, DEATHS = 300, 100, 12
LEASE = "2"


@pytest.mark.slow
def test_f21_chaos(stage, broker, monkeypatch):
    monkeypatch.setattr(queues, "SLOT_SECONDS", 1)
    monkeypatch.setattr(doubts, "BEFORE_ASKING", timedelta(seconds=float(LEASE) / 4))
    chance = random.Random(f"{stage.studio.app.extensions['pulse_settings'].has_embedded_database}")
    stage.open_wave(PEOPLE)
    misbehave(stage.folder, odds=0.4, seed=chance.randrange(1000))
    workers = [stage.worker(HASTE=LEASE) for _ in range(2)]
    deaths = 0
    deadline = time.monotonic() + 240
    while not set(stage.states()) <= ENDED:
        assert time.monotonic() < deadline, stage.states()
        stage.ring()
        time.sleep(chance.uniform(0.3, 0.9))
        die = chance.random()
        if deaths < DEATHS and die < 0.3:
            victim = chance.randrange(len(workers))
            kill(workers[victim])
            workers[victim] = stage.worker(HASTE=LEASE)
            deaths += 1
        elif deaths < DEATHS and die < 0.36:
            broker.kill()
            time.sleep(0.2)
            broker.start()
            for worker in workers:
                kill(worker)
            workers = [stage.worker(HASTE=LEASE) for _ in range(2)]
            deaths += 3
    spoilt = len((stage.folder / "faults.txt").read_text().split("\n")) - 1
    assert deaths + spoilt >= FAULTS, (deaths, spoilt)
    assert set(stage.states()) <= DONE
    assert Counter(stage.ledger().values()) == {1: PEOPLE}
