"""The reads that match asks for, and the writes that it decides (the sync rules, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from shared.core.decisions import Verdict
from shared.core.observations import Invalid
from shared.core.records import LinkState, Record
from shared.flows.absorb_changes import absorb_changes
from shared.flows.operating.link import unlink_record
from shared.flows.operating.repairing import Done
from shared.ports.system import Hint
from tests.kit.busy import Busy
from tests.kit.partner import LOST_REPLY
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
    world = World()
    c = world.crm.enter("customer", ADA)
    absorb_changes(world.parts, [Hint("crm", "customer", c)])
    e = world.erp.enter("customer", ADA)

    absorb_changes(replace(world.parts, records=Busy(world, "absorb")), [Hint("erp", "customer", e)])

    assert world.link("erp").external_id == e


def test_an_id_that_once_began_a_record_and_comes_back_as_somebody_else_begins_one_under_another_name() -> None:
    world = World()
    e = world.erp.enter("customer", ADA)
    began = world.poll().record()
    world.erp.remove("customer", e)
    assert isinstance(unlink_record(world.parts, began.id, "erp", "operator:ann"), Done)

    world.erp.restore("customer", e)
    world.erp.edit("customer", e, {"name": "Bob", "email": "bob@example.org"})
    world.hint("erp", "customer", e)

    bob = world.record_of("erp", "customer", e)
    assert bob.id != began.id
    assert (began.generation, bob.generation) == (0, 1)
    assert bob.value("name") == "Bob"


class _Stalling:
    """A store before whose second reading the worker stalls, while the world goes on: what it fetched gets old."""

    def __init__(self, store: object, reading: str, meanwhile: Callable[[], None]) -> None:
        self.store, self.reading, self.meanwhile, self.readings = store, reading, meanwhile, 0

    def __getattr__(self, name: str) -> Any:
        if name == self.reading:
            self.readings += 1
            if self.readings == 2:
                self.meanwhile()
        return getattr(self.store, name)


def _made_but_not_known() -> tuple[World, str]:
    """Return a world whose erp has a customer that we made, without that we know of it yet."""
    world = World()
    world.erp.next_writes = [LOST_REPLY]
    world.crm.enter("customer", ADA)
    world.poll()
    (made,) = world.erp.ids("customer")
    return world, made


def _absorb_while(world: World, external_id: str, meanwhile: Callable[[], None]) -> None:
    parts = replace(world.parts, records=_Stalling(world.memory.records, "get", meanwhile))
    absorb_changes(parts, [Hint("erp", "customer", external_id)])
    world.settle()


def test_a_row_that_went_after_it_was_fetched_is_no_record_beside_the_one_that_was_made_again() -> None:
    """Seed 14548: a worker slow for 17 s fetched what we had made; it was deleted, and made anew under another id."""
    world, made = _made_but_not_known()

    def deleted_and_made_again() -> None:
        world.erp.remove("customer", made)
        world.later(61)

    _absorb_while(world, made, deleted_and_made_again)

    (again,) = world.erp.ids("customer")
    assert again != made
    assert (len(world.records()), world.link("erp").external_id) == (1, again)
    assert len(world.crm.ids("customer")) == 1


def test_a_row_that_went_unread_after_it_was_linked_by_somebody_quicker_is_not_linked_again() -> None:
    world, made = _made_but_not_known()

    def linked_and_deleted() -> None:
        world.later(61)
        world.erp.remove("customer", made)
        world.hint("erp", "customer", made)

    _absorb_while(world, made, linked_and_deleted)

    assert world.link("erp").state is LinkState.DETACHED


def test_a_row_that_has_changed_its_key_since_it_was_fetched_is_asked_about_anew() -> None:
    world = in_step(World())
    bob = world.erp.enter("customer", {**ADA, "name": "Bob"})

    _absorb_while(world, bob, lambda: world.erp.edit("customer", bob, {"email": "bob@example.org"}))

    assert world.record_of("erp", "customer", bob).without_keys == frozenset()
    assert world.crm.values("customer", "email", "crm-2") == ["bob@example.org"]


def test_a_stranger_whose_key_changed_hands_while_it_was_matched_is_asked_about_anew() -> None:
    """Seed 810452: who held the e-mail was read, the holder gave it back, another record took it, and then the holder
    was read: the stranger became a record beside the one that shows its e-mail."""
    world = in_step(World())
    bob = world.erp.enter("customer", {**ADA, "name": "Bob"})

    def handed_on() -> None:
        world.crm.edit("customer", "crm-1", {"email": "new@example.org"})
        absorb_changes(world.parts, [Hint("crm", "customer", "crm-1")])
        world.crm.enter("customer", {**ADA, "name": "Bob"})
        absorb_changes(world.parts, [Hint("crm", "customer", "crm-2")])

    _absorb_while(world, bob, handed_on)

    assert world.record_of("erp", "customer", bob).link("crm").external_id == "crm-2"


def test_a_row_that_lost_our_reference_since_it_was_fetched_is_asked_about_anew() -> None:
    world = in_step(World())
    clone = world.erp.enter("customer", {**ADA, "email": None, "name": "Bob"}, reference=world.record().id)

    def disowned() -> None:
        world.erp.rows["customer", clone].reference = None

    _absorb_while(world, clone, disowned)

    assert world.record_of("erp", "customer", clone).value("name") == "Bob"
    assert not world.decisions(Verdict.DUPLICATE)


class _Asked:
    """Records that remember which ids they were asked for, and which they were given to save."""

    def __init__(self, world: World) -> None:
        self.records, self.ids, self.saved = world.memory.records, set[str](), list[tuple[str, int]]()

    def get(self, ids: Collection[str]) -> Mapping[str, Record]:
        self.ids |= set(ids)
        return self.records.get(ids)

    def save(self, change: Any) -> Any:
        self.saved.append((change.record.id, change.record.version))
        return self.records.save(change)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.records, name)


def test_a_stranger_without_our_reference_is_looked_for_by_its_keys_alone() -> None:
    world = in_step(World())
    q = world.erp.enter("customer", ADA)
    asked = _Asked(world)

    absorb_changes(replace(world.parts, records=asked), [Hint("erp", "customer", q)])

    assert asked.ids == {world.record_of("crm", "customer", "crm-1").id}


def test_news_of_a_candidate_that_two_strangers_of_one_batch_name_is_written_once() -> None:
    """A second write of the same news could only lose against the first."""
    world = World()
    c = world.crm.enter("customer", ADA)
    absorb_changes(world.parts, [Hint("crm", "customer", c)])
    world.crm.edit("customer", c, {"name": "Ada L."})
    strangers = [world.erp.enter("customer", {**ADA, "name": name}) for name in ("Bob", "Eve")]
    asked, ada = _Asked(world), world.record()

    absorb_changes(replace(world.parts, records=asked), [Hint("erp", "customer", each) for each in strangers])

    assert world.record_of("crm", "customer", c).value("name") == "Ada L."
    assert asked.saved.count((ada.id, ada.version + 1)) == 1


def test_a_row_that_gave_its_key_away_after_it_was_fetched_is_not_who_has_the_key_now() -> None:
    """Seed 1087682: a worker slow for 46 s had read a customer's e-mail in the ERP; it got another one there, and
    somebody else with the first was entered in the CRM. The two became one record."""
    world = World()
    bob = world.erp.enter("customer", {**ADA, "name": "Bob"})

    def handed_on() -> None:
        world.erp.edit("customer", bob, {"email": "bob@example.org"})
        world.crm.enter("customer", ADA)
        absorb_changes(world.parts, [Hint("crm", "customer", "crm-1")])

    parts = replace(world.parts, identities=_Stalling(world.memory.identities, "holders", handed_on))
    absorb_changes(parts, [Hint("erp", "customer", bob)])
    world.settle()

    assert world.record_of("erp", "customer", bob).id != world.record_of("crm", "customer", "crm-1").id
    assert world.crm.values("customer", "email", "crm-1") == [ADA["email"]]
