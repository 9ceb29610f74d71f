"""The figures that the business asks for, as Tandem answers them, and as anybody adds them up from the CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from local.data import northwind
from local.demo.systems import Systems


@dataclass(slots=True)
class Figures:
    """Per article number how many are free, as the signed balance (units); which articles are low."""

    availability: dict[str, int] = field(default_factory=dict)
    low_stock: list[str] = field(default_factory=list)

    def differences(self, other: Figures) -> list[str]:
        """Return in what other figures differ from these."""
        skus = sorted(self.availability.keys() | other.availability.keys())
        pairs = [(sku, self.availability.get(sku), other.availability.get(sku)) for sku in skus]
        found = [f"availability {sku}: {mine} instead of {theirs}" for sku, mine, theirs in pairs if mine != theirs]
        if self.low_stock != other.low_stock:
            found.append(f"low stock: {self.low_stock} instead of {other.low_stock}")
        return found


def answered(systems: Systems) -> Figures:
    """Ask `tandem availability` and `tandem low-stock`."""
    balances = {str(each["sku"]): _units(each["balance"]) for each in _items(systems, "availability")}
    low = {str(each["sku"]) for each in _items(systems, "low-stock")}
    return Figures(_sorted(balances), sorted(low, key=int))


def added_up() -> Figures:
    """Add up the CSV: units in stock less what orders without a shipping date take; low by the data's own rule."""
    taken: Counter[int] = Counter()
    for order in northwind.orders():
        if order.shipped is None:
            for line in order.lines:
                taken[line.product_id] += line.quantity
    products = northwind.products()
    balances = {northwind.sku(each.id): each.units_in_stock - taken[each.id] for each in products}
    low = [
        each.id
        for each in products
        if each.units_in_stock + each.units_on_order <= each.reorder_level and not each.discontinued
    ]
    return Figures(_sorted(balances), [northwind.sku(each) for each in sorted(low)])


def _items(systems: Systems, verb: str) -> Iterator[dict[str, Any]]:
    more: list[str] = []
    while True:
        page = systems.tandem(verb, "--json", "--limit", "1000", *more)
        yield from page["items"]
        if not page["next"]:
            return
        more = ["--next", page["next"]]


def _units(text: str) -> int:
    value = Decimal(text)
    if value != int(value):
        raise ValueError(f"Northwind sells whole units, not {text}")
    return int(value)


def _sorted(balances: dict[str, int]) -> dict[str, int]:
    return dict(sorted(balances.items(), key=lambda item: int(item[0])))
