"""Faults that the simulation found, each as the shortest story that shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.core.absorb import absorb
from shared.core.decisions import Verdict
from shared.core.deliver import is_in_time, renew_intent
from shared.core.match import Candidate, Linked, LookFirst, Open, WaitUntil, match
from shared.core.observations import Accepted, Source, Stored
from shared.core.owed import owed
from shared.core.records import Intent, Link, LinkState, Tombstone, Verb
from shared.core.rules import FieldRule
from shared.core.settle import settle
from shared.core.values import Reference, Value
from shared.ports.stores import NoteKind
from tests.kit.merging import NOW, agreed, answered, edited, sending, shown, stored
from tests.kit.partner import LOST_REPLY, LOST_REQUEST
from tests.kit.rules import ERP, integration_of, rules_of
from tests.kit.world import World

ADA: dict[str, Value] = {"name": "Ada", "email": "ada@example.org", "phone": None}
CREDIT = {"credit_limit": FieldRule(writers=ERP)}


def test_a_first_value_from_who_may_not_write_the_field_is_refused_and_put_back() -> None:
    """Seed 2: the CRM set a credit limit that the ERP, its only writer, shows empty; it stayed there for ever."""
    record = agreed({"name": "Ada"})

    after = absorb(record, shown("crm", {"name": "Ada", "credit_limit": Decimal(8)}), rules_of(fields=CREDIT), NOW)

    assert [each.verdict for each in after.decisions] == [Verdict.REFUSED]
    assert after.record.fields["credit_limit"].value is None
    assert after.record.link("crm").due_at is not None


def test_a_first_value_from_who_may_not_write_the_field_stands_until_its_writer_has_the_record() -> None:
    record = agreed({"name": "Ada"}, systems=("crm",))

    after = absorb(record, shown("crm", {"name": "Ada", "credit_limit": Decimal(8)}), rules_of(fields=CREDIT), NOW)

    assert after.record.value("credit_limit") == Decimal(8)


def order_of(system: str, **lines: int) -> dict[str, Value]:
    fields: dict[str, Value] = {"number": "1", "status": "confirmed"}
    for key, quantity in lines.items():
        fields |= {f"lines[{key}]": True, f"lines[{key}].quantity": Decimal(quantity)}
    assert system
    return fields


def test_a_line_added_by_who_may_no_longer_write_lines_is_taken_out_again() -> None:
    """Seed 53: the ERP had confirmed; a line that the CRM added afterwards was taken, and the ERP never got it."""
    record = agreed(order_of("erp", a=1), entity="order")

    after = absorb(record, shown("crm", order_of("crm", a=1, b=2), entity="order"), rules_of("order"), NOW)

    (new,) = [path for path in after.record.fields if path.endswith("]") and "lines[a]" not in path]
    assert after.record.fields[new].value is False
    assert {each.verdict for each in after.decisions} == {Verdict.REFUSED}


def test_a_line_that_its_only_writer_never_had_goes_when_it_gets_the_say() -> None:
    """Seed 769: a line added in the CRM was on its way when the ERP confirmed without it (F13)."""
    rules = rules_of("order")
    record = agreed({**order_of("erp", a=1), "status": "placed"}, entity="order")
    record = absorb(
        record, shown("crm", {**order_of("crm", a=1, b=2), "status": "placed"}, entity="order"), rules, NOW
    ).record
    (new,) = [path for path in record.fields if path.endswith("]") and path != "lines[a]"]

    after = absorb(record, shown("erp", order_of("erp", a=1), entity="order", revision=3), rules, NOW)

    assert after.record.value(new) is False
    assert Verdict.PASSED in {each.verdict for each in after.decisions}


def test_an_element_of_a_sparse_answer_that_cannot_be_paired_is_no_addition() -> None:
    """Seed 68: each such answer added a contact, which was sent to the other system and back: 187 fields."""
    record = sending(agreed({**ADA, "contacts[k]": True, "contacts[k].name": "Kim"}, systems=("crm",)), "erp")
    bare = shown("erp", {"name": "Ada", "contacts[new]": True}, complete=False, collections=frozenset())

    after = answered(record, "erp", Stored("e1", replace(bare, source=Source.ANSWER))).record

    assert [path for path in after.fields if path.startswith("contacts")] == ["contacts[k]", "contacts[k].name"]
    assert after.link("erp").intent is not None


def test_what_a_sparse_answer_leaves_out_is_our_own_when_it_shows() -> None:
    """Seed 3478: a create's answer lacked the name; the name that we had sent then beat a newer edit elsewhere."""
    record = sending(agreed(ADA, systems=("crm",)), "erp")
    record = answered(record, "erp", stored("erp", {"email": ADA["email"]}, complete=False)).record
    record = absorb(record, shown("crm", {**ADA, "name": "Ada L."}), rules_of(owner="erp"), NOW).record

    after = absorb(record, shown("erp", ADA, revision=3), rules_of(owner="erp"), NOW)

    assert after.record.value("name") == "Ada L."
    assert after.decisions == ()


def test_a_hint_whose_parent_is_gone_is_parked_after_its_attempts() -> None:
    """Seed 169: a customer was deleted before anybody read it; its order's hint came again for ever."""
    world = World()
    gone = Reference("crm", "customer", "crm-0")
    order = world.crm.enter("order", {"number": "1", "customer": gone, "status": "draft"})
    world.hint("crm", "order", order)

    for _ in range(12):
        world.later(1000)

    (note,) = world.memory.identities.notes.values()
    assert (note.kind, note.reason) == (NoteKind.PARKED, "what it refers to is not known yet")


def test_a_reconcile_reads_what_an_equal_revision_does_not_cover() -> None:
    """Seed 191: an edit of a contact moved no revision; its hint was lost, and no reconcile ever found it."""
    apart = {"uncovered": frozenset({"contacts[].name"})}
    world = World(integration_of(rules_of(crm=apart)))
    c = world.crm.enter("customer", {**ADA, "contacts[1]": True, "contacts[1].name": "Kim"})
    world.poll()
    row = world.crm.rows["customer", c]
    row.fields = {**row.fields, "contacts[1].name": "Kimberley"}

    world.reconcile()

    assert world.erp.values("customer", "contacts[].name") == ["Kimberley"]


def test_a_look_by_key_does_not_link_what_the_record_no_longer_shows() -> None:
    """Seed 128: a customer's e-mail changed, somebody else was entered with the old one, and the two became one."""
    world = World()
    world.erp.trouble = None
    c = world.crm.enter("customer", ADA)
    world.erp.next_writes = [LOST_REPLY]
    world.poll()
    (made,) = world.erp.ids("customer")
    world.erp.rows["customer", made].is_deleted = True
    world.crm.edit("customer", c, {"email": "new@example.org"})
    other = world.erp.enter("customer", {"name": "Bob", "email": ADA["email"]})

    world.later(70, times=4).poll()

    record = world.record_of("crm", "customer", c)
    assert record.link("erp").external_id != other
    assert record.value("name") == "Ada"


def creating(name: str, until: timedelta, tombstone: bool = False) -> Open:
    record = agreed({"name": name}, systems=("erp",))
    intent = Intent("i1", Verb.CREATE, NOW + until, NOW)
    record = replace(record, id=name).with_link("crm", Link(LinkState.EMPTY, intent=intent))
    return Open(replace(record, tombstone=Tombstone("erp", NOW) if tombstone else None), NOW + until)


def test_what_we_created_for_a_record_that_was_deleted_meanwhile_is_no_new_record() -> None:
    """Seed 711: the create landed, its owner deleted the record, and our own row came back as a new customer."""
    made = creating("ada", timedelta(0), tombstone=True)
    observation = replace(shown("crm", ADA), reference="ada")

    answer = match(observation, [Candidate(made.record, by_reference=True)], rules_of(), NOW)

    assert answer == LookFirst(("ada",))


def test_a_key_links_nothing_while_another_create_is_open_at_a_partner_without_our_reference() -> None:
    """Seed 1911: two customers shared an e-mail; what was created for one was linked to the other."""
    rules = rules_of(crm={"carries_reference": False})
    free = replace(agreed(ADA, systems=("erp",)), id="bob")
    candidate = Candidate(
        free, by_keys=frozenset({"key/customer/email/ada@example.org"}), shown={"erp": shown("erp", ADA)}
    )

    waits = match(shown("crm", ADA), [candidate], rules, NOW, [creating("ada", timedelta(seconds=9))])
    links = match(shown("crm", ADA), [candidate], rules, NOW, [])

    assert waits == WaitUntil(NOW + timedelta(seconds=9))
    assert links == Linked(free)


def test_a_slow_worker_renews_its_lease_before_it_writes() -> None:
    """Seed 1549: a worker stalled for 90 s between its intent and its write; another had looked and created anew."""
    record = sending(agreed(systems=("crm",)), "erp")
    intent = record.link("erp").intent
    assert intent is not None
    late = NOW + timedelta(seconds=30)

    after = renew_intent(record, "erp", rules_of(), late)
    renewed = after.link("erp").intent

    assert is_in_time(intent, NOW + timedelta(seconds=20))
    assert not is_in_time(intent, NOW + timedelta(seconds=21))
    assert renewed is not None
    assert (renewed.id, renewed.until - late) == (intent.id, intent.until - intent.made_at)
    assert (renewed.made_at, after.due_at) == (late, renewed.until)


def test_the_keys_of_an_open_create_are_those_that_were_sent_whoever_holds_them() -> None:
    """Seed 420: a row that we had made was linked to another record of its e-mail, and then made once more."""
    email = "key/customer/email/ada@example.org"
    record = replace(agreed(ADA, systems=("crm",)), without_keys=frozenset({email}))

    intent = sending(record, "erp").link("erp").intent

    assert intent is not None
    assert intent.keys == {email}


def test_what_follows_from_a_record_stands_in_the_order_of_the_rules() -> None:
    """A history was not the same twice: the order of links came from the order of a set."""
    record = agreed(systems=("crm",))
    rules = rules_of(systems=("crm", "erp", "shop", "store"))

    assert list(settle(record, rules, NOW).links) == ["crm", "erp", "shop", "store"]


def test_an_accepted_create_is_not_sent_twice() -> None:
    record = sending(agreed(systems=("crm",)), "erp")

    after = answered(record, "erp", Accepted("e1")).record

    assert after.link("erp").external_id == "e1"
    assert after.link("erp").due_at is None


def test_a_field_that_a_create_ignores_is_owed_again_and_never_emptied_where_it_was_typed() -> None:
    """Found by the machine over the core: the ERP left the phone out of what it made, and the CRM's was emptied."""
    ada = {**ADA, "phone": "1"}
    record = sending(agreed(ada, systems=("crm",)), "erp")

    after = answered(record, "erp", stored("erp", {**ada, "phone": None})).record

    assert after.value("phone") == "1"
    assert dict(owed(after, "erp", rules_of())) == {"phone": "1"}


def test_a_create_that_showed_only_an_id_and_ignored_a_field_empties_nothing() -> None:
    ada = {**ADA, "phone": "1"}
    record = answered(sending(agreed(ada, systems=("crm",)), "erp"), "erp", Accepted("e1")).record

    after = absorb(record, shown("erp", {**ada, "phone": None}), rules_of(), NOW).record

    assert after.value("phone") == "1"
    assert dict(owed(after, "erp", rules_of())) == {"phone": "1"}


def test_what_a_person_typed_over_a_write_that_nobody_saw_arrive_is_logged_with_what_we_had_sent() -> None:
    """Found by the machine over the core: the CRM answered with an id, had ignored the phone, and took another one.

    Nobody can tell whether the person saw the phone that the ERP had, so it must not vanish without a trace.
    """
    record = edited(agreed(ADA), "erp", {"phone": "5"})
    record = answered(sending(record, "crm"), "crm", Accepted("c1")).record

    after = absorb(record, shown("crm", {**ADA, "phone": "6"}, revision=3), rules_of(), NOW)

    assert after.record.value("phone") == "6"
    assert [(each.verdict, each.theirs, each.ours) for each in after.decisions] == [(Verdict.WON, "6", "5")]


def test_an_open_create_is_known_by_every_key_that_was_sent_also_by_one_that_another_record_keeps() -> None:
    """Found by the machine over the core: of two customers at one e-mail one was linked to what was made for the other.

    The second customer leaves the key to the first; so its open create bore no key, and the first one's look took it.
    """
    record = replace(agreed(ADA, systems=("crm",)), without_keys=frozenset({"key/customer/email/ada@example.org"}))

    intent = sending(record, "erp").link("erp").intent

    assert intent is not None
    assert intent.keys == {"key/customer/email/ada@example.org"}


def keyed(**more: Any) -> World:
    """An ERP without a place for our reference, that can be asked by tax number or by e-mail."""
    habits = {"carries_reference": False, "keys": frozenset({"tax_number", "email"})}
    return World(integration_of(rules_of(erp=habits, **more)), erp={"carries_reference": False})


def test_what_was_sent_is_still_our_own_after_a_look_that_had_to_ask_a_person() -> None:
    """Fault 15: a look found two rows and parked; what we had sent was forgotten, and beat a newer edit later."""
    world = keyed(owner="erp")
    c = world.crm.enter("customer", {**ADA, "tax_number": "t1"})
    world.erp.next_writes = [LOST_REPLY]
    world.hint("crm", "customer", c)
    (ours,) = world.erp.ids("customer")
    twin = world.erp.enter("customer", {**ADA, "name": "Somebody"})
    world.later(61)
    parked = world.link("erp").parked
    assert parked is not None
    assert set(parked.candidates) == {ours, twin}

    world.erp.rows["customer", twin].is_deleted = True
    world.crm.edit("customer", c, {"name": "Ada L."})
    world.hint("crm", "customer", c).later(61)

    assert world.link("erp").external_id == ours
    assert world.agreed("customer", "name") == "Ada L."
    assert world.decisions(Verdict.WON) == []


def test_an_unanswered_create_is_not_made_again_while_a_row_there_shows_its_key() -> None:
    """Fault 16: the key had changed since; the row that showed it as it was sent was passed over, and made twice."""
    world = keyed()
    c = world.crm.enter("customer", {**ADA, "tax_number": "t1"})
    world.erp.next_writes = [LOST_REPLY]
    world.hint("crm", "customer", c)
    (made,) = world.erp.ids("customer")
    world.erp.edit("customer", made, {"name": "Somebody", "email": None})
    world.crm.edit("customer", c, {"tax_number": "t2"})

    world.hint("crm", "customer", c).later(61, times=3)

    assert world.erp.ids("customer") == [made]
    parked = world.link("erp").parked
    assert parked is not None
    assert (parked.code, parked.candidates) == ("unanswered create", (made,))


def test_who_took_over_an_email_is_not_what_an_unanswered_create_made_if_a_contact_is_missing() -> None:
    """Seed 7383: our row was deleted before we knew of it, and who had got its e-mail meanwhile was taken for it."""
    world = keyed()
    c = world.crm.enter("customer", {"email": "ada@example.org", "contacts[1]": True, "contacts[1].name": "Kay"})
    world.erp.next_writes = [LOST_REPLY]
    world.hint("crm", "customer", c)
    (made,) = world.erp.ids("customer")
    world.erp.rows["customer", made].is_deleted = True
    world.crm.edit("customer", c, {"email": "new@example.org"})
    e = world.erp.enter("customer", {"email": "ada@example.org", "name": "Bob"})

    world.hint("crm", "customer", c).later(61, times=3)

    parked = world.link("erp").parked
    assert parked is not None
    assert (parked.code, parked.candidates) == ("unanswered create", (e,))
    assert world.erp.shown("customer", e)["email"] == "ada@example.org"


def test_who_took_over_an_email_is_not_what_a_create_made_where_that_would_show_our_reference() -> None:
    """Seed 213161: only the e-mail had been sent, and got lost; who has it by now was taken for what was made."""
    world = World()
    c = world.crm.enter("customer", {"email": "ada@example.org"})
    world.erp.next_writes = [LOST_REQUEST]
    world.hint("crm", "customer", c)
    world.crm.edit("customer", c, {"email": "new@example.org"})
    e = world.erp.enter("customer", {"email": "ada@example.org", "name": "Bob"})

    world.hint("crm", "customer", c).later(61, times=3)
    world.poll()

    assert world.record_of("crm", "customer", c).link("erp").external_id != e
    assert world.erp.shown("customer", e)["email"] == "ada@example.org"
    assert "name" not in world.crm.shown("customer", c)


@pytest.mark.parametrize("is_told_by", ["a look", "the answer"])
def test_what_its_only_writer_shows_of_our_own_late_line_is_taken(is_told_by: str) -> None:
    """Seed 305107: a quantity was on its way when the CRM changed it and the ERP confirmed; both stayed as they were.

    From then on the ERP alone writes quantities, so the newer one is never sent; and what it shows was our own echo.
    """
    placed = {**order_of("crm", a=1), "status": "placed"}
    record = edited(agreed(placed, entity="order"), "crm", {"lines[a].quantity": Decimal(2)})
    record = edited(sending(record, "erp"), "crm", {"lines[a].quantity": Decimal(3)})
    confirmed = {**order_of("erp", a=2), "status": "confirmed"}

    if is_told_by == "a look":
        after = absorb(record, shown("erp", confirmed, entity="order"), rules_of("order"), NOW)
    else:
        after = answered(record, "erp", stored("erp", confirmed, entity="order"))

    assert after.record.value("lines[a].quantity") == Decimal(2)
    assert [(each.path, each.theirs, each.ours) for each in after.decisions if each.verdict is Verdict.PASSED] == [
        ("lines[a].quantity", Decimal(2), Decimal(3))
    ]


def cloned() -> tuple[World, str, str]:
    """A customer of the CRM of which the ERP has two rows: what a create without an answer made, and another person's,
    for which somebody cloned it, our reference included. A person is asked which it is."""
    world = World()
    c = world.crm.enter("customer", ADA)
    world.erp.next_writes = [LOST_REPLY]
    world.hint("crm", "customer", c)
    (made,) = world.erp.ids("customer")
    reference = world.erp.rows["customer", made].reference
    clone = world.erp.enter("customer", {"name": "Bob", "email": "bob@example.org"}, reference)
    world.later(61)
    assert is_asked(world, made, clone)
    return world, c, clone


def is_asked(world: World, *which: str) -> bool:
    parked = world.link("erp").parked
    return parked is not None and set(parked.candidates) == set(which)


def test_who_is_asked_which_of_several_a_create_made_is_asked_still_once_the_customer_is_deleted() -> None:
    """Seed 1287: the customer was deleted in the CRM meanwhile. Nothing was owed any more, so nobody was asked, and
    either row came back as new."""
    world, c, _ = cloned()

    world.crm.remove("customer", c)
    world.hint("crm", "customer", c)
    world.poll().later(61, times=2)

    assert is_asked(world, *world.erp.ids("customer"))
    assert world.crm.ids("customer") == []


def test_who_is_asked_which_of_several_a_create_made_is_asked_still_once_the_customer_has_another_name() -> None:
    """Seed 2288: as something else was owed nobody was asked any more, and the clone, by now another person, was linked
    by the reference that it had copied."""
    world, c, clone = cloned()

    world.crm.edit("customer", c, {"name": "Ada Lovelace"})
    world.hint("crm", "customer", c)
    world.hint("erp", "customer", clone)
    world.poll().later(61, times=2)

    assert is_asked(world, *world.erp.ids("customer"))
    assert world.erp.shown("customer", clone) == {"name": "Bob", "email": "bob@example.org"}
