"""status: how every system is, and the counts of the whole installation."""

from __future__ import annotations

from shared.flows.operating.status import status
from shared.ports.stores import SystemState, SystemStatus
from tests.kit.world import World, in_step


def test_systems_are_listed_before_their_first_call() -> None:
    found = status(World().parts)

    assert [(line.system, line.status, line.calls) for line in found.items] == [
        ("crm", SystemStatus.RUNNING, {"read": 0, "write": 0}),
        ("erp", SystemStatus.RUNNING, {"read": 0, "write": 0}),
    ]


def test_a_stopped_system_tells_why_and_until_when() -> None:
    world = World()
    until = world.clock.now()
    world.parts.states.set_state("erp", SystemState(SystemStatus.TRIPPED, until, "login refused"))

    erp = status(world.parts).items[1]

    assert (erp.status, erp.until, erp.why) == (SystemStatus.TRIPPED, until, "login refused")


def test_calls_and_what_is_owed_are_counted() -> None:
    world = in_step(World())
    world.parts.states.count_calls("crm", 3, 1)
    world.parts.states.set_state("erp", SystemState(SystemStatus.PAUSED))
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "Ada L."})
    world.poll()

    found = status(world.parts)

    assert found.items[0].calls == {"read": 3, "write": 1}
    assert (found.owed, found.parked, found.conflicts) == (1, 0, 0)
