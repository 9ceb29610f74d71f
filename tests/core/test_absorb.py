"""absorb: an observation meets the record (the sync rules, section 2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.absorb import absorb, carried, may_be_unseen
from shared.core.decisions import Verdict
from shared.core.keys import id_key
from shared.core.observations import Gone, Observation
from shared.core.owed import owed
from shared.core.records import LinkState, Record, Seen, Tombstone, record_id
from shared.core.values import Reference, digest
from tests.kit.clock import START
from tests.kit.merging import NOW, agreed, at, edited, seen_in, shown, verdicts
from tests.kit.rules import rules_of

ADA = {"name": "Ada", "email": "ada@example.org"}


def blank(external_id: str = "c1") -> Record:
    return Record(record_id("customer", "crm", external_id), "customer")


# ── the first look ──


def test_a_new_record_takes_everything_that_is_shown_and_owes_it_to_the_other_system() -> None:
    made = seen_in(blank(), shown("crm", ADA))

    assert {path: held.value for path, held in made.record.fields.items()} == ADA
    assert owed(made.record, "erp", rules_of()) == ADA
    assert owed(made.record, "crm", rules_of()) == {}
    assert made.keys_taken == {id_key("crm", "customer", "c1"), "key/customer/email/ada@example.org"}
    assert verdicts(made.decisions) == [(Verdict.TAKEN, "email"), (Verdict.TAKEN, "name")]


def test_a_first_value_of_nothing_is_seen_and_the_record_does_not_have_the_field() -> None:
    made = seen_in(blank(), shown("crm", {"phone": None})).record

    assert "phone" not in made.fields
    assert made.link("crm").fields["phone"].seen == digest(None)


def test_a_second_system_that_shows_the_same_owes_and_is_owed_nothing() -> None:
    record = seen_in(blank(), shown("crm", ADA)).record

    both = seen_in(record, shown("erp", ADA)).record

    assert both.link("erp").is_live
    assert [owed(both, system, rules_of()) for system in ("crm", "erp")] == [{}, {}]


def test_on_a_first_link_what_the_second_system_lacks_is_owed_there_and_what_only_it_has_is_taken() -> None:
    record = seen_in(blank(), shown("crm", {**ADA, "phone": "1", "tax_number": None})).record

    both = seen_in(record, shown("erp", {**ADA, "phone": None, "tax_number": "T"})).record

    assert owed(both, "erp", rules_of()) == {"phone": "1"}
    assert owed(both, "crm", rules_of()) == {"tax_number": "T"}


def test_on_a_first_link_a_field_that_was_emptied_is_filled_again_and_both_are_logged() -> None:
    """The simulation (salesforce, seed 137): a deleted row was brought back with the phone somebody had cleared."""
    record = agreed({"phone": "1"}, systems=("crm",))
    emptied = edited(record, "crm", {"phone": None})

    both = seen_in(emptied, shown("erp", {"phone": "2"}))

    assert both.record.value("phone") == "2"
    assert verdicts(both.decisions) == [(Verdict.WON, "phone")]


def test_on_a_first_link_two_values_are_a_conflict() -> None:
    both = seen_in(agreed(systems=("crm",)), shown("erp", {**ADA, "name": "Ada E."}))

    assert verdicts(both.decisions) == [(Verdict.LOST, "name")]
    assert owed(both.record, "erp", rules_of()) == {"name": "Ada"}


# ── references ──


def test_a_reference_that_is_not_resolved_counts_as_not_carried() -> None:
    record = agreed({"number": "1", "customer": "r-ada"}, entity="order")
    stranger = Reference("erp", "customer", "99")

    after = seen_in(record, shown("erp", {"number": "2", "customer": stranger}, entity="order")).record

    assert (after.value("number"), after.value("customer")) == ("2", "r-ada")
    assert after.link("erp").revision is None
    assert after.link("erp").fields["customer"] == record.link("erp").fields["customer"]


def test_an_observation_without_open_references_is_carried_as_it_is() -> None:
    observation = shown("erp", ADA)

    assert carried(observation) is observation


def test_a_resolved_reference_is_compared_by_our_record_id() -> None:
    record = agreed({"customer": "r-ada"}, entity="order")
    observation = shown("erp", {"customer": Reference("erp", "customer", "7")}, entity="order")

    known = observation.resolved({Reference("erp", "customer", "7"): "r-ada"})

    assert seen_in(record, known).decisions == ()


# ── keys, identity, second records ──


def test_a_changed_match_key_is_taken_and_the_old_one_given_back_in_the_same_write() -> None:
    after = seen_in(agreed(), shown("erp", {"email": "new@example.org"}))

    assert after.keys_taken == {"key/customer/email/new@example.org"}
    assert after.keys_given_back == {"key/customer/email/ada@example.org"}


def test_a_key_left_to_its_holder_is_neither_taken_nor_given_back_and_forgotten_when_it_changes() -> None:
    key = "key/customer/email/ada@example.org"
    record = replace(agreed(), without_keys=frozenset({key}))

    same = seen_in(record, shown("erp", {"name": "B"}))
    other = seen_in(record, shown("erp", {"email": "new@example.org"}))

    assert (same.keys_taken, same.keys_given_back, same.record.without_keys) == (
        frozenset(),
        frozenset(),
        frozenset({key}),
    )
    assert (other.keys_given_back, other.record.without_keys) == (frozenset(), frozenset())


def test_a_second_live_record_of_one_system_is_never_merged_in() -> None:
    after = seen_in(agreed(), shown("erp", {"name": "other"}, external_id="e2"))

    assert verdicts(after.decisions) == [(Verdict.DUPLICATE, "")]
    assert not after.changed


def test_the_deletion_of_a_record_that_the_link_left_long_ago_says_nothing() -> None:
    after = seen_in(agreed(), shown("crm", {}, external_id="c0", deleted=True))

    assert (after.changed, after.decisions) == (False, ())
    assert after.record.tombstone is None


def test_a_detached_link_entered_again_under_a_new_id_is_a_first_link() -> None:
    """What was seen of the old record says nothing of the new one: elements are paired anew, not doubled."""
    contacts = {"contacts[k]": True, "contacts[k].email": "b@example.org"}
    record = agreed({**ADA, **contacts})
    detached = record.with_link("erp", replace(record.link("erp"), state=LinkState.DETACHED))
    observation = Observation(
        "erp",
        "customer",
        "e2",
        {**ADA, "contacts[900]": True, "contacts[900].email": "b@example.org"},
        at(1),
        collections=frozenset({"contacts"}),
    )

    after = seen_in(detached, observation)

    assert after.record.link("erp").elements == {"k": "900"}
    assert after.record.link("erp").external_id == "e2"
    assert after.record.link("erp").floor == 1
    assert after.keys_taken == {id_key("erp", "customer", "e2")}
    assert [each for each in after.record.fields if each.endswith("]")] == ["contacts[k]"]


# ── what a write tells ──


def test_what_was_known_needs_no_write() -> None:
    record = seen_in(agreed(), shown("erp", ADA, revision=1)).record

    again = seen_in(record, shown("erp", ADA, revision=1))

    assert not again.changed
    assert again.record == record


def test_every_written_absorb_raises_the_links_counter() -> None:
    after = seen_in(agreed(), shown("erp", {"name": "B"})).record

    assert (after.link("erp").absorbs, after.link("crm").absorbs) == (1, 0)


def test_the_cause_holds_what_a_replay_needs() -> None:
    record = agreed({"name": "Ada", "phone": "1", **{"contacts[k]": True, "contacts[k].name": "Bob"}})
    fields = {"name": "Ada L.", "contacts[k].name": "Rob", "contacts[k]": True}

    cause = seen_in(record, shown("erp", fields, complete=False, modified_at=START)).cause

    assert (cause.operation, cause.system, cause.external_id, cause.rules) == ("absorb", "erp", "e1", "r1")
    assert (cause.revision, cause.modified_at, cause.at) == ("2", START, NOW)
    assert cause.values == {"name": "Ada L.", "contacts[erp-k].name": "Rob"}
    assert "phone" in cause.not_carried


def test_the_cause_of_a_delete_says_so() -> None:
    assert seen_in(agreed(), shown("erp", {}, deleted=True)).cause.operation == "delete"


def test_a_system_that_joined_later_is_owed_the_record_at_its_next_write() -> None:
    rules = rules_of(systems=("crm", "erp", "shop"))

    after = seen_in(agreed(), shown("erp", {"name": "B"}), rules).record

    assert after.link("shop").due_at == NOW + timedelta(seconds=60)
    assert owed(after, "shop", rules) == {"name": "B", "email": "ada@example.org"}


def test_a_digest_of_an_older_normaliser_is_made_anew_and_owes_nothing_by_itself() -> None:
    record = agreed()
    old = {path: Seen("0" + seen.seen[1:], "0" + seen.stands[1:]) for path, seen in record.link("erp").fields.items()}
    record = record.with_link("erp", replace(record.link("erp"), fields=old))
    assert owed(record, "erp", rules_of()) == {}

    after = seen_in(record, shown("erp", ADA))

    assert after.decisions == ()
    assert after.record.link("erp").fields == agreed().link("erp").fields


def test_a_detached_link_of_an_ended_record_stays_as_it_is() -> None:
    record = replace(agreed(), tombstone=Tombstone("crm", START))
    detached = record.with_link("erp", replace(record.link("erp"), state=LinkState.DETACHED))

    after = absorb(detached, shown("erp", {"name": "erp's own"}), rules_of(), NOW)

    assert not after.changed


# ── absences ──


@pytest.mark.parametrize(
    ("name", "state", "is_doubted"),
    [("c1", LinkState.LIVE, True), ("c9", LinkState.LIVE, False), ("c1", LinkState.ARCHIVED, False)],
    ids=["the one that is linked", "another", "one that we archived"],
)
def test_only_the_absence_of_what_is_linked_and_alive_is_doubted(
    name: str, state: LinkState, *, is_doubted: bool
) -> None:
    record = agreed()
    over = record.with_link("crm", replace(record.link("crm"), state=state))

    assert may_be_unseen(over, "crm", Gone(name), rules_of(crm={"stale_reads": True})) is is_doubted
