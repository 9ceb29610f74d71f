"""What holds where the user says nothing."""

from __future__ import annotations

import pytest

from shared.core.defaults import (
    DEFAULTS,
    default_creators,
    default_identity,
    default_owner,
    default_rule,
)
from shared.core.entities import ENTITIES
from shared.core.rules import FieldRule, SystemRules

NOBODY = frozenset[str]()
ERP = frozenset({"erp"})


def systems(*shown: str, crm: str = "crm", erp: str = "supply_chain") -> dict[str, SystemRules]:
    paths = frozenset(shown)
    return {"crm": SystemRules("crm", crm, paths, paths), "erp": SystemRules("erp", erp, paths, paths)}


def test_every_entity_has_defaults() -> None:
    assert DEFAULTS.keys() == ENTITIES.keys()


@pytest.mark.parametrize(
    ("entity", "owner", "creators"),
    [
        ("customer", "crm", NOBODY),
        ("product", "erp", NOBODY),
        ("order", "crm", NOBODY),
        ("shipment", "erp", ERP),
        ("stock", "erp", ERP),
        ("opportunity", "crm", NOBODY),
        ("supplier", "erp", NOBODY),
        ("purchase_order", "erp", ERP),
    ],
)
def test_the_side_decides_who_owns_and_who_creates(entity: str, owner: str, creators: frozenset[str]) -> None:
    part = systems()

    assert default_owner(entity, part) == owner
    assert default_creators(entity, owner, part) == creators


def test_without_a_system_of_the_owning_side_the_first_system_owns_and_its_side_creates() -> None:
    part = systems(erp="crm")

    assert default_owner("stock", part) == "crm"
    assert default_creators("stock", "crm", part) == {"crm", "erp"}


@pytest.mark.parametrize(
    ("entity", "path", "writers"),
    [
        ("customer", "name", NOBODY),
        ("customer", "addresses[billing].city", NOBODY),
        ("product", "price", ERP),
        ("product", "a_custom_field", ERP),
        ("stock", "on_hand", ERP),
        ("shipment", "lines[].quantity", ERP),
        ("supplier", "email", ERP),
        ("purchase_order", "lines[].received", ERP),
        ("order", "number", NOBODY),
        ("order", "status", NOBODY),
        ("order", "lines[].shipped", ERP),
        ("order", "total", frozenset({"crm"})),
        ("order", "tax", frozenset({"crm"})),
        ("order", "promise.date", frozenset({"tandem"})),
        ("opportunity", "promise.text", frozenset({"tandem"})),
        ("opportunity", "amount", NOBODY),
    ],
)
def test_the_table_says_who_writes_a_field(entity: str, path: str, writers: frozenset[str]) -> None:
    assert default_rule(entity, path, default_owner(entity, systems()), systems(path)).writers == writers


@pytest.mark.parametrize("path", ["lines[]", "lines[].quantity", "ship_to.city", "customer", "freight", "currency"])
def test_an_order_is_written_by_all_until_the_supply_chain_confirms_it(path: str) -> None:
    rule = default_rule("order", path, "crm", systems(path))

    assert rule == FieldRule(writers_from={"confirmed": ERP})


def test_what_happens_to_goods_is_said_by_the_supply_chain() -> None:
    rule = default_rule("order", "status", "crm", systems("status"))

    assert rule.writers_of == dict.fromkeys(("confirmed", "partly_shipped", "shipped", "delivered"), ERP)


def test_a_field_that_its_side_does_not_show_is_written_by_all() -> None:
    part = systems() | {"crm": SystemRules("crm", "crm", frozenset({"price"}), frozenset())}

    assert default_rule("product", "price", "erp", part).writers == NOBODY


def test_a_total_that_its_owner_does_not_show_is_written_by_all() -> None:
    part = systems() | {"erp": SystemRules("erp", "supply_chain", frozenset({"total"}), frozenset())}

    assert default_rule("order", "total", "crm", part).writers == NOBODY


def test_whose_side_is_made_the_owner_of_products_is_their_only_writer() -> None:
    part = systems("price")

    assert default_rule("product", "price", "crm", part).writers == {"crm"}
    assert default_creators("stock", "crm", part) == {"crm"}


def test_match_keys_are_those_that_somebody_shows() -> None:
    keys = default_identity("customer", systems("email", "number"))

    assert [(key.name, key.unique) for key in keys] == [("number", True), ("email", False)]


def test_a_match_key_of_two_parts_needs_both() -> None:
    assert default_identity("stock", systems("product")) == ()
    assert [key.name for key in default_identity("stock", systems("product", "location"))] == ["product+location"]
