"""The answer of a write, lost writes, and ids that another record holds (the sync rules, section 6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.core.decisions import Decision, Verdict
from shared.core.keys import id_key
from shared.core.observations import Next, Trouble
from shared.core.records import Record
from shared.flows.deliver_changes import deliver_changes
from shared.ports.stores import Holder
from shared.ports.system import Hint
from tests.kit.busy import Busy
from tests.kit.merging import agreed
from tests.kit.partner import OUTAGE
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step, renamed

ADA = {"name": "Ada", "email": "ada@example.org", "phone": None}
REFUSED = Trouble(Next.PERMANENT, "422", "name is too long", field="name")
BUSY = Trouble(Next.RETRYABLE, "500")


@pytest.mark.parametrize("shows", ["nothing", "trouble"])
def test_an_answer_of_only_an_id_that_cannot_be_read_back_leaves_a_hint(shows: str) -> None:
    world = in_step(World(erp={"answers": "id"}))
    (e,) = world.erp.ids("customer")
    deliveries = renamed(world)
    if shows == "nothing":
        world.erp.before["fetch"] = [lambda: world.erp.remove("customer", e)]
    else:
        world.erp.before["fetch"] = [lambda: setattr(world.erp, "trouble", OUTAGE)]

    assert deliver_changes(world.parts, deliveries) == 1

    assert [queued.thing for queued in world.messages.changes_queue] == [Hint("erp", "customer", e)]


def delivered_while(when: str, times: int = 1, **erp: Any) -> tuple[World, int]:
    world = in_step(World(erp=erp))
    deliveries = renamed(world)
    parts = replace(world.parts, records=Busy(world, when, times))
    return world, deliver_changes(parts, deliveries)


def test_a_lost_confirm_is_read_and_applied_again() -> None:
    world, confirmed = delivered_while("confirm")

    assert confirmed == 1
    assert world.agreed("customer", "name") == "Ada L."
    assert world.link("erp").intent is None


def test_a_confirm_that_is_lost_each_time_is_left_to_a_hint_and_the_lease() -> None:
    world, confirmed = delivered_while("confirm", 99)

    assert confirmed == 0
    assert len(world.messages.changes_queue) == 1
    assert world.later(61).agreed("customer", "name") == "Ada L."


def test_who_loses_the_intent_tries_once_more_and_then_leaves_the_record_alone() -> None:
    world, confirmed = delivered_while("intent")
    assert confirmed == 1

    world, confirmed = delivered_while("intent", 99)
    assert (confirmed, world.erp.called("write")) == (0, 1)


def test_a_look_that_loses_its_write_sends_nothing() -> None:
    world = in_step(World(erp={"is_exact": False}))
    deliveries = renamed(world)
    world.erp.edit("customer", world.erp.ids("customer")[0], {"phone": "1"})
    writes = world.erp.called("write")

    deliver_changes(replace(world.parts, records=Busy(world, "absorb")), deliveries)

    assert world.erp.called("write") == writes
    assert world.later(61).agreed("customer", "phone") == "1"


def test_a_look_that_leaves_nothing_to_send_ends_the_delivery() -> None:
    world = in_step(World(erp={"is_exact": False}))
    deliveries = renamed(world)
    world.erp.edit("customer", world.erp.ids("customer")[0], {"name": "Ada L."})
    writes = world.erp.called("write")

    deliver_changes(world.parts, deliveries)

    assert world.erp.called("write") == writes
    assert (world.link("erp").intent, world.record().due_at) == (None, None)


def test_an_answer_to_an_intent_that_a_look_has_closed_is_only_a_hint() -> None:
    """The lease ended while the partner was busy; another worker looked, and the answer comes after all."""
    world = in_step(World())
    deliveries = renamed(world)

    def another_worker() -> None:
        world.clock.go_on(61)
        deliver_changes(world.parts, deliveries)

    world.erp.before["write"] = [another_worker]
    deliver_changes(world.parts, deliveries)

    assert Hint("erp", "customer", world.erp.ids("customer")[0]) in [q.thing for q in world.messages.changes_queue]
    assert world.settle().later(61).agreed("customer", "name") == "Ada L."


def taken_by_another(world: World, **more: Any) -> Record:
    """While the create of Ada is under way, another record takes what it makes in the erp."""
    other = replace(agreed({"name": "Other"}, systems=()), id="other", **more)
    world.memory.records.held["other"] = other

    def take() -> None:
        world.memory.identities.holding[id_key("erp", "customer", "erp-1")] = Holder("other")

    world.erp.before["write"] = [take]
    return other


def test_a_create_whose_id_another_record_holds_parks_both_as_suspected_duplicates() -> None:
    world = World()
    taken_by_another(world)
    c = world.crm.enter("customer", ADA)

    world.hint("crm", "customer", c)

    record = world.record_of("crm", "customer", c)
    parked = record.link("erp").parked
    assert parked is not None
    assert (parked.code, parked.candidates) == ("duplicate", ("other",))
    named: list[Decision] = world.decisions(Verdict.DUPLICATE)
    assert {decision.because for decision in named} == {
        "record other holds erp-1 there",
        f"record {record.id} was created as erp-1 too",
    }
    assert record.link("erp").intent is None


def test_a_holder_that_has_no_record_is_still_named() -> None:
    world = World()
    taken_by_another(world)
    del world.memory.records.held["other"]
    c = world.crm.enter("customer", ADA)

    world.hint("crm", "customer", c)

    assert world.record().link("erp").parked is not None


def test_a_look_that_fails_before_a_create_creates_nothing_and_leaves_it_owed() -> None:
    world = World()
    world.crm.enter("customer", {"name": "Ada", "email": "ada@example.org"})
    world.erp.before["find"] = [lambda: setattr(world.erp, "trouble", OUTAGE)]

    world.poll()

    assert world.erp.ids("customer") == []
    assert world.link("erp").intent is None
    world.erp.trouble = None
    world.later(70, times=3)
    assert len(world.erp.ids("customer")) == 1


def test_what_a_look_before_a_write_shows_is_no_echo_of_that_write() -> None:
    """Simulation, seed 300499: the owner had put the very value that was about to be sent; it counts as the owner's."""
    world = in_step(World(integration_of(rules_of(owner="erp", erp={"exact": False}))))
    (e,), deliveries = world.erp.ids("customer"), renamed(world)
    world.erp.edit("customer", e, {"name": "Ada L."})

    deliver_changes(world.parts, deliveries)

    assert world.agreed("customer", "name") == "Ada L."
    assert world.record().fields["name"].by == "erp"
    assert world.erp.called("write") == 1  # the create
