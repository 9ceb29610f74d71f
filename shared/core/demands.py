"""Demands: which records want goods, how much of what, and which products a write bears on.

An order wants what is still to be shipped of it; a deal wants its lines while nobody has won or lost it. A won deal
wants nothing more: what it won is an order of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from shared.core.availability import amount
from shared.core.open_orders import LEFT, demand, goods, lines_of, moment_of, wanted_day
from shared.core.open_orders import is_open as is_open_order
from shared.core.priority import Demand, DemandLine, Standing
from shared.core.records import Record

DEMANDING = frozenset({"order", "opportunity"})
"""The entities that want goods."""

DECIDED = frozenset({"won", "lost"})
"""The statuses of a deal that nobody works on any more; any other word is a stage on the way."""

_COUNTED = ("on_hand", "reserved", "incoming", "reorder_level", "as_of", "location")


def wants(record: Record | None) -> bool:
    """Tell whether a record may want goods at all: a live order that still takes some, or an undecided deal."""
    if record is None or record.tombstone is not None:
        return False
    if record.entity == "opportunity":
        return record.value("status") not in DECIDED
    return record.entity == "order" and is_open_order(record)


def demand_of(record: Record, *, is_reserved: bool = False) -> Demand:
    """Return an order or a deal as a demand; what wants nothing has no lines.

    `priority` is rounded down to a whole number; one that is not told is 0, a probability 1.
    """
    found = _of_deal(record) if record.entity == "opportunity" else demand(record)
    standing = Standing.RESERVED if is_reserved else found.standing
    return replace(found, standing=standing, priority=int(amount(record, "priority")))


def located(demand: Demand, apart: Collection[str]) -> Demand:
    """Return a demand that names its location only for products whose locations are told apart."""
    lines = tuple(each if each.product in apart else replace(each, location="") for each in demand.lines)
    return demand if lines == demand.lines else replace(demand, lines=lines)


def products_of(record: Record) -> frozenset[str]:
    """Return the products that an order or a deal wants now."""
    return frozenset(line.product for line in demand_of(record).lines)


def touched(before: Record | None, after: Record) -> frozenset[str]:
    """Return the products of which a write changes what there is, what comes, or who wants how much, when and how.

    What is promised to somebody is no reason to share out anything anew, so the matching never starts itself.
    """
    old = {} if before is None else _bearing(before)
    new = _bearing(after)
    return frozenset(product for product in old.keys() | new.keys() if old.get(product) != new.get(product))


def _of_deal(deal: Record) -> Demand:
    chance = deal.value("probability")
    return Demand(
        deal.id,
        tuple(DemandLine(product, quantity) for product, quantity, _ in lines_of(deal) if quantity > 0)
        if wants(deal)
        else (),
        standing=Standing.DEAL,
        value=amount(deal, "amount"),
        probability=chance if isinstance(chance, Decimal) else Decimal(1),
        wanted=wanted_day(deal),
    )


def _bearing(record: Record) -> Mapping[str, object]:
    """Return, per product, everything about a record that the matching looks at."""
    if record.tombstone is not None:
        return {}
    if record.entity in ("order", "opportunity"):
        return dict(_wanted_of(demand_of(record)))
    if record.entity == "product":
        return {record.id: (record.value("discontinued"), record.value("lead_time_days"))}
    if record.entity == "shipment":
        return _left(record)
    if record.entity == "purchase_order":
        return _coming(record)
    product = record.value("product") if record.entity == "stock" else None
    return {product: tuple(record.value(each) for each in _COUNTED)} if isinstance(product, str) else {}


def _wanted_of(asked: Demand) -> Iterator[tuple[str, object]]:
    for product in {line.product for line in asked.lines}:
        yield product, replace(asked, lines=tuple(line for line in asked.lines if line.product == product))


def _left(shipment: Record) -> Mapping[str, object]:
    left_at = moment_of(shipment, "shipped_at")
    if left_at is None or shipment.value("status") not in LEFT:
        return {}
    return {product: (left_at, quantity) for product, quantity in goods(shipment).items()}


def _coming(purchase: Record) -> Mapping[str, object]:
    """Return all that a purchase order says, under each of its products: any of it may move a day."""
    said = {path: held.value for path, held in purchase.fields.items()}
    return dict.fromkeys(goods(purchase), said)
