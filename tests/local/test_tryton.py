"""Northwind as it is read, and the real Tryton of the demo: built, seeded, driven by its warehouse, read back."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.data import northwind
from local.tryton import countries, paths, read_back, seed, warehouse
from local.tryton.purchasing import one
from local.tryton.rpc import Client, RpcError
from local.tryton.server import TrytonServer

real_system = pytest.mark.real_system
installed = pytest.mark.skipif(
    not paths.is_installed(), reason="Tryton is not installed: run `make .venvs/tryton/.made`"
)


def test_northwind_is_whole() -> None:
    orders = northwind.orders()

    assert (len(northwind.customers()), len(northwind.products()), len(northwind.suppliers())) == (91, 77, 29)
    assert (len(orders), sum(len(order.lines) for order in orders), len(northwind.shippers())) == (830, 2155, 6)


def test_the_newest_orders_hold_all_that_are_not_shipped() -> None:
    newest = northwind.newest_orders()

    assert len(newest) == 200
    assert sum(order.shipped is None for order in newest) == 21
    assert sum(order.shipped is None for order in northwind.orders()) == 21


def test_money_is_free_of_noise() -> None:
    line = next(
        line for order in northwind.orders() if order.id == 10248 for line in order.lines if line.product_id == 42
    )

    assert (line.price, line.discount) == (Decimal("9.80"), Decimal("0.00"))


def test_opening_stock_less_what_is_shipped_is_what_northwind_has() -> None:
    newest = northwind.newest_orders()
    left = northwind.opening_stock(newest)
    for order in newest:
        for line in order.lines if order.shipped else ():
            left[line.product_id] -= line.quantity

    assert left == {product.id: product.units_in_stock for product in northwind.products()}


def test_every_region_of_northwind_has_an_iso_code() -> None:
    places = {(row.country, row.region) for row in northwind.customers()}
    places |= {(row.country, row.region) for row in northwind.suppliers()}

    codes = {countries.iso_code(country, region) for country, region in places}

    assert {"CA-QC", "IE-CO", "VE-A", "US-WA", "BR-SP", "GB-IOW", None} <= codes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    with TrytonServer(Path(tmp_path_factory.mktemp("tryton")) / "erp") as running:
        yield running


@pytest.fixture(scope="module")
def erp(server: TrytonServer) -> Iterator[Client]:
    client = Client(server.url, server.database, server.user, server.password)
    seed.seed(client, northwind.opening_stock(northwind.newest_orders()))
    yield client
    client.close()


def place(erp: Client, reference: str, lines: dict[str, int]) -> None:
    """Confirm a sale of these quantities by article number, as a clerk would."""
    party = erp.call("party.party", "create", [{"name": reference, "code": reference, "addresses": [["create", [{}]]]}])
    address = erp.call("party.party", "read", party, ["addresses"])[0]["addresses"][0]
    ids = {
        row["code"]: row["id"] for row in erp.search_read("product.product", [["code", "in", list(lines)]], ["code"])
    }
    unit = one(erp, "product.uom", ["symbol", "=", "u"])
    rows = [
        {"type": "line", "product": ids[sku], "quantity": float(quantity), "unit": unit, "unit_price": Decimal(1)}
        for sku, quantity in lines.items()
    ]
    sale = {"party": party[0], "reference": reference, "invoice_address": address, "shipment_address": address}
    made = erp.call("sale.sale", "create", [{**sale, "shipment_cost_method": None, "lines": [["create", rows]]}])
    for step in ("quote", "confirm"):
        erp.call("sale.sale", step, made)


@real_system
@installed
def test_the_seeded_company_shows_northwinds_products_and_stock(erp: Client) -> None:
    products, stock = read_back.products(erp), read_back.stock(erp)

    opening = northwind.opening_stock(northwind.newest_orders())
    for product in northwind.products():
        sku = northwind.sku(product.id)
        assert products[sku] == {
            "name": product.name,
            "price": product.price,
            "unit": "u",
            "discontinued": product.discontinued,
        }
        assert stock[sku]["on_hand"] == opening[product.id]
        assert stock[sku]["incoming"] == product.units_on_order
        assert stock[sku]["reorder_level"] == product.reorder_level


@real_system
@installed
def test_the_warehouse_ships_and_notes_carrier_tracking_and_day(erp: Client) -> None:
    place(erp, "W-1", {"3": 4})
    before = read_back.stock(erp)["3"]["on_hand"]

    left = warehouse.ship(erp, [warehouse.Dispatch("W-1", "Speedy Express", "T-1", date(1998, 2, 12))])

    shipment = next(each for each in read_back.shipments(erp).values() if each["order"] == "W-1")
    assert left == 1
    assert shipment == {
        "order": "W-1",
        "state": "done",
        "carrier": "Speedy Express",
        "tracking": "T-1",
        "day": date(1998, 2, 12),
        "lines": {"3": Decimal(4)},
    }
    assert read_back.stock(erp)["3"]["on_hand"] == before - 4


@real_system
@installed
def test_a_part_shipment_leaves_a_back_order(erp: Client) -> None:
    place(erp, "W-2", {"4": 10, "5": 2})

    warehouse.ship_in_part(erp, warehouse.Dispatch("W-2"), {"4": 3})

    order = read_back.orders(erp)["W-2"]
    waiting = [
        each for each in read_back.shipments(erp).values() if each["order"] == "W-2" and each["state"] == "waiting"
    ]
    assert order["shipment_state"] == "partially shipped"
    assert {sku: line["shipped"] for sku, line in order["lines"].items()} == {"4": Decimal(3), "5": Decimal(0)}
    assert [each["lines"] for each in waiting] == [{"4": Decimal(7), "5": Decimal(2)}]


@real_system
@installed
def test_what_is_not_in_stock_cannot_be_shipped(erp: Client) -> None:
    place(erp, "W-3", {"17": 100_000})

    with pytest.raises(warehouse.NotPossibleError, match="assign_try"):
        warehouse.ship(erp, [warehouse.Dispatch("W-3")])


@real_system
@installed
def test_cancel_does_nothing_to_a_processed_order(erp: Client) -> None:
    place(erp, "W-4", {"6": 1})

    assert warehouse.cancel(erp, "W-4") == "processing"


@real_system
@installed
def test_a_count_sets_the_stock(erp: Client) -> None:
    warehouse.count_stock(erp, "7", 3, date(2026, 1, 1))

    assert read_back.stock(erp)["7"]["on_hand"] == Decimal(3)


@real_system
@installed
def test_a_refusal_carries_trytons_words(erp: Client) -> None:
    with pytest.raises(RpcError, match="must be unique") as refusal:
        erp.call("party.party", "create", [{"name": "x", "code": "SUP-1"}])

    assert refusal.value.kind == "UserError"


@real_system
@installed
def test_a_stopped_server_leaves_no_process(tmp_path: Path) -> None:
    with TrytonServer(tmp_path / "erp") as running:
        pid = running.pid
        os.kill(pid, 0)

    assert running.pid == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@real_system
@installed
def test_a_server_ends_with_the_process_that_started_it_even_if_that_is_killed(tmp_path: Path) -> None:
    start = (
        "import pathlib, sys, time; from local.tryton.server import TrytonServer\n"
        f"server = TrytonServer(pathlib.Path({str(tmp_path / 'erp')!r})); server.start()\n"
        "print(server.url, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", start]
    with subprocess.Popen(command, cwd=paths.PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as own:
        assert own.stdout is not None
        url = urlsplit(own.stdout.readline().strip())
        own.kill()

    assert url.port
    assert is_closed_by_the_other_side(url.port)


def is_closed_by_the_other_side(port: int) -> bool:
    """Tell whether nobody listens on a port, or whoever does ends the connection."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as left:
            return left.recv(1) == b""
    except (ConnectionRefusedError, ConnectionResetError):
        return True
