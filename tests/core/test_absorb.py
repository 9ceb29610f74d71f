"""absorb: an observation meets the record (the sync rules, section 2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.core.absorb import absorb, carried, is_believable, is_echo, is_stale
from shared.core.decisions import Verdict
from shared.core.keys import id_key
from shared.core.observations import Observation, Revision, Source
from shared.core.owed import owed
from shared.core.records import Field, Link, LinkState, Record, Seen, Sent, Tombstone, record_id
from shared.core.rules import Decider, FieldRule
from shared.core.values import Reference, digest
from tests.kit.clock import START
from tests.kit.merging import IDS, NOW, agreed, answered, at, edited, seen_in, sending, shown, stored, verdicts
from tests.kit.rules import EMAIL, ERP, rules_of

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


def test_on_a_first_link_a_field_that_the_record_holds_empty_is_taken() -> None:
    record = agreed({"phone": "1"}, systems=("crm",))
    emptied = edited(record, "crm", {"phone": None})

    both = seen_in(emptied, shown("erp", {"phone": "2"})).record

    assert both.value("phone") == "2"


def test_on_a_first_link_two_values_are_a_conflict() -> None:
    both = seen_in(agreed(systems=("crm",)), shown("erp", {**ADA, "name": "Ada E."}))

    assert verdicts(both.decisions) == [(Verdict.LOST, "name")]
    assert owed(both.record, "erp", rules_of()) == {"name": "Ada"}


# ── three ways ──


def test_a_change_that_only_one_side_made_is_taken_and_owed_to_the_other() -> None:
    after = seen_in(agreed(), shown("erp", {**ADA, "name": "Ada L."}))

    assert after.record.fields["name"] == Field("Ada L.", "erp", NOW, 6)
    assert owed(after.record, "crm", rules_of()) == {"name": "Ada L."}
    assert owed(after.record, "erp", rules_of()) == {}
    assert not after.decisions[0].is_conflict


def test_the_partners_own_modified_time_is_kept_with_the_value() -> None:
    when = START - timedelta(hours=1)

    after = seen_in(agreed(), shown("erp", {"name": "Ada L."}, modified_at=when)).record

    assert after.fields["name"].at == when


def test_two_changes_of_different_fields_are_both_kept() -> None:
    record = edited(edited(agreed(), "crm", {"name": "Ada C."}), "erp", {"email": "e@example.org"})

    assert (record.value("name"), record.value("email")) == ("Ada C.", "e@example.org")


def test_the_same_change_on_both_sides_is_no_conflict() -> None:
    record = edited(agreed(), "crm", {"name": "Ada L."})

    after = seen_in(record, shown("erp", {"name": "Ada L."}))

    assert after.decisions == ()
    assert [owed(after.record, system, rules_of()) for system in ("crm", "erp")] == [{}, {}]


@pytest.mark.parametrize(
    ("rule", "crm_at", "erp_at", "winner"),
    [
        (FieldRule(), 5, 9, "crm"),
        (FieldRule(owner="erp"), 9, 5, "erp"),
        (FieldRule(decider=Decider.LATEST), 5, 9, "erp"),
        (FieldRule(decider=Decider.LATEST), 9, 5, "crm"),
        (FieldRule(decider=Decider.LATEST), 5, 5, "erp"),
        (FieldRule(owner="shop"), 5, 9, "erp"),
    ],
)
@pytest.mark.parametrize("first", ["crm", "erp"])
def test_a_conflict_has_one_winner_whoever_is_seen_first(
    rule: FieldRule, crm_at: int, erp_at: int, winner: str, first: str
) -> None:
    rules = rules_of(fields={"name": rule})
    minutes = {"crm": crm_at, "erp": erp_at}
    record = agreed()
    for system in sorted(minutes, key=lambda each: each != first):
        edit = shown(system, {"name": f"by {system}"}, modified_at=START + timedelta(minutes=minutes[system]))
        absorbed = seen_in(record, edit, rules)
        record = absorbed.record

    assert record.value("name") == f"by {winner}"
    loser = "erp" if winner == "crm" else "crm"
    assert owed(record, loser, rules) == {"name": f"by {winner}"}
    (decision,) = [each for each in absorbed.decisions if each.is_conflict]
    assert {decision.theirs, decision.ours} == {"by crm", "by erp"}
    assert decision.parted_at == 6
    assert decision.because.startswith("rule ")


def test_a_conflict_left_to_a_person_holds_the_field_and_owes_nothing_until_somebody_decides() -> None:
    rules = rules_of(fields={"name": FieldRule(decider=Decider.PERSON)})
    record = edited(agreed(), "crm", {"name": "C"}, rules)

    after = seen_in(record, shown("erp", {"name": "E"}), rules)

    assert verdicts(after.decisions) == [(Verdict.PERSON, "name")]
    assert after.record.parked_since == NOW
    assert owed(after.record, "erp", rules) == {}
    decided = seen_in(after.record, shown("erp", {"name": "C"}, revision=3), rules).record
    assert (decided.parked_since, decided.link("erp").held) == (None, {})


def test_a_field_that_is_not_carried_has_not_changed_and_null_and_empty_are_changes() -> None:
    record = agreed({"name": "Ada", "phone": "1", "email": "a"})

    after = seen_in(record, shown("erp", {"phone": None, "email": ""})).record

    assert (after.value("name"), after.value("phone"), after.value("email")) == ("Ada", None, "")


# ── who may write ──


def test_an_edit_of_a_field_that_a_system_may_not_write_is_refused_and_ours_owed_back() -> None:
    rules = rules_of(fields={"name": FieldRule(writers=ERP)})

    after = seen_in(agreed(), shown("crm", {"name": "mine"}), rules)

    assert verdicts(after.decisions) == [(Verdict.REFUSED, "name")]
    assert (after.decisions[0].theirs, after.decisions[0].ours) == ("mine", "Ada")
    assert owed(after.record, "crm", rules) == {"name": "Ada"}


def test_the_only_writers_word_counts_even_where_it_did_not_change() -> None:
    rules = rules_of(fields={"name": FieldRule(writers=ERP)})
    undelivered = edited(agreed(), "crm", {"name": "ours"})

    after = seen_in(undelivered, shown("erp", ADA), rules)

    assert after.record.value("name") == "Ada"
    assert verdicts(after.decisions) == [(Verdict.PASSED, "name")]
    assert (after.decisions[0].theirs, after.decisions[0].ours) == ("Ada", "ours")


def test_the_only_writers_word_counts_on_a_first_link_before_any_rule() -> None:
    rules = rules_of(fields={"name": FieldRule(writers=ERP)})

    after = seen_in(agreed(systems=("crm",)), shown("erp", {"name": "E"}), rules)

    assert verdicts(after.decisions) == [(Verdict.PASSED, "name")]
    assert after.record.value("name") == "E"


def test_the_only_writers_own_earlier_value_gives_way_without_a_conflict() -> None:
    rules = rules_of(fields={"name": FieldRule(writers=ERP)})
    record = agreed(by="erp")
    link = replace(record.link("erp"), fields={"name": Seen(digest("old"), digest("old"))})

    after = seen_in(record.with_link("erp", link), shown("erp", {"name": "new"}), rules)

    assert verdicts(after.decisions) == [(Verdict.TAKEN, "name")]


def test_the_only_writer_agreeing_with_an_undelivered_value_settles_it() -> None:
    """The link did not stand for ours, but what is shown is what the record holds."""
    rules = rules_of(fields={"name": FieldRule(writers=ERP)})
    record = agreed()
    link = replace(record.link("erp"), fields={"name": Seen(digest("Ada"), digest("sent"))})

    after = seen_in(record.with_link("erp", link), shown("erp", {"name": "Ada"}), rules)

    assert after.decisions == ()
    assert after.record.link("erp").fields["name"] == Seen(digest("Ada"), digest("Ada"))


def test_f13_status_comes_first_and_ownership_is_that_of_the_resulting_status() -> None:
    """One observation accepts the order and shows 10; the CRM's 12 was on its way."""
    rules = rules_of("order")
    order = {"status": "placed", "lines[k]": True, "lines[k].quantity": Decimal(10)}
    record = edited(agreed(order, entity="order"), "crm", {"lines[k].quantity": Decimal(12)}, rules)

    after = seen_in(record, shown("erp", {**order, "status": "confirmed"}, entity="order"), rules)

    assert after.record.value("lines[k].quantity") == Decimal(10)
    assert verdicts(after.decisions) == [(Verdict.TAKEN, "status"), (Verdict.PASSED, "lines[k].quantity")]


@pytest.mark.parametrize(
    ("ours", "theirs", "system", "delivered", "result", "verdict"),
    [
        ("placed", "confirmed", "erp", True, "confirmed", Verdict.TAKEN),
        ("placed", "confirmed", "crm", True, "placed", Verdict.REFUSED),
        ("confirmed", "cancelled", "crm", True, "cancelled", Verdict.TAKEN),
        ("confirmed", "cancelled", "crm", False, "cancelled", Verdict.WON),
        ("cancelled", "shipped", "erp", False, "shipped", Verdict.WON),
        ("shipped", "cancelled", "crm", False, "shipped", Verdict.LOST),
        ("confirmed", "placed", "erp", True, "placed", Verdict.TAKEN),
        ("confirmed", "placed", "erp", False, "confirmed", Verdict.LOST),
        ("confirmed", "placed", "crm", True, "confirmed", Verdict.LOST),
    ],
)
def test_two_statuses_are_decided_by_their_order_and_by_who_may_set_them(
    ours: str, theirs: str, system: str, delivered: bool, result: str, verdict: Verdict
) -> None:
    record = agreed({"status": ours}, entity="order")
    if not delivered:
        stale = Seen(digest("draft"), digest("draft"))
        record = record.with_link(system, replace(record.link(system), fields={"status": stale}))

    after = seen_in(record, shown(system, {"status": theirs}, entity="order"))

    assert after.record.value("status") == result
    assert verdicts(after.decisions) == [(verdict, "status")]


def test_an_entity_whose_status_has_no_order_is_merged_as_plain_text() -> None:
    after = seen_in(agreed({"status": "active"}), shown("erp", {"status": "sleeping"}))

    assert after.record.value("status") == "sleeping"


# ── our own echo ──


def test_what_is_about_to_be_sent_is_our_echo_whatever_the_record_holds_by_now() -> None:
    leased = sending(edited(agreed(), "crm", {"name": "Ada L."}), "erp")
    moved_on = edited(leased, "crm", {"name": "Ada Lovelace"})

    after = seen_in(moved_on, shown("erp", {"name": "Ada L."}))

    assert after.decisions == ()
    assert after.record.link("erp").fields["name"] == Seen(digest("Ada L."), digest("Ada L."))
    assert owed(after.record, "erp", rules_of()) == {"name": "Ada Lovelace"}


def test_the_declared_stored_form_of_what_is_sent_is_our_echo_too() -> None:
    rules = rules_of(erp={"stored_forms": {"name": ("upper",)}})
    leased = sending(edited(agreed(), "crm", {"name": "Ada L."}, rules), "erp", rules)

    after = seen_in(leased, shown("erp", {"name": "ADA L."}), rules)

    assert after.decisions == ()
    assert after.record.link("erp").fields["name"] == Seen(digest("ADA L."), digest("Ada L."))
    assert owed(after.record, "erp", rules) == {}


def test_a_late_echo_is_no_edit_and_is_used_up_by_landing() -> None:
    """What we sent lands late; when a person sets the same value again later, that is an edit."""
    late = Sent(digest("late"), digest("late"), digest("Ada"))
    record = agreed()
    record = record.with_link("erp", replace(record.link("erp"), echoes={"name": (late,)}))

    landed = seen_in(record, shown("erp", {"name": "late"})).record
    put_right = answered(sending(landed, "erp"), "erp", stored("erp", {"name": "Ada"})).record
    other = seen_in(put_right, shown("erp", {"name": "other"}, revision=3)).record
    again = seen_in(other, shown("erp", {"name": "late"}, revision=4)).record

    assert landed.value("name") == "Ada"
    assert owed(landed, "erp", rules_of()) == {"name": "Ada"}
    assert again.value("name") == "late"


# ── revisions ──


def test_the_revision_is_that_of_the_last_whole_observation_and_else_cleared() -> None:
    whole = seen_in(agreed(), shown("erp", {"name": "B"}, revision=7)).record
    partial = seen_in(whole, shown("erp", {"name": "C"}, revision=8, complete=False)).record

    assert (whole.link("erp").revision, whole.link("erp").floor) == (at(7), 7)
    assert (partial.link("erp").revision, partial.link("erp").floor) == (None, 8)


def test_the_floor_never_falls() -> None:
    record = seen_in(agreed(), shown("erp", {"name": "B"}, revision=9)).record

    after = seen_in(record, shown("erp", {"name": "C"}, revision=4)).record

    assert after.link("erp").floor == 9
    assert after.value("name") == "C"


def test_a_system_without_revisions_has_no_floor() -> None:
    after = seen_in(agreed(systems=("crm",)), shown("erp", ADA, revision=None)).record

    assert (after.link("erp").revision, after.link("erp").floor) == (None, None)


@pytest.mark.parametrize(
    ("revision", "stale_reads", "external_id", "stale"),
    [
        (1, True, "e1", True),
        (5, True, "e1", False),
        (1, False, "e1", False),
        (1, True, "e2", False),
        (None, True, "e1", False),
    ],
)
def test_only_a_system_declared_to_read_stale_has_fetches_thrown_away(
    revision: int | None, stale_reads: bool, external_id: str, stale: bool
) -> None:
    record = seen_in(agreed(), shown("erp", ADA, revision=5)).record
    rules = rules_of(erp={"stale_reads": stale_reads})

    assert is_stale(record, shown("erp", ADA, revision=revision, external_id=external_id), rules) is stale


def test_nothing_is_stale_where_no_revision_was_seen() -> None:
    assert not is_stale(agreed(systems=("crm",)), shown("erp", ADA), rules_of(erp={"stale_reads": True}))


BELIEVABLE: dict[str, Any] = {"revision": 2, "source": Source.MESSAGE}


@pytest.mark.parametrize(
    ("more", "believable"),
    [
        ({}, True),
        ({"revision": 1}, False),
        ({"revision": None}, False),
        ({"complete": False}, False),
        ({"deleted": True}, False),
        ({"external_id": "other"}, False),
    ],
)
def test_a_state_in_a_message_is_believed_only_if_its_exact_revision_proves_it_newer(
    more: dict[str, Any], believable: bool
) -> None:
    assert is_believable(agreed(), shown("erp", ADA, **{**BELIEVABLE, **more})) is believable


def test_a_revision_that_is_not_exact_or_has_no_order_proves_nothing() -> None:
    for revision in (Revision("2", 2), Revision('"etag"', None, exact=True)):
        assert not is_believable(agreed(), replace(shown("erp", ADA, source=Source.MESSAGE), revision=revision))


def test_nothing_is_believed_of_a_record_that_never_stood_there_or_whose_life_has_ended() -> None:
    ended = replace(agreed(), tombstone=Tombstone("crm", START))

    assert not is_believable(agreed(systems=("crm",)), shown("erp", ADA, **BELIEVABLE))
    assert not is_believable(ended, shown("erp", ADA, **BELIEVABLE))


# ── echoes of what was seen ──

LINES = {"lines[a]": True, "lines[a].quantity": Decimal(1)}


@pytest.mark.parametrize(
    ("fields", "more", "echo"),
    [
        (LINES, {}, True),
        ({**LINES, "lines[a].quantity": Decimal(2)}, {}, False),
        ({}, {}, False),
        ({**LINES, "lines[b]": True}, {}, False),
        ({**LINES, "number": "1"}, {}, False),
        (LINES, {"complete": False}, False),
        (LINES, {"deleted": True}, False),
        (LINES, {"external_id": "e2"}, False),
        ({**LINES, "customer": Reference("erp", "customer", "9")}, {}, False),
    ],
)
def test_a_state_is_an_echo_if_all_of_it_is_what_was_seen(
    fields: dict[str, Any], more: dict[str, Any], echo: bool
) -> None:
    record = agreed(LINES, entity="order")

    assert is_echo(record, shown("erp", fields, entity="order", **more)) is echo


def test_nothing_is_an_echo_while_it_is_not_known_what_a_write_stored() -> None:
    """Else a person who later puts the old value back would be taken for a write without effect."""
    record = agreed()
    unsure = record.with_link("erp", replace(record.link("erp"), unsure={"name": digest("before")}))

    assert not is_echo(unsure, shown("erp", ADA))


def test_an_edit_of_an_ambiguous_element_is_no_echo() -> None:
    record = agreed(LINES, entity="order")
    ambiguous = record.with_link("erp", replace(record.link("erp"), ambiguous={"77": "lines/product/x"}))
    observation = shown("erp", LINES, entity="order")
    with_it = replace(observation, fields={**observation.fields, "lines[77].quantity": Decimal(5)})

    assert not is_echo(ambiguous, with_it)


def test_nothing_is_an_echo_of_a_link_that_is_not_live() -> None:
    record = agreed(systems=("crm",))

    assert not is_echo(record, shown("erp", {}))


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

    assert (same.keys_taken, same.keys_given_back, same.record.without_keys) == (frozenset(), frozenset(), {key})
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


def test_the_identity_keys_are_those_of_the_rules() -> None:
    assert EMAIL in rules_of().identity
    assert IDS["crm"] == "c1"
    assert Link().is_live is False
