from __future__ import annotations

from collections.abc import Iterator

import pytest

from survey_app.config import Settings
from tests.factories import Studio
from tests.faults.stage import Stage, a_stage


@pytest.fixture
def stage(studio: Studio, settings: Settings, broker_url: str) -> Iterator[Stage]:
    with a_stage(studio, settings, broker_url) as made:
        yield made
