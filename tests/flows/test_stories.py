"""The stories that broke simpler rules, told from end to end: F1 to F8, F12, F13 (docs: the sync rules)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.core.decisions import Verdict
from shared.core.rules import FieldRule
from shared.core.values import Reference
from shared.flows.deliver_changes import deliver_changes
from shared.ports.messages import Delivery
from tests.kit.partner import LOST_REPLY, LOST_REQUEST
from tests.kit.rules import ERP, integration_of, rules_of
from tests.kit.world import World

ADA = {"name": "Ada", "email": "ada@example.org", "phone": None}


def in_step(world: World) -> tuple[str, str]:
    """Let a customer of the crm reach the erp; return its ids there."""
    c = world.crm.enter("customer", ADA)
    world.poll()
    (e,) = world.erp.ids("customer")
    return c, e


def only_erp_sets_credit() -> World:
    return World(integration_of(rules_of(fields={"credit_limit": FieldRule(writers=ERP)})))


def test_f1_an_edit_that_a_system_may_not_make_is_logged_with_both_values_and_put_back() -> None:
    world = only_erp_sets_credit()
    c, e = in_step(world)
    world.erp.edit("customer", e, {"credit_limit": Decimal(500)})
    world.crm.rows["customer", c].fields["credit_limit"] = None
    world.poll()
    world.crm.edit("customer", c, {"credit_limit": Decimal(0)})
    world.poll()
    world.crm.edit("customer", c, {"credit_limit": Decimal(0)})

    world.poll()

    assert world.agreed("customer", "credit_limit") == Decimal(500)
    refused = world.decisions(Verdict.REFUSED)[-1]
    assert (refused.theirs, refused.ours, refused.path) == (Decimal(0), Decimal(500), "credit_limit")


def test_f1_the_loser_of_a_conflict_is_shown_the_winner() -> None:
    world = World()
    c, e = in_step(world)
    world.crm.edit("customer", c, {"name": "Ada C."})
    world.erp.edit("customer", e, {"name": "Ada E."})

    world.poll()

    assert world.agreed("customer", "name") == "Ada C."
    (lost,) = world.decisions(Verdict.LOST) + world.decisions(Verdict.WON)
    assert {lost.theirs, lost.ours} == {"Ada C.", "Ada E."}


def test_f2_a_create_whose_reply_is_lost_is_looked_up_and_not_repeated() -> None:
    world = World()
    world.erp.next_writes = [LOST_REPLY]
    world.crm.enter("customer", ADA)
    world.poll()
    (e,) = world.erp.ids("customer")
    world.erp.edit("customer", e, {"phone": "123"})

    world.later(200)

    assert world.erp.ids("customer") == [e]
    assert world.agreed("customer", "phone") == "123"


def test_f2_a_create_that_never_arrived_is_made_once_after_the_look() -> None:
    world = World()
    world.erp.next_writes = [LOST_REQUEST]
    world.crm.enter("customer", ADA)
    world.poll()
    assert world.erp.ids("customer") == []

    world.later(200)

    assert len(world.erp.ids("customer")) == 1


def test_f2_nobody_else_delivers_while_the_lease_runs() -> None:
    world = World()
    c, _ = in_step(world)
    world.erp.next_writes = [LOST_REQUEST]
    world.crm.edit("customer", c, {"name": "Ada L."})
    world.poll()
    writes = world.erp.called("write")

    world.crm.edit("customer", c, {"name": "Ada Lovelace"})
    world.poll()
    noted = world.record()
    deliver_changes(world.parts, [Delivery("erp", "customer", noted.id)])

    assert world.erp.called("write") == writes
    assert world.record() == noted
    assert world.later(70).agreed("customer", "name") == "Ada Lovelace"


def test_f2_the_echo_of_a_write_whose_reply_was_lost_is_no_edit() -> None:
    """(iii): the ERP upper-cases as declared; the reply is lost; the poll shows `ADA L.`; then the user writes on."""
    rules = rules_of(erp={"stored_forms": {"name": ("upper",)}})
    world = World(integration_of(rules), erp={"spells": {"name": lambda value: str(value).upper()}})
    c, _ = in_step(world)
    world.erp.next_writes = [LOST_REPLY]
    world.crm.edit("customer", c, {"name": "Ada L."})
    world.poll()
    world.crm.edit("customer", c, {"name": "Ada Lovelace"})
    world.poll()

    world.later(200, times=2)

    assert world.record().value("name") == "Ada Lovelace"
    assert world.crm.shown("customer")["name"] == "Ada Lovelace"
    assert world.erp.shown("customer")["name"] == "ADA LOVELACE"
    assert world.memory.records.conflicts == []


def test_f3_two_swapped_messages_of_one_minute_are_only_hints() -> None:
    """Revisions cut to the minute are not exact: what a message carries is not believed, the record is fetched."""
    world = World(crm={"is_exact": False})
    c, _ = in_step(world)
    older = world.crm.state("customer", c)
    world.crm.edit("customer", c, {"name": "Ada L."})
    world.poll()

    world.hint_with(older)

    assert world.agreed("customer", "name") == "Ada L."


def test_f4_a_fetch_with_a_smaller_revision_is_still_newer() -> None:
    """A partner that stamps the start of a transaction makes revisions run backwards."""
    world = World()
    c, _ = in_step(world)
    world.crm.edit("customer", c, {"name": "Ada L."})
    world.crm.rows["customer", c].order = 0

    world.hint("crm", "customer", c)

    assert world.agreed("customer", "name") == "Ada L."


@pytest.mark.parametrize("is_exact", [True, False])
def test_f5_an_edit_nobody_told_us_of_is_not_overwritten(is_exact: bool) -> None:
    world = World(erp={"is_exact": is_exact})
    c, e = in_step(world)
    world.erp.edit("customer", e, {"phone": "erp's own"})
    world.crm.edit("customer", c, {"name": "Ada L.", "phone": "crm's"})

    world.hint("crm", "customer", c).later()

    assert world.agreed("customer", "name") == "Ada L."
    assert world.agreed("customer", "phone") == "crm's"
    (decision,) = world.decisions(Verdict.LOST)
    assert (decision.theirs, decision.ours) == ("erp's own", "crm's")


def test_f6_an_answer_that_lacks_a_field_does_not_guard_it() -> None:
    """The ERP's answer lacks `phone`; a user's phone of before is then seen by the read before the write."""
    world = World()
    c, e = in_step(world)
    world.erp.edit("customer", e, {"phone": "a user's"})
    world.erp.habits.hides = {"phone"}
    world.crm.edit("customer", c, {"name": "Ada L."})
    world.hint("crm", "customer", c)
    world.erp.habits.hides = set()
    world.crm.edit("customer", c, {"phone": "crm's"})

    world.poll().later()

    assert world.agreed("customer", "phone") == "crm's"
    assert [each.theirs for each in world.decisions(Verdict.LOST)] == ["a user's"]


def test_f7_what_an_answer_shows_beside_what_was_sent_is_an_edit_like_any_other() -> None:
    world = World(erp={"is_exact": False})
    c, e = in_step(world)
    world.erp.before["write"] = [lambda: world.erp.edit("customer", e, {"phone": "a second ago"})]
    world.crm.edit("customer", c, {"name": "Ada L."})

    world.hint("crm", "customer", c)

    assert world.agreed("customer", "phone") == "a second ago"
    assert world.agreed("customer", "name") == "Ada L."


def test_f8_a_re_read_is_not_what_was_stored() -> None:
    """Write x, the answer is only an id, a user sets z, the re-read shows z: an edit of theirs, and x is logged."""
    world = World(erp={"answers": "id"})
    c, e = in_step(world)
    world.crm.edit("customer", c, {"name": "Ada L."})
    world.erp.before["write"] = [
        lambda: world.erp.before.update(fetch=[lambda: world.erp.edit("customer", e, {"name": "Ada Z."})])
    ]

    world.hint("crm", "customer", c)

    assert world.agreed("customer", "name") == "Ada Z."
    (logged,) = world.memory.records.conflicts
    assert (logged.decision.verdict, logged.decision.ours) == (Verdict.WON, "Ada L.")


def test_f8_a_re_read_at_the_revision_of_the_answer_is_what_was_stored() -> None:
    world = World(erp={"answers": "revision", "spells": {"name": lambda value: f"<{value}>"}})
    c, _ = in_step(world)

    world.crm.edit("customer", c, {"name": "Ada L."})
    world.hint("crm", "customer", c)

    assert world.record().value("name") == "<Ada L.>"


@pytest.mark.parametrize("answers", ["stored", "id", "revision"])
def test_f12_a_system_that_spells_our_value_its_own_way_is_written_once(answers: str) -> None:
    """ERP-owned credit terms; the CRM trims what it is sent and may not write them."""
    rules = rules_of(fields={"phone": FieldRule(writers=ERP)})
    world = World(integration_of(rules), crm={"answers": answers, "spells": {"phone": lambda v: str(v).strip()}})
    _, e = in_step(world)
    world.erp.edit("customer", e, {"phone": " v3 "})
    world.poll()
    writes = world.crm.called("write")

    world.poll().later(times=10).poll()

    assert world.crm.called("write") == writes
    assert (world.record().value("phone"), world.crm.shown("customer")["phone"]) == (" v3 ", "v3")
    assert world.memory.records.conflicts == []
    assert not world.link("crm").held


def test_f12_a_system_that_keeps_bringing_back_another_value_is_not_written_for_ever() -> None:
    """It answers what it was sent, and shows something else each time that it is read."""
    rules = rules_of(fields={"phone": FieldRule(writers=ERP)})
    world = World(integration_of(rules))
    c, e = in_step(world)
    world.erp.edit("customer", e, {"phone": "net 30"})
    world.poll()
    writes = world.crm.called("write")

    for _ in range(20):
        if world.crm.shown("customer")["phone"] == "net 30":
            world.crm.edit("customer", c, {"phone": "thirty days"})
        world.poll()

    assert world.crm.called("write") - writes < 7
    assert world.link("crm").held["phone"].reason
    assert world.record().value("phone") == "net 30"


def order_in_step(world: World) -> tuple[str, str]:
    c = world.crm.enter("customer", ADA)
    p = world.erp.enter("product", {"sku": "A", "name": "Chai", "price": Decimal(4)})
    world.poll()
    (product,) = world.crm.ids("product")
    order = world.crm.enter(
        "order",
        {
            "number": "1001",
            "customer": Reference("crm", "customer", c),
            "status": "placed",
            "lines[1]": True,
            "lines[1].product": Reference("crm", "product", product),
            "lines[1].quantity": Decimal(10),
        },
    )
    world.poll()
    assert p in world.erp.ids("product")
    return order, world.erp.ids("order")[0]


@pytest.mark.parametrize("first", ["crm", "erp"])
def test_f13_who_is_first_makes_no_difference_to_an_accepted_quantity(first: str) -> None:
    """The CRM sets 10 to 12 while the ERP accepts 10: ownership is that of the resulting status."""
    world = World()
    order, accepted = order_in_step(world)
    world.crm.edit("order", order, {"lines[1].quantity": Decimal(12)})
    world.erp.edit("order", accepted, {"status": "confirmed"})
    hints = {"crm": order, "erp": accepted}

    for system in sorted(hints, key=lambda each: each != first):
        world.hint(system, "order", hints[system])

    assert world.crm.values("order", "lines[].quantity") == [Decimal(10)]
    assert world.erp.values("order", "lines[].quantity") == [Decimal(10)]
    assert world.crm.shown("order")["status"] == "confirmed"
    (lost,) = world.decisions(Verdict.PASSED) + world.decisions(Verdict.REFUSED)
    assert {lost.theirs, lost.ours} == {Decimal(10), Decimal(12)}
