"""unsupported: page by page, nothing skipped and nothing twice, whatever changes meanwhile."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.flows.operating.unsupported import Place, Stays, unsupported_changes
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step, renamed


def a_world(*emails: str) -> World:
    """The erp takes no changes, and everybody was renamed in the crm."""
    world = in_step(World(integration_of(rules_of(erp={"can_update": False}))), *emails)
    renamed(world)
    return world


def all_of(world: World, limit: int, most_read: int = 5_000) -> list[Stays]:
    place: Place | None = None
    found: list[Stays] = []
    while True:
        page = unsupported_changes(world.parts, place, limit, most_read)
        assert len(page.items) <= limit
        found += page.items
        if page.next is None:
            return found
        place = page.next


def emails(count: int) -> list[str]:
    return [f"c{number}@example.org" for number in range(count)]


def test_a_change_that_a_system_cannot_take_is_listed_with_its_reason_and_not_owed() -> None:
    world = a_world("ada@example.org")

    (stays,) = all_of(world, 100)

    record = world.record()
    assert stays == Stays(
        record.id,
        "customer",
        "erp",
        record.link("erp").external_id,
        "name",
        "Ada L.",
        "erp takes no changes of customer",
    )
    assert world.parts.counts.owed() == 0


def test_a_record_of_an_entity_that_is_no_longer_shared_is_left_out() -> None:
    world = a_world("ada@example.org")
    world.put(replace(world.record(), entity="invoice"))

    assert all_of(world, 100) == []


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(1, 5))
def test_pages_of_any_size_hold_everything_once(records: int, limit: int, most_read: int) -> None:
    world = a_world(*emails(records))
    for customer in world.crm.ids("customer"):
        world.crm.edit("customer", customer, {"email": f"new{customer}@example.org"})
        world.hint("crm", "customer", customer)

    found = all_of(world, limit, most_read)

    expected = {(record.id, field) for record in world.records() for field in ("email", "name")}
    assert [(each.record_id, each.field) for each in found] == sorted(expected)


def test_a_page_that_looked_at_enough_may_be_empty_and_goes_on() -> None:
    world = a_world(*emails(5))
    for record in world.records():
        world.put(replace(record, fields={}))

    page = unsupported_changes(world.parts, None, 10, most_read=2)

    assert page.items == ()
    assert page.next == Place(sorted(record.id for record in world.records())[1])


def test_what_changes_between_two_pages_is_neither_skipped_nor_shown_twice() -> None:
    world = a_world(*emails(4))
    ids = sorted(record.id for record in world.records())
    first = unsupported_changes(world.parts, None, 2)
    gone, kept = (world.memory.records.held[id_] for id_ in (ids[1], ids[3]))
    world.put(replace(gone, fields={}))
    world.put(replace(kept, version=kept.version + 5))
    world.crm.enter("customer", {"name": "New", "email": "new@example.org", "phone": None})
    world.poll()

    rest = unsupported_changes(world.parts, first.next, 100)

    assert [each.record_id for each in first.items] == ids[:2]
    assert [each.record_id for each in rest.items] == ids[2:]
    assert rest.next is None
