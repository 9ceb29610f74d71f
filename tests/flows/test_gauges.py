"""What the alarms and the dashboard are fed with each minute."""

from __future__ import annotations

from dataclasses import replace

from shared.core.stopping import SystemState, SystemStatus
from shared.flows.absorb_changes import absorb_changes
from shared.flows.sweep_overdue import sweep_overdue
from shared.ports.system import Hint
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step


def late() -> World:
    """Ada was renamed in the crm 100 seconds ago; every message about it was lost."""
    world = in_step(World(), "ada@example.org")
    (name,) = world.crm.ids("customer")
    world.crm.edit("customer", name, {"name": "Ada L."})
    absorb_changes(world.parts, [Hint("crm", "customer", name)])
    world.memory.records.stream.clear()
    world.clock.go_on(100)
    return world


def test_the_lag_is_told_on_the_side_that_waits() -> None:
    world = late()

    sweep_overdue(world.parts)

    assert world.telemetry.seconds["SupplyChainLagSeconds"] == 100.0
    assert world.telemetry.seconds["SalesLagSeconds"] == 0.0


def test_what_is_stopped_is_not_late_but_told_as_stopped_unless_somebody_paused_it() -> None:
    world = late()
    seen = []
    for status in (SystemStatus.TRIPPED, SystemStatus.WAITING, SystemStatus.PAUSED):
        world.memory.states.set_state("erp", SystemState(status), "customer")
        sweep_overdue(world.parts)
        seen.append((world.telemetry.seconds["SystemsStopped"], world.telemetry.seconds["SupplyChainLagSeconds"]))

    assert seen == [(1, 0.0), (1, 0.0), (0, 0.0)]


def test_the_quota_used_is_that_of_the_system_that_is_nearest_to_its_own() -> None:
    world = World(replace(integration_of(rules_of()), quotas={"crm": 1000, "erp": 200}))
    world.memory.states.clock = world.clock
    world.memory.states.count_calls("crm", 100, 100)
    world.memory.states.count_calls("erp", 80, 20)

    sweep_overdue(world.parts)
    assert world.telemetry.seconds["QuotaUsedPercent"] == 50.0

    world.clock.go_on(86_400)
    sweep_overdue(world.parts)
    assert world.telemetry.seconds["QuotaUsedPercent"] == 0.0


def test_what_a_partner_tells_of_its_own_quota_counts_where_it_is_more() -> None:
    world = World(replace(integration_of(rules_of()), quotas={"crm": 1000}))
    world.memory.states.clock = world.clock
    world.memory.states.count_calls("crm", 100, 100)
    world.allowance.shares = {"crm": 0.1, "erp": 0.35}

    sweep_overdue(world.parts)

    assert world.telemetry.seconds["QuotaUsedPercent"] == 35.0
    told = [facts for event, facts in world.telemetry.told if event == "quota used"]
    assert told == [{"system": "crm", "percent": 20.0}, {"system": "erp", "percent": 35.0}]


def test_without_a_quota_nothing_is_told_of_it() -> None:
    world = World()

    sweep_overdue(world.parts)

    assert "QuotaUsedPercent" not in world.telemetry.seconds
