"""What a stopped system is owed, record by record."""

from __future__ import annotations

from dataclasses import replace

from shared.core.integration import Integration
from shared.core.records import Verb
from shared.flows.operating.stopping import pause
from shared.flows.operating.waiting import LOOKS, Part, waiting
from tests.kit.world import World, in_step


def paused() -> World:
    """The erp is paused; one customer was renamed, one deleted, one entered in the crm."""
    world = in_step(World(), "a@example.org", "b@example.org")
    pause(world.parts, "erp", None, "")
    first, second = world.crm.ids("customer")
    world.crm.edit("customer", first, {"name": "Oops"})
    world.crm.remove("customer", second)
    world.crm.enter("customer", {"name": "New", "email": "n@example.org", "phone": None})
    return world.poll().later(70)


def test_each_record_says_what_would_be_done_in_the_order_of_its_turn() -> None:
    world = paused()

    lines = waiting(world.parts, "erp", None).items

    assert sorted((line.verb, line.fields) for line in lines) == [
        (Verb.ARCHIVE, ()),
        (Verb.CREATE, ("email", "name")),
        (Verb.UPDATE, ("name",)),
    ]
    assert lines[-1].verb is Verb.CREATE
    assert all(world.clock.now() > line.since for line in lines)


def test_only_what_was_asked_for_is_listed() -> None:
    world = paused()

    assert waiting(world.parts, "erp", "order").items == ()
    assert waiting(world.parts, "crm", None).items == ()
    assert len(waiting(world.parts, "erp", "customer", Part(limit=2)).items) == 2


def test_records_of_an_entity_that_takes_no_part_any_more_are_passed_over() -> None:
    world = paused()
    bare: Integration = replace(world.integration, entities={})

    assert waiting(replace(world.parts, integration=bare), "erp", None).items == ()


def test_an_answer_looks_through_so_many_pages_and_says_where_to_go_on() -> None:
    world = in_step(World(), *(f"{number}@example.org" for number in range(LOOKS + 1)))
    pause(world.parts, "erp", None, "")
    for name in world.crm.ids("customer"):
        world.crm.edit("customer", name, {"name": "Oops"})
    world.poll().later(70)

    first = waiting(world.parts, "erp", "order", Part(page=1))
    rest = waiting(world.parts, "erp", None, Part(after=first.after))

    assert first.items == ()
    assert first.after is not None
    assert (len(rest.items), rest.after) == (1, None)
