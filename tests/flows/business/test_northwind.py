"""Northwind's records in the tables: what is answered equals sums over the files that know nothing of records.

Units on order are told twice, as Tryton does: by the stock, and by a purchase order with a day of its own.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest

from shared.core.values import Value
from shared.flows.business.availability import ProductAvailability, availabilities, availability
from shared.flows.business.low_stock import low_stock
from tests.core.test_supply_northwind import Files, naive, varied
from tests.kit.trade import Trade, days


def kept(files: Files, *, open_only: bool = False) -> Trade:
    """Keep the files as records (or of the orders only the open ones, which is quicker); the erp tells reservations
    without a moment, as Tryton does."""
    trade = Trade()
    products, orders, lines = files
    known = {}
    for row in products:
        gone = row["discontinued"] == "1"
        known[row["product_id"]] = product = trade.product(row["product_id"], discontinued=gone)
        purchase = trade.purchase(f"PO-{row['product_id']}", product, int(row["units_on_order"]))
        trade.change(purchase, expected_at=days(int(row["product_id"]) - 9))
        more: dict[str, Value] = {"reorder_level": Decimal(row["reorder_level"]), "reserved": Decimal(9)}
        trade.stock(product, int(row["units_in_stock"]), "WH", incoming=Decimal(row["units_on_order"]), **more)
    by_order: dict[str, dict[str, Value]] = defaultdict(dict)
    for number, row in enumerate(lines):
        line = f"lines[{number}]"
        product = known[row["product_id"]]
        values: dict[str, Value] = {"": True, ".product": product.id, ".quantity": Decimal(row["quantity"])}
        by_order[row["order_id"]] |= {f"{line}{part}": value for part, value in values.items()}
    for row in orders if not open_only else (each for each in orders if not each["shipped_date"]):
        order = trade.order(row["order_id"], None, **by_order[row["order_id"]])
        if row["shipped_date"]:
            trade.change(order, status="shipped")
    return trade


@pytest.mark.parametrize("block", range(0, 201, 20))
def test_two_hundred_variations_of_the_files_kept_as_records_give_what_naive_sums_give(block: int) -> None:
    for seed in range(block, min(block + 20, 201)):
        balances, low = naive(varied(seed))
        trade = kept(varied(seed), open_only=seed > 3)

        every = availabilities(trade.world.parts, None, 1000).items
        page = low_stock(trade.world.parts, None, 1000)
        assert {each.product.value("sku"): each.balance for each in every} == balances, f"seed {seed}"
        assert {each.product.value("sku") for each in page.items} == low, f"seed {seed}"


@pytest.mark.parametrize("seed", range(3))
def test_every_products_balance_and_what_is_low_are_those_of_the_files(seed: int) -> None:
    files = varied(seed)
    balances, low = naive(files)
    trade = kept(files)

    found = {sku: availability(trade.world.parts, sku) for sku in balances}

    answers = {sku: each for sku, each in found.items() if isinstance(each, ProductAvailability)}
    assert {sku: each.balance for sku, each in answers.items()} == balances
    assert {sku for sku, each in answers.items() if each.free.quantity == 0} == {
        s for s, b in balances.items() if b <= 0
    }
    page = low_stock(trade.world.parts, None, 1000)
    assert {each.product.value("sku") for each in page.items} == low
    if not seed:
        assert (len(low), sum(balance < 0 for balance in balances.values())) == (2, 17)
