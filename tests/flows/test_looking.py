"""Looks: no blind overwrite, no create of what stands there already (the sync rules, section 4)."""

from __future__ import annotations

from shared.core.observations import Invalid, Next, Trouble
from shared.core.records import LinkState
from shared.flows.deliver_changes import deliver_changes
from tests.kit.world import World, in_step, renamed

ADA = {"name": "Ada", "email": "ada@example.org", "phone": None}
REFUSED = Trouble(Next.PERMANENT, "422", "name is too long", field="name")
BUSY = Trouble(Next.RETRYABLE, "500")


def test_what_is_gone_when_it_is_looked_at_is_detached_and_not_written() -> None:
    world = in_step(World(erp={"is_exact": False}))
    (e,) = world.erp.ids("customer")
    world.erp.remove("customer", e)
    writes = world.erp.called("write")

    deliver_changes(world.parts, renamed(world))

    assert world.link("erp").state is LinkState.DETACHED
    assert world.erp.called("write") == writes


def test_what_cannot_be_read_before_a_write_parks_the_link_with_its_reason() -> None:
    world = in_step(World(erp={"is_exact": False}))
    (e,) = world.erp.ids("customer")
    world.erp.invalid["customer", e] = Invalid(e, "email", "not an e-mail")

    deliver_changes(world.parts, renamed(world))

    parked = world.link("erp").parked
    assert parked is not None
    assert (parked.reason, parked.field, parked.code) == ("not an e-mail", "email", "unreadable")


def test_a_look_that_finds_another_candidate_than_can_be_read_parks() -> None:
    world = World()
    e = world.erp.enter("customer", ADA)
    world.erp.invalid["customer", e] = Invalid(e, "phone", "not text")

    world.crm.enter("customer", ADA)
    world.hint("crm", "customer", "crm-1")

    parked = world.link("erp").parked
    assert parked is not None
    assert parked.candidates == (e,)


def test_a_candidate_that_carries_somebody_elses_reference_is_not_taken() -> None:
    world = World()
    e = world.erp.enter("customer", ADA, reference="another record")
    c = world.crm.enter("customer", ADA)

    world.hint("crm", "customer", c)

    assert world.link("erp").external_id != e
    assert len(world.erp.ids("customer")) == 2


def test_a_candidate_that_another_record_is_linked_to_is_not_taken() -> None:
    world = in_step(World())
    (e,) = world.erp.ids("customer")
    c = world.crm.enter("customer", {**ADA, "name": "Bob"})

    world.hint("crm", "customer", c)

    assert world.record_of("erp", "customer", e).value("name") == "Ada"
    assert len(world.erp.ids("customer")) == 2
