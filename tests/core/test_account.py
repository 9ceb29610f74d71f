"""The account of a field: what every system shows of it, whether it is owed, and what holds that back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.core.account import Account, Shows, account, known_values, standings
from shared.core.decisions import Cause
from shared.core.deliver import park, wait_for
from shared.core.records import Held, Link, LinkState, Parked, Record, Seen, Tombstone
from shared.core.rules import EntityRules
from shared.core.values import Value, digest
from tests.kit.merging import FAR, NOW, agreed, edited, sending
from tests.kit.rules import rules_of

EDITED = edited(agreed(), "crm", {"name": "B"})


def of(record: Record, path: str = "name", known: dict[str, Value] | None = None) -> Account:
    """Return the account of a field."""
    return account(record, path, record.fields[path], rules_of(), known or {}, NOW)


def holds(record: Record, rules: EntityRules | None = None) -> str:
    """Return what holds the erp's side back."""
    told = account(record, "name", record.fields["name"], rules or rules_of(), {}, NOW)
    return told.systems[1].holds


def test_a_field_tells_who_set_it_and_that_both_show_it() -> None:
    told = of(agreed())

    assert (told.path, told.value, told.by, told.version) == ("name", "Ada", "crm", 5)
    assert [(each.system, each.shows, each.value, each.is_owed) for each in told.systems] == [
        ("crm", Shows.SAME, "Ada", False),
        ("erp", Shows.SAME, "Ada", False),
    ]


def test_a_system_that_shows_something_else_is_owed_and_its_value_is_found_in_history() -> None:
    blind, told = of(EDITED), of(EDITED, known={digest("Ada"): "Ada"})

    assert [each.shows for each in told.systems] == [Shows.SAME, Shows.OTHER]
    assert (told.systems[1].value, told.systems[1].is_known, told.systems[1].is_owed) == ("Ada", True, True)
    assert (blind.systems[1].value, blind.systems[1].is_known) == (None, False)


def test_a_systems_own_spelling_and_what_was_never_seen() -> None:
    link = agreed().link("erp")
    own = {**link.fields, "name": Seen(digest("ADA"), digest("Ada"))}
    never = {path: seen for path, seen in link.fields.items() if path != "name"}

    assert of(agreed().with_link("erp", replace(link, fields=own))).systems[1].shows is Shows.OWN_FORM
    assert of(agreed().with_link("erp", replace(link, fields=never))).systems[1].shows is Shows.NEVER


def test_what_holds_a_field_back_is_said() -> None:
    link = EDITED.link("erp")
    wish = Held(digest("B"), digest("Ada"), "the change had no effect there", NOW)

    assert holds(agreed()) == ""
    assert holds(EDITED) == "due on 2026-03-02 09:02:00"
    assert holds(EDITED.with_link("erp", replace(link, due_at=NOW, attempts=3))) == "due, after 3 failed attempts"
    assert holds(EDITED.with_link("erp", replace(link, due_at=None))) == ""
    assert holds(sending(EDITED, "erp")) == "being sent, until 2026-03-02 09:02:00 at most"
    assert holds(wait_for(EDITED, "erp", "r9", FAR, rules_of(), NOW)) == "waits for r9 to stand there"
    assert holds(park(EDITED, "erp", Parked("several", NOW), rules_of(), NOW)) == (
        "parked since 2026-03-02 09:01:00: several"
    )
    assert holds(EDITED.with_link("erp", replace(link, held={"name": wish}))) == (
        "held since 2026-03-02 09:01:00: the change had no effect there"
    )


def test_a_field_that_is_not_among_those_being_sent_is_not_held_by_the_intent() -> None:
    told = of(sending(EDITED, "erp"), "email")

    assert told.systems[1].holds == ""


def test_a_record_tells_how_it_stands_in_every_system() -> None:
    crm, erp = standings(EDITED, rules_of(), NOW)

    assert (crm.state, crm.external_id, crm.owes, crm.holds) == (LinkState.LIVE, "c1", (), "")
    assert (erp.owes, erp.holds) == (("name",), "due on 2026-03-02 09:02:00")
    (_, only_listed) = standings(EDITED, rules_of(erp={"can_update": False}), NOW)
    assert (only_listed.owes, only_listed.unsupported) == ((), ("name",))
    (_, ended) = standings(replace(agreed(), tombstone=Tombstone("crm", NOW)), rules_of(), NOW)
    assert ended.owes == ("archive",)
    (_, absent) = standings(agreed(systems=("crm",)).with_link("erp", Link(due_at=NOW + timedelta(1))), rules_of(), NOW)
    assert absent.owes == ("email", "name")


def test_history_knows_every_value_that_came_by() -> None:
    known = known_values([agreed()], [Cause("absorb", values={"phone": "7"})])

    assert known == {digest(value): value for value in ("Ada", "ada@example.org", "7")}
