"""Places: what can be promised at each location of a product, and over all of them, so that no location is oversold.

An order may name the location that it is served from; one that names none is served from anywhere, and goods of which
nobody tells where they will arrive are for these alone. Goods are not moved between locations for an order: that is a
person's decision, and `explain` names the locations that could help.

With `balance` and the least balance from a day on (the *floor*) as `promise` defines them, for each location L:

    spare(day)    = Σ over all L of floor_L(day) + balance of what names no location(day)
    everywhere    = the least spare of that day and of every later one
    at L          = the least of floor_L(day), everywhere(day),
                    and floor_L(day) + the least (spare − floor_L) of every day until then

This is Hall's condition for serving everybody (P. Hall, *On Representatives of Subsets*, 1935), written out for dated
goods: whatever set of orders is looked at, the goods that they may have are enough. It is exact: one unit more, and
somebody who was promised goods would not get them (a property test plays it against a search for a matching). A floor
below zero, where a location counts or sells below zero, is used as it is, so what one location lacks is never sold at
another; people are told 0 and why. With one location, or none that is named, it is the promise of `promise`.

Where a location cannot be told apart all of this falls back to one position over all of them (`positions_at`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import accumulate

from shared.core.availability import position_of
from shared.core.open_orders import location_of
from shared.core.promise import Timeline, timeline
from shared.core.records import Record
from shared.core.supply import Commitment, Position, Stock

Shipped = tuple[Record, Record]


def positions_at(
    product: str,
    stocks: Sequence[Record],
    orders: Sequence[Record],
    shipped: Sequence[Shipped],
    purchases: Sequence[Record] = (),
    lead_days: int | None = None,
) -> Mapping[str, Position]:
    """Return a product's position at each location; "" is what names none, or all of it where none is told apart.

    Locations are told apart if every stock names its own, and if what the counts contain is known by location too: an
    order that names none, but is in a count's reservations or left after a count, might be in any of them.
    """
    whole = position_of(product, stocks, orders, shipped, purchases, lead_days)
    if not stocks or not all(location_of(each) for each in stocks):
        return {"": whole}
    some_orders, some_purchases = _by_location(orders), _by_location(purchases)
    left: dict[str, list[Shipped]] = {}
    for each in shipped:
        left.setdefault(location_of(each[1]), []).append(each)
    counts: dict[str, list[Stock]] = {}
    for record, count in zip(stocks, whole.stocks, strict=True):
        counts.setdefault(location_of(record), []).append(count)
    at = {}
    for name in sorted({"", *counts, *some_orders, *some_purchases, *left}):
        taking, bringing = some_orders.get(name, ()), some_purchases.get(name, ())
        here = position_of(product, (), taking, left.get(name, ()), bringing, lead_days)
        at[name] = replace(here, location=name, stocks=tuple(counts.get(name, ())))
    return {"": whole} if any(_is_in_a_count(each, whole) for each in at[""].commitments) else at


def are_told_apart(positions: Iterable[str]) -> bool:
    """Tell whether positions are those of locations, and not one of all together."""
    return any(positions)


def spread(whole: Position, positions: Mapping[str, Position], today: date) -> Mapping[str, Timeline]:
    """Return the timeline of each location and, under "", that over all of them; each with what may be promised."""
    if not are_told_apart(positions):
        return {"": timeline(whole, today)}
    lines = {name: timeline(each, today) for name, each in positions.items()}
    days = sorted({day for line in lines.values() for day in line.days})
    named = {name: _on(line, days) for name, line in lines.items() if name}
    loose = [lines[""].balance(day) for day in days]
    spare = [
        sum(floors, start) for *floors, start in zip(*(line.floors for line in named.values()), loose, strict=True)
    ]
    everywhere = _least_from(spare)
    found = {name: replace(line, floors=_at(line.floors, spare, everywhere)) for name, line in named.items()}
    return {"": replace(_on(timeline(whole, today), days), floors=everywhere)} | found


def _by_location(records: Iterable[Record]) -> Mapping[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for each in records:
        found.setdefault(location_of(each), []).append(each)
    return found


def _is_in_a_count(each: Commitment, whole: Position) -> bool:
    """Tell whether an order that names no location may be in what the counts say, reserved or as goods that left."""
    moments = [stock.as_of for stock in whole.stocks]
    dated = [moment for moment in moments if moment is not None]
    if len(dated) < len(moments):
        return False
    if each.shipped_at is not None:
        return each.shipped_at > min(dated)
    is_reserved = all(stock.reserved is not None for stock in whole.stocks)
    return is_reserved and each.placed_at is not None and each.placed_at <= max(dated)


def _on(line: Timeline, days: Sequence[date]) -> Timeline:
    """Return a timeline that names more days than those on which it changes."""
    balances = tuple(line.balance(day) for day in days)
    return replace(line, days=tuple(days), balances=balances, floors=_least_from(balances))


def _at(floors: Sequence[Decimal], spare: Sequence[Decimal], everywhere: Sequence[Decimal]) -> tuple[Decimal, ...]:
    others = accumulate((most - own for most, own in zip(spare, floors, strict=True)), min)
    return tuple(min(floor, most, floor + rest) for floor, most, rest in zip(floors, everywhere, others, strict=True))


def _least_from(values: Sequence[Decimal]) -> tuple[Decimal, ...]:
    return tuple(accumulate(reversed(values), min))[::-1]
