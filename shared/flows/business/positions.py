"""positions: what is there, taken and coming of products, read from the records that relations name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.core.availability import position_of
from shared.core.demands import DEMANDING
from shared.core.open_orders import is_open
from shared.core.places import positions_at
from shared.core.purchase_orders import lead_time
from shared.core.records import Record
from shared.core.relations import GONE, RESERVED, TAKING, all_named, names
from shared.core.reservations import Reservation, State
from shared.core.supply import Commitment, Position
from shared.flows.parts import Parts


@dataclass(frozen=True, slots=True)
class Ground:
    """A product's position over all its locations, that at each one (`places.positions_at`), and the records that they
    were read from: its stocks, the orders and deals that want it, the purchase orders that bring some, and what is set
    aside of it."""

    position: Position
    at: Mapping[str, Position]
    stocks: tuple[Record, ...]
    demands: tuple[Record, ...]
    purchases: tuple[Record, ...] = ()
    held: tuple[Reservation, ...] = ()


def ground_of(parts: Parts, product: str) -> Ground:
    """Return the position of one product, over all its locations and at each."""
    return grounds_of(parts, [product])[product]


def grounds_of(parts: Parts, products: Collection[str]) -> Mapping[str, Ground]:
    """Return the positions of products: three queries for each, and one bulk read of everything that they name.

    Who brings something is read too where a product does not say itself how long that takes.
    """
    near = {product: {each.child for each in parts.relations.of(product, TAKING)} for product in products}
    known = _read(parts, set(products).union(*near.values()))
    suppliers = _read(parts, all_named((known[each] for each in _undecided(near, known)), "supplier"))
    held = held_of(parts, products)
    return {
        product: _with_held(
            _ground(parts, product, [known[each] for each in sorted({*ids, product}) if each in known], suppliers),
            held[product],
        )
        for product, ids in near.items()
    }


def held_of(parts: Parts, parents: Collection[str]) -> Mapping[str, tuple[Reservation, ...]]:
    """Return the open reservations of products, or of those who hold them, by the parent asked for."""
    near = {parent: sorted({each.child for each in parts.relations.of(parent, RESERVED)}) for parent in parents}
    ids = {each for some in near.values() for each in some}
    known = parts.reservations.get(ids) if ids else {}
    is_held = {key for key, each in known.items() if each.state is State.OPEN}
    return {parent: tuple(known[each] for each in mine if each in is_held) for parent, mine in near.items()}


def is_stock_of(record: Record, product: str) -> bool:
    """Tell whether a record is a live stock of a product."""
    return record.entity == "stock" and record.tombstone is None and record.value("product") == product


def _undecided(near: Mapping[str, Collection[str]], known: Mapping[str, Record]) -> Iterator[str]:
    """Yield the purchase orders of products that do not say themselves how long it takes to get them."""
    for product, ids in near.items():
        if product in known and known[product].value("lead_time_days") is None:
            yield from (each for each in ids if each in known and known[each].entity == "purchase_order")


def _ground(parts: Parts, product: str, near: Sequence[Record], suppliers: Mapping[str, Record]) -> Ground:
    stocks = [each for each in near if is_stock_of(each, product)]
    orders = [each for each in near if each.entity == "order"]
    purchases = [each for each in near if each.entity == "purchase_order"]
    by = [suppliers[each] for each in all_named(purchases, "supplier") if each in suppliers]
    lead = next((lead_time(each, by) for each in near if each.id == product), None)
    lead_days = None if lead is None else lead.days
    shipped = _shipped(parts, product, stocks)
    position = position_of(product, stocks, orders, shipped, purchases, lead_days)
    is_apart = not parts.integration.transfer
    at = positions_at(product, stocks, orders, shipped, purchases, lead_days) if is_apart else {"": position}
    if lead is not None and lead.supplier:
        position = replace(position, supplier=lead.supplier)
        at = {name: replace(each, supplier=lead.supplier) for name, each in at.items()}
    demands = tuple(each for each in near if each.entity in DEMANDING)
    return Ground(position, at, tuple(stocks), demands, tuple(purchases))


def _with_held(ground: Ground, held: tuple[Reservation, ...]) -> Ground:
    """Return the ground with what is set aside: committed too, unless an open order holds it, which is so already."""
    orders = {each.id for each in ground.demands if is_open(each)}
    product = ground.position.product
    more = tuple(
        (place.location if place.location in ground.at else "", Commitment(f"reservation {each.id}", quantity))
        for each in held
        if each.holder not in orders
        for place, quantity in each.lines
        if place.product == product
    )
    at = {
        name: _with_more(position, [each for location, each in more if location == name])
        for name, position in ground.at.items()
    }
    return replace(ground, position=_with_more(ground.position, [each for _, each in more]), at=at, held=held)


def _with_more(position: Position, more: Sequence[Commitment]) -> Position:
    return replace(position, commitments=(*position.commitments, *more)) if more else position


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
