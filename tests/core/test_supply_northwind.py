"""Northwind's own figures, and 200 variations of its files, against sums that know nothing of the core."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TypeAlias

import pytest

from local.data.northwind import FOLDER
from shared.core.promise import available, timeline
from shared.core.reorder import level, partner_point
from shared.core.supply import Commitment, Incoming, Position, Stock, signed_balance

Rows: TypeAlias = list[dict[str, str]]
Files: TypeAlias = tuple[Rows, Rows, Rows]
TODAY = date(1998, 5, 7)


def rows(name: str) -> Rows:
    with (Path(FOLDER) / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PRODUCTS, ORDERS, LINES = rows("products"), rows("orders"), rows("order_details")


def varied(seed: int) -> Files:
    """Return the files with other counts, other open orders and other quantities; seed 0 is the original."""
    chance = Random(seed)
    if not seed:
        return PRODUCTS, ORDERS, LINES
    products = [dict(row) for row in PRODUCTS]
    for row in products:
        row["units_in_stock"] = str(chance.choice([int(row["units_in_stock"]), chance.randint(-20, 150), 0]))
        row["units_on_order"] = str(chance.choice([int(row["units_on_order"]), 0, chance.randint(0, 100)]))
        row["reorder_level"] = str(chance.choice([int(row["reorder_level"]), chance.randint(0, 60)]))
        row["discontinued"] = chance.choice([row["discontinued"], "0", "1"])
    share = chance.random() * 0.3
    orders = [{**row, "shipped_date": ""} if chance.random() < share else row for row in ORDERS]
    lines = [{**row, "quantity": str(chance.randint(1, 90))} if chance.random() < 0.2 else row for row in LINES]
    return products, orders, lines


def naive(files: Files) -> tuple[dict[str, int], set[str]]:
    """Add up the files with nothing but loops: the balance of each product, and which are low."""
    balances, low = {}, set()
    products, orders, lines = files
    unshipped = {order["order_id"] for order in orders if order["shipped_date"] == ""}
    wanted: dict[str, int] = {}
    for line in lines:
        if line["order_id"] in unshipped:
            wanted[line["product_id"]] = wanted.get(line["product_id"], 0) + int(line["quantity"])
    for product in products:
        name = product["product_id"]
        stock, coming = int(product["units_in_stock"]), int(product["units_on_order"])
        balances[name] = stock - wanted.get(name, 0)
        if stock + coming <= int(product["reorder_level"]) and product["discontinued"] == "0":
            low.add(name)
    return balances, low


def positions(files: Files) -> dict[str, Position]:
    """Return the files as positions: open lines are commitments, units on order a supply of today."""
    products, orders, lines = files
    wanted = {order["order_id"]: date.fromisoformat(order["required_date"]) for order in orders}
    is_open = {order["order_id"] for order in orders if not order["shipped_date"]}
    taken: dict[str, list[Commitment]] = {product["product_id"]: [] for product in products}
    for line in lines:
        order = line["order_id"]
        if order in is_open:
            taken[line["product_id"]].append(Commitment(order, Decimal(line["quantity"]), wanted[order]))
    return {product["product_id"]: _position(product, taken[product["product_id"]]) for product in products}


def _position(product: dict[str, str], taken: list[Commitment]) -> Position:
    coming = Incoming(f"PO-{product['product_id']}", Decimal(product["units_on_order"]), TODAY)
    stock = Stock(Decimal(product["units_in_stock"]))
    return Position(product["product_id"], (stock,), commitments=tuple(taken), incoming=(coming,))


def computed(files: Files) -> tuple[dict[str, int], set[str]]:
    """Ask the core the same."""
    found = positions(files)
    balances = {name: int(signed_balance(position)) for name, position in found.items()}
    low = {
        row["product_id"]
        for row in files[0]
        if level(
            found[row["product_id"]], partner_point(Decimal(row["reorder_level"])), row["discontinued"] == "1"
        ).is_low
    }
    return balances, low


def test_seventeen_products_are_sold_below_zero_and_two_are_low() -> None:
    balances, low = computed(varied(0))

    assert sum(balance < 0 for balance in balances.values()) == 17
    assert low == {"30", "70"}


def test_people_are_never_shown_less_than_nothing_and_are_told_why() -> None:
    for name, position in positions(varied(0)).items():
        alone = Position(name, position.stocks, commitments=position.commitments)
        shown = available(timeline(alone, TODAY))

        assert shown.quantity == max(Decimal(0), signed_balance(alone)), name
        assert shown.because.startswith("none: ") == (shown.quantity == 0), name


@pytest.mark.parametrize("block", range(0, 201, 20))
def test_two_hundred_variations_of_the_files_give_what_naive_sums_give(block: int) -> None:
    for seed in range(block, min(block + 20, 201)):
        assert computed(varied(seed)) == naive(varied(seed)), f"seed {seed}"
