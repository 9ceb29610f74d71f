"""availability: how many of a product can be promised, and when there is a quantity; of one, or of all page by page.

Two queries of relations a product and bulk reads of the records that they name, 100 a call; nothing is scanned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from shared.core.availability import AtLocation, locations_of, on_order
from shared.core.keys import match_key
from shared.core.open_orders import location_of
from shared.core.places import are_told_apart, spread
from shared.core.promise import Availability, Promise, Timeline, available, promise, timeline
from shared.core.records import Record
from shared.core.relations import PRODUCT, PRODUCTS, Relation, relations_of
from shared.core.supply import Entry, incoming_total, signed_balance
from shared.flows.business.positions import Ground, ground_of, grounds_of
from shared.flows.operating.finding import Meant, Unclear, find_record
from shared.flows.parts import Parts


@dataclass(frozen=True, slots=True)
class LocationAvailability:
    """What one location counts, and what can be promised there; nothing where locations are not told apart."""

    counts: AtLocation
    free: Availability | None = None
    promise: Promise | None = None


@dataclass(frozen=True, slots=True)
class ProductAvailability:
    """What can be promised of a product at `location`; "" = over all its locations, also where none is told apart.

    `balance` is what is on hand less all that is committed, below zero where too much was sold; `free` what people are
    told, with the reason, from what is on its way too. `on_order` is all that is on its way, `undated` what of it has
    no day and is in no promise. `lead_days` is how long buying more takes. `promise` answers a quantity. `locations`
    are all of the product's, each with what can be promised there.
    """

    product: Record
    location: str
    locations: tuple[LocationAvailability, ...]
    on_hand: Decimal
    committed: Decimal
    balance: Decimal
    on_order: Decimal
    undated: Decimal
    lead_days: int | None
    free: Availability
    promise: Promise | None

    @property
    def lines(self) -> tuple[Entry, ...]:
        """Return every movement behind the answer."""
        return self.free.explanation()


@dataclass(frozen=True, slots=True)
class AvailabilityPage:
    """Some products in order of their SKUs, and behind which one the list goes on; nothing at its end."""

    items: tuple[ProductAvailability, ...]
    next: tuple[str, str] | None


def availability(
    parts: Parts, sku: str, quantity: Decimal | None = None, day: date | None = None, location: str = ""
) -> ProductAvailability | Unclear:
    """Return what can be promised of a product for a day (today), and the first day for a quantity if one is asked.

    Over all its locations, or at one: nothing can be promised at a location of which nobody has heard.
    """
    found = find_product(parts, sku)
    if isinstance(found, Unclear):
        return found
    return _answer(parts, found.record, ground_of(parts, found.record.id), _Question(quantity, day, location))


def availabilities(parts: Parts, after: tuple[str, str] | None, limit: int) -> AvailabilityPage:
    """Return a page of what can be promised today of each product; a page may hold fewer than asked."""
    products, more = list_products(parts, after, limit)
    grounds = grounds_of(parts, [each.id for each in products])
    return AvailabilityPage(tuple(_answer(parts, each, grounds[each.id], _Question()) for each in products), more)


def list_products(
    parts: Parts, after: tuple[str, str] | None, limit: int
) -> tuple[Sequence[Record], tuple[str, str] | None]:
    """Return a page of the products in order of their SKUs, and behind which one the list goes on."""
    by, child = after or ("", "")
    begin = Relation(PRODUCTS, PRODUCT, child, by).place
    listed = [each for each in parts.relations.of(PRODUCTS, PRODUCT, by) if each.place > begin]
    shown = listed[:limit]
    known = parts.records.get([each.child for each in shown]) if shown else {}
    products = [known[each.child] for each in shown if each.child in known and each in relations_of(known[each.child])]
    return products, (shown[-1].by, shown[-1].child) if len(listed) > limit else None


def find_product(parts: Parts, sku: str) -> Meant | Unclear:
    """Find a product by its SKU; where no product has that, by any other name of it."""
    rules = parts.integration.entities.get("product")
    for key in () if rules is None else rules.identity:
        text = match_key("product", key, lambda _: sku) if key.paths == ("sku",) else None
        holder = None if text is None else parts.identities.holders([text]).get(text)
        record = None if holder is None else parts.records.get([holder.record_id]).get(holder.record_id)
        if record is not None:
            return Meant(record)
    return find_record(parts, "product", sku)


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of a product: how many, for which day, at which location."""

    quantity: Decimal | None = None
    day: date | None = None
    location: str = ""

    def answer(self, line: Timeline) -> tuple[Availability, Promise | None]:
        """Return what can be promised for the day, and when there is the quantity, if one is asked."""
        return available(line, self.day), None if self.quantity is None else promise(line, self.quantity)


def _answer(parts: Parts, product: Record, ground: Ground, asked: _Question) -> ProductAvailability:
    today = parts.clock.now().date()
    lines = spread(ground.position, ground.at, today)
    name = asked.location if are_told_apart(lines) else ""
    nowhere = replace(ground.position, stocks=(), commitments=(), incoming=(), location=name)
    line = lines.get(name) or timeline(nowhere, today)
    stocks = [each for each in ground.stocks if name in ("", location_of(each))]
    balance = signed_balance(line.position)
    coming = on_order(product.id, stocks, [each for each in ground.purchases if name in ("", location_of(each))])
    free, promised = asked.answer(line)
    return ProductAvailability(
        product=product,
        location=name,
        locations=tuple(_locations(ground, lines, asked)),
        on_hand=line.position.on_hand,
        committed=line.position.on_hand - balance,
        balance=balance,
        on_order=coming,
        undated=coming - incoming_total(line.position),
        lead_days=line.position.lead_days,
        free=free,
        promise=promised,
    )


def _locations(ground: Ground, lines: Mapping[str, Timeline], asked: _Question) -> Iterator[LocationAvailability]:
    """Yield every location, those too of which nothing is counted but something is wanted or coming."""
    counted = locations_of(ground.stocks)
    others = sorted(lines.keys() - {"", *(each.location for each in counted)})
    for each in (*counted, *(AtLocation(name, None, None, None, None) for name in others)):
        line = lines.get(each.location) if each.location else None
        yield LocationAvailability(each, *(asked.answer(line) if line else ()))
