"""When a history counts as quiet: what only waits for a poll goes on, and what never ends is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.core.stopping import SystemState, SystemStatus
from tests.kit.clock import START
from tests.simulation.calm import NEVER_QUIET, Calm
from tests.simulation.history import History

UNTIL = START + timedelta(seconds=60)
TRIPPED, PAUSED = SystemState(SystemStatus.TRIPPED, UNTIL, "operator"), SystemState(SystemStatus.PAUSED)


@pytest.mark.parametrize(("stop", "told"), [(TRIPPED, []), (PAUSED, [NEVER_QUIET])])
def test_a_hint_that_waits_for_another_systems_stop_goes_on_when_a_poll_has_ended_that(
    stop: SystemState, told: list[str]
) -> None:
    """Seed 23466: tried hour by hour, it left no time for the poll that probes. What only a person ends is told."""
    history = History(23466)
    history.chance.calm()
    calm, crm, erp = Calm(history), history.partners["crm"], history.partners["erp"]
    crm.enter("customer", {"name": "Ada", "email": "ada@x.org"}, "ada")
    calm.rest()
    history.stores.states.set_state("crm", stop, "customer")
    erp.enter("customer", {"name": "Eve", "email": "ada@x.org"}, "eve")

    calm.rest()

    assert history.truth.violations == told
