"""absorb_changes: hints become observations, one write per record; failures stay with their record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.keys import id_key
from shared.core.observations import Invalid, Observation, Revision
from shared.core.records import Record
from shared.core.retry import ATTEMPTS
from shared.core.values import Reference
from shared.flows.absorb_changes import ROUNDS, absorb_changes
from shared.ports.stores import NoteKind
from shared.ports.system import Hint
from tests.kit.busy import Busy
from tests.kit.partner import OUTAGE
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World

ADA = {"name": "Ada", "email": "ada@example.org", "phone": None}


def hint(external_id: str, system: str = "crm", entity: str = "customer", state: Observation | None = None) -> Hint:
    return Hint(system, entity, external_id, state)


def message(world: World, external_id: str, **changes: Any) -> Observation:
    return replace(world.crm.state("customer", external_id), **changes)


def in_step(world: World) -> str:
    c = world.crm.enter("customer", ADA)
    world.poll()
    return c


def test_a_batch_is_fetched_in_bulk_and_grouped_per_record() -> None:
    world = World()
    ids = [world.crm.enter("customer", {**ADA, "email": f"{n}@example.org"}) for n in range(5)]

    written = absorb_changes(world.parts, [hint(each) for each in [*ids, *ids]])

    assert written == 5
    assert world.crm.calls == [("fetch", 5)]
    assert world.telemetry.counts["ChangesAbsorbed"] == 5


def test_a_fetch_is_cut_into_the_partners_bulk_size() -> None:
    world = World(integration_of(fetch_size=2))
    ids = [world.crm.enter("customer", {**ADA, "email": f"{n}@example.org"}) for n in range(5)]

    absorb_changes(world.parts, [hint(each) for each in ids])

    assert world.crm.calls == [("fetch", 2), ("fetch", 2), ("fetch", 1)]


def test_an_echo_ends_without_a_call_and_without_a_write() -> None:
    world = World()
    c = in_step(world)
    calls, writes = len(world.crm.calls), world.memory.records.writes

    assert absorb_changes(world.parts, [hint(c, state=message(world, c))]) == 0

    assert (len(world.crm.calls), world.memory.records.writes) == (calls, writes)
    assert "ChangesAbsorbed" not in world.telemetry.counts or world.telemetry.counts["ChangesAbsorbed"] == 1


def test_a_state_whose_revision_proves_it_newer_is_merged_without_a_call() -> None:
    world = World()
    c = in_step(world)
    world.crm.edit("customer", c, {"name": "Ada L."})
    calls = len(world.crm.calls)

    assert absorb_changes(world.parts, [hint(c, state=message(world, c))]) == 1

    assert len(world.crm.calls) == calls
    assert world.record().value("name") == "Ada L."


def test_of_several_believable_states_the_newest_is_merged() -> None:
    world = World()
    c = in_step(world)
    older = message(world, c, revision=Revision("50", 50, exact=True))
    newer = message(world, c, revision=Revision("51", 51, exact=True), fields={**older.fields, "name": "Newest"})

    absorb_changes(world.parts, [hint(c, state=newer), hint(c, state=older)])

    assert world.record().value("name") == "Newest"


def test_a_state_that_proves_nothing_is_only_a_hint() -> None:
    world = World()
    c = in_step(world)
    lie = message(world, c, fields={"name": "old"}, revision=None)

    absorb_changes(world.parts, [hint(c, state=lie)])

    assert world.record().value("name") == "Ada"


def test_messages_of_systems_and_entities_that_take_no_part_are_dropped() -> None:
    world = World()

    assert absorb_changes(world.parts, [hint("1", system="shop"), hint("1", entity="stock")]) == 0


def test_a_deleted_record_that_nobody_knows_is_nothing() -> None:
    world = World()

    assert absorb_changes(world.parts, [hint("crm-77")]) == 0

    assert world.memory.identities.notes == {}


# ── failures ──


def test_what_could_not_be_fetched_is_noted_first_and_sent_again_later_and_the_note_goes_with_success() -> None:
    world = World()
    c = world.crm.enter("customer", ADA)
    world.crm.trouble = OUTAGE

    absorb_changes(world.parts, [hint(c)])

    (note,) = world.memory.identities.notes.values()
    assert (note.kind, note.reason, note.attempts) == (NoteKind.WAITING, "503", 1)
    assert note.due_at is not None
    assert note.due_at >= world.clock.now() + timedelta(seconds=60)
    (queued,) = world.messages.changes_queue
    assert 0 < queued.delay_seconds <= 900
    world.crm.trouble = None
    world.clock.go_on(60)
    world.settle()
    assert world.memory.identities.notes == {}
    assert world.record().value("name") == "Ada"


def test_a_lost_message_of_a_waiting_hint_is_found_by_the_sweep() -> None:
    world = World()
    c = world.crm.enter("customer", ADA)
    world.crm.trouble = OUTAGE
    absorb_changes(world.parts, [hint(c)])
    world.messages.take_changes()
    world.crm.trouble = None

    world.later(200)

    assert world.record().value("name") == "Ada"


def test_the_delay_grows_with_each_time() -> None:
    world = World()
    c = world.crm.enter("customer", ADA)
    delays = []
    for _ in range(12):
        world.clock.go_on(3600)
        world.crm.trouble = OUTAGE
        absorb_changes(world.parts, [hint(c)])
        delays.append(world.messages.changes_queue[-1].delay_seconds)

    assert delays == sorted(delays)
    assert delays[0] < delays[-1] <= 900


def test_while_a_system_may_not_be_called_hints_wait_without_a_call() -> None:
    world = World()
    c = world.crm.enter("customer", ADA)
    world.crm.trouble = OUTAGE
    absorb_changes(world.parts, [hint(c)])
    calls = len(world.crm.calls)

    absorb_changes(world.parts, [hint(c)])

    assert len(world.crm.calls) == calls
    (note,) = world.memory.identities.notes.values()
    assert note.attempts == 2


def test_a_record_that_cannot_be_read_is_parked_with_field_and_reason_and_its_neighbours_go_on() -> None:
    world = World()
    ids = [world.crm.enter("customer", {**ADA, "email": f"{n}@example.org"}) for n in range(3)]
    world.crm.invalid["customer", ids[1]] = Invalid(ids[1], "email", "not an e-mail")

    assert absorb_changes(world.parts, [hint(each) for each in ids]) == 2

    (note,) = world.memory.identities.parked(10)
    assert (note.external_id, note.field, note.reason) == (ids[1], "email", "not an e-mail")
    del world.crm.invalid["customer", ids[1]]
    assert absorb_changes(world.parts, [hint(ids[1])]) == 1
    assert world.memory.identities.parked(10) == []


def test_a_stale_read_is_thrown_away_and_asked_again_later() -> None:
    world = World(integration_of(rules_of(crm={"stale_reads": True})))
    c = in_step(world)
    world.crm.rows["customer", c].order = 0
    world.crm.rows["customer", c].fields["name"] = "an old state"

    absorb_changes(world.parts, [hint(c)])

    assert world.record().value("name") == "Ada"
    (note,) = world.memory.identities.notes.values()
    assert note.reason == "the system showed an old state"


def test_an_unchanged_record_drops_its_waiting_note() -> None:
    world = World()
    c = in_step(world)
    world.crm.trouble = OUTAGE
    absorb_changes(world.parts, [hint(c)])
    world.crm.trouble = None
    world.clock.go_on(60)

    absorb_changes(world.parts, [hint(c, state=message(world, c))])

    assert world.memory.identities.notes == {}


def test_a_known_record_with_a_reference_that_nobody_knows_is_merged_and_waits_with_the_rest() -> None:
    world = World()
    c = in_step(world)
    o = world.crm.enter("order", {"number": "1", "customer": Reference("crm", "customer", c), "status": "placed"})
    world.poll()
    world.crm.edit("order", o, {"number": "2", "customer": Reference("crm", "customer", "crm-99")})

    absorb_changes(world.parts, [hint(o, entity="order")])

    assert world.record("order").value("number") == "2"
    assert world.record("order").value("customer") == world.record().id
    assert id_key("crm", "order", o) in world.memory.identities.notes
    world.crm.rows["customer", "crm-99"] = replace(world.crm.rows["customer", c], fields={"name": "New"})
    world.clock.go_on(60)
    absorb_changes(world.parts, [hint(o, entity="order")])
    assert world.memory.identities.notes == {}


def test_an_order_whose_customer_is_gone_for_good_is_parked_after_its_attempts() -> None:
    world = World()
    o = world.crm.enter(
        "order", {"number": "1", "customer": Reference("crm", "customer", "crm-99"), "status": "placed"}
    )

    for _ in range(ATTEMPTS + 1):
        absorb_changes(world.parts, [hint(o, entity="order")])
        world.clock.go_on(1000)

    (note,) = world.memory.identities.parked(10)
    assert (note.external_id, note.reason) == (o, "what it refers to is not known yet")
    assert world.memory.identities.due(world.clock.now() + timedelta(days=1), 10) == []


def test_references_in_messages_are_resolved_before_they_are_compared() -> None:
    world = World()
    c = in_step(world)
    o = world.crm.enter("order", {"number": "1", "customer": Reference("crm", "customer", c), "status": "placed"})
    world.poll()
    shown = world.crm.state("order", o)
    calls = len(world.crm.calls)

    absorb_changes(world.parts, [hint(o, entity="order", state=shown)])

    assert len(world.crm.calls) == calls


# ── two workers ──


def renamed_while_others_write(times: int) -> tuple[World, Record]:
    world = World()
    c = in_step(world)
    world.crm.edit("customer", c, {"name": "Ada L."})
    parts = replace(world.parts, records=Busy(world, "absorb", times))
    absorb_changes(parts, [hint(c)])
    return world, world.record()


def test_a_lost_write_is_fetched_and_merged_again_and_never_re_merged() -> None:
    world, record = renamed_while_others_write(1)

    assert record.value("name") == "Ada L."
    assert world.crm.called("fetch") == 3


def test_who_is_beaten_each_time_waits_and_loses_nothing() -> None:
    world, record = renamed_while_others_write(ROUNDS)

    assert record.value("name") == "Ada"
    (note,) = world.memory.identities.notes.values()
    assert note.reason == "somebody else was quicker each time"
    world.settle()
    assert world.agreed("customer", "name") == "Ada L."


@pytest.mark.parametrize("looked_at_first", [True, False])
def test_a_candidate_whose_system_does_not_answer_lets_the_hint_wait(looked_at_first: bool) -> None:
    world = World()
    world.crm.enter("customer", ADA)
    world.hint("crm", "customer", "crm-1")
    world.erp.enter("customer", ADA)
    record = world.record()
    world.memory.records.held[record.id] = replace(record, links={"crm": record.link("crm")})
    world.memory.identities.holding.pop(id_key("erp", "customer", "erp-1"), None)
    world.crm.trouble = OUTAGE if looked_at_first else None
    e = world.erp.enter("customer", ADA)

    absorb_changes(world.parts, [hint(e, system="erp")])

    waits = id_key("erp", "customer", e) in world.memory.identities.notes
    assert waits is looked_at_first
