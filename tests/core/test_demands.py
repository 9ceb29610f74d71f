"""Which records want goods, and which products a write bears on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shared.core.demands import demand_of, products_of, touched, wants
from shared.core.priority import DemandLine, Standing
from shared.core.records import Record, Tombstone
from shared.core.values import Value
from tests.core.stock_builders import units
from tests.kit.builders import a_record

WANTED = datetime(2026, 11, 30, tzinfo=UTC)
LINES: dict[str, Value] = {
    "lines[a]": True,
    "lines[a].product": "tea",
    "lines[a].quantity": units(10),
    "lines[b]": True,
    "lines[b].product": "cup",
    "lines[b].quantity": units(2),
}


def a_deal(**fields: Value) -> Record:
    common: dict[str, Value] = {"name": "Spring", "status": "proposal", "wanted_at": WANTED, "amount": Decimal(90)}
    return a_record(entity="opportunity", fields={**common, "probability": Decimal("0.4"), **LINES, **fields})


def an_order(**fields: Value) -> Record:
    return a_record(entity="order", fields={"number": "O-1", "status": "placed", **LINES, **fields})


def with_fields(record: Record, fields: Mapping[str, Value]) -> Record:
    return replace(record, fields={**record.fields, **a_record(fields=fields).fields})


def test_a_deal_wants_its_lines_with_its_value_and_chance() -> None:
    found = demand_of(a_deal(priority=Decimal("2.5")))

    assert found.lines == (DemandLine("tea", units(10)), DemandLine("cup", units(2)))
    assert (found.standing, found.priority, found.value) == (Standing.DEAL, 2, Decimal(90))
    assert (found.probability, found.wanted) == (Decimal("0.4"), date(2026, 11, 30))


def test_a_chance_that_nobody_told_is_certain() -> None:
    assert demand_of(a_deal(probability=None)).probability == 1


@pytest.mark.parametrize(("status", "expected"), [("new", True), ("proposal", True), (None, True), ("won", False)])
def test_a_deal_wants_goods_until_it_is_decided(status: str | None, expected: bool) -> None:
    deal = a_deal(status=status)

    assert wants(deal) is expected
    assert bool(products_of(deal)) is expected


def test_what_is_no_order_or_deal_or_has_ended_wants_nothing() -> None:
    ended = replace(a_deal(), tombstone=Tombstone("crm", WANTED))

    assert not any(map(wants, (None, ended, a_record(), an_order(status="draft"))))
    assert wants(an_order())


def test_who_has_goods_set_aside_goes_first() -> None:
    assert demand_of(an_order(), is_reserved=True).standing is Standing.RESERVED
    assert demand_of(an_order()).standing is Standing.ORDER


def test_a_quantity_touches_its_product_and_what_ranks_a_demand_touches_all_of_its_products() -> None:
    order = an_order()

    more: dict[str, Value] = {"lines[a].shipped": units(1)}
    assert touched(order, with_fields(order, more)) == {"tea"}
    assert touched(order, with_fields(order, {"priority": units(1)})) == {"tea", "cup"}
    assert touched(order, with_fields(order, {"status": "cancelled"})) == {"tea", "cup"}
    assert touched(None, order) == {"tea", "cup"}


def test_a_line_that_is_about_another_product_touches_both() -> None:
    deal = a_deal()

    assert touched(deal, with_fields(deal, {"lines[b].product": "jam"})) == {"cup", "jam"}


def test_what_is_promised_and_other_words_touch_nothing() -> None:
    order, deal = an_order(), a_deal()

    said: dict[str, Value] = {"promise.state": "now", "promise.text": "available now"}
    assert touched(order, with_fields(order, said)) == frozenset()
    assert touched(deal, with_fields(deal, {"name": "Summer", "status": "new"})) == frozenset()
    assert touched(None, a_record()) == frozenset()


@pytest.mark.parametrize("path", ["on_hand", "reserved", "incoming", "reorder_level", "location"])
def test_a_count_touches_its_product(path: str) -> None:
    stock = a_record(entity="stock", fields={"product": "tea", "on_hand": units(3)})

    assert touched(stock, with_fields(stock, {path: units(4)})) == {"tea"}
    assert touched(stock, with_fields(stock, {"product": "cup"})) == {"tea", "cup"}
    assert touched(stock, with_fields(stock, {"product": None})) == {"tea"}


def test_a_product_that_is_given_up_is_touched() -> None:
    product = a_record("tea", entity="product", fields={"sku": "tea"})

    assert touched(product, with_fields(product, {"discontinued": True})) == {product.id}
    assert touched(product, with_fields(product, {"name": "Tea"})) == frozenset()


def test_a_shipment_touches_its_products_once_it_has_left() -> None:
    packed = a_record(entity="shipment", fields={"status": "packed", **LINES})
    left = with_fields(packed, {"status": "shipped", "shipped_at": WANTED})

    assert touched(None, packed) == frozenset()
    assert touched(packed, left) == {"tea", "cup"}
    assert touched(left, with_fields(left, {"shipped_at": None})) == {"tea", "cup"}
    assert touched(left, with_fields(left, {"tracking": "x"})) == frozenset()


def test_a_purchase_order_touches_its_products_whatever_it_says() -> None:
    purchase = a_record(entity="purchase_order", fields={"status": "placed", **LINES})

    assert touched(purchase, with_fields(purchase, {"expected_at": WANTED})) == {"tea", "cup"}
    assert touched(purchase, purchase) == frozenset()


def test_a_record_whose_life_ends_touches_what_it_was_about() -> None:
    order = an_order()

    assert touched(order, replace(order, tombstone=Tombstone("crm", WANTED))) == {"tea", "cup"}
