"""deliver_changes: plan, note the intents, in bulk; failures stay with their record (sync rules, sections 4 and 7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.decisions import Verdict
from shared.core.observations import Next, Trouble
from shared.core.values import Reference
from shared.flows.absorb_changes import absorb_changes
from shared.flows.deliver_changes import deliver_changes
from shared.ports.messages import Delivery
from shared.ports.stores import SystemState, SystemStatus
from shared.ports.system import Hint
from tests.kit.partner import LOST_REQUEST, OUTAGE
from tests.kit.rules import integration_of
from tests.kit.world import World, in_step, renamed

ADA = {"name": "Ada", "email": "ada@example.org", "phone": None}
REFUSED = Trouble(Next.PERMANENT, "422", "name is too long", field="name")
BUSY = Trouble(Next.RETRYABLE, "500")


# ── bulk ──


def test_creates_take_a_look_and_a_write_for_the_whole_batch() -> None:
    world = World()
    for number in range(7):
        world.crm.enter("customer", {**ADA, "email": f"{number}@example.org"})

    world.poll()

    assert [verb for verb, _ in world.erp.calls if verb != "changed_since"] == ["find", "write"]
    assert world.telemetry.counts["DeliveriesConfirmed"] == 7


def test_guarded_updates_take_a_write_for_each_bulk_of_the_partner() -> None:
    world = in_step(World(integration_of(batch_size=2)), *(f"{n}@example.org" for n in range(5)))
    world.erp.calls.clear()

    assert deliver_changes(world.parts, renamed(world)) == 5

    assert world.erp.calls == [("write", 2), ("write", 2), ("write", 1)]


def test_unguarded_updates_are_read_in_bulk_right_before() -> None:
    world = in_step(World(erp={"is_exact": False}), *(f"{n}@example.org" for n in range(5)))
    world.erp.calls.clear()

    deliver_changes(world.parts, renamed(world))

    assert world.erp.calls == [("fetch", 5), ("write", 5)]


def test_a_delivery_told_twice_is_made_once() -> None:
    world = in_step(World())
    delivery = renamed(world)

    assert deliver_changes(world.parts, [*delivery, *delivery]) == 1
    assert deliver_changes(world.parts, delivery) == 0


def test_parents_are_delivered_before_their_children_whatever_the_order_of_the_messages() -> None:
    world = World()
    c = world.crm.enter("customer", ADA)
    o = world.crm.enter("order", {"number": "1", "customer": Reference("crm", "customer", c), "status": "placed"})
    absorb_changes(world.parts, [Hint("crm", "order", o)])

    deliver_changes(
        world.parts,
        [Delivery("erp", "order", world.record("order").id), Delivery("erp", "customer", world.record().id)],
    )

    assert len(world.erp.ids("order")) == 1


def test_what_takes_no_part_and_what_does_not_exist_is_dropped() -> None:
    world = World()

    assert deliver_changes(world.parts, [Delivery("shop", "customer", "r"), Delivery("erp", "customer", "r")]) == 0


@pytest.mark.parametrize("status", [SystemStatus.PAUSED, SystemStatus.TRIPPED])
def test_a_system_that_may_not_be_called_keeps_what_it_is_owed(status: SystemStatus) -> None:
    world = in_step(World())
    deliveries = renamed(world)
    world.memory.states.set_state("erp", SystemState(status, world.clock.now() + timedelta(hours=1)))
    before = len(world.erp.calls), world.memory.records.writes

    assert deliver_changes(world.parts, deliveries) == 0

    assert (len(world.erp.calls), world.memory.records.writes) == before
    assert world.link("erp").intent is None


# ── failures stay with their record ──


def test_one_refused_record_parks_alone_and_its_neighbours_go_on() -> None:
    world = in_step(World(), "a@example.org", "b@example.org")
    world.erp.next_writes = [replace(REFUSED, field="phone")]

    assert deliver_changes(world.parts, renamed(world)) == 1

    (parked,) = [link.parked for record in world.records() if (link := record.link("erp")).parked]
    assert (parked.reason, parked.field) == ("name is too long", "phone")
    assert [decision.verdict for decision in world.decisions(Verdict.PARKED)] == [Verdict.PARKED]


def test_a_failure_backs_off_and_a_message_that_comes_too_early_waits() -> None:
    world = in_step(World())
    deliveries = renamed(world)
    world.erp.next_writes = [BUSY]
    deliver_changes(world.parts, deliveries)

    assert deliver_changes(world.parts, deliveries) == 0

    world.clock.go_on(60)
    assert deliver_changes(world.parts, deliveries) == 1


@pytest.mark.parametrize("is_exact", [True, False])
def test_an_outage_is_nobodys_attempt_and_clears_the_intent(is_exact: bool) -> None:
    world = in_step(World(erp={"is_exact": is_exact}))
    deliveries = renamed(world)
    world.erp.trouble = OUTAGE
    world.erp.next_writes = [OUTAGE]

    deliver_changes(world.parts, deliveries)

    assert (world.link("erp").intent, world.link("erp").attempts) == (None, 0)
    assert not world.memory.states.state("erp").may_call(world.clock.now())
    world.erp.trouble, world.erp.next_writes = None, []
    assert world.later().agreed("customer", "name") == "Ada L."


def test_an_outage_during_the_look_before_a_create_clears_the_intent() -> None:
    world = World()
    world.crm.enter("customer", ADA)
    world.erp.trouble = OUTAGE

    world.poll()

    assert world.link("erp").intent is None
    assert world.erp.called("write") == 0
    world.erp.trouble = None
    assert len(world.later().erp.ids("customer")) == 1


def test_a_system_that_is_closed_by_the_first_bulk_is_not_called_for_the_next() -> None:
    world = in_step(World(integration_of(batch_size=1)), "a@example.org", "b@example.org")
    deliveries = renamed(world)
    writes = world.erp.called("write")
    world.erp.next_writes = [OUTAGE]

    deliver_changes(world.parts, deliveries)

    assert world.erp.called("write") == writes + 1
    assert all(record.link("erp").intent is None for record in world.records())


def test_a_look_is_not_taken_at_a_system_that_was_closed_meanwhile() -> None:
    world = World(integration_of(batch_size=1))
    for email in ("a@example.org", "b@example.org"):
        world.crm.enter("customer", {**ADA, "email": email})
    world.erp.next_writes = [OUTAGE]

    world.poll()

    assert (world.erp.called("find"), world.erp.called("write")) == (1, 1)


def test_a_create_of_a_refused_system_parks_its_children_until_the_parent_stands() -> None:
    world = World()
    world.erp.next_writes = [REFUSED]
    c = world.crm.enter("customer", ADA)
    world.crm.enter("order", {"number": "1", "customer": Reference("crm", "customer", c), "status": "placed"})
    world.poll().later()

    parked = world.record("order").link("erp").parked
    assert parked is not None
    assert parked.reason == "what it refers to is parked there: name is too long"
    assert parked.parent == world.record().id


def test_a_child_that_waits_already_is_not_written_again_by_each_message() -> None:
    world = World()
    world.erp.next_writes = [LOST_REQUEST]
    c = world.crm.enter("customer", ADA)
    world.crm.enter("order", {"number": "1", "customer": Reference("crm", "customer", c), "status": "placed"})
    world.poll()
    child = world.record("order")
    assert child.waits_for == world.record().id

    deliver_changes(world.parts, [Delivery("erp", "order", child.id)])

    assert world.record("order") == child
