"""Schema drift: what vanished, changed its type, was renamed or appeared; told once, and well again by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.core.commands import Archive, Create, Update
from shared.core.observations import Gone, Invalid, Observation, Shown, Source
from shared.core.schema_drift import (
    MOST_APPEARED,
    RECORDS,
    RETURNS,
    Kind,
    Schema,
    begun,
    described,
    narrowed,
    observed,
    readable,
)
from shared.core.values import Value

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
EXPECTED = frozenset({"name", "phone", "lines[]", "lines[].quantity", "addresses[].city", "addresses[billing].city"})
WHOLE: dict[str, Any] = {"name": "Ada", "phone": None}

LINE: dict[str, Any] = {"lines[7]": True, "lines[7].quantity": 2}


def shows(external_id: str = "1", source: Source = Source.FETCHED, **fields: Any) -> Observation:
    return Observation("crm", "order", external_id, fields, collections=frozenset({"lines"}), source=source)


def cannot_read(external_id: str, *wrong: str, **others: Any) -> Invalid:
    rest = replace(shows(external_id, **others), complete=False)
    return Invalid(external_id, wrong[0], "is not a number", frozenset(wrong), rest)


def after(*batches: Sequence[Shown], schema: Schema | None = None) -> Schema:
    schema = schema or Schema("r1")
    for batch in batches:
        schema = observed(schema, EXPECTED, batch, NOW)
    return schema


def kinds(schema: Schema) -> dict[str, Kind]:
    return {field: drift.kind for field, drift in schema.drifts.items()}


# ── observations ──


def test_a_field_that_no_full_answer_carries_any_more_has_vanished() -> None:
    found = after([shows(**WHOLE)], [shows("2", name="Bo"), shows("3", name="Cy")])

    assert kinds(found) == {"phone": Kind.VANISHED}
    assert found.withheld == {"phone"}
    assert found.drifts["phone"].since == NOW


def test_it_is_noticed_once_and_well_when_it_is_back() -> None:
    gone = after([shows(**WHOLE)], [shows(name="Bo")])

    assert observed(gone, EXPECTED, [shows(name="Bo")], LATER) == gone
    back = observed(gone, EXPECTED, [shows(source=Source.MESSAGE, **WHOLE)], LATER)
    assert kinds(back) == {}
    assert kinds(after([shows(name="Bo")], schema=back)) == {"phone": Kind.VANISHED}


def test_what_was_never_carried_cannot_vanish() -> None:
    assert kinds(after([shows(name="Ada")], [shows(name="Bo")])) == {}


def test_a_field_that_some_carry_and_some_do_not_is_sparse() -> None:
    found = after([shows(**WHOLE)], [shows("1", **WHOLE), shows("2", name="Bo")], [shows("2", name="Bo")])

    assert kinds(found) == {}
    assert found.sparse == {"phone"}


def test_a_field_that_comes_and_goes_is_sparse_in_the_end() -> None:
    found = after([shows(**WHOLE)], *([[shows(name="Ada")], [shows(**WHOLE)]] * RETURNS), [shows(name="Ada")])

    assert kinds(found) == {}
    assert found.sparse == {"phone"}


@pytest.mark.parametrize(
    "shown",
    [
        shows(source=Source.MESSAGE, name="Ada"),
        replace(shows(), deleted=True),
        Gone("1"),
        Invalid("1", "", "cannot be read"),
        cannot_read("1", "phone", name="Ada"),
    ],
)
def test_what_is_no_full_answer_proves_nothing_away(shown: Shown) -> None:
    assert kinds(after([shows(**WHOLE)], [shown])) == {}


def test_the_field_of_an_element_is_missed_only_where_there_are_elements() -> None:
    has = shows(name="Ada", phone=None, **LINE)
    none = shows(name="Ada", phone=None)
    bare: dict[str, Any] = {"lines[7]": True}
    lacks = shows(name="Ada", phone=None, **bare)

    assert kinds(after([has], [none])) == {}
    assert kinds(after([has], [lacks])) == {"lines[].quantity": Kind.VANISHED}


def test_a_whole_list_that_is_not_shown_any_more_has_vanished() -> None:
    assert kinds(after([shows(**WHOLE)], [replace(shows(**WHOLE), collections=frozenset())])) == {
        "lines[]": Kind.VANISHED
    }


def test_the_field_of_any_role_may_stand_in_no_address() -> None:
    home: dict[str, Any] = {"addresses[home].city": "Ulm", "addresses[billing].city": "Bonn"}

    assert kinds(after([shows(**WHOLE, **home)], [shows(**WHOLE)])) == {"addresses[billing].city": Kind.VANISHED}


def test_a_field_that_cannot_be_read_in_several_records_has_changed_its_type() -> None:
    bad = [cannot_read(str(number), "phone", name="Ada") for number in range(RECORDS)]

    early = after([shows(**WHOLE)], [bad[0]], [bad[0], bad[1]], [bad[0]])
    assert kinds(early) == {}
    found = after([bad[2]], schema=early)
    assert kinds(found) == {"phone": Kind.RETYPED}
    assert found.doubtful == {}
    assert after([bad[0]], schema=found) == found


def test_a_value_that_can_be_read_ends_every_doubt() -> None:
    bad = [cannot_read(str(number), "phone", name="Ada") for number in range(RECORDS)]

    assert after([bad[0], bad[1]], [shows(name="Ada", phone="1")]).doubtful == {}
    assert kinds(after([*bad, shows("9", phone="1")])) == {}
    drifting = after([*bad])
    assert kinds(after([shows("9", name="Ada", phone=None)], schema=drifting)) == {"phone": Kind.RETYPED}
    assert kinds(after([shows("9", name="Ada", phone="1")], schema=drifting)) == {}


def test_other_rules_begin_anew_but_for_the_description() -> None:
    known = after([shows(**WHOLE)], [shows(name="Bo")], schema=Schema("r1", fields={"A.phone": "string"}))

    assert begun(known, "r1") == known
    assert begun(known, "r2") == Schema("r2", fields={"A.phone": "string"})
    assert begun(None, "r1") == Schema("r1")


# ── descriptions ──

NAMES = {"name": "Account.Name", "phone": "Account.Phone"}
BASE = {"Account.Name": "string", "Account.Phone": "phone", "Account.Fax": "phone"}


def told(schema: Schema, now: datetime = NOW, **changes: Any) -> Schema:
    fields = {**BASE, **{f"Account.{name}": kind for name, kind in changes.items()}}
    return described(schema, NAMES, {name: kind for name, kind in fields.items() if kind is not None}, now)


KNOWN = described(Schema("r1"), NAMES, BASE, NOW)


def test_the_first_description_only_says_what_there_is() -> None:
    assert (kinds(KNOWN), KNOWN.fields) == ({}, BASE)
    assert kinds(described(Schema("r1"), NAMES, {"Account.Fax": "phone"}, NOW)) == {}


def test_a_mapped_field_that_is_not_described_any_more_has_vanished_until_it_is_again() -> None:
    gone = told(KNOWN, Phone=None)

    assert kinds(gone) == {"phone": Kind.VANISHED}
    assert gone.drifts["phone"].seen == "there is no Account.Phone any more"
    assert told(gone, LATER, Phone=None) == gone
    assert kinds(told(gone, LATER)) == {}


def test_a_new_field_that_looks_like_one_that_is_gone_is_told_as_renamed() -> None:
    renamed = told(KNOWN, Phone=None, Mobile_Phone="phone")

    assert renamed.drifts["phone"].kind is Kind.RENAMED
    assert "Account.Mobile_Phone is new" in renamed.drifts["phone"].seen
    assert renamed.withheld == {"phone"}


@pytest.mark.parametrize("new", [{"Website": "phone"}, {"Mobile_Phone": "string"}])
def test_one_of_another_name_or_type_is_not(new: dict[str, Any]) -> None:
    found = told(KNOWN, Phone=None, **new)

    assert found.drifts["phone"].kind is Kind.VANISHED


def test_a_mapped_field_of_another_type_is_withheld_until_it_is_as_before_or_can_be_read() -> None:
    other = told(KNOWN, Phone="int")

    assert other.drifts["phone"].kind is Kind.RETYPED
    assert other.drifts["phone"].seen == "Account.Phone: phone → int"
    assert told(other, LATER, Phone="int") == other
    assert kinds(told(other, LATER)) == {}
    read = after([shows(name="Ada", phone="1")], schema=other)
    assert kinds(read) == {}
    assert kinds(told(read, LATER, Phone="int")) == {}


def test_an_unmapped_field_of_another_type_is_nobody_s_matter() -> None:
    assert kinds(told(KNOWN, Fax="int")) == {}


def test_a_field_that_appeared_is_told_until_the_next_description_and_withholds_nothing() -> None:
    new = told(KNOWN, Website="url")

    assert kinds(new) == {"Account.Website": Kind.APPEARED}
    assert new.withheld == frozenset()
    assert kinds(told(new, LATER, Website="url")) == {}
    fields: dict[str, Any] = {f"Field{number}": "string" for number in range(MOST_APPEARED + 5)}
    many = told(KNOWN, **fields)
    assert len(many.drifts) == MOST_APPEARED


def test_a_description_that_shows_what_answers_left_out_makes_it_sparse() -> None:
    left_out = after([shows(**WHOLE)], [shows(name="Ada")], schema=KNOWN)
    assert kinds(left_out) == {"phone": Kind.VANISHED}

    there = told(left_out)

    assert kinds(there) == {}
    assert there.sparse == {"phone"}


def test_what_cannot_be_read_is_not_well_because_it_is_described() -> None:
    bad = [cannot_read(str(number), "phone", name="Ada") for number in range(RECORDS)]
    drifting = after([*bad], schema=KNOWN)

    assert kinds(told(drifting)) == {"phone": Kind.RETYPED}


# ── what is withheld ──


def test_a_record_whose_only_unreadable_fields_are_withheld_is_read_without_them() -> None:
    bad = cannot_read("1", "phone", "lines[].quantity", name="Ada")

    assert readable(bad, {"phone", "lines[].quantity"}) == bad.others
    assert readable(bad, {"phone"}) is bad
    assert readable(Gone("1"), {"phone"}) == Gone("1")
    assert readable(Invalid("1", "", "no object"), {"phone"}) == Invalid("1", "", "no object")


def test_a_command_goes_out_without_withheld_fields() -> None:
    update = Update("r", "1", {"name": "Bo", "lines[k].quantity": "1"})

    assert narrowed(update, frozenset()) == update
    assert narrowed(update, frozenset({"lines[].quantity"})) == Update("r", "1", {"name": "Bo"})
    assert narrowed(Create("r", {"name": "Bo"}), frozenset({"name"})) is None
    assert narrowed(Archive("r", "1"), frozenset({"name"})) == Archive("r", "1")


def test_an_element_of_which_one_field_drifts_is_made_without_that_field_and_a_drifting_collection_not_at_all() -> None:
    """Seed 56963: the phone of contacts had drifted, and a contact was sent with its e-mail but not itself."""
    contact: dict[str, Value] = {"contacts[a]": True, "contacts[a].email": "kim@example.org", "contacts[a].phone": "1"}
    create = Create("r", {"name": "Bo", **contact})

    assert narrowed(create, frozenset({"contacts[].phone"})) == Create(
        "r", {"name": "Bo", "contacts[a]": True, "contacts[a].email": "kim@example.org"}
    )
    assert narrowed(create, frozenset({"contacts[]"})) == Create("r", {"name": "Bo"})
