"""poll_changes: ask what changed since the cursor, queue it, then move the cursor (the sync rules, section 7.7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.core.errors import TryAgain
from shared.core.observations import Invalid
from shared.flows.poll_changes import PAGES_PER_RUN, poll_changes, start_polls
from shared.ports.messages import Poll
from shared.ports.stores import SystemState, SystemStatus
from tests.kit.partner import OUTAGE
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World

CUSTOMERS = Poll("crm", "customer")


def customers_only() -> World:
    return World(integration_of(rules_of(), every_seconds=300))


def test_everything_is_polled_at_first_and_then_when_its_time_has_come() -> None:
    world = customers_only()
    assert start_polls(world.parts) == 2
    for poll in world.messages.polls_queue:
        poll_changes(world.parts, poll)
    world.messages.polls_queue.clear()

    assert start_polls(world.parts) == 0
    assert world.messages.polls_queue == []
    assert start_polls(world.parts, now_all=True) == 2
    world.clock.go_on(300)
    assert start_polls(world.parts) == 2


def test_states_and_ids_are_queued_and_the_cursor_moves_behind_them() -> None:
    world = customers_only()
    there, gone, odd = (world.crm.enter("customer", {"name": name}) for name in "abc")
    world.crm.remove("customer", gone)
    world.crm.invalid["customer", odd] = Invalid(odd, "name", "not text")

    assert poll_changes(world.parts, CUSTOMERS) == 3

    queued = {each.thing.external_id: each.thing.observation is not None for each in world.messages.changes_queue}
    assert queued == {there: True, gone: False, odd: False}
    assert world.memory.states.cursor("crm", "customer") == ("4", world.clock.now() + timedelta(seconds=300))
    assert poll_changes(world.parts, CUSTOMERS) == 0


def test_the_cursor_does_not_move_before_the_page_is_queued() -> None:
    world = customers_only()
    world.crm.enter("customer", {"name": "a"})
    world.messages.broken = {"changes"}

    with pytest.raises(TryAgain):
        poll_changes(world.parts, CUSTOMERS)

    assert world.memory.states.cursor("crm", "customer") == (None, None)


def test_all_pages_are_taken_in_one_run_up_to_a_limit_and_the_rest_in_the_next() -> None:
    world = customers_only()
    world.crm.page_size = 1
    for number in range(PAGES_PER_RUN + 2):
        world.crm.enter("customer", {"name": str(number)})

    assert poll_changes(world.parts, CUSTOMERS) == PAGES_PER_RUN

    assert world.messages.polls_queue == [CUSTOMERS]
    assert poll_changes(world.parts, world.messages.polls_queue.pop()) == 2
    assert world.messages.polls_queue == []


def test_an_outage_leaves_the_cursor_and_slows_the_system() -> None:
    world = customers_only()
    world.crm.trouble = OUTAGE

    assert poll_changes(world.parts, CUSTOMERS) == 0

    assert world.memory.states.cursor("crm", "customer") == (None, world.clock.now())
    assert not world.memory.states.state("crm").may_call(world.clock.now())


@pytest.mark.parametrize("status", [SystemStatus.PAUSED, SystemStatus.TRIPPED])
def test_a_system_that_may_not_be_called_is_not_polled(status: SystemStatus) -> None:
    world = customers_only()
    world.memory.states.set_state("crm", SystemState(status, world.clock.now() + timedelta(hours=1)))

    assert poll_changes(world.parts, CUSTOMERS) == 0

    assert world.crm.calls == []


def test_what_takes_no_part_is_not_polled() -> None:
    world = customers_only()

    assert poll_changes(world.parts, Poll("crm", "order")) == 0
    assert poll_changes(world.parts, Poll("shop", "customer")) == 0


def test_a_tripped_system_that_answers_again_is_no_longer_tripped() -> None:
    world = customers_only()
    world.memory.states.set_state("crm", SystemState(SystemStatus.TRIPPED, world.clock.now(), "refused"))

    poll_changes(world.parts, CUSTOMERS)

    assert world.memory.states.state("crm") == SystemState()
