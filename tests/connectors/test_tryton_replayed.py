"""The Tryton connector on recordings of a real Tryton: every call of a scenario, to the letter."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.connectors.tryton_replay import Replay, serving
from tests.connectors.tryton_scenarios import SCENARIOS
from tests.connectors.tryton_world import StillClock, World, connected


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_on_a_recording(scenario: Callable[[World], None]) -> None:
    replay = Replay(scenario.__name__)
    clock = StillClock(replay.at)

    with serving(replay, clock.at) as url:
        system = connected(url, clock, {"username": "admin", "password": "any"})
        scenario(World(system, clock, lambda _act: None))
        system.close()

    assert replay.differs is None
    assert replay.left == []
