from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from survey_app.config import Settings
from survey_app.processes.broker import EmbeddedBroker, prepare_broker
from tests.conftest import _wait_for
from tests.factories import Studio
from tests.faults.stage import Stage, a_stage


@dataclass
class MortalBroker:
    """A broker that may be killed and comes back empty at the same address."""

    broker: EmbeddedBroker
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(self.broker.command)
        _wait_for(self.broker.url)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def broker() -> Iterator[MortalBroker]:
    made = MortalBroker(prepare_broker())
    made.start()
    yield made
    made.kill()
    shutil.rmtree(made.broker.folder)


@pytest.fixture
def stage(studio: Studio, settings: Settings, broker: MortalBroker) -> Iterator[Stage]:
    with a_stage(studio, settings, broker.broker.url) as made:
        yield made
