"""A stop is free and unlimited, and what it kept drains in order of turn (the sync rules, section 7.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.core.stopping import SystemState, SystemStatus, is_set_aside
from shared.core.values import Reference
from shared.flows.absorb_changes import absorb_changes
from shared.flows.deliver_changes import deliver_changes
from shared.flows.draining import Drained, Pace, drain
from shared.flows.operating.stopping import pause, resume
from shared.flows.poll_changes import start_polls
from shared.flows.reconcile import start_reconcile
from shared.flows.sweep_overdue import sweep_overdue
from shared.ports.messages import Delivery
from shared.ports.stopping import Drain
from shared.ports.system import Hint
from tests.kit.world import World

MINUTES_A_DAY = 24 * 60
CUSTOMERS = 12


def company() -> World:
    """Customers, a product and orders, in step in both systems."""
    world = World()
    for number in range(CUSTOMERS):
        c = world.crm.enter("customer", {"name": f"C{number}", "email": f"c{number}@example.org", "phone": "0"})
        order = {"number": f"O{number}", "customer": Reference("crm", "customer", c), "status": "placed"}
        world.crm.enter("order", {**order, "total": Decimal(0)})
    world.poll()
    world.later(70, times=3)
    return world


def pass_days(world: World, days: int, edits_a_day: int, edit: Callable[[int], None]) -> None:
    """Let days pass by the minute: polls, sweeps, and edits spread over the day."""
    for minute in range(days * MINUTES_A_DAY):
        if minute % (MINUTES_A_DAY // edits_a_day) == 0:
            edit(minute)
        world.clock.go_on(60)
        start_polls(world.parts)
        sweep_overdue(world.parts)
        world.settle()


def stored(world: World) -> dict[str, int]:
    """How many characters each store and queue takes, but for the history of edits."""
    memory, queues = world.memory, world.messages
    things = {
        "records": memory.records.held,
        "identities": (memory.identities.holding, memory.identities.notes, memory.identities.creates),
        "states": (memory.states.states, memory.states.listings, memory.stopping.kept, memory.stopping.spent),
        "queues": (queues.changes_queue, queues.deliveries_queue, queues.polls_queue),
    }
    return {name: len(repr(thing)) for name, thing in things.items()}


def paused_for(days: int, edits_a_day: int) -> World:
    """The erp is paused, and some customers and orders are edited in the crm as often as told, each day."""
    world = company()
    pause(world.parts, "erp", None, "migration")

    def edit(minute: int) -> None:
        for name in world.crm.ids("customer")[:4]:
            world.crm.edit("customer", name, {"phone": f"{minute:06}"})
        for name in world.crm.ids("order")[:4]:
            world.crm.edit("order", name, {"total": Decimal(100_000 + minute)})

    pass_days(world, days, edits_a_day, edit)
    return world


@pytest.mark.slow
def test_thirty_days_of_pause_cost_storage_for_the_changed_records_only() -> None:
    one_day, busy = paused_for(1, 1), paused_for(30, 5)

    for name, size in stored(busy).items():
        assert size == pytest.approx(stored(one_day)[name], rel=0.03, abs=100), name
    assert not busy.messages.deliveries_queue


@pytest.mark.slow
def test_the_history_grows_by_the_edits_and_by_one_entry_per_record_however_long_the_pause_is() -> None:
    world = paused_for(30, 5)

    operations = [entry.cause.operation for entry in world.memory.ledger.entries.values()]

    assert operations.count("postpone") == 8
    assert operations.count("absorb") == 2 * CUSTOMERS + 8 * 30 * 5
    assert len(world.erp.calls) == len(company().erp.calls)


@pytest.mark.slow
def test_a_sweep_in_a_long_pause_reads_and_writes_nothing() -> None:
    world = paused_for(30, 1)
    writes = world.memory.records.writes

    for _ in range(60):
        world.clock.go_on(60)
        assert (swept := sweep_overdue(world.parts)).deliveries == swept.hints == 0

    assert world.memory.records.writes == writes
    assert world.telemetry.seconds["OldestOwedSeconds"] == 0.0


@pytest.mark.slow
def test_after_thirty_days_a_resume_brings_everything_in_step() -> None:
    world = paused_for(30, 2)

    resume(world.parts, "erp", None)
    world.later(60, times=3)

    for record in world.memory.records.held.values():
        for path in ("phone", "total"):
            shown = world.erp.shown(record.entity, record.link("erp").external_id).get(path)
            assert shown == record.value(path)
    assert world.memory.stopping.drain() is None
    assert all(record.due_at is None for record in world.memory.records.held.values())


def test_a_resume_drains_orders_then_customers_then_stock_then_the_load() -> None:
    world = company()
    p = world.erp.enter("product", {"sku": "P1", "name": "Chair", "price": Decimal(10)})
    world.poll()
    pause(world.parts, "crm", None, "")
    pause(world.parts, "erp", None, "")
    resume(world.parts, "crm", None)
    owe(world, p)

    order = drained(world)

    assert order == ["order", "customer", "customer"]
    assert [name for name in world.messages.deliveries_queue if name.thing.entity == "product"] == []


def owe(world: World, _: str) -> None:
    """An order and a customer are edited, a customer is entered, in the crm; each is swept in the other order."""
    c = world.crm.enter("customer", {"name": "New", "email": "new@example.org", "phone": None})
    absorb_changes(world.parts, [Hint("crm", "customer", c)])
    world.later(70)
    world.crm.edit("customer", world.crm.ids("customer")[0], {"phone": "1"})
    world.hint("crm", "customer", world.crm.ids("customer")[0]).later(70)
    world.crm.edit("order", world.crm.ids("order")[0], {"total": Decimal(5)})
    world.hint("crm", "order", world.crm.ids("order")[0]).later(70)


def drained(world: World) -> list[str]:
    """Resume the erp and sweep once; return the entities of what is queued, in order."""
    world.messages.deliveries_queue.clear()
    resume(world.parts, "erp", None)
    sweep_overdue(world.parts)
    return [queued.thing.entity for queued in world.messages.deliveries_queue]


def test_an_order_takes_its_new_customer_along() -> None:
    world = company()
    pause(world.parts, "erp", None, "")
    c = world.crm.enter("customer", {"name": "New", "email": "new@example.org", "phone": None})
    for name in world.crm.ids("customer")[:2]:
        world.crm.edit("customer", name, {"phone": "7"})
    world.crm.enter("order", {"number": "N1", "customer": Reference("crm", "customer", c), "status": "placed"})
    world.poll().later(70)

    order = drained(world)

    assert order == ["customer", "order", "customer", "customer"]
    world.settle()
    assert "N1" in {world.erp.shown("order", name)["number"] for name in world.erp.ids("order")}


def test_a_long_drain_goes_on_where_the_last_sweep_ended_and_begins_anew_until_nothing_is_found() -> None:
    world = company()
    pause(world.parts, "erp", None, "")
    for name in world.crm.ids("customer"):
        world.crm.edit("customer", name, {"phone": "7"})
    world.poll().later(70)
    resume(world.parts, "erp", None)

    sent = []
    for _ in range(6):
        stops = {system: world.parts.states.stops(system) for system in world.integration.systems}
        sent.append(drain(world.parts, stops, Pace(page=3, looks=2, at_most=5)).deliveries)
        world.settle()

    assert sent == [6, 6, 0, 0, 0, 0]
    assert world.memory.stopping.drain() is None


def test_a_drain_whose_messages_are_lost_begins_anew() -> None:
    world = company()
    pause(world.parts, "erp", None, "")
    name = world.crm.ids("customer")[0]
    world.crm.edit("customer", name, {"phone": "7"})
    world.poll().later(70)
    resume(world.parts, "erp", None)
    sweep_overdue(world.parts)
    world.messages.deliveries_queue.clear()

    world.later(1)

    record = world.record_of("crm", "customer", name)
    assert world.erp.shown("customer", str(record.link("erp").external_id))["phone"] == "7"


def test_a_sweep_looks_at_so_many_pages_and_no_more() -> None:
    world = company()
    pause(world.parts, "erp", None, "")
    for name in world.crm.ids("customer"):
        world.crm.edit("customer", name, {"phone": "7"})
    world.poll().later(70)
    resume(world.parts, "erp", None)
    stops = {system: world.parts.states.stops(system) for system in world.integration.systems}

    assert drain(world.parts, stops, Pace(page=2, looks=3, at_most=1000)).deliveries == 6


def test_an_order_of_a_customer_that_stands_there_takes_nobody_along() -> None:
    world = company()
    pause(world.parts, "erp", None, "")
    customer = Reference("crm", "customer", world.crm.ids("customer")[0])
    world.crm.enter("order", {"number": "N1", "customer": customer, "status": "placed"})
    world.poll().later(70)

    assert drained(world) == ["order"]


def test_what_still_waits_for_another_stop_is_passed_over() -> None:
    world = company()
    for system in ("erp", "crm"):
        pause(world.parts, system, None, "")
    record = next(each for each in world.records("customer"))
    world.erp.edit("customer", str(record.link("erp").external_id), {"phone": "7"})
    resume(world.parts, "erp", None)
    world.poll().later(70)
    assert is_set_aside(world.memory.records.held[record.id].link("crm").due_at)

    resume(world.parts, "erp", None)
    world.later(1, times=3)

    assert world.memory.stopping.drain() is None
    assert is_set_aside(world.memory.records.held[record.id].link("crm").due_at)
    resume(world.parts, "crm", None)
    world.later(1)
    assert world.crm.shown("customer", str(record.link("crm").external_id))["phone"] == "7"


def swept(world: World, pace: Pace) -> Drained:
    """Let one sweep of this pace drain, then let what it queued run."""
    sent = drain(world.parts, {system: world.parts.states.stops(system) for system in world.integration.systems}, pace)
    world.settle()
    return sent


def shown_while_paused(world: World, system: str, entity: str, count: int) -> None:
    """A paused system brings hints of some records, a second or more apart; each is noted."""
    partner = world.systems.partners[system]
    for name in partner.ids(entity)[:count]:
        partner.edit(entity, name, {"phone": "7"} if entity == "customer" else {"total": Decimal(7)})
        world.hint(system, entity, name)


def test_a_note_of_a_system_that_is_still_paused_or_takes_part_no_more_is_passed_over_and_the_drain_ends() -> None:
    world = company()
    pause(world.parts, "crm", None, "")
    shown_while_paused(world, "crm", "customer", 1)
    calls = len(world.crm.calls)

    for stops in ({}, {"crm": world.parts.states.stops("crm")}):
        world.parts.stopping.begin_drain("walk")

        assert drain(world.parts, stops) == Drained()
        assert world.memory.stopping.drain() is None

    assert not world.messages.changes_queue
    assert len(world.crm.calls) == calls


def test_what_may_go_is_reached_behind_pages_of_notes_that_still_wait_for_another_stop() -> None:
    world = company()
    pause(world.parts, "crm", None, "")
    pause(world.parts, "erp", None, "")
    shown_while_paused(world, "crm", "customer", 5)
    shown_while_paused(world, "erp", "customer", 1)
    resume(world.parts, "erp", None)

    sent = [swept(world, Pace(page=2, looks=1)).hints for _ in range(3)]

    assert sent == [0, 0, 1]


def test_a_record_that_came_due_after_the_end_of_a_page_of_notes_is_sent_in_its_turn_and_once() -> None:
    world = company()
    pause(world.parts, "erp", None, "")
    world.crm.edit("customer", world.crm.ids("customer")[0], {"phone": "7"})
    world.poll().later(70)
    pause(world.parts, "crm", None, "")
    shown_while_paused(world, "crm", "order", 2)
    resume(world.parts, "crm", None)
    resume(world.parts, "erp", None)

    sent = [swept(world, Pace(page=1, looks=1)) for _ in range(3)]

    assert sent == [Drained(0, 1), Drained(0, 1), Drained(1, 0)]


def test_a_paused_entity_waits_alone() -> None:
    world = company()
    pause(world.parts, "erp", "customer", "")
    for entity, change in (("customer", {"phone": "7"}), ("order", {"total": Decimal(9)})):
        world.crm.edit(entity, world.crm.ids(entity)[0], change)
    world.poll().later(70)

    assert {world.erp.shown("order", name).get("total") for name in world.erp.ids("order")} == {0, 9}
    assert {world.erp.shown("customer", name).get("phone") for name in world.erp.ids("customer")} == {"0"}

    resume(world.parts, "erp", "customer")
    world.later(1)
    assert {world.erp.shown("customer", name).get("phone") for name in world.erp.ids("customer")} == {"0", "7"}


def test_nothing_that_a_paused_system_shows_is_taken_and_each_id_is_noted_once() -> None:
    world = company()
    pause(world.parts, "crm", None, "")
    name = world.crm.ids("customer")[0]
    for number in range(5):
        world.crm.edit("customer", name, {"phone": str(number)})
        world.hint("crm", "customer", name)
        world.clock.go_on(600)
    world.poll()
    assert len(world.memory.identities.notes) == 1
    assert {record.value("phone") for record in world.records("customer")} == {"0"}

    resume(world.parts, "crm", None)
    world.later(1)

    assert {record.value("phone") for record in world.records("customer")} == {"0", "4"}
    assert not world.memory.identities.notes
    world.later(1, times=2)
    assert world.memory.stopping.drain() is None


def test_a_paused_system_is_not_even_asked_to_be_polled() -> None:
    world = company()
    pause(world.parts, "crm", "order", "")

    start_polls(world.parts, now_all=True)

    asked = {(poll.system, poll.entity) for poll in world.messages.polls_queue}
    assert asked == set(world.integration.pairs()) - {("crm", "order")}


def test_a_child_whose_parent_is_paused_waits_without_a_message_and_comes_with_the_drain() -> None:
    world = company()
    pause(world.parts, "crm", "customer", "")
    c = world.crm.enter("customer", {"name": "New", "email": "new@example.org", "phone": None})
    o = world.crm.enter("order", {"number": "N1", "customer": Reference("crm", "customer", c), "status": "placed"})
    absorb_changes(world.parts, [Hint("crm", "order", o)])
    assert not world.messages.changes_queue

    resume(world.parts, "crm", "customer")
    world.later(1)
    world.later(3700)

    assert "N1" in {record.value("number") for record in world.records("order")}


def test_a_new_record_that_must_be_compared_with_a_paused_system_waits_without_a_message() -> None:
    world = company()
    pause(world.parts, "erp", None, "")
    known = next(each for each in world.records("customer"))
    world.crm.edit("customer", str(known.link("crm").external_id), {"email": "moved@example.org"})
    twin = world.crm.enter("customer", {"name": "Twin", "email": known.value("email"), "phone": None})
    absorb_changes(world.parts, [Hint("crm", "customer", twin)])

    assert not world.messages.changes_queue
    resume(world.parts, "erp", None)
    world.later(3700).later(70)

    assert len(world.records("customer")) == CUSTOMERS + 1


def test_a_child_that_waits_for_its_parent_goes_on_waiting_after_a_resume() -> None:
    """Its due time was set aside; waiting for the parent is decided anew, so that the drain can end."""
    world = company()
    order = world.records("order")[0]
    waiting = replace(order.link("erp"), waits_for=str(order.value("customer")), due_at=world.clock.now())
    customer = world.memory.records.held[str(order.value("customer"))]
    empty = replace(customer.link("erp"), external_id=None, state=type(waiting.state).EMPTY, due_at=None)
    world.put(customer.with_link("erp", empty))
    pause(world.parts, "erp", None, "")
    world.put(order.with_link("erp", replace(empty, waits_for=customer.id, due_at=world.clock.now())))
    record = world.memory.records.held[order.id]
    world.memory.records._due[order.id] = world.clock.now()
    sweep_overdue(world.parts)
    assert is_set_aside(world.memory.records.held[record.id].link("erp").due_at)

    world.memory.states.set_state("erp", SystemState())
    deliver_changes(world.parts, [Delivery("erp", "order", order.id)])

    due_at = world.memory.records.held[order.id].link("erp").due_at
    assert due_at is not None
    assert due_at < world.clock.now() + timedelta(hours=1)


def test_a_reconcile_walks_through_what_is_set_aside_in_case_a_drain_was_lost() -> None:
    world = company()

    start_reconcile(world.parts)

    assert isinstance(world.memory.stopping.drain(), Drain)


def test_a_slow_system_is_waited_for_without_a_write_if_it_asks_for_little() -> None:
    world = company()
    world.crm.edit("customer", world.crm.ids("customer")[0], {"phone": "7"})
    absorb_changes(world.parts, [Hint("crm", "customer", world.crm.ids("customer")[0])])
    world.memory.records.stream.clear()
    world.clock.go_on(100)
    for seconds, writes in ((30, 0), (3600, 1)):
        until = world.clock.now() + timedelta(seconds=seconds)
        world.memory.states.set_state("erp", SystemState(SystemStatus.RUNNING, until, "429"))
        before = world.memory.records.writes

        sweep_overdue(world.parts)

        assert world.memory.records.writes - before == writes


def test_what_is_set_aside_and_owed_no_more_since_other_settings_came_ends_with_the_stop() -> None:
    """Simulation, seed 312523: a phone was owed to the paused ERP, which then lost that field; it waited for ever."""
    world = World()
    c = world.crm.enter("customer", {"name": "Ada", "email": "a@example.org", "phone": "0"})
    world.poll()
    pause(world.parts, "erp", None, "operator")
    world.crm.edit("customer", c, {"phone": "1"})
    world.hint("crm", "customer", c).later(70)
    assert is_set_aside(world.record().due_at)
    without_phone(world)

    resume(world.parts, "erp", None)
    sweep_overdue(world.parts)

    assert world.messages.deliveries_queue == []
    world.settle()
    assert world.record().due_at is None
    assert world.link("erp").due_at is None


def without_phone(world: World) -> None:
    rules = world.integration.rules("customer")
    erp = rules.systems["erp"]
    fewer = replace(erp, carries=erp.carries - {"phone"}, takes=erp.takes - {"phone"})
    changed = replace(rules, version="r2", systems={**rules.systems, "erp": fewer})
    entities = {**world.integration.entities, "customer": changed}
    world.parts = replace(world.parts, integration=replace(world.integration, entities=entities))
