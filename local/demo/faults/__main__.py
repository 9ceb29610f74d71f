"""Run the faults: `python -m local.demo.faults`. Exit 0 if each was repaired and both systems are equal, else 1.

What breaks, what the operator types and what the command says goes to stderr; the last line of stdout is
`{"scenarios": {"<name>": "ok" | "<what is wrong>"}}`.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Mapping

from local.crm.load import Words, load_customers, load_orders
from local.data import northwind
from local.demo.faults import run_faults
from local.demo.faults.conflict import left_to_a_person
from local.demo.faults.stage import Stage, Typist
from local.demo.scenarios import await_confirmed
from local.demo.systems import DemoFailed, running
from local.tryton.rpc import Client
from local.tryton.seed import (
    OPENING_DAY,
    create_carriers,
    create_products,
    create_reorder_levels,
    create_suppliers,
    take_inventory,
)

CUSTOMERS, ORDERS, ENOUGH = 4, 3, 1000


def main() -> int:
    """Start the systems, play, report; 0 good, 1 something is wrong."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    try:
        results = _played(lambda text: _say(f"{time.monotonic() - began:5.0f} s  {text}"))
    except DemoFailed as failed:
        results = {"start": str(failed)}
    return report(results)


def report(results: Mapping[str, str]) -> int:
    """Print the result; return the exit code."""
    print(json.dumps({"scenarios": dict(results)}, ensure_ascii=False))
    return 0 if results and all(result == "ok" for result in results.values()) else 1


def _played(step: Callable[[str], None]) -> dict[str, str]:
    orders = [each for each in northwind.newest_orders() if each.customer_id in _numbers()][:ORDERS]
    goods = {line.product_id for order in orders for line in order.lines}
    step("starting Tryton, a sample CRM and the stack")
    with running(dict.fromkeys(goods, ENOUGH), _seed, step, left_to_a_person) as systems:
        step(f"{CUSTOMERS} customers and {len(orders)} orders enter the CRM")
        load_customers(systems.crm, northwind.customers()[:CUSTOMERS])
        systems.settle()
        load_orders(systems.crm, orders, Words(sku=northwind.sku))
        await_confirmed(systems, len(orders))
        return run_faults(Stage(systems, Typist(systems, _say), _say))


def _numbers() -> set[str]:
    return {each.id for each in northwind.customers()[:CUSTOMERS]}


def _seed(erp: Client, stock: Mapping[int, int]) -> None:
    """Fill the ERP with what the few orders need."""
    rows = [each for each in northwind.products() if each.id in stock]
    create_carriers(erp, northwind.shippers())
    create_suppliers(erp, northwind.suppliers())
    products = create_products(erp, rows)
    create_reorder_levels(erp, rows, products)
    take_inventory(erp, {products[each]: quantity for each, quantity in stock.items()}, OPENING_DAY)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
