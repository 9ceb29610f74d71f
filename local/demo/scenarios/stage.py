"""What the scenarios share: the stage that they play on, what a story is, and how to look at its end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from local.data import northwind
from local.demo.reader import read_erp
from local.demo.systems import Systems
from local.demo.words import View

Views: TypeAlias = Mapping[str, View]
Problem: TypeAlias = str | None
_FIRST_FEW = 3


@dataclass(slots=True)
class Stage:
    """What the scenarios share: the systems, the orders that are still to be shipped, and notes between their acts."""

    systems: Systems
    orders: Sequence[northwind.Order]
    notes: dict[str, Any] = field(default_factory=dict)

    def shippable(self) -> list[northwind.Order]:
        """Return the unshipped orders that the stock suffices for, taken one after the other."""
        on_hand = {key: row["on_hand"] for key, row in read_erp(self.systems.erp)["stock"].items()}
        found = []
        for order in self.orders:
            wanted = {northwind.sku(line.product_id): Decimal(line.quantity) for line in order.lines}
            if order.shipped is None and all(on_hand[key] >= units for key, units in wanted.items()):
                found.append(order)
                on_hand.update({key: on_hand[key] - units for key, units in wanted.items()})
        return found


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story: what is prepared, what happens, and what must be seen then."""

    name: str
    act: Callable[[Stage], None]
    check: Callable[[Stage, Views, Views], Problem]
    prepare: Callable[[Stage], None] = lambda _stage: None


def conflicts(stage: Stage) -> list[str]:
    """Return every conflict item as text."""
    client = stage.systems.aws_client("dynamodb")
    pages = client.get_paginator("scan").paginate(TableName=stage.systems.physical_id("ConflictsTable"))
    return [json.dumps(item, default=str, ensure_ascii=False) for page in pages for item in page["Items"]]


def expect(views: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, Any]) -> Problem:
    wrong = [
        f"{name} shows {key} {view.get(key)!r} instead of {value!r}"
        for name, view in views.items()
        for key, value in wanted.items()
        if view.get(key) != value
    ]
    return "; ".join(wrong[:_FIRST_FEW]) or None


def awaited(is_so: Callable[[], bool], seconds: float, otherwise: str) -> Problem:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_so():
            return None
        time.sleep(0.25)
    return otherwise or None
