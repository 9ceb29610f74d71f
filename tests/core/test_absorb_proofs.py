"""Echoes, revisions, and what a message proves (the sync rules, sections 2.1 to 2.3)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shared.core.absorb import is_believable, is_echo, is_stale
from shared.core.observations import Revision, Source
from shared.core.owed import owed
from shared.core.records import Seen, Sent, Tombstone
from shared.core.rules import FieldRule
from shared.core.values import Reference, digest
from tests.kit.clock import START
from tests.kit.merging import agreed, answered, at, edited, seen_in, sending, shown, stored
from tests.kit.rules import rules_of

ADA = {"name": "Ada", "email": "ada@example.org"}


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

    assert is_echo(record, shown("erp", fields, entity="order", **more), rules_of("order")) is echo


def test_nothing_is_an_echo_while_it_is_not_known_what_a_write_stored() -> None:
    """Else a person who later puts the old value back would be taken for a write without effect."""
    record = agreed()
    unsure = record.with_link("erp", replace(record.link("erp"), unsure={"name": digest("before")}))

    assert not is_echo(unsure, shown("erp", ADA), rules_of())


def test_an_edit_of_an_ambiguous_element_is_no_echo() -> None:
    record = agreed(LINES, entity="order")
    ambiguous = record.with_link("erp", replace(record.link("erp"), ambiguous={"77": "lines/product/x"}))
    observation = shown("erp", LINES, entity="order")
    with_it = replace(observation, fields={**observation.fields, "lines[77].quantity": Decimal(5)})

    assert not is_echo(ambiguous, with_it, rules_of("order"))


def test_what_stands_in_the_only_writer_is_no_echo_while_the_record_says_otherwise() -> None:
    """Simulation, seed 15610: a value was still owed when that rule came; the record kept it, and nobody was told."""
    record = edited(agreed(), "crm", {"name": "Ada L."})
    by_erp = rules_of(fields={"name": FieldRule(writers=frozenset({"erp"}))})

    assert is_echo(record, shown("erp", ADA), rules_of())
    assert not is_echo(record, shown("erp", ADA), by_erp)
    assert seen_in(record, shown("erp", ADA), by_erp).record.value("name") == "Ada"


def test_a_status_is_an_echo_whoever_may_write_it() -> None:
    """It moves by its order alone: what is unchanged in its only writer undoes no wish."""
    draft = {"number": "1", "status": "draft"}
    record = edited(agreed(draft, entity="order"), "crm", {"status": "placed"})
    by_erp = rules_of("order", fields={"status": FieldRule(writers=frozenset({"erp"}))})

    assert is_echo(record, shown("erp", draft, entity="order"), by_erp)


def test_nothing_is_an_echo_of_a_link_that_is_not_live() -> None:
    record = agreed(systems=("crm",))

    assert not is_echo(record, shown("erp", {}), rules_of())
