"""When a history counts as quiet: what only waits for a poll goes on, and what never ends is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.stopping import SystemState, SystemStatus
from shared.ports.system import Hint
from tests.kit.clock import START
from tests.simulation.calm import NEVER_QUIET, Calm
from tests.simulation.history import History
from tests.simulation.kinds import KINDS
from tests.simulation.setting import draw_setting

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


@pytest.mark.parametrize(("lost", "is_told"), [("nothing", True), ("another's hint", True), ("its hint", False)])
def test_what_polls_do_not_show_is_told_unless_what_named_it_was_lost(lost: str, *, is_told: bool) -> None:
    setting = draw_setting(0)
    silent = replace(KINDS["best"], webhooks="none")
    history = History(0, setting=replace(setting, kinds=dict.fromkeys(setting.kinds, silent)))
    history.chance.calm()
    crm = history.partners["crm"]
    name = crm.enter("customer", {"name": "Ada", "email": "ada@x.org"}, "ada")
    Calm(history).rest()
    history.connectors["crm"].unlisted = frozenset({("customer", name)})
    if lost != "nothing":
        history.queues.hints.lost.append(Hint("crm", "customer", name if lost == "its hint" else "another"))
    crm.edit("customer", name, {"name": "Eve"})

    Calm(history).settle()

    assert (f"crm {name}" in history.unseen) is is_told
