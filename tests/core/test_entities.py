"""The entities and the kinds of their fields."""

from __future__ import annotations

import pytest

from shared.core.entities import ELEMENT_MATCH_KEYS, ENTITIES, PARENT_FIRST, Kind, is_known, kind_of, referred


@pytest.mark.parametrize(
    ("entity", "path", "kind", "known", "target"),
    [
        ("customer", "name", Kind.TEXT, True, None),
        ("customer", "credit_limit", Kind.MONEY, True, None),
        ("customer", "addresses[billing].city", Kind.TEXT, True, None),
        ("customer", "contacts[k]", Kind.PRESENCE, True, None),
        ("customer", "a_custom_field", Kind.TEXT, False, None),
        ("order", "lines[k].quantity", Kind.NUMBER, True, None),
        ("order", "lines[k].product", Kind.REFERENCE, True, "product"),
        ("order", "placed_at", Kind.MOMENT, True, None),
        ("order", "status", Kind.STATUS, True, None),
        ("product", "discontinued", Kind.FLAG, True, None),
        ("shipment", "order", Kind.REFERENCE, True, "order"),
        ("purchase_order", "supplier", Kind.REFERENCE, True, "supplier"),
        ("purchase_order", "lines[k].expected_at", Kind.MOMENT, True, None),
    ],
)
def test_every_field_has_its_kind(entity: str, path: str, kind: Kind, known: bool, target: str | None) -> None:
    assert (kind_of(entity, path), is_known(entity, path), referred(entity, path)) == (kind, known, target)


def test_parents_come_before_their_children() -> None:
    assert set(PARENT_FIRST) == set(ENTITIES)
    for entity, table in ENTITIES.items():
        parents = {referred(entity, path) for path in table} - {None}
        assert all(PARENT_FIRST.index(str(each)) < PARENT_FIRST.index(entity) for each in parents)


def test_every_collection_has_match_keys_among_its_fields() -> None:
    for collection, keys in ELEMENT_MATCH_KEYS.items():
        tables = [table for table in ENTITIES.values() if f"{collection}[]" in table]
        assert tables
        assert all(f"{collection}[].{key}" in table for table in tables for key in keys)
