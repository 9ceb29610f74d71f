"""fan_out: every write of a record becomes history, deliveries and business events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.core.decisions import Cause
from shared.core.errors import TryAgain
from shared.core.records import Field, Link, Parked, Record, Tombstone
from shared.core.values import Value, digest
from shared.flows.fan_out import Image, fan_out
from shared.ports.messages import Delivery
from tests.kit.builders import a_record
from tests.kit.clock import START
from tests.kit.merging import NOW, agreed, edited
from tests.kit.world import World

ABSORB = Cause("absorb", "crm", at=START)


def carried(before: Record | None, after: Record, cause: Cause = ABSORB) -> World:
    world = World()
    fan_out(world.parts, [Image(before, after, cause)])
    return world


def renamed(record: Record | None = None) -> Record:
    record = record or agreed()
    return replace(edited(record, "crm", {"name": "B"}), version=record.version + 1)


def deliveries(world: World) -> list[Delivery]:
    return [queued.thing for queued in world.messages.deliveries_queue]


def event_types(world: World) -> list[str]:
    return [event.type for event in world.messages.bus]


def test_what_is_newly_owed_is_queued() -> None:
    world = carried(agreed(), renamed())

    assert deliveries(world) == [Delivery("erp", "customer", agreed().id)]


def test_a_write_that_owes_nothing_new_queues_nothing() -> None:
    assert deliveries(carried(agreed(), replace(agreed(), version=6))) == []


def test_one_record_written_twice_in_a_batch_is_queued_once() -> None:
    world = World()
    first = renamed()
    second = replace(edited(first, "crm", {"name": "C"}), version=7)

    fan_out(world.parts, [Image(agreed(), first, ABSORB), Image(first, second, ABSORB)])

    assert len(deliveries(world)) == 1
    assert len(world.memory.ledger.entries) == 2


def test_history_tells_what_changed_why_and_when() -> None:
    world = carried(agreed(), renamed())

    (entry,) = world.memory.ledger.entries.values()
    assert (entry.version, entry.entity, entry.at, entry.cause) == (6, "customer", START, ABSORB)
    assert entry.changed == {"name": (digest("Ada"), digest("B"))}


def test_the_history_of_a_new_record_has_nothing_before_and_its_own_time() -> None:
    world = carried(None, replace(agreed({"name": "Ada"}), version=1), Cause("absorb"))

    (entry,) = world.memory.ledger.entries.values()
    assert (entry.changed, entry.at) == ({"name": ("", digest("Ada"))}, world.clock.now())


def test_a_version_that_the_stream_lost_is_counted() -> None:
    world = carried(agreed(), renamed())

    assert world.telemetry.counts["LedgerGaps"] == 1


def test_a_version_that_was_lost_before_a_batch_of_several_is_counted_once() -> None:
    world = World()
    fifth, sixth = agreed(), renamed()
    seventh = replace(edited(sixth, "crm", {"name": "C"}), version=7)

    fan_out(world.parts, [Image(fifth, sixth, ABSORB), Image(sixth, seventh, ABSORB)])

    assert world.telemetry.counts["LedgerGaps"] == 1


def test_the_very_first_version_can_be_lost_too() -> None:
    world = carried(replace(agreed(), version=1), replace(renamed(), version=2))

    assert world.telemetry.counts["LedgerGaps"] == 1


def test_a_record_of_which_one_field_is_older_than_its_history_still_has_one() -> None:
    world = World()
    world.clock.go_on(500 * 86_400)
    before = agreed()
    recent = replace(before, fields={**before.fields, "phone": Field("1", "crm", world.clock.now(), 5)})

    fan_out(world.parts, [Image(recent, replace(recent, version=6), ABSORB)])

    assert world.telemetry.counts["LedgerGaps"] == 1


def test_versions_that_follow_one_another_leave_no_gap() -> None:
    world = World()
    first = replace(agreed(), version=1)
    second = replace(edited(first, "crm", {"name": "B"}), version=2)
    third = replace(edited(second, "crm", {"name": "C"}), version=3)

    fan_out(world.parts, [Image(None, first, ABSORB)])
    fan_out(world.parts, [Image(first, second, ABSORB), Image(second, third, ABSORB)])

    assert world.telemetry.counts["LedgerGaps"] == 0


def test_a_record_older_than_its_history_is_no_gap() -> None:
    world = World()
    world.clock.go_on(500 * 86_400)

    fan_out(world.parts, [Image(agreed(), renamed(), ABSORB)])

    assert world.telemetry.counts["LedgerGaps"] == 0


def test_carrying_a_batch_again_changes_no_history() -> None:
    world = carried(agreed(), renamed())
    entries = dict(world.memory.ledger.entries)

    fan_out(world.parts, [Image(agreed(), renamed(), ABSORB)])

    assert world.memory.ledger.entries == entries


def test_a_queue_that_takes_nothing_fails_the_batch_so_that_it_comes_again() -> None:
    world = World()
    world.messages.broken = {"deliveries"}

    with pytest.raises(TryAgain):
        fan_out(world.parts, [Image(agreed(), renamed(), ABSORB)])


def test_nothing_at_all_is_nothing() -> None:
    world = World()

    fan_out(world.parts, [])

    assert world.memory.states.last_change() is None


def test_an_entity_that_takes_no_part_any_more_still_has_its_history() -> None:
    stock = replace(agreed({"on_hand": None}), entity="stock", version=1)

    world = carried(None, stock)

    assert len(world.memory.ledger.entries) == 1
    assert world.messages.bus == []


def order(status: str, version: int = 5) -> Record:
    return agreed({"status": status}, entity="order", version=version)


@pytest.mark.parametrize(
    ("before", "after", "types"),
    [
        (None, order("placed", 1), ["order.created"]),
        (order("placed"), order("confirmed", 6), ["order.changed", "order.status-changed"]),
        (order("placed"), replace(order("placed", 6), tombstone=Tombstone("crm", NOW)), ["order.deleted"]),
        (None, replace(order("placed", 1), tombstone=Tombstone("crm", NOW)), ["order.created", "order.deleted"]),
        (order("placed"), replace(order("placed", 6), parked_since=NOW), ["sync.parked"]),
        (None, replace(order("placed", 1), parked_since=NOW), ["order.created", "sync.parked"]),
        (replace(order("placed"), parked_since=NOW), replace(order("placed", 6), parked_since=NOW), []),
    ],
)
def test_what_happened_to_a_record_is_told_on_the_bus(before: Record | None, after: Record, types: list[str]) -> None:
    assert event_types(carried(before, after)) == types


def test_an_event_has_an_id_of_its_own_and_carries_no_personal_data() -> None:
    (event,) = carried(agreed(), renamed()).messages.bus

    assert event.id == f"{agreed().id}/6/customer.changed"
    assert event.subject == f"customer/{agreed().id}"
    assert event.data == {"fields": "name"}


def test_children_that_wait_are_woken_when_their_parent_stands() -> None:
    world = World()
    parent = agreed()
    waits = replace(Link(), waits_for=parent.id)
    child = replace(agreed({"number": "1"}, entity="order", systems=("crm",)), waits_for=parent.id)
    world.memory.records.held[child.id] = child.with_link("erp", waits)
    world.memory.records._waits[parent.id] = {child.id: None}

    fan_out(world.parts, [Image(None, replace(agreed(), version=1), ABSORB)])

    assert Delivery("erp", "order", child.id) in deliveries(world)
    assert Delivery("crm", "order", child.id) not in deliveries(world)


def test_a_parent_that_is_parked_wakes_nobody() -> None:
    parked = agreed().with_link("erp", replace(agreed().link("erp"), parked=Parked("x", NOW)))

    assert deliveries(carried(agreed(systems=("crm",)), replace(parked, version=6))) == []


def test_the_delay_from_an_edit_to_its_delivery_is_measured_at_confirm() -> None:
    written = replace(agreed(version=6), version=7)
    confirmed = replace(written, version=8)
    fields = {path: field._replace(version=6, at=START) for path, field in written.fields.items()}
    world = World()
    world.clock.go_on(19)

    fan_out(
        world.parts,
        [Image(replace(written, fields=fields), replace(confirmed, fields=fields), Cause("confirm", "erp"))],
    )

    assert world.telemetry.seconds["SyncDelaySeconds"] == 19.0


def test_a_confirm_of_something_older_measures_nothing() -> None:
    world = carried(agreed(version=9), replace(agreed(version=1), version=10), Cause("confirm", "erp"))

    assert "SyncDelaySeconds" not in world.telemetry.seconds
    assert world.memory.states.last_change() == START + timedelta(0)


def an_order(**fields: Value) -> Record:
    return a_record(entity="order", fields={"number": "O-1", "status": "placed", "lines[a]": True, **fields})


def test_what_a_write_bears_on_is_told_by_product_and_another_promise_by_itself() -> None:
    lines: dict[str, Value] = {"lines[a].product": "tea", "lines[a].quantity": Decimal(2)}
    before, said = an_order(**lines), an_order(**lines, **{"promise.text": "short by 2", "promise.state": "short"})

    new, promised = carried(None, before), carried(before, replace(said, version=2))

    (touched,) = [event for event in new.messages.bus if event.type == "products.touched"]
    assert touched.data == {"products": "tea"}
    assert event_types(promised) == ["order.changed", "order.promise-changed"]
    assert promised.messages.bus[1].data == {
        "number": "O-1",
        "state": "short",
        "text": "short by 2",
        "date": None,
        "short": None,
        "before": None,
        "wanted_at": None,
    }


def test_a_first_promise_that_comes_with_the_record_is_told_too() -> None:
    assert "order.promise-changed" in event_types(carried(None, an_order(**{"promise.text": "available now"})))
