"""match: whose record is this? (the sync rules, section 3; stories F9 to F11, F16)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from shared.core.deliver import park_keeping_intent
from shared.core.match import (
    Candidate,
    Fetch,
    Linked,
    LookFirst,
    Match,
    New,
    Open,
    Park,
    WaitUntil,
    match,
    observed_keys,
)
from shared.core.observations import Gone, Invalid, Observation, Shown
from shared.core.records import Link, LinkState, Parked, Record, Sent, Tombstone
from shared.core.rules import EntityRules
from shared.core.values import digest
from tests.kit.merging import IDS, NOW, agreed, sending, shown
from tests.kit.rules import CRM, rules_of

EMAIL = "key/customer/email/ada@example.org"
TAX = "key/customer/tax_number/t1"
ADA = {"name": "Ada", "email": "ada@example.org", "tax_number": "T1"}
LEASE_OVER = NOW + timedelta(minutes=5)


def stranger(**fields: Any) -> Observation:
    """A record of the erp that nobody knows."""
    return shown("erp", {**ADA, **fields}, external_id="e9")


def candidate(
    record: Record | None = None, *keys: str, by_reference: bool = False, sees: dict[str, Shown] | None = None
) -> Candidate:
    """A record that stands in the crm, with what its links show now (its crm link as it was, unless told)."""
    record = record or agreed(ADA, systems=("crm",))
    look: dict[str, Shown] = {"crm": shown("crm", ADA)} if sees is None else sees
    return Candidate(record, by_reference, frozenset(keys), look)


def matched(
    *candidates: Candidate,
    rules: EntityRules | None = None,
    now: datetime = NOW,
    opens: Sequence[Open] = (),
    observation: Observation | None = None,
) -> Match:
    return match(observation or stranger(), candidates, rules or rules_of(), now, opens)


def test_without_candidates_it_is_a_record_of_its_own() -> None:
    assert matched() == New()


def test_one_record_whose_links_still_show_the_key_is_meant() -> None:
    record = agreed(ADA, systems=("crm",))

    assert matched(candidate(record, EMAIL)) == Linked(record)


def test_our_own_reference_names_the_record_without_a_look_at_its_other_links() -> None:
    record = agreed(ADA, systems=("crm",))

    assert matched(candidate(record, by_reference=True, sees={})) == Linked(record)


def test_f11_every_live_link_is_looked_at_before_a_key_is_believed_and_who_shows_it_once_more() -> None:
    """Seed 1087682: who was read with the key had given it away when the candidate was."""
    assert matched(candidate(None, EMAIL, sees={})) == Fetch((("crm", "c1"), ("erp", "e9")))


def test_f11_a_link_that_cannot_be_read_or_takes_no_part_is_not_asked() -> None:
    record = agreed(ADA, systems=("crm", "shop"))

    assert matched(candidate(record, EMAIL, sees={}), rules=rules_of(crm={"can_read": False})) == Linked(record)


def test_f11_a_record_that_changed_its_email_unseen_is_not_meant() -> None:
    """p changes e-mail A to B in the CRM, unseen; q is entered with A: q is no p."""
    moved = candidate(None, EMAIL, sees={"crm": shown("crm", {**ADA, "email": "new@example.org"})})

    assert matched(moved) == New()


def test_a_link_that_is_gone_or_cannot_show_the_key_speaks_not_against_it() -> None:
    record = agreed(ADA, systems=("crm",))
    nameless = rules_of(crm={"carries": frozenset({"name"})})

    assert matched(candidate(record, EMAIL, sees={"crm": Gone("c1")})) == Linked(record)
    assert matched(candidate(record, EMAIL, sees={"crm": shown("crm", {})}), rules=nameless) == Linked(record)


def test_a_link_whose_record_cannot_be_read_speaks_against_the_key() -> None:
    assert matched(candidate(None, EMAIL, sees={"crm": Invalid("c1", "email", "not text")})) == New()


def test_a_second_key_may_still_be_shown_when_the_first_has_changed() -> None:
    record = agreed(ADA, systems=("crm",))
    look: dict[str, Shown] = {"crm": shown("crm", {**ADA, "email": "new@example.org"})}

    assert matched(candidate(record, EMAIL, TAX, sees=look)) == Linked(record)


def test_a_tombstone_is_never_meant() -> None:
    dead = replace(agreed(ADA, systems=("crm",)), tombstone=Tombstone("crm", NOW))

    assert matched(candidate(dead, EMAIL, by_reference=True)) == New()


def test_a_detached_link_may_be_attached_again() -> None:
    record = agreed(ADA)
    detached = record.with_link("erp", replace(record.link("erp"), state=LinkState.DETACHED))

    assert matched(candidate(detached, EMAIL)) == Linked(detached)


def test_a_live_link_in_the_same_system_is_looked_at_even_for_our_reference() -> None:
    assert matched(candidate(agreed(ADA), by_reference=True, sees={})) == Fetch((("erp", IDS["erp"]), ("erp", "e9")))


def test_a_detached_link_that_has_the_unknown_record_by_now_is_looked_at() -> None:
    """Somebody else linked it, and absorbed its deletion, after it was fetched."""
    record = agreed(ADA)
    link = replace(record.link("erp"), state=LinkState.DETACHED, external_id="e9")

    assert matched(candidate(record.with_link("erp", link), by_reference=True)) == Fetch((("erp", "e9"),))


BOTH: dict[str, Shown] = {"crm": shown("crm", ADA), "erp": shown("erp", ADA)}


def test_a_unique_key_that_stands_there_twice_is_parked() -> None:
    record = agreed(ADA)

    assert matched(candidate(record, TAX, sees=BOTH)) == Park((record.id,), "a unique key stands there twice")


def test_two_contacts_at_one_email_are_two_records_and_the_key_stays_with_its_holder() -> None:
    record = agreed(ADA)

    assert matched(candidate(record, EMAIL, sees=BOTH)) == New(frozenset({EMAIL}), (record.id,))


def test_f16_a_record_that_is_gone_in_the_same_system_is_free_for_who_enters_it_again() -> None:
    record = agreed(ADA)

    assert matched(candidate(record, TAX, sees={**BOTH, "erp": Gone("e1")})) == Linked(record)


def test_several_records_that_may_be_meant_are_parked_in_any_order_alike() -> None:
    one, other = agreed(ADA, systems=("crm",)), replace(agreed(ADA, systems=("crm",)), id="0")
    both = [candidate(one, EMAIL), candidate(other, TAX)]

    answers = {matched(*order) for order in permutations(both)}

    assert answers == {Park(("0", one.id), "several records may be meant")}


def test_a_system_that_may_not_create_is_parked() -> None:
    answer = matched(rules=rules_of(creators=CRM))

    assert answer == Park((), "first seen in erp, which may not create it")


# ── creates on their way ──


def creating() -> Record:
    return sending(agreed(ADA, systems=("crm",)), "erp")


def test_the_webhook_of_what_we_just_created_waits_for_the_lease() -> None:
    assert matched(candidate(creating(), EMAIL)) == WaitUntil(NOW + timedelta(seconds=60))


def test_after_the_lease_the_record_is_looked_for_first() -> None:
    record = creating()

    assert matched(candidate(record, EMAIL), now=LEASE_OVER) == LookFirst((record.id,))


def test_a_create_that_waits_for_a_person_is_linked_by_key() -> None:
    """Nobody could tell whether the record was created; now one with its key appears: that is it."""
    doubtful = parked_create(creating())

    assert matched(candidate(doubtful, EMAIL), now=LEASE_OVER) == Linked(doubtful)


def test_an_open_update_is_no_create() -> None:
    record = agreed(ADA, systems=("crm",))
    detached = record.with_link("erp", Link(LinkState.DETACHED, "e1"))

    assert matched(candidate(detached, EMAIL)) == Linked(detached)


def parked_create(record: Record) -> Record:
    return park_keeping_intent(record, "erp", Parked("nobody can tell", NOW), rules_of(), NOW)


NAMELESS = {"carries_reference": False, "keys": frozenset[str]()}


def test_without_our_reference_nothing_is_new_while_any_create_is_open_there() -> None:
    rules, record = rules_of(erp=NAMELESS), creating()
    running = Open(record, NOW + timedelta(seconds=60))
    other = shown("erp", {"name": "Somebody else"}, external_id="e9")

    assert matched(rules=rules, opens=[running], observation=other) == WaitUntil(running.until)
    assert matched(rules=rules, opens=[running], observation=other, now=LEASE_OVER) == LookFirst((record.id,))
    assert matched(rules=rules, opens=[], observation=other) == New()


def test_with_our_reference_open_creates_hinder_nobody() -> None:
    assert matched(opens=[Open(creating(), LEASE_OVER)]) == New()


def test_what_may_be_a_parked_create_is_parked_with_it_and_what_cannot_be_is_new() -> None:
    rules = rules_of("order", erp=NAMELESS)
    order = sending(agreed({"number": "1", "customer": "r-ada"}, entity="order", systems=("crm",)), "erp", rules)
    doubtful = park_keeping_intent(order, "erp", Parked("nobody can tell", NOW), rules, NOW)
    opens = [Open(doubtful, NOW)]
    same_parent = shown("erp", {"number": "7", "customer": "r-ada"}, entity="order", external_id="e9")
    other_parent = shown("erp", {"number": "7", "customer": "r-bob"}, entity="order", external_id="e9")

    assert match(same_parent, [], rules, LEASE_OVER, opens) == Park(
        (doubtful.id,), "it may be what a create without an answer made"
    )
    assert match(other_parent, [], rules, LEASE_OVER, opens) == New()


def test_one_of_several_that_a_person_is_asked_about_is_linked_neither_by_reference_nor_by_key() -> None:
    """Seed 6142: somebody cloned what a lost create had made, our reference included. The look parked both; then the
    clone, by now another person, was absorbed by itself and linked by its reference."""
    asked = Parked("several records there may be this one", NOW, candidates=("e8", "e9"))
    record = agreed(ADA, systems=("crm",)).with_link("erp", Link(parked=asked))
    only_one = record.with_link("erp", Link(parked=replace(asked, candidates=("e9",))))

    for found in (candidate(record, by_reference=True), candidate(record, EMAIL)):
        assert matched(found) == Park((record.id,), "a person is asked which of several it is")
    assert matched(candidate(record, EMAIL), observation=replace(stranger(), external_id="e7")) == Linked(record)
    assert matched(candidate(only_one, by_reference=True)) == Linked(only_one)


def test_what_is_cloned_while_a_person_is_asked_which_of_several_it_is_is_one_of_them() -> None:
    """Seed 4578: the look had found three with our reference; a fourth, cloned afterwards, was linked by it."""
    asked = Parked("several records there may be this one", NOW, candidates=("e8", "e9"))
    record = agreed(ADA, systems=("crm",)).with_link("erp", Link(parked=asked))
    later = replace(stranger(), external_id="e7")

    for found in (record, replace(record, tombstone=Tombstone("crm", NOW))):
        assert matched(candidate(found, by_reference=True), observation=later) == Park(
            (record.id,), "a person is asked which of several it is"
        )


@pytest.mark.parametrize("carries_reference", [True, False])
def test_who_shows_only_the_key_while_a_person_is_asked_what_a_create_made_is_one_of_them(
    *, carries_reference: bool
) -> None:
    """Seed 25979: somebody had cloned what a lost create made; then the same customer was entered there by hand, and
    linked by the e-mail. What the create had made became somebody else's."""
    asked = Parked("several records there may be this one", NOW, candidates=("e7", "e8"))
    echoes = {"name": (Sent(digest("Ada"), digest("Ada"), None),)}
    record = agreed(ADA, systems=("crm",)).with_link("erp", Link(parked=asked, echoes=echoes))
    rules = rules_of() if carries_reference else rules_of(erp=NAMELESS)
    several = Park((record.id,), "a person is asked which of several it is")

    assert matched(candidate(record, EMAIL), rules=rules) == (several if carries_reference else Linked(record))


def test_one_of_several_that_a_person_is_asked_about_stays_so_when_the_record_is_deleted_meanwhile() -> None:
    """Seed 203711: as a record of its own it brought the deleted customer back; later that one was restored, and stood
    twice in the shop."""
    asked = Parked("several records there may be this one", NOW, candidates=("e8", "e9"))
    record = agreed(ADA, systems=("crm",)).with_link("erp", Link(parked=asked))
    dead = replace(record, tombstone=Tombstone("crm", NOW))

    assert matched(candidate(dead, by_reference=True)) == Park((dead.id,), "a person is asked which of several it is")
    assert matched(candidate(dead, EMAIL)) == New()


def test_a_key_that_moved_on_does_not_take_along_what_a_parked_create_was_sent_with() -> None:
    """Seed 5287: a create in doubt was sent with an e-mail that another record has by now. The row that shows it may be
    what that create made: taken for the other record's, the next look would find nothing and create it twice."""
    rules = rules_of(erp=NAMELESS)
    doubtful = parked_create(replace(creating(), id="r-first"))
    now_has_it = agreed(ADA, systems=("crm",))
    another = {**ADA, "email": "b@example.org", "tax_number": "T2"}
    elsewhere = parked_create(replace(sending(agreed(another, systems=("crm",)), "erp"), id="r-third"))

    found = matched(candidate(now_has_it, EMAIL), rules=rules, opens=[Open(doubtful, NOW)])

    assert found == Park(tuple(sorted((now_has_it.id, "r-first"))), "it may be what a create without an answer made")
    assert matched(candidate(now_has_it, EMAIL), rules=rules, opens=[Open(elsewhere, NOW)]) == Linked(now_has_it)


def test_a_key_that_two_may_share_links_to_a_create_in_doubt_only_what_was_sent_or_what_a_look_saw() -> None:
    """Seed 19818: a create landed late, and somebody entered the same customer there by hand. The list that was asked
    left both out; then the entered one was linked by its e-mail, and ours became a customer of its own."""
    rules = rules_of(erp=NAMELESS)
    doubtful = parked_create(creating())
    asked = replace(Parked("nobody can tell", NOW), candidates=("e9",))
    seen = doubtful.with_link("erp", replace(doubtful.link("erp"), parked=asked))
    by_hand = stranger(name="Ada, by hand")

    assert matched(candidate(doubtful, EMAIL), rules=rules, observation=by_hand) == Park(
        (doubtful.id,), "it may be what a create without an answer made"
    )
    assert matched(candidate(doubtful, EMAIL), rules=rules) == Linked(doubtful)
    assert matched(candidate(seen, EMAIL), rules=rules, observation=by_hand) == Linked(seen)
    assert matched(candidate(doubtful, TAX), rules=rules, observation=by_hand) == Linked(doubtful)
    assert matched(candidate(doubtful, EMAIL), observation=by_hand) == Linked(doubtful)


def test_whoever_is_asked_about_a_row_is_told_of_every_create_in_doubt_that_sent_its_key() -> None:
    """Seed 70485: a create in doubt was sent with an e-mail that another record got, whose own create came in doubt
    too. The row that the first one made named the second alone, so a person had the first made once more."""
    rules = rules_of(erp=NAMELESS)
    first = parked_create(replace(creating(), id="r-first"))
    now_has_it, third = parked_create(creating()), replace(agreed(ADA, systems=("crm",)), id="r-third")
    asked = replace(Parked("nobody can tell", NOW), candidates=("e8", "e9"))
    now_has_it = now_has_it.with_link("erp", replace(now_has_it.link("erp"), parked=asked))
    opens = [Open(first, NOW), Open(now_has_it, NOW)]

    one_of_several = matched(candidate(now_has_it, EMAIL), rules=rules, opens=opens)
    for_several = matched(candidate(third, EMAIL), candidate(now_has_it, TAX), rules=rules, opens=opens)

    everybody = tuple(sorted((now_has_it.id, "r-first")))
    assert one_of_several == Park(everybody, "a person is asked which of several it is")
    assert for_several == Park(everybody, "a person is asked which of several it is")
    unasked = agreed(ADA, systems=("crm",))
    found = matched(candidate(third, EMAIL), candidate(unasked, TAX), rules=rules, opens=opens[:1])
    assert found == Park(tuple(sorted((unasked.id, "r-first", "r-third"))), "several records may be meant")


def test_the_keys_of_an_observation_are_those_of_which_it_shows_every_part() -> None:
    found = observed_keys(shown("erp", {"email": " ADA@example.org ", "tax_number": None}), rules_of())

    assert {text: key.name for text, key in found.items()} == {EMAIL: "email"}
