"""The mapping, ours ↔ theirs: how each kind of value, place and list is read and written."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.connectors.mapping import (
    EntityMapping,
    FieldSpec,
    Habits,
    Read,
    Spec,
    Wrong,
    compiled,
    for_create,
    for_update,
    needs_raw,
    read,
)
from shared.core.commands import Update
from shared.core.values import Reference, Value

ADAPTER: TypeAdapter[dict[str, FieldSpec]] = TypeAdapter(dict[str, Spec])


def mapping(entity: str, fields: dict[str, Any], **keys: Any) -> EntityMapping:
    return compiled("crm", entity, ADAPTER.validate_python(fields), **keys)


def shown(entity: str, fields: dict[str, Any], raw: dict[str, Any], **keys: Any) -> dict[str, Value]:
    found = read(mapping(entity, fields, **keys), {"id": 1, **raw})
    assert isinstance(found, Read), found
    return dict(found.fields)


def wrong(entity: str, fields: dict[str, Any], raw: dict[str, Any]) -> Wrong:
    found = read(mapping(entity, fields), {"id": 1, **raw})
    assert isinstance(found, Wrong), found
    return found


def sent(entity: str, fields: dict[str, Any], ours: dict[str, Value], habits: Habits | None = None) -> Any:
    return for_create(mapping(entity, fields), ours, "rec-1", habits or Habits()).content


@pytest.mark.parametrize(
    ("entity", "ours", "raw", "value"),
    [
        ("customer", "name", "Ann", "Ann"),
        ("customer", "name", "", ""),
        ("customer", "name", None, None),
        ("customer", "phone", 42, "42"),
        ("customer", "phone", Decimal("4.20"), "4.20"),
        ("customer", "phone", True, "true"),
        ("customer", "credit_limit", "10.50", Decimal("10.50")),
        ("customer", "credit_limit", Decimal("10.5"), Decimal("10.5")),
        ("customer", "credit_limit", 7, Decimal(7)),
        ("customer", "credit_limit", " ", None),
        ("product", "discontinued", False, False),
        ("product", "discontinued", "yes", True),
        ("product", "discontinued", 0, False),
        ("product", "discontinued", "", None),
        ("order", "placed_at", "2026-11-22T10:00:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("order", "placed_at", "2026-11-22T12:00:00.250+02:00", datetime(2026, 11, 22, 10, 0, 0, 250_000, tzinfo=UTC)),
        ("order", "placed_at", "2026-11-22 10:00:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("order", "placed_at", "2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("order", "placed_at", 1_795_341_600, datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("order", "placed_at", 1_795_341_600_000, datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("order", "placed_at", "1795341600", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("order", "placed_at", "Sun, 22 Nov 2026 10:00:00 GMT", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("order", "placed_at", "", None),
        ("order", "customer", 5, Reference("crm", "customer", "5")),
        ("order", "customer", "c-5", Reference("crm", "customer", "c-5")),
        ("order", "customer", {"id": 5}, Reference("crm", "customer", "5")),
        ("order", "customer", None, None),
        ("order", "customer", "", None),
        ("order", "status", "confirmed", "confirmed"),
    ],
)
def test_a_value_is_read_in_every_usual_form(entity: str, ours: str, raw: Any, value: Value) -> None:
    assert shown(entity, {ours: "x"}, {"x": raw}) == {ours: value}


@pytest.mark.parametrize(
    ("entity", "ours", "raw"),
    [
        ("customer", "name", {"first": "Ann"}),
        ("customer", "name", ["Ann"]),
        ("customer", "name", "half \ud800"),
        ("customer", "credit_limit", "a lot"),
        ("customer", "credit_limit", "NaN"),
        ("customer", "credit_limit", True),
        ("customer", "credit_limit", []),
        ("product", "discontinued", "perhaps"),
        ("order", "placed_at", "yesterday"),
        ("order", "placed_at", True),
        ("order", "placed_at", []),
        ("order", "placed_at", 10**30),
        ("order", "status", "lost in space"),
        ("order", "customer", []),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_a_reason_and_without_itself(
    entity: str, ours: str, raw: Any
) -> None:
    found = wrong(entity, {ours: "x"}, {"x": raw})

    assert (found.external_id, found.field) == ("1", ours)
    assert str(raw) not in found.reason or raw in ([], True)


@pytest.mark.parametrize(
    ("entity", "ours", "value", "theirs"),
    [
        ("customer", "name", "Ann", "Ann"),
        ("customer", "name", None, None),
        ("customer", "credit_limit", Decimal("10.50"), Decimal("10.50")),
        ("customer", "credit_limit", Decimal("1E+2"), 100),
        ("product", "discontinued", True, True),
        ("order", "placed_at", datetime(2026, 11, 22, 10, tzinfo=UTC), "2026-11-22T10:00:00Z"),
        ("order", "placed_at", datetime(2026, 11, 22, 10, 0, 0, 5, tzinfo=UTC), "2026-11-22T10:00:00.000005Z"),
        ("order", "customer", Reference("crm", "customer", "5"), "5"),
    ],
)
def test_a_value_is_sent_exactly(entity: str, ours: str, value: Value, theirs: Any) -> None:
    assert sent(entity, {ours: "x"}, {ours: value}) == {"x": theirs}


@pytest.mark.parametrize(
    ("entity", "ours", "raw", "value", "theirs"),
    [
        ("order", "customer", 5, Reference("crm", "customer", "7"), 7),
        ("order", "customer", "5", Reference("crm", "customer", "7"), "7"),
        ("order", "customer", 5, Reference("crm", "customer", "c-7"), "c-7"),
        ("order", "customer", 5, Reference("crm", "customer", "007"), "007"),
        ("order", "total", "1.00", Decimal("2.50"), "2.50"),
        ("order", "total", 1, Decimal("2.50"), Decimal("2.50")),
        ("product", "discontinued", 1, False, 0),
        ("customer", "phone", 123, "456", 456),
        ("customer", "phone", "123", "456", "456"),
        ("order", "placed_at", "2026-11-22", datetime(2026, 11, 23, 9, tzinfo=UTC), "2026-11-23"),
        ("order", "placed_at", "2026-11-22 10:00:00", datetime(2026, 11, 23, 9, tzinfo=UTC), "2026-11-23 09:00:00"),
        (
            "order",
            "placed_at",
            "2026-11-22T10:00:00.000+01:00",
            datetime(2026, 11, 23, 9, tzinfo=UTC),
            "2026-11-23T09:00:00.000+00:00",
        ),
        (
            "order",
            "placed_at",
            "2026-11-22T10:00:00+0100",
            datetime(2026, 11, 23, tzinfo=UTC),
            "2026-11-23T00:00:00+0000",
        ),
        ("order", "placed_at", 1_795_341_600, datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC), 1_795_341_601),
        ("order", "placed_at", 1_795_341_600_000, datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC), 1_795_341_601_000),
        (
            "order",
            "placed_at",
            "Sun, 22 Nov 2026 10:00:00 GMT",
            datetime(2026, 11, 22, tzinfo=UTC),
            "2026-11-22T00:00:00Z",
        ),
    ],
)
def test_a_value_is_sent_in_the_form_in_which_the_partner_shows_the_field(
    entity: str, ours: str, raw: Any, value: Value, theirs: Any
) -> None:
    habits = Habits()
    read(mapping(entity, {ours: "x"}), {"id": 1, "x": raw}, habits)

    assert sent(entity, {ours: "x"}, {ours: value}, habits) == {"x": theirs}


def test_a_field_that_ever_showed_text_is_sent_as_text() -> None:
    habits = Habits()
    for raw in (5, "05", 6):
        read(mapping("customer", {"phone": "x"}), {"id": 1, "x": raw}, habits)

    assert sent("customer", {"phone": "x"}, {"phone": "7"}, habits) == {"x": "7"}


def test_a_reference_is_spelled_like_the_ids_of_what_it_refers_to() -> None:
    habits = Habits()
    read(mapping("customer", {"name": "name"}), {"id": 17, "name": "A"}, habits)

    body = sent("order", {"customer": "customer_id"}, {"customer": Reference("crm", "customer", "18")}, habits)

    assert body == {"customer_id": 18}


@pytest.mark.parametrize(
    ("spec", "value", "theirs"),
    [
        ({"path": "x", "format": "text"}, Decimal("2.50"), "2.50"),
        ({"path": "x", "scale": 2}, Decimal("2.50"), 250),
    ],
)
def test_a_mapping_says_how_a_number_is_sent(spec: Any, value: Decimal, theirs: Any) -> None:
    assert sent("order", {"total": spec}, {"total": value}) == {"x": theirs}
    assert shown("order", {"total": spec}, {"x": theirs}) == {"total": value}


@pytest.mark.parametrize(
    ("form", "theirs"),
    [
        ("date", "2026-11-22"),
        ("seconds", 1_795_341_600),
        ("milliseconds", 1_795_341_600_000),
        ("iso", "2026-11-22T10:00:00Z"),
    ],
)
def test_a_mapping_says_how_a_moment_is_sent(form: str, theirs: Any) -> None:
    spec = {"placed_at": {"path": "x", "format": form}}

    assert sent("order", spec, {"placed_at": datetime(2026, 11, 22, 10, tzinfo=UTC)}) == {"x": theirs}


STATUS = {"status": {"path": "state", "values": {"placed": ["open", "pending"], "cancelled": "void"}}}


@pytest.mark.parametrize(
    ("theirs", "ours"), [("open", "placed"), ("pending", "placed"), ("void", "cancelled"), ("shipped", "shipped")]
)
def test_a_value_map_is_read(theirs: str, ours: str) -> None:
    assert shown("order", STATUS, {"state": theirs}) == {"status": ours}


@pytest.mark.parametrize(("ours", "theirs"), [("placed", "open"), ("cancelled", "void"), ("shipped", "shipped")])
def test_a_value_map_is_written_with_the_first_of_several(ours: str, theirs: str) -> None:
    assert sent("order", STATUS, {"status": ours}) == {"state": theirs}


@pytest.mark.parametrize("theirs", ["placed", "limbo"])
def test_a_value_that_the_map_does_not_know_makes_the_record_unreadable(theirs: str) -> None:
    found = wrong("order", STATUS, {"state": theirs})

    assert found == Wrong("1", "status", "shows a value that the mapping does not know")


def test_a_value_that_the_partner_does_not_have_is_left_out_and_named() -> None:
    fields = {"name": "name", "status": {"path": "s", "values": {"active": "A", "inactive": "I"}}}

    body = for_create(mapping("customer", fields), {"name": "A", "status": "prospect"}, "r", Habits())

    assert body.content == {"name": "A"}
    assert body.left_out == ("status",)


@pytest.mark.parametrize(("raw", "ours"), [("D", True), ("L", False), (None, None)])
def test_a_flag_may_be_any_pair_of_values(raw: Any, ours: Value) -> None:
    fields = {"discontinued": {"path": "x", "values": {"true": "D", "false": "L"}}}

    assert shown("product", fields, {"x": raw}) == {"discontinued": ours}
    assert sent("product", fields, {"discontinued": ours}) == {"x": raw}


def test_a_custom_field_has_the_kind_that_its_mapping_says() -> None:
    fields = {"weight": {"path": "w", "type": "number"}, "colour": "c", "maker": "m -> customer"}

    assert shown("product", fields, {"w": "1.5", "c": 3, "m": 9}) == {
        "weight": Decimal("1.5"),
        "colour": "3",
        "maker": Reference("crm", "customer", "9"),
    }


def test_not_carried_null_and_empty_are_three_different_things() -> None:
    fields = {"name": "name", "email": "email", "phone": "phone"}
    found = read(mapping("customer", fields), {"id": 1, "email": None, "phone": ""})

    assert isinstance(found, Read)
    assert found.fields == {"email": None, "phone": ""}
    assert not found.complete


def test_a_partner_may_leave_out_what_is_null() -> None:
    found = read(mapping("customer", {"name": "n", "contacts[].name": "c[].n"}, omits_null=True), {"id": 1})

    assert isinstance(found, Read)
    assert found.fields == {"name": None}
    assert found.collections == {"contacts"}
    assert found.complete


def test_what_is_write_only_is_sent_and_never_missed() -> None:
    made = mapping("customer", {"name": "name", "tax_number": {"path": "tax", "write_only": True}})
    found = read(made, {"id": 1, "name": "A", "tax": "secret"})

    assert isinstance(found, Read)
    assert (found.fields, found.complete) == ({"name": "A"}, True)
    assert for_create(made, {"tax_number": "T"}, "r", Habits()).content == {"tax": "T"}
    assert made.carries == {"name"}
    assert made.write_only == {"tax_number"}


def test_what_is_read_only_is_never_sent() -> None:
    made = mapping("order", {"number": {"path": "no", "read_only": True}, "currency": "cur"})

    assert for_create(made, {"number": "7", "currency": "EUR"}, "r", Habits()).content == {"cur": "EUR"}
    assert made.takes == {"currency"}


def test_places_lie_deep() -> None:
    fields = {"addresses[billing].city": "billing.address.city", "email": "emails[0].value", "phone": "p[kind=home].no"}
    raw = {"billing": {"address": {"city": "Rome"}}, "emails": [{"value": "a@x"}], "p": [{"kind": "home", "no": 1}]}

    assert shown("customer", fields, raw) == {"addresses[billing].city": "Rome", "email": "a@x", "phone": "1"}
    assert sent("customer", fields, {"addresses[billing].city": "Rome", "email": "a@x", "phone": "1"}) == {
        "billing": {"address": {"city": "Rome"}},
        "emails": [{"value": "a@x"}],
        "p": [{"kind": "home", "no": "1"}],
    }


def test_a_parent_that_is_null_makes_its_children_null() -> None:
    fields = {"addresses[billing].city": "billing.city", "email": "emails[0].value", "phone": "p[kind=home].no"}

    assert shown("customer", fields, {"billing": None, "emails": [], "p": [{"kind": "work", "no": 1}]}) == {
        "addresses[billing].city": None,
        "email": None,
        "phone": None,
    }


@pytest.mark.parametrize("raw", [{"billing": "Rome"}, {"billing": ["Rome"]}])
def test_a_parent_of_another_shape_makes_the_record_unreadable(raw: Any) -> None:
    assert wrong("customer", {"addresses[billing].city": "billing.city"}, raw).field == "addresses[billing].city"


LINES = {"lines[]": "items[].id", "lines[].product": "items[].product_id", "lines[].quantity": "items[].qty"}


def test_elements_stand_under_the_partners_ids() -> None:
    found = read(mapping("order", LINES), {"id": 1, "items": [{"id": 7, "product_id": 3, "qty": "2"}]})

    assert isinstance(found, Read)
    assert found.fields == {
        "lines[7]": True,
        "lines[7].product": Reference("crm", "product", "3"),
        "lines[7].quantity": Decimal(2),
    }
    assert found.collections == {"lines"}


def test_elements_without_ids_get_stable_ones_from_what_they_are() -> None:
    fields = {name: place for name, place in LINES.items() if name != "lines[]"}
    items = [{"product_id": "p", "qty": 1}, {"product_id": "q", "qty": 2}, {"product_id": "p", "qty": 3}]

    found = shown("order", fields, {"items": items})

    assert [path for path, value in found.items() if value is True] == ["lines[p#1]", "lines[q#1]", "lines[p#2]"]


def test_a_contact_without_an_id_is_known_by_its_mail_then_by_its_name() -> None:
    fields = {"contacts[].email": "c[].mail", "contacts[].name": "c[].name"}
    found = shown("customer", fields, {"c": [{"mail": "a@x", "name": "A"}, {"mail": None, "name": "B"}, {"mail": ""}]})

    assert [path for path, value in found.items() if value is True] == [
        "contacts[a@x#1]",
        "contacts[B#1]",
        "contacts[#1]",
    ]


def test_an_element_id_never_ends_a_path_too_early() -> None:
    assert "lines[a%5D]" in shown("order", LINES, {"items": [{"id": "a]", "product_id": 1, "qty": 1}]})


@pytest.mark.parametrize(("raw", "carried"), [({"items": None}, True), ({"items": []}, True), ({}, False)])
def test_an_empty_list_is_shown_and_a_missing_one_is_not(raw: Any, carried: bool) -> None:
    found = read(mapping("order", LINES), {"id": 1, **raw})

    assert isinstance(found, Read)
    assert (found.collections == {"lines"}, found.complete) == (carried, carried)


@pytest.mark.parametrize("items", ["none", [1], {"a": 1}])
def test_a_list_of_another_shape_makes_the_record_unreadable(items: Any) -> None:
    assert wrong("order", LINES, {"items": items}).field == "lines"


@pytest.mark.parametrize("raw", ["text", None, 3, []])
def test_what_is_no_object_is_no_record(raw: Any) -> None:
    assert read(mapping("customer", {"name": "name"}), raw) == Wrong(None, "", "is not an object")


def test_our_reference_is_carried_both_ways() -> None:
    made = mapping("customer", {"external_reference": "meta.ref", "name": "name"})
    found = read(made, {"id": 1, "name": "A", "meta": {"ref": "rec-9"}})

    assert isinstance(found, Read)
    assert found.reference == "rec-9"
    assert for_create(made, {"name": "A"}, "rec-9", Habits()).content == {"meta": {"ref": "rec-9"}, "name": "A"}
    assert "external_reference" not in made.carries | made.takes


def test_new_elements_are_sent_without_ids() -> None:
    fields: dict[str, Value] = {
        "lines[k1]": True,
        "lines[k1].product": Reference("crm", "product", "3"),
        "lines[k1].quantity": Decimal(2),
        "lines[k2]": False,
        "lines[k2].quantity": Decimal(9),
    }

    assert sent("order", LINES, fields) == {"items": [{"product_id": "3", "qty": 2}]}


def an_update(fields: dict[str, Value], elements: dict[str, str] | None = None, **keys: Any) -> Update:
    return Update("rec-1", "1", fields, elements=elements or {}, **keys)


RAW: dict[str, Any] = {
    "id": 1,
    "items": [
        {"id": 7, "product_id": 3, "qty": 2, "note": "fragile"},
        {"id": 8, "product_id": 4, "qty": 1, "note": "heavy"},
    ],
    "billing": {"city": "Rome", "gate": "B"},
}


def test_an_update_sends_only_what_differs() -> None:
    made = mapping("customer", {"name": "name", "email": "email"})

    assert for_update(made, an_update({"name": "B"}), None, Habits()).content == {"name": "B"}


def test_an_update_of_one_element_keeps_what_is_not_mapped_in_all_of_them() -> None:
    update = an_update({"lines[a].quantity": Decimal(5)}, {"a": "7", "b": "8"})

    assert for_update(mapping("order", LINES), update, RAW, Habits()).content == {
        "items": [{"id": 7, "product_id": 3, "qty": 5, "note": "fragile"}, RAW["items"][1]]
    }


def test_elements_are_added_and_removed_in_the_list_as_it_was_read() -> None:
    fields: dict[str, Value] = {"lines[b]": False, "lines[n]": True, "lines[n].quantity": Decimal(9)}
    update = an_update(fields, {"a": "7", "b": "8"}, whole={"lines[n].product": Reference("crm", "product", "5")})

    assert for_update(mapping("order", LINES), update, RAW, Habits()).content == {
        "items": [RAW["items"][0], {"product_id": "5", "qty": 9}]
    }


def test_an_element_that_is_no_longer_there_is_not_brought_back() -> None:
    update = an_update({"lines[x].quantity": Decimal(5)}, {"x": "99"})

    assert for_update(mapping("order", LINES), update, RAW, Habits()).content == {"items": RAW["items"]}


def test_without_the_partners_list_ours_is_sent_whole_with_their_ids() -> None:
    habits = Habits()
    read(mapping("order", LINES), RAW, habits)
    whole: dict[str, Value] = {
        "lines[a]": True,
        "lines[a].product": Reference("crm", "product", "3"),
        "lines[a].quantity": Decimal(2),
        "lines[b]": True,
        "lines[b].quantity": Decimal(1),
    }
    update = an_update({"lines[a].quantity": Decimal(5), "lines[b]": False}, {"a": "7", "b": "8"}, whole=whole)

    assert for_update(mapping("order", LINES), update, None, habits).content == {
        "items": [{"product_id": 3, "qty": 5, "id": 7}]
    }


def test_an_object_inside_the_record_is_sent_back_whole_unless_the_partner_merges() -> None:
    made = mapping("customer", {"addresses[billing].city": "billing.city"})
    update = an_update({"addresses[billing].city": "Oslo"})

    assert for_update(made, update, RAW, Habits()).content == {"billing": {"city": "Oslo", "gate": "B"}}
    assert for_update(made, update, RAW, Habits(), merges=True).content == {"billing": {"city": "Oslo"}}


def test_a_whole_record_is_sent_back_where_the_partner_wants_that() -> None:
    made = mapping("customer", {"name": "name"})

    assert for_update(made, an_update({"name": "B"}), RAW, Habits(), whole=True).content == {**RAW, "name": "B"}


def test_what_was_read_stays_as_it_was_read() -> None:
    before = str(RAW)
    for_update(mapping("order", LINES), an_update({"lines[a].quantity": Decimal(5)}, {"a": "7"}), RAW, Habits())

    assert str(RAW) == before


@pytest.mark.parametrize(
    ("path", "merges", "needed"),
    [
        ("name", False, False),
        ("addresses[billing].city", False, True),
        ("addresses[billing].city", True, False),
        ("email", True, True),
        ("contacts[k].name", True, True),
        ("unknown", False, False),
    ],
)
def test_the_record_is_read_first_only_where_something_could_be_erased(path: str, merges: bool, needed: bool) -> None:
    fields = {"name": "n", "addresses[billing].city": "b.c", "email": "e[0].v", "contacts[].name": "c[].n"}

    assert needs_raw(mapping("customer", fields), {path: "x"}, merges=merges) is needed


@pytest.mark.parametrize(
    ("entity", "fields", "says"),
    [
        ("planet", {"name": "n"}, "there is no entity planet"),
        ("order", {"customer": "c -> planet"}, "there is no entity planet"),
        ("order", {"lines[].quantity": "qty"}, "items[].qty"),
        ("order", {"lines[].quantity": "a[].b[].c"}, "items[].qty"),
        ("order", {"lines[7].quantity": "items[].qty"}, "lines[] for every element"),
        ("order", {"lines[]": "items[].id"}, "no field is mapped"),
        ("order", {"lines[].quantity": "a[].q", "lines[].product": "b[].p"}, "different lists"),
        ("customer", {"name": "a[].b"}, "is a list"),
        ("customer", {"name": "a..b"}, "is no place"),
        ("customer", {"addresses[].city": "a.b"}, "name the role"),
        ("customer", {"external_reference": "a..b"}, "is no place"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_told(entity: str, fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("[", r"\[").replace("]", r"\]")):
        mapping(entity, fields)


@pytest.mark.parametrize(
    "spec",
    [
        {"path": "x", "write_only": True, "read_only": True},
        {"path": "x", "stored": ["backwards"]},
        {"path": "x", "shape": "round"},
        {"path": ""},
        3,
    ],
)
def test_a_line_that_makes_no_sense_is_told(spec: Any) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python({"name": spec})
