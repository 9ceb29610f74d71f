"""Stories of deletes and of wishes without effect, end to end: F15, F17, and section 5."""

from __future__ import annotations

from typing import Any

import pytest

from shared.core.decisions import Verdict
from shared.core.records import LinkState
from shared.core.retry import SENDS
from shared.core.rules import FieldRule
from shared.core.values import Reference
from shared.flows.absorb_changes import absorb_changes
from shared.ports.system import Hint
from tests.kit.partner import LOST_REPLY, NO_EFFECT
from tests.kit.rules import ERP, integration_of, rules_of
from tests.kit.world import World

ADA = {"name": "Ada", "email": "ada@example.org", "phone": None}


def in_step(world: World) -> tuple[str, str]:
    c = world.crm.enter("customer", ADA)
    world.poll()
    (e,) = world.erp.ids("customer")
    return c, e


# ── deletes ──


def test_a_customer_deleted_by_its_owner_is_archived_everywhere() -> None:
    world = World()
    c, _ = in_step(world)

    world.crm.remove("customer", c)
    world.poll()

    assert world.erp.ids("customer") == []
    assert world.link("erp").state is LinkState.ARCHIVED
    assert world.record().due_at is None


def test_f15_a_delete_elsewhere_does_not_come_back() -> None:
    world = World()
    c, e = in_step(world)
    world.erp.remove("customer", e)
    world.poll()

    world.crm.edit("customer", c, {"name": "Ada L."})
    world.poll().later(times=5).reconcile()

    assert world.erp.ids("customer") == []
    assert world.crm.ids("customer") == [c]
    assert world.link("erp").state is LinkState.DETACHED


def test_what_was_on_its_way_to_a_row_that_went_is_our_own_echo_when_it_comes_back() -> None:
    """Simulation, seed 353368: a system lost its rows just as it took a value, and was given them again. By then that
    had been taken back, and it came back from there as if somebody had set it."""
    world = World()
    c, e = in_step(world)
    world.erp.next_writes = [LOST_REPLY]
    world.crm.edit("customer", c, {"name": "Ada L."})
    world.hint("crm", "customer", c)
    assert (world.erp.shown("customer", e)["name"], world.link("erp").intent is None) == ("Ada L.", False)
    world.erp.remove("customer", e)
    world.hint("erp", "customer", e)
    assert (world.link("erp").state, world.link("erp").intent) == (LinkState.DETACHED, None)
    world.crm.edit("customer", c, {"name": "Ada"})
    world.hint("crm", "customer", c)

    world.erp.restore("customer", e)
    world.hint("erp", "customer", e).later()

    assert world.agreed("customer", "name") == "Ada"


def test_a_detached_customer_that_is_restored_there_is_in_step_again() -> None:
    world = World()
    c, e = in_step(world)
    world.erp.remove("customer", e)
    world.poll()
    world.crm.edit("customer", c, {"name": "Ada L."})
    world.poll()

    world.erp.restore("customer", e)
    world.poll()

    assert world.agreed("customer", "name") == "Ada L."


@pytest.mark.parametrize("first", ["delete", "edit"])
def test_f17_a_delete_against_an_edit_keeps_the_edit_whichever_is_seen_first(first: str) -> None:
    world = World()
    c, e = in_step(world)
    world.crm.remove("customer", c)
    world.erp.edit("customer", e, {"name": "still needed"})
    hints = [("crm", c), ("erp", e)] if first == "delete" else [("erp", e), ("crm", c)]
    for system, external_id in hints:
        absorb_changes(world.parts, [Hint(system, "customer", external_id)])
    world.settle().later()

    assert world.agreed("customer", "name") == "still needed"
    assert world.record().tombstone is None
    assert world.crm.ids("customer") != [c]
    assert len(world.crm.ids("customer")) == 1
    assert world.decisions(Verdict.EDIT_KEPT)


def test_the_old_self_of_a_customer_that_was_created_again_is_listed_when_it_comes_back() -> None:
    world = World()
    c, e = in_step(world)
    world.crm.remove("customer", c)
    world.erp.edit("customer", e, {"name": "still needed"})
    world.poll().later()
    (again,) = world.crm.ids("customer")

    world.crm.restore("customer", c)
    world.poll().hint("crm", "customer", c)

    (note,) = world.memory.identities.parked(10)
    assert (note.external_id, note.candidates) == (c, (world.record().id,))
    assert world.link("crm").external_id == again
    world.crm.remove("customer", c)
    world.hint("crm", "customer", c)
    assert world.memory.identities.parked(10) == []
    assert world.record().tombstone is None


# ── wishes ──


def test_an_ignored_field_is_held_and_no_other_field_waits_for_it() -> None:
    world = World(erp={"ignores": {"phone"}})
    c, e = in_step(world)
    world.erp.rows["customer", e].fields["phone"] = None
    world.crm.edit("customer", c, {"phone": "123"})
    world.poll().hint("erp", "customer", e)
    world.crm.edit("customer", c, {"phone": "456"})
    world.poll().later(times=SENDS + 2)
    writes = world.erp.called("write")

    world.crm.edit("customer", c, {"name": "Ada L."})
    world.poll().later(times=3)

    assert world.agreed("customer", "name") == "Ada L."
    assert world.erp.called("write") == writes + 1
    assert (world.record().value("phone"), world.erp.shown("customer")["phone"]) == ("456", None)
    (held,) = world.decisions(Verdict.HELD)
    assert (held.theirs, held.ours) == (None, "456")
    assert world.record().id in world.memory.records.parked(10)


@pytest.mark.parametrize("answers", ["stored", "id", "revision"])
def test_a_change_that_is_applied_late_is_neither_an_edit_nor_lost(answers: str) -> None:
    world = World(erp={"answers": answers})
    c, e = in_step(world)
    world.erp.next_writes = [NO_EFFECT]
    world.crm.edit("customer", c, {"name": "Ada L."})
    world.poll()
    assert world.record().value("name") == "Ada L."

    world.erp.edit("customer", e, {"name": "Ada L."})
    world.crm.edit("customer", c, {"name": "Ada M."})
    world.poll().later()

    assert world.agreed("customer", "name") == "Ada M."
    assert world.memory.records.conflicts == []


def test_an_answer_of_only_an_id_to_an_ignored_change_reverts_nobody() -> None:
    """Without the rule the unchanged old value looks like an edit, and the user's value is reverted everywhere."""
    world = World(integration_of(rules_of(erp={"can_read": False})), erp={"answers": "id"})
    c, _ = in_step(world)
    world.erp.next_writes = [NO_EFFECT] * 99
    world.crm.edit("customer", c, {"name": "Ada L."})

    world.poll()
    for _ in range(SENDS + 2):
        world.hint("erp", "customer", world.erp.ids("customer")[0]).later()

    assert world.crm.shown("customer")["name"] == "Ada L."
    assert world.record().value("name") == "Ada L."
    assert world.link("erp").held["name"].reason == "the change had no effect there"


def test_a_cancel_of_a_processed_order_that_does_nothing_shows_the_true_state_on_both_sides() -> None:
    world = World()
    c, _ = in_step(world)
    fields: dict[str, Any] = {"number": "1", "customer": Reference("crm", "customer", c), "status": "placed"}
    o = world.crm.enter("order", fields)
    world.poll()
    (p,) = world.erp.ids("order")
    world.erp.edit("order", p, {"status": "confirmed"})
    world.poll()
    world.erp.next_writes = [NO_EFFECT] * 99
    world.crm.edit("order", o, {"status": "cancelled"})

    world.poll().later(times=SENDS + 1)

    assert world.agreed("order", "status") == "confirmed"
    (held,) = world.decisions(Verdict.HELD)
    assert (held.theirs, held.ours, held.because) == ("confirmed", "cancelled", "the change had no effect there")
    assert world.link("erp", "order").held["status"].yielded
    assert world.record("order").parked_since is not None


def test_a_partner_that_echoes_what_it_is_sent_and_trims_it_afterwards_is_not_written_for_ever() -> None:
    world = World(integration_of(rules_of(fields={"phone": FieldRule(writers=ERP)})))
    c, e = in_step(world)
    world.erp.edit("customer", e, {"phone": " v3 "})
    world.poll()
    writes = world.crm.called("write")

    for _ in range(10):
        if world.crm.shown("customer")["phone"] == " v3 ":
            world.crm.edit("customer", c, {"phone": "v3"})
        world.poll()

    assert world.crm.called("write") - writes == 2
    assert not world.link("crm").held
    assert world.record().due_at is None
