"""sweep_overdue: heals any lost message (the sync rules, sections 7.1, 7.3 and 7.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.observations import Next, Trouble
from shared.flows.absorb_changes import absorb_changes
from shared.flows.operating.stopping import resume
from shared.flows.sweep_overdue import Swept, sweep_overdue
from shared.ports.messages import Delivery
from shared.ports.stores import SystemState, SystemStatus
from shared.ports.system import Hint
from tests.kit.partner import LOST_REQUEST, OUTAGE
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World

ADA = {"name": "Ada", "email": "ada@example.org", "phone": None}
RETRYABLE = Trouble(Next.RETRYABLE, "500")
PAUSED = SystemState(SystemStatus.PAUSED)


def owing(world: World | None = None) -> World:
    """Ada was renamed in the crm; every message about it was lost."""
    world = world or World()
    c = world.crm.enter("customer", ADA)
    world.poll()
    world.crm.edit("customer", c, {"name": "Ada L."})
    absorb_changes(world.parts, [Hint("crm", "customer", c)])
    world.memory.records.stream.clear()
    return world


def test_dropping_every_message_gives_the_same_final_state_later() -> None:
    world = owing()

    world.later(61)

    assert world.agreed("customer", "name") == "Ada L."
    assert world.record().due_at is None


@pytest.mark.parametrize("early", [False, True])
def test_what_is_owed_no_more_since_the_settings_changed_is_no_longer_due(early: bool) -> None:
    """Simulation, seed 439: a field that was owed left the mapping; its due time came again in every sweep."""
    world = owing()
    fewer = {"takes": frozenset({"email"}), "carries": frozenset({"email"})}
    customers = rules_of(erp=fewer, version="r2")
    world.parts = replace(world.parts, integration=integration_of(customers, rules_of("product"), rules_of("order")))
    world.clock.go_on(100)

    swept = sweep_overdue(world.parts, early=early)

    assert swept.deliveries == 0
    assert world.record().due_at is None


def test_what_is_not_due_yet_is_left_to_the_stream() -> None:
    assert sweep_overdue(owing().parts) == Swept(0, 0, 0, 0.0)


def test_a_sweep_tells_what_is_parked_and_how_long_the_oldest_has_been_owed() -> None:
    world = owing()
    world.clock.go_on(100)

    swept = sweep_overdue(world.parts)

    assert swept == Swept(1, 0, 0, 100.0)
    assert world.telemetry.seconds["OldestOwedSeconds"] == pytest.approx(100.0)
    assert world.telemetry.counts["RecordsParked"] == 0


def test_an_early_sweep_takes_what_is_not_due_but_neither_leased_nor_backing_off() -> None:
    world = owing()

    swept = sweep_overdue(world.parts, early=True)

    assert swept.deliveries == 1
    assert [queued.thing for queued in world.messages.deliveries_queue] == [
        Delivery("erp", "customer", world.record().id)
    ]


@pytest.mark.parametrize("script", [LOST_REQUEST, RETRYABLE])
def test_an_early_sweep_leaves_leases_and_back_offs_alone(script: str | Trouble) -> None:
    world = owing()
    world.erp.next_writes = [script]
    sweep_overdue(world.parts, early=True)
    world.settle()

    assert sweep_overdue(world.parts, early=True).deliveries == 0


def test_a_pause_costs_one_write_per_record_and_a_resume_is_a_sweep() -> None:
    world = owing()
    world.memory.states.set_state("erp", PAUSED)
    world.later(61)
    writes = world.memory.records.writes
    world.later(61, times=5)
    assert world.memory.records.writes == writes
    assert world.erp.shown("customer")["name"] == "Ada"

    resume(world.parts, "erp", None)
    world.later(1)

    assert world.agreed("customer", "name") == "Ada L."


def test_what_had_failed_before_a_pause_is_taken_by_the_resume_too() -> None:
    """The pause moved its due time a day away: that is no back-off."""
    world = owing()
    world.erp.next_writes = [RETRYABLE]
    sweep_overdue(world.parts, early=True)
    world.settle()
    world.memory.states.set_state("erp", PAUSED)
    world.later(61)

    resume(world.parts, "erp", None)
    world.later(1)

    assert world.agreed("customer", "name") == "Ada L."


def test_an_intent_that_ran_out_during_a_pause_is_not_written_each_minute() -> None:
    world = owing()
    world.erp.next_writes = [LOST_REQUEST]
    sweep_overdue(world.parts, early=True)
    world.settle()
    world.memory.states.set_state("erp", PAUSED)
    world.later(61)
    writes = world.memory.records.writes

    world.later(61, times=5)

    assert world.memory.records.writes == writes
    assert world.memory.records.due(world.clock.now(), 10) == [], "nor read each minute"
    resume(world.parts, "erp", None)
    assert world.later(1).agreed("customer", "name") == "Ada L."


def test_a_tripped_system_is_never_called_and_goes_on_by_itself() -> None:
    world = owing()
    calls = len(world.erp.calls)
    until = world.clock.now() + timedelta(seconds=600)
    world.memory.states.set_state("erp", SystemState(SystemStatus.TRIPPED, until, "401"))
    world.later(61, times=5).poll()
    assert len(world.erp.calls) == calls

    world.later(400)
    assert len(world.erp.calls) == calls, "only a poll may probe"
    world.poll().later(1)

    assert world.agreed("customer", "name") == "Ada L."


def test_a_waiting_hint_is_queued_again_when_its_time_has_come() -> None:
    world = World()
    c = world.crm.enter("customer", ADA)
    world.crm.trouble = OUTAGE
    world.messages.changes_queue.clear()
    absorb_changes(world.parts, [Hint("crm", "customer", c)])
    world.messages.changes_queue.clear()
    assert sweep_overdue(world.parts).hints == 0

    assert sweep_overdue(world.parts, early=True).hints == 1


def test_records_of_an_entity_that_takes_no_part_are_left_alone() -> None:
    world = owing()
    world.clock.go_on(100)
    orders = World(integration_of(rules_of("order")))
    parts = replace(world.parts, integration=orders.integration)

    assert sweep_overdue(parts).deliveries == 0


def test_what_is_parked_is_counted_with_partner_records_that_have_no_record() -> None:
    world = World(integration_of(rules_of(creators=frozenset({"crm"}))))
    world.erp.enter("customer", ADA)
    world.poll()

    assert sweep_overdue(world.parts).parked == 1
