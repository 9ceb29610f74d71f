"""low-stock: what has come down to its reorder level, for how many days there is enough, and how much to buy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from shared.core.availability import amount, on_order_at
from shared.core.open_orders import stock
from shared.core.records import Record
from shared.core.relations import LOW_STOCK, SOLD, STOCK, Relation, all_named, is_low, names
from shared.core.reorder import History, Level, days_of_cover, demand_by_day, history, level, partner_point, suggested
from shared.core.supply import Incoming, Position
from shared.flows.bringing import purchases_for
from shared.flows.parts import Parts

HISTORY_DAYS = 90
CYCLE_DAYS = 30.0
"""How far apart orders at a supplier are meant to be: what is suggested lasts so long."""


@dataclass(frozen=True, slots=True)
class Low:
    """One product that is low at one location.

    `sold` is the mean of a day's orders of the last 90 days; without any, neither days of cover nor a suggestion.
    """

    product: Record
    stock: Record
    standing: Level
    on_hand: Decimal
    incoming: Decimal
    sold: float | None
    days_of_cover: float | None
    suggested: Decimal | None


@dataclass(frozen=True, slots=True)
class LowPage:
    """Some of them, and behind which stock the list goes on; nothing at its end."""

    items: tuple[Low, ...]
    next: str | None


def low_stock(parts: Parts, after: str | None, limit: int) -> LowPage:
    """Return a page of what is low and still bought, in order of the stocks' ids; a page may hold fewer than asked.

    Where a stock's own system does not tell what is on its way to it, the purchase orders do.
    """
    ids = [each.child for each in parts.relations.of(LOW_STOCK, STOCK) if after is None or each.child > after]
    known = parts.records.get(ids[:limit]) if ids else {}
    stocks = [each for each in known.values() if is_low(each)]
    products = parts.records.get(all_named(stocks, "product")) if stocks else {}
    bought = [
        (each, product)
        for each in stocks
        if (product := products.get(names(each, "product") or "")) is not None
        and product.value("discontinued") is not True
    ]
    items = (_low(parts, each, product, purchases_for(parts, each)) for each, product in bought)
    return LowPage(tuple(each for each in items if each.standing.is_low), ids[limit - 1] if len(ids) > limit else None)


def _low(parts: Parts, record: Record, product: Record, purchases: Sequence[Record]) -> Low:
    today = parts.clock.now().date()
    count, incoming = stock(record), on_order_at(record, purchases)
    position = Position(product.id, (count,), incoming=(Incoming("what is on its way", incoming, today),))
    standing = level(position, partner_point(amount(record, "reorder_level")), is_discontinued=False)
    past = _history(parts.relations.of(product.id, SOLD, (today - timedelta(days=HISTORY_DAYS)).isoformat()), today)
    return Low(
        product=product,
        stock=record,
        standing=standing,
        on_hand=count.on_hand,
        incoming=incoming,
        sold=None if past is None else past.mean,
        days_of_cover=None if past is None else days_of_cover(count.on_hand, past),
        suggested=None if past is None else suggested(standing, past, CYCLE_DAYS),
    )


def _history(sold: Iterable[Relation], today: date) -> History | None:
    """Return the daily demand of the last 90 whole days; nothing if nothing was sold."""
    days = demand_by_day((date.fromisoformat(each.by), each.quantity) for each in sold if each.by)
    first, last = today - timedelta(days=HISTORY_DAYS), today - timedelta(days=1)
    return history(days, first, last) if any(first <= day <= last for day in days) else None
