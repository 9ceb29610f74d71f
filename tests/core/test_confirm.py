"""confirm: what does the target hold now? (the sync rules, section 6)"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.absorb import Absorbed
from shared.core.decisions import Verdict
from shared.core.observations import Accepted, Stored
from shared.core.owed import owed
from shared.core.records import Record, Seen
from shared.core.retry import FLIPS, SENDS
from shared.core.rules import FieldRule
from shared.core.values import digest
from tests.kit.merging import NOW, agreed, answered, edited, seen_in, sending, shown, stored, verdicts
from tests.kit.rules import ERP, rules_of

ADA = {"name": "Ada", "email": "ada@example.org"}


def renamed(name: str = "Ada L.", rules: Any = None) -> Record:
    """The crm renamed Ada, and the erp is about to be told."""
    return sending(edited(agreed(), "crm", {"name": name}, rules), "erp", rules)


def tried(record: Record, answer: Stored) -> Absorbed:
    """Confirm the same answer to as many sends as a field has; return the last."""
    after = answered(record, "erp", answer)
    for _ in range(SENDS - 1):
        after = answered(sending(after.record, "erp"), "erp", answer)
    return after


# ── agreed, own form, no effect, an edit: in that order ──


def test_what_is_stored_as_it_was_sent_is_agreed() -> None:
    after = answered(renamed(), "erp", stored("erp", {**ADA, "name": "Ada L."}))

    link = after.record.link("erp")
    assert link.fields["name"] == Seen(digest("Ada L."), digest("Ada L."))
    assert (link.intent, link.due_at, after.decisions) == (None, None, ())
    assert owed(after.record, "erp", rules_of()) == {}


def test_the_declared_stored_form_is_agreed() -> None:
    rules = rules_of(erp={"stored_forms": {"name": ("upper",)}})

    after = answered(renamed(rules=rules), "erp", stored("erp", {"name": "ADA L."}), rules)

    assert after.record.link("erp").fields["name"] == Seen(digest("ADA L."), digest("Ada L."))
    assert after.decisions == ()


def test_a_difference_of_spelling_only_is_the_systems_own_form_and_is_counted() -> None:
    after = answered(renamed(" Ada  L. "), "erp", stored("erp", {"name": "ada l."}))

    assert verdicts(after.decisions) == [(Verdict.OWN_FORM, "name")]
    assert owed(after.record, "erp", rules_of()) == {}
    assert after.record.value("name") == " Ada  L. "


def test_own_form_is_asked_before_no_effect() -> None:
    """We send ` Ada `, the system trims it to what it showed already: they agree."""
    after = answered(renamed(" Ada "), "erp", stored("erp", ADA))

    assert verdicts(after.decisions) == [(Verdict.OWN_FORM, "name")]
    assert owed(after.record, "erp", rules_of()) == {}


def test_a_status_has_no_own_form() -> None:
    record = sending(edited(agreed({"status": "placed"}, entity="order"), "crm", {"status": "cancelled"}), "erp")

    after = answered(record, "erp", stored("erp", {"status": "CANCELLED"}, entity="order"))

    assert Verdict.OWN_FORM not in [verdict for verdict, _ in verdicts(after.decisions)]


def test_what_is_shown_as_before_the_call_had_no_effect_and_stays_owed() -> None:
    rules = rules_of(erp={"apply_seconds": 300})

    after = answered(renamed(), "erp", stored("erp", ADA), rules)

    link = after.record.link("erp")
    assert owed(after.record, "erp", rules) == {"name": "Ada L."}
    assert link.due_at is not None
    assert link.due_at >= NOW + timedelta(seconds=300)
    assert link.tries == {"name": 1}
    assert [each.value for each in link.echoes["name"]] == [digest("Ada L.")]
    assert after.decisions == ()


def test_after_its_attempts_the_field_is_held_and_the_link_goes_on() -> None:
    after = tried(renamed(), stored("erp", ADA))
    held = after.record

    assert verdicts(after.decisions) == [(Verdict.HELD, "name")]
    assert (after.decisions[0].theirs, after.decisions[0].ours) == ("Ada", "Ada L.")
    assert owed(held, "erp", rules_of()) == {}
    assert held.parked_since == NOW
    assert held.link("erp").parked is None
    assert owed(edited(held, "crm", {"email": "b"}), "erp", rules_of()) == {"email": "b"}


@pytest.mark.parametrize(("system", "name"), [("crm", "Ada the Third"), ("erp", "Ada E.")])
def test_a_change_on_either_side_frees_a_held_field(system: str, name: str) -> None:
    freed = edited(tried(renamed(), stored("erp", ADA)).record, system, {"name": name})

    assert freed.link("erp").held == {}
    assert freed.parked_since is None


def test_a_cancel_that_the_declared_authority_ignores_yields_to_it_and_stays_listed() -> None:
    """A processed order: the ERP's cancel does nothing. Both show the true state, the wish is held with its reason."""
    rules = rules_of("order")
    record = edited(agreed({"status": "confirmed"}, entity="order"), "crm", {"status": "cancelled"}, rules)

    after = tried(sending(record, "erp"), stored("erp", {"status": "confirmed"}, entity="order"))

    record = after.record
    assert record.value("status") == "confirmed"
    assert owed(record, "crm", rules) == {"status": "confirmed"}
    assert owed(record, "erp", rules) == {}
    assert verdicts(after.decisions) == [(Verdict.HELD, "status"), (Verdict.YIELDED, "status")]
    assert (after.decisions[0].theirs, after.decisions[0].ours) == ("confirmed", "cancelled")
    assert record.link("erp").held["status"].yielded
    shipped = edited(record, "erp", {"status": "shipped"}, rules)
    assert shipped.link("erp").held == {}


def test_a_system_without_the_say_that_refuses_a_status_is_held_and_lowers_nobody() -> None:
    """ERP and CRM accepted the order; the CRM's shop ignores it."""
    record = agreed({"status": "confirmed"}, entity="order", by="erp")
    shop = record.link("crm")
    record = record.with_link("crm", replace(shop, fields={"status": Seen(digest("placed"), digest("placed"))}))
    for _ in range(SENDS):
        record = answered(sending(record, "crm"), "crm", stored("crm", {"status": "placed"}, entity="order")).record

    assert record.value("status") == "confirmed"
    assert not record.link("crm").held["status"].yielded
    assert owed(record, "crm", rules_of("order")) == {}


def test_a_held_wish_that_the_record_no_longer_holds_lets_the_record_be() -> None:
    """Only if it still holds the wish does the record give way, though the system has the say by now."""
    rules = rules_of(fields={"name": FieldRule(writers=ERP)})
    record = renamed()
    record = record.with_link("erp", replace(record.link("erp"), tries={"name": SENDS - 1}))
    moved_on = edited(record, "crm", {"name": "Ada the Third"})

    after = answered(moved_on, "erp", stored("erp", ADA), rules)

    assert after.record.value("name") == "Ada the Third"
    assert after.record.link("erp").held == {}


def test_anything_else_is_an_edit_of_theirs() -> None:
    after = answered(renamed(), "erp", stored("erp", {"name": "Ada by ERP"}))

    assert after.record.value("name") == "Ada by ERP"
    assert owed(after.record, "crm", rules_of()) == {"name": "Ada by ERP"}


def test_a_field_that_keeps_coming_back_otherwise_is_held_after_a_few_rounds() -> None:
    """Each system stores the other's spelling in a third way: the ping-pong ends."""
    record, rounds = agreed(), 0
    while not record.link("erp").held and rounds < 20:
        rounds += 1
        record = edited(record, "crm", {"name": f"Ada Inc {rounds}"})
        record = answered(sending(record, "erp"), "erp", stored("erp", {"name": f"Ada Inc. & Co {rounds}"})).record

    assert rounds == FLIPS
    assert record.link("erp").held["name"].reason == "the value keeps coming back"
    assert (record.value("name"), owed(record, "erp", rules_of())) == (f"Ada Inc {rounds}", {})


# ── answers that show little ──


def test_a_field_that_a_full_answer_does_not_show_had_no_effect() -> None:
    after = tried(renamed(), stored("erp", {"email": ADA["email"]}))

    assert verdicts(after.decisions) == [(Verdict.HELD, "name")]
    assert owed(after.record, "erp", rules_of()) == {}


def test_a_field_that_a_partial_answer_does_not_show_is_assumed_until_an_observation_tells() -> None:
    after = answered(renamed(), "erp", stored("erp", {}, complete=False)).record

    ignored = seen_in(after, shown("erp", ADA, revision=3)).record

    assert owed(after, "erp", rules_of()) == {}
    assert owed(ignored, "erp", rules_of()) == {"name": "Ada L."}
    assert ignored.link("erp").tries == {"name": 1}


def test_a_field_never_shown_before_is_left_out_of_a_full_answer_without_a_word() -> None:
    """A new record whose creation answer lacks a field: it is simply not known there."""
    record = sending(agreed(systems=("crm",)), "erp")

    after = answered(record, "erp", stored("erp", {"name": "Ada"})).record

    assert "email" not in after.link("erp").fields
    assert owed(after, "erp", rules_of()) == {}


def test_a_write_only_field_is_taken_for_stored() -> None:
    rules = rules_of(erp={"write_only": frozenset({"phone"})})
    record = sending(edited(agreed(), "crm", {"phone": "1"}, rules), "erp", rules)

    after = answered(record, "erp", stored("erp", ADA), rules).record

    assert owed(after, "erp", rules) == {}


def test_an_answer_of_only_an_id_is_assumed_to_be_the_declared_form() -> None:
    rules = rules_of(erp={"stored_forms": {"name": ("upper",)}})

    after = answered(renamed(rules=rules), "erp", Accepted("e1"), rules).record

    assert owed(after, "erp", rules) == {}
    assert after.link("erp").revision is None
    assert after.link("erp").intent is None
    seen = seen_in(after, shown("erp", {**ADA, "name": "ADA L."}), rules)
    assert (seen.decisions, seen.record.link("erp").unsure) == ((), {})


def test_after_an_answer_of_only_an_id_the_value_of_before_means_no_effect_and_not_an_edit() -> None:
    assumed = answered(renamed(), "erp", Accepted("e1")).record

    after = seen_in(assumed, shown("erp", ADA))

    assert after.record.value("name") == "Ada L."
    assert owed(after.record, "erp", rules_of()) == {"name": "Ada L."}
    assert after.record.link("erp").tries == {"name": 1}


def test_no_effect_after_an_answer_of_only_an_id_is_tried_again_after_the_apply_lag() -> None:
    rules = rules_of(erp={"apply_seconds": 300})
    assumed = answered(renamed(), "erp", Accepted("e1"), rules).record

    link = seen_in(assumed, shown("erp", ADA), rules).record.link("erp")

    assert link.due_at is not None
    assert link.due_at >= NOW + timedelta(seconds=300)


def test_after_an_answer_of_only_an_id_own_form_is_asked_before_no_effect() -> None:
    assumed = answered(renamed(" Ada "), "erp", Accepted("e1")).record

    after = seen_in(assumed, shown("erp", ADA))

    assert verdicts(after.decisions) == [(Verdict.OWN_FORM, "name")]
    assert owed(after.record, "erp", rules_of()) == {}


def test_a_second_send_before_anybody_looked_still_remembers_what_was_truly_seen() -> None:
    """Two answers of only an id, both ignored: the unchanged old value is not an edit."""
    first = answered(renamed("one"), "erp", Accepted("e1")).record
    second = answered(sending(edited(first, "crm", {"name": "two"}), "erp"), "erp", Accepted("e1")).record

    after = seen_in(second, shown("erp", ADA)).record

    assert after.value("name") == "two"
    assert owed(after, "erp", rules_of()) == {"name": "two"}


def test_what_was_tried_is_forgotten_once_it_is_seen_to_have_worked() -> None:
    record = renamed()
    tried = answered(record, "erp", stored("erp", ADA)).record
    assumed = answered(sending(tried, "erp"), "erp", Accepted("e1")).record

    after = seen_in(assumed, shown("erp", {**ADA, "name": "Ada L."})).record

    assert after.link("erp").tries == {}


def test_an_answer_of_only_an_id_to_new_elements_keeps_the_intent_until_a_look_has_paired_them() -> None:
    record = edited(agreed(), "crm", {"contacts[new]": True, "contacts[new].email": "n@example.org"})
    (key,) = record.link("crm").elements
    assumed = answered(sending(record, "erp"), "erp", Accepted("e1")).record
    assert assumed.link("erp").intent is not None

    fields: dict[str, Any] = {**ADA, "contacts[77]": True, "contacts[77].email": "n@example.org"}
    looked = seen_in(assumed, replace(shown("erp", ADA), fields=fields))

    assert looked.record.link("erp").elements == {key: "77"}
    assert looked.decisions == ()


def test_an_answer_that_does_not_show_the_collection_of_a_new_element_is_looked_at_again() -> None:
    """The element has no partner's id yet: sent again, it would be doubled."""
    record = edited(agreed(), "crm", {"contacts[new]": True, "contacts[new].email": "n@example.org"})
    (key,) = record.link("crm").elements
    answer = stored("erp", ADA, complete=False, collections=frozenset())

    after = answered(sending(record, "erp"), "erp", answer).record

    link = after.link("erp")
    assert link.intent is not None
    assert (link.intent.until, after.due_at) == (NOW, NOW)
    fields: dict[str, Any] = {**ADA, "contacts[77]": True, "contacts[77].email": "n@example.org"}
    assert seen_in(after, replace(shown("erp", ADA), fields=fields)).record.link("erp").elements == {key: "77"}
