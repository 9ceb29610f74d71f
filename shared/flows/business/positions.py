"""positions: what is there, taken and coming of products, read from the records that relations name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.core.availability import position_of
from shared.core.demands import DEMANDING
from shared.core.records import Record
from shared.core.relations import GONE, TAKING, all_named, names
from shared.core.supply import Position
from shared.flows.parts import Parts


@dataclass(frozen=True, slots=True)
class Ground:
    """A product's position, and the records that it was read from: its stocks, the orders and deals that want it."""

    position: Position
    stocks: tuple[Record, ...]
    demands: tuple[Record, ...]


def ground_of(parts: Parts, product: str) -> Ground:
    """Return the position of one product, over all its locations."""
    return grounds_of(parts, [product])[product]


def grounds_of(parts: Parts, products: Collection[str]) -> Mapping[str, Ground]:
    """Return the positions of products: two queries for each, and one bulk read of everything that they name."""
    near = {product: {each.child for each in parts.relations.of(product, TAKING)} for product in products}
    known = _read(parts, set().union(*near.values()))
    return {
        product: _ground(parts, product, [known[each] for each in sorted(ids) if each in known])
        for product, ids in near.items()
    }


def is_stock_of(record: Record, product: str) -> bool:
    """Tell whether a record is a live stock of a product."""
    return record.entity == "stock" and record.tombstone is None and record.value("product") == product


def _ground(parts: Parts, product: str, near: Sequence[Record]) -> Ground:
    stocks = [each for each in near if is_stock_of(each, product)]
    orders = [each for each in near if each.entity == "order"]
    position = position_of(product, stocks, orders, _shipped(parts, product, stocks))
    return Ground(position, tuple(stocks), tuple(each for each in near if each.entity in DEMANDING))


def _shipped(parts: Parts, product: str, stocks: Sequence[Record]) -> list[tuple[Record, Record]]:
    """Return the shipments that may have left after the oldest count, with their orders; none if a count is undated."""
    moments = [moment for each in stocks if isinstance(moment := each.value("as_of"), datetime)]
    if not moments or len(moments) < len(stocks):
        return []
    since = min(moments).date().isoformat()
    left = {each.child for each in parts.relations.of(product, GONE, since)}
    shipments = _read(parts, left).values()
    orders = _read(parts, all_named(shipments, "order"))
    return [(each, order) for each in shipments if (order := orders.get(names(each, "order") or "")) is not None]


def _read(parts: Parts, ids: Collection[str]) -> Mapping[str, Record]:
    return parts.records.get(ids) if ids else {}
