"""The reads that match asks for, and the writes that it decides (the sync rules, section 3)."""

from __future__ import annotations

from shared.core.observations import Invalid
from shared.flows.absorb_changes import absorb_changes
from shared.ports.system import Hint
from tests.kit.busy import Busy
from tests.kit.world import World, in_step

ADA = {"name": "Ada", "email": "ada@example.org", "phone": None}


def test_known_and_unknown_strangers_of_one_batch_are_each_matched() -> None:
    world = in_step(World())
    q = world.erp.enter("customer", ADA)
    stranger = world.erp.enter("customer", {**ADA, "email": "new@example.org", "name": "New"})

    written = absorb_changes(world.parts, [Hint("erp", "customer", each) for each in (q, stranger)])

    assert written == 2
    assert world.record_of("erp", "customer", stranger).value("name") == "New"
    assert world.record_of("erp", "customer", q).without_keys == {"key/customer/email/ada@example.org"}


def test_a_candidate_that_cannot_be_read_is_not_the_one() -> None:
    world = World()
    c = world.crm.enter("customer", ADA)
    absorb_changes(world.parts, [Hint("crm", "customer", c)])
    world.crm.invalid["customer", c] = Invalid(c, "email", "not an e-mail")
    e = world.erp.enter("customer", {**ADA, "name": "Another"})

    absorb_changes(world.parts, [Hint("erp", "customer", e)])

    assert world.record_of("erp", "customer", e).value("name") == "Another"
    assert len(world.records()) == 2


def test_two_of_one_batch_with_one_email_are_two_records_and_one_holds_the_key() -> None:
    world = World()
    ids = [world.crm.enter("customer", {**ADA, "name": name}) for name in ("Ada", "Bob")]

    assert absorb_changes(world.parts, [Hint("crm", "customer", each) for each in ids]) == 2

    assert sorted(len(record.without_keys) for record in world.records()) == [0, 1]


def test_a_link_that_somebody_else_was_quicker_with_is_matched_again() -> None:
    from dataclasses import replace

    world = World()
    c = world.crm.enter("customer", ADA)
    absorb_changes(world.parts, [Hint("crm", "customer", c)])
    e = world.erp.enter("customer", ADA)

    absorb_changes(replace(world.parts, records=Busy(world, "absorb")), [Hint("erp", "customer", e)])

    assert world.link("erp").external_id == e
