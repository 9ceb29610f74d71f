"""What waits for an approval is not written, but read: what was sent without an answer is looked for all the same."""

from __future__ import annotations

from typing import Any

from shared.core.stopping import SystemState, SystemStatus
from shared.flows.deliver_changes import deliver_changes
from shared.flows.operating.stopping import approve, trip
from shared.ports.messages import Delivery
from tests.kit.partner import LOST_REPLY, LOST_REQUEST
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step, renamed

ADA: dict[str, Any] = {"name": "Ada", "email": "ada@example.org", "phone": None}
WAITING = SystemState(SystemStatus.WAITING, None, "more than the bound")


def in_doubt() -> World:
    """A rename went to the erp and its answer got lost; since then the erp's customers wait for an approval."""
    world = in_step(World())
    world.erp.next_writes = [LOST_REPLY]
    deliver_changes(world.parts, renamed(world))
    world.memory.states.set_state("erp", WAITING, "customer")
    return world.settle()


def test_what_was_sent_before_the_bound_stopped_the_writes_is_looked_for() -> None:
    world = in_doubt()
    writes = world.erp.called("write")

    world.later(61)

    assert world.link("erp").intent is None
    assert world.agreed("customer", "name") == "Ada L."
    assert world.erp.called("write") == writes


def test_what_a_look_finds_not_written_waits_for_the_approval() -> None:
    world = in_step(World())
    world.erp.next_writes = [LOST_REQUEST]
    deliver_changes(world.parts, renamed(world))
    world.memory.states.set_state("erp", WAITING, "customer")

    world.settle().later(61, times=5)
    assert (world.link("erp").intent, world.erp.shown("customer")["name"]) == (None, "Ada")

    approve(world.parts, "erp", "customer", 1)
    assert world.later(1).agreed("customer", "name") == "Ada L."


def test_a_delivery_looks_for_nothing_while_the_lease_runs_nor_where_nothing_was_sent() -> None:
    world = in_doubt()
    world.crm.enter("customer", {**ADA, "email": "eve@example.org"})
    world.poll()
    fetched, writes = world.erp.called("fetch"), world.erp.called("write")

    deliver_changes(world.parts, [Delivery("erp", "customer", each.id) for each in world.records()])

    assert (world.erp.called("fetch"), world.erp.called("write")) == (fetched, writes)


def test_a_look_waits_for_room_like_any_other_call() -> None:
    world = in_doubt()
    world.clock.go_on(61)
    world.allowance.waits["erp"] = 30.0
    fetched = world.erp.called("fetch")

    deliver_changes(world.parts, [Delivery("erp", "customer", world.record().id)])

    assert world.erp.called("fetch") == fetched
    assert world.link("erp").intent is not None


def test_what_was_set_aside_for_a_trip_is_looked_for_when_that_ends_though_writes_wait() -> None:
    world = in_doubt()
    trip(world.parts, "erp", None, 5, "operator")
    world.later(61)
    assert world.link("erp").intent is not None

    world.clock.go_on(300)
    world.poll().later(1)

    assert world.link("erp").intent is None
    assert world.agreed("customer", "name") == "Ada L."


def test_a_new_customer_waits_for_no_approval_of_what_another_create_left_in_doubt() -> None:
    """Seed 44848: at a partner without our reference its hint was tried every ten minutes, until somebody approved."""
    rules = rules_of(erp={"carries_reference": False, "keys": frozenset({"tax_number"})})
    world = World(integration_of(rules), erp={"carries_reference": False})
    world.erp.next_writes = [LOST_REQUEST]
    world.crm.enter("customer", {**ADA, "tax_number": "t1"})
    world.poll()
    world.memory.states.set_state("erp", WAITING, "customer")
    world.erp.enter("customer", {**ADA, "email": "eve@example.org", "tax_number": "t2"})
    world.clock.go_on(300)

    world.poll().later(70, times=3)

    assert {each.value("email") for each in world.records()} == {"ada@example.org", "eve@example.org"}
    assert len(world.erp.ids("customer")) == 1
