"""reorder-points: at which level to buy each product, computed from its orders and beside the level that is set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.core.availability import amount, on_order
from shared.core.buying import Advice, Terms, advise
from shared.core.records import Record
from shared.core.relations import SOLD
from shared.core.reorder import LeadTime, demand_by_day
from shared.core.supply import ZERO, Incoming, Position, signed_balance
from shared.flows.business.availability import list_products
from shared.flows.business.positions import Ground, grounds_of
from shared.flows.parts import Parts

USUAL_LEAD_DAYS = 14
"""What is assumed where neither the product nor a supplier tells how long buying more takes."""


@dataclass(frozen=True, slots=True)
class ToBuy:
    """One product over all its locations; `is_lead_known` tells whether somebody said how long buying more takes."""

    product: Record
    on_hand: Decimal
    on_order: Decimal
    committed: Decimal
    lead: LeadTime
    is_lead_known: bool
    advice: Advice


@dataclass(frozen=True, slots=True)
class ToBuyPage:
    """Some products in order of their SKUs, and behind which one the list goes on; nothing at its end."""

    items: tuple[ToBuy, ...]
    next: tuple[str, str] | None


def reorder_points(parts: Parts, terms: Terms, lead_days: int, after: tuple[str, str] | None, limit: int) -> ToBuyPage:
    """Return a page of what to say of each product; `lead_days` is for those of which nobody tells."""
    products, more = list_products(parts, after, limit)
    grounds = grounds_of(parts, [each.id for each in products])
    return ToBuyPage(tuple(_to_buy(parts, each, grounds[each.id], terms, lead_days) for each in products), more)


def _to_buy(parts: Parts, product: Record, ground: Ground, terms: Terms, lead_days: int) -> ToBuy:
    told = ground.position.lead_days
    lead = LeadTime(lead_days if told is None else told)
    coming = on_order(product.id, ground.stocks, ground.purchases)
    sold = parts.relations.of(product.id, SOLD, terms.first.isoformat())
    days = demand_by_day((date.fromisoformat(each.by), each.quantity) for each in sold if each.by)
    return ToBuy(
        product=product,
        on_hand=ground.position.on_hand,
        on_order=coming,
        committed=ground.position.on_hand - signed_balance(ground.position),
        lead=lead,
        is_lead_known=told is not None,
        advice=advise(
            _with(ground.position, coming, terms.last),
            _own_level(ground.stocks),
            days,
            lead,
            terms,
            is_discontinued=product.value("discontinued") is True,
        ),
    )


def _with(position: Position, coming: Decimal, day: date) -> Position:
    """Return a position with all that is on order as one, whether or not it has a day."""
    one = (Incoming("what is on its way", coming, day),) if coming else ()
    return Position(position.product, position.stocks, commitments=position.commitments, incoming=one)


def _own_level(stocks: Iterable[Record]) -> Decimal | None:
    """Return the level that is set, added up over the locations that have one."""
    levels = [amount(each, "reorder_level") for each in stocks if isinstance(each.value("reorder_level"), Decimal)]
    return sum(levels, ZERO) if levels else None
