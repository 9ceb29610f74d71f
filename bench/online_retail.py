"""Online Retail as demands and stock: every invoice is an order, and three quarters of each product are there.

Half of each product's demand is on hand, a quarter comes in two dated supplies, the last quarter is short. Invoices
that are cancellations count as orders that want nothing; lines of nothing or less, and those of returns, are left out.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared.core.priority import Demand, DemandLine
from shared.core.supply import ZERO, Commitment, Incoming, Position, Stock

FILE = Path(__file__).parent / "data" / "online_retail" / "orders.jsonl.gz"
TODAY = date(2011, 12, 10)
"""The day after the last invoice: the whole year is open."""
SUPPLIES = (TODAY + timedelta(days=7), TODAY + timedelta(days=21))


@dataclass(frozen=True, slots=True)
class Shop:
    """The year's orders, how much of each product they want, and all stock codes that occur."""

    demands: tuple[Demand, ...]
    wanted: Mapping[str, Decimal]


def read() -> Shop:
    """Return all 25,900 invoices as demands; the value is what its lines cost."""
    demands = tuple(_demands())
    wanted: dict[str, Decimal] = dict.fromkeys(_codes(), ZERO)
    for demand in demands:
        for line in demand.lines:
            wanted[line.product] += line.quantity
    return Shop(demands, wanted)


def seeded(shop: Shop) -> dict[str, Position]:
    """Return each product's position without commitments: half on hand, an eighth in each of two supplies."""
    positions = {}
    for product, quantity in shop.wanted.items():
        half, quarter = quantity // 2, quantity // 4
        parts = (quarter // 2, quarter - quarter // 2)
        coming = tuple(Incoming(f"PO-{day}", part, day) for day, part in zip(SUPPLIES, parts, strict=True))
        positions[product] = Position(product, (Stock(half),), incoming=coming)
    return positions


def committed(shop: Shop) -> dict[str, tuple[Commitment, ...]]:
    """Return each product's open order lines as commitments, for the questions about what can be promised."""
    found: dict[str, list[Commitment]] = {product: [] for product in shop.wanted}
    for demand in shop.demands:
        for line in demand.lines:
            found[line.product].append(Commitment(demand.id, line.quantity, demand.wanted, demand.placed_at))
    return {product: tuple(commitments) for product, commitments in found.items()}


def _demands() -> Iterator[Demand]:
    for invoice in _invoices():
        placed = datetime.fromisoformat(invoice["invoice_date"]).replace(tzinfo=UTC)
        lines = [] if invoice["invoice_no"].startswith("C") else [line for line in invoice["lines"] if line[1] > 0]
        yield Demand(
            id=invoice["invoice_no"],
            lines=tuple(DemandLine(code, Decimal(quantity)) for code, quantity, _ in lines),
            value=sum((quantity * Decimal(price) for _, quantity, price in lines), ZERO),
            wanted=placed.date() + timedelta(days=14),
            placed_at=placed,
        )


def _codes() -> set[str]:
    return {line[0] for invoice in _invoices() for line in invoice["lines"]}


def _invoices() -> Iterator[dict[str, Any]]:
    with gzip.open(FILE, "rt", encoding="utf-8") as file:
        for text in file:
            yield json.loads(text)
