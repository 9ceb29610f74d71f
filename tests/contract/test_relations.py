"""What relations promise, in memory, in DynamoDB and over a dry installation alike."""

from __future__ import annotations

from decimal import Decimal

from shared.core.relations import Relation
from shared.flows.dry.relations import DryRelations
from tests.contract.conftest import Stores
from tests.kit.relations import MemoryRelations

SOLD = [Relation("p", "sold", f"o{day}", f"2026-11-{day:02}", Decimal(day)) for day in range(1, 31)]
OTHERS = [Relation("p", "taking", "s1"), Relation("p", "solder", "x"), Relation("q", "sold", "o1", "2026-11-01")]


def test_a_parents_relations_come_in_order_all_or_of_one_kind_or_since(stores: Stores) -> None:
    stores.relations.put([*reversed(SOLD), *OTHERS])

    assert stores.relations.of("p", "sold") == SOLD
    assert stores.relations.of("p", "sold", "2026-11-28") == SOLD[-3:]
    assert stores.relations.of("p", "taking") == [OTHERS[0]]
    assert len(stores.relations.of("p")) == 32
    assert stores.relations.of("nobody") == []


def test_what_stands_between_may_hold_any_sign(stores: Stores) -> None:
    skus = [Relation("products", "product", "p", sku) for sku in ("", "a!", "a/b/", "a/b", "a", "ä b")]
    stores.relations.put(skus)

    assert stores.relations.of("products", "product") == skus
    assert stores.relations.of("products", "product", "a!") == skus[1:]
    assert stores.relations.of("products", "product", "a/b/") == skus[2:]


def test_what_is_put_again_changes_its_quantity_and_what_is_dropped_is_gone(stores: Stores) -> None:
    stores.relations.put(SOLD[:2])

    stores.relations.put([Relation("p", "sold", "o1", "2026-11-01", Decimal(7))])
    stores.relations.drop([SOLD[1], SOLD[5]])

    assert [each.quantity for each in stores.relations.of("p", "sold")] == [Decimal(7)]


def test_a_dry_run_sees_what_stands_and_writes_nothing() -> None:
    base = MemoryRelations()
    base.put([*SOLD[:3], OTHERS[0]])
    dry = DryRelations(base)

    dry.drop([SOLD[0]])
    dry.put([SOLD[4], OTHERS[1], OTHERS[2]])

    assert dry.of("p", "sold", "2026-11-02") == [SOLD[1], SOLD[2], SOLD[4]]
    assert set(dry.of("p")) == {SOLD[1], SOLD[2], SOLD[4], *OTHERS[:2]}
    assert base.of("p", "sold") == SOLD[:3]
