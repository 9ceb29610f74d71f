"""While a partner's quota is used: calls are not made, nothing is written, and it comes again by itself."""

from __future__ import annotations

from shared.core.observations import NO_BUDGET, Next, Trouble
from shared.core.retry import GRACE_SECONDS
from shared.core.stopping import SystemState
from shared.core.turns import Turn
from shared.flows.absorb_changes import absorb_changes
from shared.flows.deliver_changes import deliver_changes
from shared.flows.poll_changes import poll_changes
from shared.flows.reconcile import reconcile
from shared.flows.sweep_overdue import sweep_overdue
from shared.ports.messages import Delivery, Poll
from shared.ports.system import Hint
from tests.kit.messages import Queued
from tests.kit.world import World, in_step, renamed

USED = Trouble(Next.THROTTLED, NO_BUDGET, "the quota is used for now", wait_seconds=2.4, whole_system=True)


def to_be_renamed() -> tuple[World, list[Delivery]]:
    """Ada stands in both systems and was renamed in the crm; the erp is owed that."""
    world = in_step(World())
    deliveries = renamed(world)
    world.messages.take_deliveries()
    world.memory.records.stream.clear()
    world.messages.take_changes()
    return world, deliveries


def test_a_delivery_without_room_is_sent_again_and_nothing_is_written_or_called() -> None:
    world, deliveries = to_be_renamed()
    before, calls = world.record(), len(world.erp.calls)
    world.allowance.waits["erp"] = 2.1

    confirmed = deliver_changes(world.parts, deliveries)

    assert confirmed == 0
    assert world.messages.deliveries_queue == [Queued(deliveries[0], 3)]
    assert world.record() == before
    assert len(world.erp.calls) == calls
    assert world.telemetry.counts["CallsPutOff"] == 1
    assert "PartnerThrottled" not in world.telemetry.counts


def test_when_there_is_room_it_is_delivered() -> None:
    world, deliveries = to_be_renamed()
    world.allowance.waits["erp"] = 2.1
    deliver_changes(world.parts, deliveries)

    world.allowance.waits.clear()
    world.settle()

    assert world.agreed("customer", "name") == "Ada L."


def test_each_class_is_asked_for_by_itself_so_that_changes_go_before_a_load() -> None:
    world, deliveries = to_be_renamed()
    world.crm.enter("customer", {"name": "New", "email": "new@example.org", "phone": None})
    absorb_changes(world.parts, [Hint("crm", "customer", each) for each in world.crm.ids("customer")])
    (new,) = [each for each in world.records() if each.value("email") == "new@example.org"]
    world.allowance.waits["erp", Turn.LOAD] = 5.0

    deliver_changes(world.parts, [Delivery("erp", "customer", new.id), *deliveries])

    assert [queued.thing.record_id for queued in world.messages.deliveries_queue if queued.delay_seconds] == [new.id]
    assert (
        world.erp.shown("customer", world.record_of("crm", "customer", "crm-1").link("erp").external_id)["name"]
        == "Ada L."
    )


def test_what_owes_nothing_asks_for_no_room() -> None:
    world = in_step(World())
    world.allowance.asked.clear()

    deliver_changes(world.parts, [Delivery("erp", "customer", world.record().id)])

    assert world.allowance.asked == []


def test_a_write_that_found_no_room_any_more_is_no_attempt_and_comes_again() -> None:
    world, deliveries = to_be_renamed()
    world.erp.next_writes.append(USED)

    deliver_changes(world.parts, deliveries)

    link = world.link("erp")
    assert (link.intent, link.attempts, link.backoffs) == (None, 0, 0)
    assert world.messages.deliveries_queue == [Queued(deliveries[0], 3)]
    assert world.memory.states.state("erp") == SystemState()
    world.settle()
    assert world.agreed("customer", "name") == "Ada L."


def test_a_sweep_queues_nothing_for_which_there_is_no_room_but_asks_once_for_all() -> None:
    world = in_step(World(), "ada@example.org", "bob@example.org")
    renamed(world)
    world.memory.records.stream.clear()
    world.messages.take_deliveries()
    world.clock.go_on(100)
    world.allowance.waits["erp", Turn.CUSTOMERS] = 1.0

    assert sweep_overdue(world.parts).deliveries == 0
    assert world.allowance.peeked == [("erp", Turn.CUSTOMERS)]
    world.allowance.waits.clear()
    assert sweep_overdue(world.parts).deliveries == 2


def test_a_sweep_that_a_person_asked_for_takes_everything() -> None:
    world, _ = to_be_renamed()
    world.allowance.waits["erp"] = 1.0

    assert sweep_overdue(world.parts, early=True).deliveries == 1


def test_a_poll_comes_again_when_there_is_room_and_is_not_started_twice() -> None:
    world = in_step(World())
    cursor, _ = world.memory.states.cursor("crm", "customer")
    world.crm.trouble = USED

    poll_changes(world.parts, Poll("crm", "customer"))

    assert world.messages.polls_queue == [Poll("crm", "customer")]
    assert world.messages.delays[-1] == 3
    kept, due_at = world.memory.states.cursor("crm", "customer")
    assert kept == cursor
    assert due_at is not None
    assert (due_at - world.clock.now()).total_seconds() == 3 + GRACE_SECONDS


def test_a_comparison_goes_on_from_the_page_for_which_there_was_no_room() -> None:
    world = in_step(World())
    world.crm.trouble = USED

    reconcile(world.parts, Poll("crm", "customer", "run/crm/customer"))

    (rest,) = world.messages.reconciles_queue
    assert (rest.system, rest.page, rest.cursor) == ("crm", 0, None)
    assert world.messages.delays[-1] == 3
    world.crm.trouble = None
    world.settle()
    assert world.messages.reconciles_queue == []


def test_a_hint_comes_again_without_a_note() -> None:
    world = in_step(World())
    notes = dict(world.memory.identities.notes)
    world.crm.trouble = USED

    absorb_changes(world.parts, [Hint("crm", "customer", "crm-1")])

    assert world.messages.changes_queue == [Queued(Hint("crm", "customer", "crm-1"), 3)]
    assert world.memory.identities.notes == notes
    assert world.telemetry.counts["CallsPutOff"] == 1


def test_a_wait_that_nobody_can_tell_is_a_second_and_a_queue_takes_no_longer_one_than_it_can() -> None:
    world, deliveries = to_be_renamed()
    for wait, delay in ((None, 1), (5000.0, 900)):
        world.erp.next_writes.append(Trouble(Next.THROTTLED, NO_BUDGET, wait_seconds=wait, whole_system=True))
        deliver_changes(world.parts, deliveries)
        assert world.messages.deliveries_queue.pop().delay_seconds == delay


def test_a_create_whose_key_cannot_be_asked_for_elsewhere_for_want_of_room_waits() -> None:
    """The erp shows a customer of that e-mail; whether the crm still shows it cannot be asked, so nothing is linked."""
    world = World()
    world.erp.enter("customer", {"name": "Ada", "email": "ada@example.org", "phone": None})
    world.crm.enter("customer", {"name": "Ada", "email": "ada@example.org", "phone": None})
    absorb_changes(world.parts, [Hint("crm", "customer", each) for each in world.crm.ids("customer")])
    world.crm.trouble = USED

    deliver_changes(world.parts, [Delivery("erp", "customer", world.record().id)])

    assert world.link("erp").external_id is None
    assert len(world.erp.ids("customer")) == 1
    world.crm.trouble = None
    world.later().later(300)
    assert world.link("erp").external_id == world.erp.ids("customer")[0]
