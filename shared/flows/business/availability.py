"""availability: how many of a product can be promised, and when there is a quantity.

Two queries of relations and as many bulk reads as there are records in it, 100 a call; nothing is scanned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.core.availability import AtLocation, incoming_of, locations_of
from shared.core.keys import match_key
from shared.core.promise import Availability, Promise, available, promise, timeline
from shared.core.records import Record
from shared.core.supply import Entry, signed_balance
from shared.flows.business.positions import ground_of
from shared.flows.operating.finding import Meant, Unclear, find_record
from shared.flows.parts import Parts


@dataclass(frozen=True, slots=True)
class ProductAvailability:
    """What can be promised of a product, over all its locations.

    `balance` is what is on hand less all that is committed, below zero where too much was sold; `free` what people are
    told, with the reason. `incoming` is on its way without a day and in neither. `promise` answers a quantity.
    """

    product: Record
    locations: tuple[AtLocation, ...]
    on_hand: Decimal
    committed: Decimal
    balance: Decimal
    incoming: Decimal
    free: Availability
    promise: Promise | None

    @property
    def lines(self) -> tuple[Entry, ...]:
        """Return every movement behind the answer."""
        return self.free.explanation()


def availability(
    parts: Parts, sku: str, quantity: Decimal | None = None, day: date | None = None
) -> ProductAvailability | Unclear:
    """Return what can be promised of a product for a day (today), and the first day for a quantity if one is asked."""
    found = find_product(parts, sku)
    if isinstance(found, Unclear):
        return found
    product = found.record
    ground = ground_of(parts, product.id)
    position, stocks = ground.position, ground.stocks
    line = timeline(position, parts.clock.now().date())
    balance = signed_balance(position)
    return ProductAvailability(
        product=product,
        locations=locations_of(stocks),
        on_hand=position.on_hand,
        committed=position.on_hand - balance,
        balance=balance,
        incoming=incoming_of(stocks),
        free=available(line, day),
        promise=None if quantity is None else promise(line, quantity),
    )


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
