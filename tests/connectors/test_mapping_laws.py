"""The laws of the mapping, for all records that there could be."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.connectors.http_json import decoded, encoded
from shared.connectors.mapping import FieldSpec, Habits, Read, Spec, compiled, for_create, for_update, read
from shared.core.commands import Update
from shared.core.paths import element_of
from shared.core.values import Reference, Value, digest

FIELDS: dict[str, Any] = {
    "number": "no",
    "customer": "customer.id -> customer",
    "status": {"path": "state", "values": {"placed": "open", "cancelled": "void"}},
    "placed_at": "times.placed",
    "total": {"path": "total", "scale": 2},
    "currency": "money[kind=total].currency",
    "ship_to.city": "to.address.city",
    "ship_to.name": "to.name",
    "lines[]": "items[].id",
    "lines[].product": "items[].product.id -> product",
    "lines[].quantity": "items[].qty",
    "lines[].unit": "items[].unit",
    "urgent": {"path": "urgent", "type": "flag"},
}
MAPPING = compiled("crm", "order", TypeAdapter(dict[str, Spec]).validate_python(FIELDS))

words = st.text(max_size=12)
ids = st.text("abc123", min_size=1, max_size=4)
moments = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
numbers = st.decimals(-(10**9), 10**9, places=2)
statuses = st.sampled_from(["draft", "placed", "confirmed", "cancelled", "partly_shipped", "shipped", "delivered"])


def references(entity: str) -> st.SearchStrategy[Reference]:
    return ids.map(lambda external_id: Reference("crm", entity, external_id))


PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "number": words | st.none(),
    "customer": references("customer") | st.none(),
    "status": statuses,
    "placed_at": moments | st.none(),
    "total": numbers | st.none(),
    "currency": words,
    "ship_to.city": words | st.none(),
    "ship_to.name": words | st.none(),
    "urgent": st.booleans(),
}
ELEMENT: dict[str, st.SearchStrategy[Any]] = {
    "product": references("product"),
    "quantity": numbers,
    "unit": words | st.none(),
}
plain = st.fixed_dictionaries({}, optional=PLAIN)
elements = st.lists(st.fixed_dictionaries(ELEMENT), max_size=4)
junk = st.dictionaries(st.sampled_from(["note", "colour", "tags"]), words | st.integers() | st.lists(words), max_size=3)


def fields_of(plainly: dict[str, Value], lines: list[dict[str, Value]]) -> dict[str, Value]:
    fields = dict(plainly)
    for number, line in enumerate(lines):
        fields[f"lines[k{number}]"] = True
        fields |= {f"lines[k{number}].{name}": value for name, value in line.items()}
    return fields


def over_the_wire(content: Any, number: int = 1) -> Any:
    """Return a record as a server would show it that stored the body and numbered its elements."""
    record = decoded(encoded(content))
    for place, item in enumerate(record.get("items") or []):
        item.setdefault("id", place)
    return {"id": number, **record}


def comparable(fields: Any) -> list[tuple[str, str, str]]:
    """Return fields with elements named by their place, so that only keys differ."""
    names: dict[str, int] = {}
    found = []
    for path, value in fields.items():
        element = element_of(path)
        if element is None:
            found.append((path, "", digest(value)))
        else:
            place = names.setdefault(element.key, len(names))
            found.append((f"{element.collection} {place}", element.field, digest(value)))
    return sorted(found)


@given(plain, elements)
def test_reading_what_was_written_gives_what_was_sent(plainly: dict[str, Value], lines: list[dict[str, Value]]) -> None:
    fields = fields_of(plainly, lines)

    shown = read(MAPPING, over_the_wire(for_create(MAPPING, fields, "rec", Habits()).content))

    assert isinstance(shown, Read)
    assert comparable({path: shown.fields[path] for path in shown.fields if path in fields or "lines" in path}) == (
        comparable(fields)
    )


@given(plain, elements, plain, junk, junk, st.sampled_from([True, False]))
def test_what_is_not_mapped_survives_every_update(
    before: dict[str, Value],
    lines: list[dict[str, Value]],
    changes: dict[str, Value],
    beside: dict[str, Any],
    within: dict[str, Any],
    merges: bool,
) -> None:
    raw = {**beside, **over_the_wire(for_create(MAPPING, fields_of(before, lines), "rec", Habits()).content)}
    for item in raw.get("items", []):
        item |= within
    if raw.get("to"):
        raw["to"] |= within
    fields = dict(changes) | ({"lines[k0].quantity": Decimal(77)} if lines else {})
    update = Update("rec", "1", fields, elements={f"k{place}": str(place) for place in range(len(lines))})

    body = for_update(MAPPING, update, deepcopy(raw), Habits(), merges=merges)
    after = merged(raw, body.content) if merges else {**raw, **body.content}

    assert {name: after[name] for name in beside} == beside
    assert all(item.items() >= within.items() for item in after.get("items", []))
    assert not raw.get("to") or after["to"].items() >= within.items()
    shown = read(MAPPING, decoded(encoded(after)))
    assert isinstance(shown, Read)
    sent = {path: value for path, value in fields.items() if element_of(path) is None}
    assert {path: digest(shown.fields[path]) for path in sent} == {path: digest(value) for path, value in sent.items()}
    if lines:
        assert shown.fields["lines[0].quantity"] == Decimal(77)


@given(plain)
def test_what_is_not_sent_is_not_touched_and_null_is_not_empty(changes: dict[str, Value]) -> None:
    body = for_update(MAPPING, Update("rec", "1", changes), None, Habits())

    shown = read(MAPPING, {"id": 1, **decoded(encoded(body.content))})

    assert isinstance(shown, Read)
    carried = {path: value for path, value in shown.fields.items() if path in changes}
    assert {path: digest(value) for path, value in carried.items()} == {p: digest(v) for p, v in changes.items()}


def merged(record: Any, laid: Any) -> Any:
    """Return a record with another laid over it, as a partner does that merges objects (RFC 7396, but null is kept)."""
    if not isinstance(record, dict) or not isinstance(laid, dict):
        return laid
    return {**record, **{name: merged(record.get(name), value) for name, value in laid.items()}}


def test_the_table_of_these_laws_is_read_as_it_is_written() -> None:
    assert isinstance(TypeAdapter(dict[str, Spec]).validate_python(FIELDS)["total"], FieldSpec)
