"""The figures that the business asks for, as Tandem answers them, and as anybody adds them up from the CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from local.data import northwind
from local.demo.systems import Systems


@dataclass(slots=True)
class Figures:
    """Per article number how many are free, as the signed balance, and how many are on order with a day (units); which
    articles are low."""

    availability: dict[str, int] = field(default_factory=dict)
    on_order: dict[str, int] = field(default_factory=dict)
    low_stock: list[str] = field(default_factory=list)

    def differences(self, other: Figures) -> list[str]:
        """Return in what other figures differ from these."""
        found = [
            *_differences("availability", self.availability, other.availability),
            *_differences("on order with a day", self.on_order, other.on_order),
        ]
        if self.low_stock != other.low_stock:
            found.append(f"low stock: {self.low_stock} instead of {other.low_stock}")
        return found


def answered(systems: Systems) -> Figures:
    """Ask `tandem availability` and `tandem low-stock`."""
    every = {str(each["sku"]): each for each in _items(systems, "availability")}
    balances = {sku: _units(each["balance"]) for sku, each in every.items()}
    dated = {sku: _units(each["on_order"]) - _units(each["incoming_without_day"]) for sku, each in every.items()}
    low = {str(each["sku"]) for each in _items(systems, "low-stock")}
    return Figures(_sorted(balances), _sorted(dated), sorted(low, key=int))


def is_low(systems: Systems, sku: str) -> bool:
    """Ask `tandem low-stock` for one article."""
    return any(str(each["sku"]) == sku for each in _items(systems, "low-stock"))


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
    ordered = {northwind.sku(each.id): each.units_on_order for each in products}
    return Figures(_sorted(balances), _sorted(ordered), [northwind.sku(each) for each in sorted(low)])


def _items(systems: Systems, verb: str) -> Iterator[dict[str, Any]]:
    more: list[str] = []
    while True:
        page = systems.tandem(verb, "--json", "--limit", "1000", *more)
        yield from page["items"]
        if not page["next"]:
            return
        more = ["--next", page["next"]]


def _differences(what: str, mine: Mapping[str, int], theirs: Mapping[str, int]) -> Iterator[str]:
    for sku in sorted(mine.keys() | theirs.keys()):
        if mine.get(sku) != theirs.get(sku):
            yield f"{what} {sku}: {mine.get(sku)} instead of {theirs.get(sku)}"


def _units(text: str) -> int:
    value = Decimal(text)
    if value != int(value):
        raise ValueError(f"Northwind sells whole units, not {text}")
    return int(value)


def _sorted(balances: dict[str, int]) -> dict[str, int]:
    return dict(sorted(balances.items(), key=lambda item: int(item[0])))
