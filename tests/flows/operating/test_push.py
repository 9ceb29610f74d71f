"""push: taken as an observation, believed as far as it proves itself, once per key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from shared.core.observations import Observation, Revision, Source
from shared.core.values import Reference
from shared.flows.absorb_changes import absorb_changes
from shared.flows.operating.push import Push, Taken, Unreadable, push
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step

ADA = Push("crm", "customer", "1", {"name": "Ada"}, content="a")
WHOLE = {"name": "Ada", "email": "ada@x.example", "phone": None, "tax_number": None, "credit_limit": "10.50"}


def pushed(world: World) -> Observation:
    ((hint),) = [each.thing for each in world.messages.changes_queue]
    assert hint.observation is not None
    return hint.observation


def test_what_is_pushed_is_queued_as_a_state_that_came_with_a_message() -> None:
    world = World()
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)

    taken = push(world.parts, replace(ADA, fields=WHOLE, revision=7, modified_at=at), None)

    assert taken is Taken.QUEUED
    assert pushed(world) == Observation(
        "crm",
        "customer",
        "1",
        {**WHOLE, "credit_limit": Decimal("10.50")},
        Revision("7", 7, exact=True),
        at,
        frozenset({"contacts"}),
        complete=True,
        source=Source.MESSAGE,
    )


def test_a_record_of_which_fields_are_left_out_is_not_whole() -> None:
    world = World()

    push(world.parts, ADA, None)

    observation = pushed(world)
    assert (observation.complete, observation.collections, observation.revision) == (False, frozenset(), None)


def test_references_are_the_systems_own_ids() -> None:
    world = World()

    push(world.parts, Push("crm", "order", "5", {"customer": "1", "lines[7].product": None}), None)

    assert pushed(world).fields == {"customer": Reference("crm", "customer", "1"), "lines[7].product": None}


def test_a_deletion_needs_no_fields() -> None:
    world = World()

    push(world.parts, replace(ADA, fields={}, deleted=True), None)

    assert (pushed(world).deleted, pushed(world).complete) == (True, True)


@pytest.mark.parametrize(("system", "entity"), [("shop", "customer"), ("crm", "invoice")])
def test_what_is_not_shared_is_not_taken(system: str, entity: str) -> None:
    world = World()

    assert push(world.parts, replace(ADA, system=system, entity=entity), None) is Taken.NOT_SHARED
    assert world.messages.changes_queue == []


def test_every_field_that_cannot_be_taken_is_told() -> None:
    found = push(World().parts, replace(ADA, fields={"credit_limit": "much", "shoe_size": "44", "name": "Ada"}), None)

    assert isinstance(found, Unreadable)
    assert [path for path, _ in found.mistakes] == ["credit_limit", "shoe_size"]
    assert "money" in found.mistakes[0][1]


def test_a_key_is_taken_once_and_for_one_content_only() -> None:
    world = World()

    first = push(world.parts, ADA, "k1")
    again = push(world.parts, ADA, "k1")
    other = push(world.parts, replace(ADA, content="b"), "k1")
    elsewhere = push(world.parts, replace(ADA, external_id="2"), "k1")

    assert (first, again, other, elsewhere) == (Taken.QUEUED, Taken.KNOWN, Taken.KEY_USED, Taken.QUEUED)
    assert len(world.messages.changes_queue) == 2


def test_a_push_that_proves_itself_reaches_the_others_without_asking() -> None:
    world = in_step(World(integration_of(rules_of())))
    (customer,) = world.crm.ids("customer")
    floor = world.link("crm").floor
    assert floor is not None
    world.crm.edit("customer", customer, {"name": "Ada L."})
    world.crm.calls.clear()
    fields = {**WHOLE, "name": "Ada L.", "email": "ada@example.org", "credit_limit": None}

    push(world.parts, Push("crm", "customer", customer, fields, revision=floor + 1), None)
    hints = world.messages.take_changes()
    absorb_changes(world.parts, hints)

    assert world.record().value("name") == "Ada L."
    assert not [verb for verb, _ in world.crm.calls if verb == "fetch"]


def test_a_push_that_comes_late_changes_nothing() -> None:
    world = in_step(World())
    (customer,) = world.crm.ids("customer")
    before = world.record()

    push(world.parts, Push("crm", "customer", customer, {**WHOLE, "name": "Old"}, revision=0), None)
    world.settle()

    assert world.record().fields == before.fields


def test_a_partner_that_cannot_be_asked_is_believed_by_its_revision() -> None:
    world = World(integration_of(rules_of(), capture="push"))

    newer = push(world.parts, replace(ADA, revision=7), "k7")
    older = push(world.parts, replace(ADA, fields={"name": "Old"}, revision=6), "k6")

    assert (newer, older) == (Taken.QUEUED, Taken.OLDER)
    (hint,) = world.messages.take_changes()
    assert hint.observation is None
    assert world.mailbox.get("crm", "customer", ["1"])["1"].fields == {"name": "Ada"}
