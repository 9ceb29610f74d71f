"""What an observed value means, asked in order (the sync rules, sections 2.4 to 2.7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.core.decisions import Verdict
from shared.core.owed import owed
from shared.core.records import Field, Link, LinkState, Seen
from shared.core.rules import Decider, FieldRule
from shared.core.values import digest
from tests.kit.clock import START
from tests.kit.merging import NOW, agreed, edited, seen_in, sending, shown, verdicts
from tests.kit.rules import ERP, rules_of

ADA = {"name": "Ada", "email": "ada@example.org"}


# ── three ways ──


def test_a_change_that_only_one_side_made_is_taken_and_owed_to_the_other() -> None:
    after = seen_in(agreed(), shown("erp", {**ADA, "name": "Ada L."}))

    assert after.record.fields["name"] == Field("Ada L.", "erp", NOW, 6)
    assert owed(after.record, "crm", rules_of()) == {"name": "Ada L."}
    assert owed(after.record, "erp", rules_of()) == {}
    assert not after.decisions[0].is_conflict


def test_a_change_that_meets_a_value_on_its_way_which_was_taken_back_meanwhile_is_logged() -> None:
    """Seed 26792: the ERP gave a phone and emptied it again, while it was sent to the CRM, where it was changed."""
    record = sending(edited(agreed({**ADA, "phone": None}), "erp", {"phone": "+1"}), "crm")
    emptied = edited(record, "erp", {"phone": None})

    met = seen_in(emptied, shown("crm", {**ADA, "phone": "+2"}))
    other_field = seen_in(emptied, shown("crm", {**ADA, "name": "Ada B."}))

    assert met.record.value("phone") == "+2"
    assert verdicts(met.decisions) == [(Verdict.WON, "phone")]
    assert verdicts(other_field.decisions) == [(Verdict.TAKEN, "name")]


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
    edits = {
        system: shown(system, {"name": f"by {system}"}, modified_at=START + timedelta(minutes=minute))
        for system, minute in minutes.items()
    }
    second = "erp" if first == "crm" else "crm"

    absorbed = seen_in(seen_in(agreed(), edits[first], rules).record, edits[second], rules)

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


def test_a_value_that_was_cleared_elsewhere_gives_way_to_the_only_writer_as_a_conflict_too() -> None:
    """Simulation, seed 103841: crm became the only writer, and what a person of erp had cleared came back unlogged."""
    rules = rules_of(fields={"name": FieldRule(writers=ERP)})
    undelivered = edited(agreed(), "crm", {"name": None})

    after = seen_in(undelivered, shown("erp", ADA), rules)

    assert after.record.value("name") == "Ada"
    assert verdicts(after.decisions) == [(Verdict.PASSED, "name")]


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


def test_what_the_only_writer_said_in_another_row_gives_way_to_the_new_row_as_a_conflict() -> None:
    """Simulation, seed 27880: the row was deleted, and a copy with an older credit limit entered in its place."""
    rules = rules_of(fields={"name": FieldRule(writers=ERP)})
    record = agreed(by="erp")
    gone = replace(record.link("erp"), state=LinkState.DETACHED)

    after = seen_in(record.with_link("erp", gone), shown("erp", {"name": "old"}, external_id="e2"), rules)

    assert after.record.value("name") == "old"
    assert verdicts(after.decisions) == [(Verdict.PASSED, "name")]
    assert (after.decisions[0].theirs, after.decisions[0].ours) == ("old", "Ada")


@pytest.mark.parametrize("theirs", [None, "meant so"])
def test_our_own_echo_is_not_the_only_writers_word_and_what_it_takes_the_place_of_is_logged(theirs: str | None) -> None:
    """Simulation, seed 209471: a phone was on its way when the system became its only writer; the record took what
    stood there, and then what was on its way arrived after all."""
    rules = rules_of(fields={"name": FieldRule(writers=ERP)})
    record = edited(sending(edited(agreed(), "crm", {"name": "Ada L."}), "erp"), "erp", {"name": theirs}, rules)

    after = seen_in(record, shown("erp", {"name": "Ada L."}, revision=3), rules)

    assert after.record.value("name") == "Ada L."
    assert [(each.verdict, each.theirs, each.ours) for each in after.decisions] == [(Verdict.PASSED, "Ada L.", theirs)]


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


def test_an_order_that_is_entered_again_where_it_was_confirmed_begins_anew_everywhere() -> None:
    """Simulation, seed 3139: only the ERP confirms, and its new row said draft; the record said confirmed for ever."""
    record = agreed({"status": "confirmed"}, entity="order", by="erp")
    record = record.with_link("erp", Link())

    after = seen_in(record, shown("erp", {"status": "draft"}, entity="order"))

    assert after.record.value("status") == "draft"
    assert verdicts(after.decisions) == [(Verdict.TAKEN, "status")]
    assert owed(after.record, "crm", rules_of("order")) == {"status": "draft"}


def test_an_entity_whose_status_has_no_order_is_merged_as_plain_text() -> None:
    after = seen_in(agreed({"status": "active"}), shown("erp", {"status": "sleeping"}))

    assert after.record.value("status") == "sleeping"


def test_a_first_value_from_a_system_that_may_not_write_it_is_taken_only_while_no_writer_has_the_record() -> None:
    rules = rules_of(fields={"phone": FieldRule(writers=ERP)})

    alone = seen_in(agreed(systems=("crm",)), shown("crm", {"phone": "1"}), rules)
    beside = seen_in(agreed(), shown("crm", {"phone": "1"}), rules)

    assert (alone.record.value("phone"), verdicts(alone.decisions)) == ("1", [(Verdict.TAKEN, "phone")])
    assert (beside.record.value("phone"), verdicts(beside.decisions)) == (None, [(Verdict.REFUSED, "phone")])
    assert owed(beside.record, "crm", rules) == {"phone": None}


def test_f13_an_element_that_the_only_writer_never_had_goes_when_it_gets_the_say() -> None:
    """The CRM adds a line while the ERP accepts the order without it."""
    rules = rules_of("order")
    order = {"status": "placed", "lines[a]": True, "lines[a].quantity": Decimal(1)}
    record = edited(agreed(order, entity="order"), "crm", {"lines[n]": True, "lines[n].quantity": Decimal(2)}, rules)
    (key,) = record.link("crm").elements.keys() - {"a"}

    after = seen_in(record, shown("erp", {**order, "status": "confirmed"}, entity="order"), rules)

    assert after.record.value(f"lines[{key}]") is False
    assert (Verdict.PASSED, f"lines[{key}]") in verdicts(after.decisions)
    assert owed(after.record, "crm", rules) == {"status": "confirmed", f"lines[{key}]": False}
