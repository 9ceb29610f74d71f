"""What a system is owed: the fields of the record that it does not show yet (the sync rules, section 4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.core.owed import owed, owed_digests, unsupported
from shared.core.records import Held, LinkState, Record, Seen, Tombstone
from shared.core.rules import FieldRule
from shared.core.values import digest
from tests.kit.merging import NOW, agreed, edited
from tests.kit.rules import ERP, rules_of

CONTACT = {"contacts[k]": True, "contacts[k].name": "Bob", "contacts[k].email": None}


def renamed() -> Record:
    return edited(agreed(), "crm", {"name": "Ada L."})


def test_owed_is_what_the_link_does_not_stand_for() -> None:
    assert owed(renamed(), "erp", rules_of()) == {"name": "Ada L."}
    assert owed_digests(renamed(), "erp", rules_of()) == {"name": digest("Ada L.")}


def test_an_emptied_field_is_owed_as_nothing() -> None:
    assert owed(edited(agreed(), "crm", {"name": None}), "erp", rules_of()) == {"name": None}


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("it does not take the field", {"takes": frozenset({"email"})}),
        ("it cannot update", {"can_update": False}),
    ],
)
def test_what_a_system_cannot_be_told_is_not_owed(why: str, changes: dict[str, Any]) -> None:
    assert owed(renamed(), "erp", rules_of(erp=changes)) == {}, why


def test_the_only_writer_of_a_field_is_never_owed_it() -> None:
    assert owed(renamed(), "erp", rules_of(fields={"name": FieldRule(writers=ERP)})) == {}


def test_a_tombstone_owes_no_field_and_its_archive_stands_under_no_path() -> None:
    dead = replace(renamed(), tombstone=Tombstone("crm", NOW))

    assert owed(dead, "erp", rules_of()) == {}
    assert owed_digests(dead, "erp", rules_of()) == {"": "archive"}


def test_a_system_that_takes_no_part_is_owed_nothing() -> None:
    dead = replace(renamed(), tombstone=Tombstone("crm", NOW))

    assert owed(renamed(), "shop", rules_of()) == {}
    assert owed_digests(dead, "shop", rules_of()) == {}


@pytest.mark.parametrize("state", [LinkState.DETACHED, LinkState.ARCHIVED])
def test_a_link_that_ended_is_owed_nothing(state: LinkState) -> None:
    record = renamed()

    assert owed(record.with_link("erp", replace(record.link("erp"), state=state)), "erp", rules_of()) == {}


def test_a_create_leaves_out_what_is_nothing_and_elements_that_were_removed() -> None:
    record = agreed({"name": "Ada", "phone": None, **CONTACT}, systems=("crm",))
    gone = {**CONTACT, "contacts[k]": False}

    assert owed(record, "erp", rules_of()) == {"name": "Ada", "contacts[k]": True, "contacts[k].name": "Bob"}
    assert owed(agreed({"name": "Ada", **gone}, systems=("crm",)), "erp", rules_of()) == {"name": "Ada"}


def test_a_field_that_the_system_does_not_show_is_not_sent_unless_it_is_write_only() -> None:
    record = edited(agreed(), "crm", {"phone": "1"})

    assert owed(record, "erp", rules_of()) == {}
    assert owed(record, "erp", rules_of(erp={"write_only": frozenset({"phone"})})) == {"phone": "1"}


def test_a_held_field_is_not_owed_while_it_is_held() -> None:
    record = renamed()
    held = {"name": Held(digest("Ada L."), digest("Ada"), "no effect", NOW)}

    assert owed(record.with_link("erp", replace(record.link("erp"), held=held)), "erp", rules_of()) == {}


def test_a_digest_of_another_normaliser_owes_nothing_by_itself() -> None:
    record = renamed()
    old = {"name": Seen("0abc", "0abc")}

    assert owed(record.with_link("erp", replace(record.link("erp"), fields=old)), "erp", rules_of()) == {}


def test_a_new_element_is_owed_whole_but_for_what_is_nothing() -> None:
    record = agreed({"name": "Ada", **CONTACT})
    bare = agreed({"name": "Ada"}).link("erp")

    assert owed(record.with_link("erp", bare), "erp", rules_of()) == {"contacts[k]": True, "contacts[k].name": "Bob"}


def test_the_fields_of_an_element_that_was_removed_are_not_owed() -> None:
    record = edited(agreed({"name": "Ada", **CONTACT}), "crm", {"contacts[k]": True, "contacts[k].name": "Rob"})
    fields = {**record.fields, "contacts[k]": record.fields["contacts[k]"]._replace(value=False)}

    assert owed(replace(record, fields=fields), "erp", rules_of()) == {"contacts[k]": False}


def test_a_collection_that_is_taken_by_its_fields_is_taken_itself() -> None:
    """A mapping that names `contacts[].name` takes contacts, though it does not name `contacts[]`."""
    rules = rules_of(erp={"takes": frozenset({"name", "contacts[].name"})})

    assert owed(agreed({"name": "Ada", **CONTACT}, systems=("crm",)), "erp", rules)["contacts[k]"] is True


@pytest.mark.parametrize(
    ("changes", "listed"),
    [({"can_update": False}, ("name",)), ({}, ()), ({"can_update": False, "takes": frozenset[str]()}, ())],
)
def test_what_a_system_cannot_do_is_listed_as_unsupported(changes: dict[str, Any], listed: tuple[str, ...]) -> None:
    assert unsupported(renamed(), "erp", rules_of(erp=changes)) == listed


def test_nothing_is_unsupported_of_what_does_not_stand_there_or_has_ended() -> None:
    rules = rules_of(erp={"can_update": False})

    assert unsupported(agreed(systems=("crm",)), "erp", rules) == ()
    assert unsupported(replace(renamed(), tombstone=Tombstone("crm", NOW)), "erp", rules) == ()
    assert unsupported(renamed(), "shop", rules) == ()
