"""After a lost answer: look, absorb, clear, or ask a person (the sync rules, section 5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.core.observations import Invalid, Next, Trouble
from shared.core.records import LinkState
from shared.core.rules import MatchKey
from shared.core.values import Reference
from shared.flows.absorb_changes import absorb_changes
from shared.flows.deliver_changes import deliver_changes
from shared.ports.messages import Delivery
from shared.ports.system import Hint, Listing
from tests.kit.partner import LOST_REPLY, LOST_REQUEST, OUTAGE, Partner
from tests.kit.rules import able, integration_of, rules_of
from tests.kit.world import World, in_step, renamed

ADA = {"name": "Ada", "email": "ada@example.org", "phone": None}
REFUSED = Trouble(Next.PERMANENT, "422", "name is too long", field="name")
BUSY = Trouble(Next.RETRYABLE, "500")


@pytest.mark.parametrize("script", [LOST_REPLY, LOST_REQUEST])
def test_an_update_without_an_answer_is_looked_up_by_id(script: str) -> None:
    world = in_step(World())
    world.erp.next_writes = [script]
    deliver_changes(world.parts, renamed(world))
    assert world.link("erp").intent is not None

    world.later(61)

    assert world.agreed("customer", "name") == "Ada L."
    assert world.memory.records.conflicts == []


def unanswered() -> World:
    world = in_step(World())
    world.erp.next_writes = [LOST_REPLY]
    deliver_changes(world.parts, renamed(world))
    return world


def test_a_look_that_finds_the_record_gone_detaches_it() -> None:
    world = unanswered()
    world.erp.remove("customer", world.erp.ids("customer")[0])

    world.later(61)

    assert world.link("erp").state is LinkState.DETACHED


def test_a_look_that_cannot_read_the_record_parks_it() -> None:
    world = unanswered()
    (e,) = world.erp.ids("customer")
    world.erp.invalid["customer", e] = Invalid(e, "email", "not an e-mail")

    world.later(61)

    assert world.link("erp").parked is not None


@pytest.mark.parametrize("is_known", [True, False])
def test_a_look_that_fails_concludes_nothing(is_known: bool) -> None:
    world = unanswered() if is_known else World()
    if not is_known:
        world.erp.next_writes = [LOST_REQUEST]
        world.crm.enter("customer", ADA)
        world.poll()
    intent = world.link("erp").intent
    world.erp.trouble = OUTAGE

    world.later(61)

    assert world.link("erp").intent == intent is not None


def test_a_create_is_looked_up_by_the_keys_that_were_sent_and_not_by_those_of_today() -> None:
    habits = {"carries_reference": False, "keys": frozenset({"tax_number"})}
    world = World(integration_of(rules_of(erp=habits)), erp={"carries_reference": False})
    world.erp.next_writes = [LOST_REPLY]
    c = world.crm.enter("customer", {**ADA, "tax_number": "t1"})
    world.poll()
    (e,) = world.erp.ids("customer")
    world.crm.edit("customer", c, {"tax_number": "t2"})

    world.hint("crm", "customer", c).later(61)

    assert world.erp.ids("customer") == [e]
    assert world.agreed("customer", "tax_number") == "t2"


def test_a_key_of_a_reference_is_asked_for_as_the_target_calls_it() -> None:
    by_customer = MatchKey("customer", ("customer",), unique=True)
    orders = rules_of("order", identity=(by_customer,), erp={"keys": frozenset({"customer"})})
    world = World(integration_of(rules_of(), orders))
    c = world.crm.enter("customer", ADA)
    world.poll()
    there = world.erp.enter(
        "order", {"number": "1", "customer": Reference("erp", "customer", world.erp.ids("customer")[0])}
    )
    o = world.crm.enter("order", {"number": "1", "customer": Reference("crm", "customer", c), "status": "placed"})

    world.hint("crm", "order", o)

    assert world.erp.ids("order") == [there]


def test_an_open_create_without_any_key_is_looked_for_by_reference_alone() -> None:
    """A key of a parent that is not there (yet) cannot be asked for."""
    keys = (MatchKey("customer", ("customer",), unique=True),)
    orders = rules_of("order", identity=keys, erp={"keys": frozenset({"customer"}), "takes": frozenset({"number"})})
    world = World(integration_of(rules_of(erp={"can_create": False}), orders))
    c = world.crm.enter("customer", ADA)
    world.crm.enter("order", {"number": "1", "customer": Reference("crm", "customer", c), "status": "placed"})

    world.poll()

    assert len(world.erp.ids("order")) == 1
    assert ("find", 1) in world.erp.calls


NAMELESS = {"carries_reference": False, "keys": frozenset[str]()}


def unanswered_create(**erp: Any) -> World:
    """A create without an answer at a partner that can be asked for nothing."""
    world = World(integration_of(rules_of(erp=NAMELESS)), erp={"carries_reference": False, **erp})
    world.erp.next_writes = [LOST_REPLY]
    world.crm.enter("customer", ADA)
    world.hint("crm", "customer", "crm-1")
    return world


@pytest.mark.parametrize("lists", ["states", "ids"])
def test_the_listing_is_read_to_its_end_and_what_it_does_not_show_is_fetched(lists: str) -> None:
    world = unanswered_create(lists=lists)
    (e,) = world.erp.ids("customer")
    for number in range(3):
        world.erp.enter("customer", {"name": f"other {number}"})
    world.erp.page_size = 1

    world.later(61)

    assert world.link("erp").external_id == e
    assert world.erp.called("list") == 4


@pytest.mark.parametrize("is_told", [True, False])
def test_what_a_list_leaves_out_is_asked_for_by_the_key_that_was_sent_before_it_is_made_again(is_told: bool) -> None:
    """Seed 80981: the e-mail was another by then, so the look before the second create would not find the first."""
    habits = {"carries_reference": False, "keys": frozenset({"email"})}
    world = World(integration_of(rules_of(erp=habits)), erp={"carries_reference": False})
    world.erp.next_writes = [LOST_REPLY]
    world.crm.enter("customer", ADA)
    world.hint("crm", "customer", "crm-1")
    (e,) = world.erp.ids("customer")
    world.erp.unlisted = {e}
    world.crm.edit("customer", "crm-1", {"email": "new@example.org"})
    world.hint("crm", "customer", "crm-1")
    if not is_told:
        world.erp.before["find"] = [lambda: setattr(world.erp, "trouble", OUTAGE)]

    world.later(61)

    assert world.erp.ids("customer") == [e]
    assert world.link("erp").external_id == (e if is_told else None)


def test_a_listing_whose_records_cannot_be_fetched_proves_nothing() -> None:
    world = unanswered_create(lists="ids")
    world.erp.before["fetch"] = [lambda: setattr(world.erp, "trouble", OUTAGE)]
    intent = world.link("erp").intent

    world.later(61)

    assert world.link("erp").intent == intent is not None


class Endless(Partner):
    """A partner whose listing never ends."""

    def list(self, entity: str, cursor: str | None) -> Listing:
        """Return an empty page, and that there are more."""
        return Listing((), f"{entity}{cursor}"[:9], more=True)


def test_a_listing_without_an_end_proves_nothing() -> None:
    world = unanswered_create()
    endless = Endless("erp", world.clock, carries_reference=False)
    endless.rows = world.erp.rows
    world.systems.partners["erp"] = endless
    intent = world.link("erp").intent

    world.later(61)

    assert world.link("erp").intent == intent is not None


def test_a_key_of_several_parts_is_not_asked_for_as_it_was_sent() -> None:
    """Only the record's present values of it are: a sent key is text and cannot be taken apart safely."""
    pair = MatchKey("name+phone", ("name", "phone"), unique=True)
    rules = rules_of(identity=(pair,), erp={"keys": frozenset({"name+phone"})})
    world = World(integration_of(rules))
    world.erp.next_writes = [LOST_REPLY]
    world.crm.enter("customer", {**ADA, "phone": "1"})
    world.poll()

    world.later(61)

    assert len(world.erp.ids("customer")) == 1
    assert world.link("erp").is_live


def test_what_another_records_open_create_may_have_made_is_left_alone() -> None:
    """Two customers share an e-mail; the create of one ended without an answer: the other must not take its record."""
    habits = {"carries_reference": False, "keys": frozenset({"email"})}
    world = World(integration_of(rules_of(erp=habits)), erp={"carries_reference": False})
    world.erp.next_writes = [LOST_REPLY]
    a = world.crm.enter("customer", ADA)
    world.hint("crm", "customer", a)
    (e,) = world.erp.ids("customer")

    b = world.crm.enter("customer", {**ADA, "name": "Bob"})
    world.hint("crm", "customer", b)
    assert world.record_of("crm", "customer", b).link("erp").external_id != e
    world.later(70, times=4)

    assert world.record_of("crm", "customer", a).link("erp").external_id == e
    assert world.erp.shown("customer", e)["name"] == "Ada"


@pytest.mark.parametrize("first", ["Ada", "Bob"])
def test_a_look_does_not_take_what_an_older_open_create_made_late(first: str) -> None:
    """Bob's create has no answer and lands late; meanwhile his e-mail became Ada's, whose create never arrived."""
    habits = {"carries_reference": False, "keys": frozenset({"email"})}
    world = World(integration_of(rules_of(erp=habits)), erp={"carries_reference": False})
    world.erp.next_writes = [LOST_REQUEST, LOST_REQUEST]
    bob = world.crm.enter("customer", {**ADA, "name": "Bob"})
    world.hint("crm", "customer", bob)
    world.crm.edit("customer", bob, {"email": "bob@example.org"})
    world.hint("crm", "customer", bob)
    ada = world.crm.enter("customer", ADA)
    world.hint("crm", "customer", ada)
    late = world.erp.enter("customer", {**ADA, "name": "Bob"})
    records = {name: world.record_of("crm", "customer", each) for name, each in (("Ada", ada), ("Bob", bob))}

    world.clock.go_on(70)
    deliver_changes(world.parts, [Delivery("erp", "customer", records[first].id)])
    world.later(70, times=4)

    assert world.record_of("crm", "customer", bob).link("erp").external_id == late
    assert world.record_of("crm", "customer", ada).link("erp").external_id != late


def test_a_key_that_was_sent_for_another_record_and_given_up_since_links_nobody_else() -> None:
    """Ada's create ended without an answer; she changes her e-mail and Bob takes it: what stands there is hers."""
    habits = {"carries_reference": False, "keys": frozenset({"email"})}
    world = World(integration_of(rules_of(erp=habits)), erp={"carries_reference": False})
    world.erp.next_writes = [LOST_REPLY]
    a = world.crm.enter("customer", ADA)
    world.hint("crm", "customer", a)
    (e,) = world.erp.ids("customer")
    world.crm.edit("customer", a, {"email": "ada@new.example"})
    world.hint("crm", "customer", a)

    b = world.crm.enter("customer", {**ADA, "name": "Bob"})
    world.hint("crm", "customer", b)

    assert world.record_of("crm", "customer", b).link("erp").external_id is None
    world.later(70, times=4)
    assert world.record_of("crm", "customer", a).link("erp").external_id == e
    assert world.record_of("crm", "customer", b).link("erp").external_id not in (None, e)


def test_what_shows_our_reference_is_linked_though_anothers_open_create_may_have_made_what_shows_the_key() -> None:
    """The reference is carried no more, but rows of before still show it."""
    habits = {"carries_reference": False, "keys": frozenset({"email"})}
    world = World(integration_of(rules_of(erp=habits)))
    world.erp.next_writes = [LOST_REQUEST]
    bob = world.crm.enter("customer", {**ADA, "name": "Bob"})
    world.hint("crm", "customer", bob)
    world.crm.edit("customer", bob, {"email": "bob@example.org"})
    world.hint("crm", "customer", bob)
    ada = world.crm.enter("customer", ADA)
    absorb_changes(world.parts, [Hint("crm", "customer", ada)])
    hers = world.erp.enter("customer", ADA, reference=world.record_of("crm", "customer", ada).id)
    world.erp.enter("customer", {**ADA, "name": "Bob"})

    world.settle()

    assert world.record_of("crm", "customer", ada).link("erp").external_id == hers


def test_a_system_that_shows_nothing_is_not_asked_whether_a_record_has_moved_there() -> None:
    rules = rules_of(systems=("crm", "erp", "shop"))
    blind = replace(rules, systems={**rules.systems, "shop": able("shop", can_read=False)})
    world = World(integration_of(blind))
    shop = world.systems.partners["shop"]
    world.erp.trouble = OUTAGE
    c = world.crm.enter("customer", ADA)
    world.hint("crm", "customer", c)
    assert world.link("shop").is_live
    world.erp.trouble, calls = None, shop.called("fetch")
    e = world.erp.enter("customer", ADA)

    world.later(70)

    assert world.link("erp").external_id == e
    assert shop.called("fetch") == calls
