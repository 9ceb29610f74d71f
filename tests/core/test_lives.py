"""The life of a record: deletes, tombstones, and what lifts them (the sync rules, section 2.8)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from shared.core.decisions import Verdict
from shared.core.keys import id_key
from shared.core.owed import is_archive_owed, owed
from shared.core.records import Intent, Link, LinkState, Record, Sent, Tombstone, Verb
from shared.core.rules import EntityRules, FieldRule, OnDelete
from shared.core.values import digest
from tests.kit.merging import NOW, agreed, edited, planned, seen_in, sending, shown, verdicts
from tests.kit.rules import ERP, rules_of

ADA = {"name": "Ada", "email": "ada@example.org"}


def deleted(record: Record, system: str, rules: EntityRules | None = None) -> Record:
    return seen_in(record, shown(system, {}, deleted=True), rules).record


def test_a_delete_by_the_owner_makes_a_tombstone_and_the_others_are_archived() -> None:
    after = seen_in(agreed(), shown("crm", {}, deleted=True))

    assert after.record.tombstone == Tombstone("crm", NOW)
    assert after.record.link("crm").state is LinkState.ARCHIVED
    assert is_archive_owed(after.record, "erp", rules_of())
    assert not is_archive_owed(after.record, "crm", rules_of())
    assert verdicts(after.decisions) == [(Verdict.TOMBSTONED, "")]


def test_a_tombstone_gives_its_match_keys_back_and_keeps_its_external_ids() -> None:
    after = seen_in(agreed(), shown("crm", {}, deleted=True))

    assert after.keys_given_back == {"key/customer/email/ada@example.org"}
    assert id_key("crm", "customer", "c1") not in after.keys_given_back
    assert after.record.link("crm").external_id == "c1"


def test_f15_a_delete_elsewhere_only_detaches_and_nothing_is_owed_there_any_more() -> None:
    after = deleted(agreed(), "erp")

    assert after.tombstone is None
    assert after.link("erp").state is LinkState.DETACHED
    later = edited(after, "crm", {"name": "Ada L."})
    assert owed(later, "erp", rules_of()) == {}
    assert later.due_at is None


def test_f17_a_delete_by_the_owner_while_something_is_owed_to_it_keeps_the_edit_and_creates_again() -> None:
    record = edited(agreed(), "erp", {"name": "by the ERP"})

    after = seen_in(record, shown("crm", {}, deleted=True))

    assert verdicts(after.decisions) == [(Verdict.EDIT_KEPT, "name")]
    assert after.decisions[0].ours == "by the ERP"
    assert after.record.tombstone is None
    assert after.record.link("crm") == replace(Link(), absorbs=1, due_at=after.record.due_at)
    assert owed(after.record, "crm", rules_of()) == {**ADA, "name": "by the ERP"}


def test_f17_a_real_change_elsewhere_lifts_a_tombstone_and_archived_links_become_empty() -> None:
    dead = deleted(agreed(), "crm")

    after = seen_in(dead, shown("erp", {"name": "still needed"}))

    assert after.record.tombstone is None
    assert after.record.link("crm").state is LinkState.EMPTY
    assert owed(after.record, "crm", rules_of())["name"] == "still needed"
    assert verdicts(after.decisions)[-1] == (Verdict.EDIT_KEPT, "")
    assert "key/customer/email/ada@example.org" in after.keys_taken


def test_an_echo_lifts_no_tombstone() -> None:
    dead = deleted(agreed(), "crm")

    after = seen_in(dead, shown("erp", ADA, revision=9))

    assert after.record.tombstone is not None


def test_an_edit_that_is_refused_lifts_no_tombstone_as_it_would_have_kept_no_record() -> None:
    """Simulation, trial 290: a price that only the ERP may set was typed in the CRM; whether the product came back
    depended on which of the two was seen first."""
    rules = rules_of(fields={"credit_limit": FieldRule(writers=ERP)}, owner="erp")
    record = agreed({**ADA, "credit_limit": Decimal(5)}, by="erp")
    edit = shown("crm", {**ADA, "credit_limit": Decimal(9)})

    lifted = seen_in(deleted(record, "erp", rules), edit, rules)
    first = deleted(seen_in(record, edit, rules).record, "erp", rules)

    assert Verdict.REFUSED in {verdict for verdict, _ in verdicts(lifted.decisions)}
    assert lifted.record.tombstone is not None
    assert first.tombstone is not None


def test_what_our_own_create_left_empty_lifts_no_tombstone() -> None:
    """Simulation, seed 440: a create landed, its record was deleted, and a field that only the ERP may set, empty there
    from the start, counted as the ERP's edit."""
    rules = rules_of(fields={"credit_limit": FieldRule(writers=ERP)})
    record = sending(agreed(ADA, systems=("crm",)), "erp")
    record = edited(record, "crm", {**ADA, "credit_limit": Decimal(3)})

    after = seen_in(deleted(record, "crm", rules), shown("erp", {**ADA, "credit_limit": None}), rules)

    assert after.record.tombstone is not None


def test_what_the_owner_never_showed_nor_was_sent_is_logged_when_it_deletes_the_record() -> None:
    """Simulation, seed 815: the CRM left the name out of all that it showed, so the one that somebody typed in the ERP
    was never owed there, and went with the record without an entry."""
    record = agreed({"email": "ada@example.org"})
    record = edited(record, "erp", {"email": "ada@example.org", "name": "Ada"})

    after = seen_in(record, shown("crm", {}, deleted=True))

    assert after.record.tombstone is not None
    assert [(each.verdict, each.path, each.ours) for each in after.decisions] == [
        (Verdict.TOMBSTONED, "", None),
        (Verdict.PASSED, "name", "Ada"),
    ]


def test_the_owner_that_shows_a_record_again_lifts_its_tombstone() -> None:
    after = seen_in(deleted(agreed(), "crm"), shown("crm", ADA, revision=3))

    assert after.record.tombstone is None
    assert verdicts(after.decisions) == [(Verdict.REVIVED, "")]
    assert after.record.link("crm").is_live


def test_links_that_people_detached_stay_detached_when_a_tombstone_is_lifted() -> None:
    rules = rules_of(systems=("crm", "erp", "shop"))
    record = deleted(agreed(systems=("crm", "erp", "shop")), "shop", rules)
    dead = deleted(record, "crm", rules)

    alive = seen_in(dead, shown("erp", {"name": "still needed"}), rules).record

    assert alive.link("shop").state is LinkState.DETACHED


def test_a_system_that_lost_the_record_after_its_end_is_simply_archived() -> None:
    after = deleted(deleted(agreed(), "crm"), "erp")

    assert after.link("erp").state is LinkState.ARCHIVED
    assert not is_archive_owed(after, "erp", rules_of())


def test_a_delete_that_is_told_twice_changes_nothing_the_second_time() -> None:
    once = deleted(agreed(), "erp")

    assert not seen_in(once, shown("erp", {}, deleted=True)).changed


def test_what_our_own_archive_left_behind_is_no_persons_delete() -> None:
    """The archive's answer was lost, the record came back to life meanwhile, the look finds it gone: create again."""
    leased = sending(deleted(agreed(), "crm"), "erp")
    alive = seen_in(leased, shown("crm", ADA, revision=3)).record

    after = seen_in(alive, shown("erp", {}, deleted=True))

    assert after.record.link("erp").state is LinkState.EMPTY
    assert owed(after.record, "erp", rules_of()) == ADA


@pytest.mark.parametrize(
    ("on_delete", "state", "is_parked"),
    [
        (OnDelete.ARCHIVE, LinkState.LIVE, False),
        (OnDelete.DETACH, LinkState.DETACHED, False),
        (OnDelete.PARK, LinkState.LIVE, True),
    ],
)
def test_what_the_others_get_when_the_owner_deletes_is_a_rule(
    on_delete: OnDelete, state: LinkState, is_parked: bool
) -> None:
    rules = rules_of(on_delete=on_delete)

    after = deleted(agreed(), "crm", rules)

    assert (after.link("erp").state, after.link("erp").parked is not None) == (state, is_parked)
    assert (after.parked_since is not None) is is_parked
    assert is_archive_owed(after, "erp", rules) is (on_delete is OnDelete.ARCHIVE)


@pytest.mark.parametrize("on_delete", [OnDelete.DETACH, OnDelete.PARK])
def test_a_rule_for_the_others_leaves_those_alone_that_are_not_there(on_delete: OnDelete) -> None:
    rules = rules_of(systems=("crm", "erp", "shop"), on_delete=on_delete)
    record = deleted(agreed(systems=("crm", "erp", "shop")), "erp", rules)

    after = deleted(record, "crm", rules)

    assert after.link("erp").state is LinkState.DETACHED
    assert after.link("erp").parked is None


def test_a_record_detached_by_rule_is_left_alone_by_later_edits_there() -> None:
    rules = rules_of(on_delete=OnDelete.DETACH)

    after = seen_in(deleted(agreed(), "crm", rules), shown("erp", {"name": "erp's own"}), rules)

    assert not after.changed


def test_a_link_parked_by_the_delete_is_free_once_the_record_lives_again() -> None:
    rules = rules_of(on_delete=OnDelete.PARK)

    alive = seen_in(deleted(agreed(), "crm", rules), shown("crm", ADA, revision=3), rules).record

    assert alive.link("erp").parked is None
    assert alive.parked_since is None


def test_a_system_that_cannot_archive_is_not_owed_it() -> None:
    rules = rules_of(erp={"can_archive": False})

    assert not is_archive_owed(deleted(agreed(), "crm", rules), "erp", rules)


def test_an_archive_goes_out_with_its_exact_precondition() -> None:
    command = planned(deleted(agreed(), "crm"), "erp")

    assert (command.external_id, command.precondition.token) == ("e1", "1")


def test_a_first_value_that_its_writer_would_have_refused_brings_no_deleted_record_back() -> None:
    """Seed 1042754: somebody set a credit limit in the CRM, which only the ERP may, and somebody else deleted the
    customer: whether it stayed deleted hung on which of the two was read first."""
    owned = rules_of(owner="erp", fields={"credit_limit": FieldRule(writers=ERP)})
    limit = shown("crm", {**ADA, "credit_limit": Decimal(8)}, revision=2)
    gone = shown("erp", {}, deleted=True)

    before = seen_in(seen_in(agreed(ADA), limit, owned).record, gone, owned)
    after = seen_in(seen_in(agreed(ADA), gone, owned).record, limit, owned)

    assert (before.record.tombstone, after.record.tombstone) == (Tombstone("erp", NOW), Tombstone("erp", NOW))
    assert verdicts(after.decisions) == [(Verdict.REFUSED, "credit_limit")]


def test_a_row_that_comes_back_to_a_dead_record_brings_its_first_values() -> None:
    owned = rules_of(owner="erp", fields={"credit_limit": FieldRule(writers=ERP)})
    dead = deleted(deleted(agreed(ADA), "crm"), "erp")
    assert (dead.tombstone, dead.link("crm").is_live) == (Tombstone("crm", NOW), False)

    back = seen_in(dead, shown("crm", {**ADA, "credit_limit": Decimal(8)}, revision=2), owned).record

    assert (back.tombstone, back.value("credit_limit")) == (None, Decimal(8))


@pytest.mark.parametrize("is_sent", [False, True], ids=["what stood there", "what was on its way"])
def test_what_a_field_s_new_only_writer_shows_unchanged_lifts_no_tombstone(*, is_sent: bool) -> None:
    """Seed 2096587: a new name was on its way to the ERP when a rule made that the only writer of names, and the
    customer was deleted by its owner, the CRM; what the ERP showed all along brought it back."""
    record = edited(sending(edited(agreed(ADA), "crm", {"name": "Ada L."}), "erp"), "crm", {"name": "Ada M."})
    dead = seen_in(record, shown("crm", {}, deleted=True)).record
    only = rules_of(fields={"name": FieldRule(writers=ERP)})

    after = seen_in(dead, shown("erp", {**ADA, "name": "Ada L." if is_sent else "Ada"}, revision=3), only)

    assert after.record.tombstone == Tombstone("crm", NOW)


@pytest.mark.parametrize("name", ["Ada L.", "ADA L."], ids=["as we sent it", "as it is stored there"])
@pytest.mark.parametrize("is_answered", [False, True], ids=["under way", "late"])
def test_what_we_sent_ourselves_lifts_no_tombstone_in_either_form(name: str, *, is_answered: bool) -> None:
    record = agreed(ADA)
    sent = Sent(digest("Ada L."), digest("ADA L."), None)
    link = replace(record.link("erp"), echoes={"name": (sent,)})
    if not is_answered:
        link = replace(link, echoes={}, intent=Intent("i1", Verb.UPDATE, NOW, NOW, {"name": sent}))
    dead = seen_in(record.with_link("erp", link), shown("crm", {}, deleted=True)).record
    only = rules_of(fields={"name": FieldRule(writers=ERP)})

    assert seen_in(dead, shown("erp", {**ADA, "name": name}, revision=3), only).record.tombstone == Tombstone(
        "crm", NOW
    )
    assert seen_in(dead, shown("erp", {**ADA, "name": "Bob"}, revision=3), only).record.tombstone is None


def test_what_a_field_s_only_writer_changes_lifts_a_tombstone() -> None:
    dead = deleted(agreed(ADA), "crm")
    only = rules_of(fields={"name": FieldRule(writers=ERP)})

    after = seen_in(dead, shown("erp", {**ADA, "name": "Ada B."}, revision=3), only)

    assert after.record.tombstone is None
