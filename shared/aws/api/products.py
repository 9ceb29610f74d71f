"""GET /products/{sku}/availability, GET /availability and GET /low-stock."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, ConfigDict, Field

from shared.aws.api.answers import Limit, Line, Listed, Next
from shared.aws.api.callers import Scope
from shared.aws.api.cursors import cursor_parts, cursor_text
from shared.aws.api.meaning import refusal_of
from shared.aws.api.ordering import ToOrderLine, to_order_line
from shared.aws.api.serving import Api
from shared.core.promise import Promise
from shared.core.supply import Entry, plain
from shared.flows.business.availability import LocationAvailability, ProductAvailability, availabilities, availability
from shared.flows.business.low_stock import Low, low_stock
from shared.flows.operating.finding import Unclear
from shared.flows.parts import Parts

Quantity = Annotated[
    Decimal | None,
    Query(description="Also the first day for so many.", gt=0, le=10**12, decimal_places=6),
]
Location = Annotated[str, Query(description="Only what can be promised at this location; all together if left out.")]
Day = Annotated[date | None, Query(description="The day it is about; today if none is named or it has passed.")]


class MovementLine(Line):
    """What changes the balance on a day, and the balance after it."""

    day: date
    change: str
    what: str
    source: str
    balance: str


class LocationLine(Line):
    """What one location counts, nothing where its system does not say, and what can be promised there."""

    location: str
    on_hand: str | None
    reserved: str | None
    incoming: str | None
    as_of: datetime | None
    available: str | None = Field(
        description="How many can be promised there for that day; nothing where locations are not told apart."
    )
    because: str | None
    promised_by: date | None = Field(description="The first day there for all of the quantity that was asked.")


class DeliveryLine(Line):
    """A part of a promise."""

    day: date
    quantity: str


class PromiseAnswer(BaseModel):
    """What can be said to somebody who asks for a quantity."""

    model_config = ConfigDict(frozen=True)

    quantity: str
    day: date | None = Field(description="The first day for all of it; nothing if some of it is short.")
    short: str
    deliveries: list[DeliveryLine]
    not_yet_ordered: ToOrderLine | None = Field(
        description="What of it could come if it was ordered today; in no promise. Nothing where none is short."
    )


class AvailabilityAnswer(Listed[MovementLine]):
    """What can be promised of a product; the items explain it line by line."""

    product: str = Field(description="Our id of it.")
    sku: str | None
    name: str | None
    unit: str | None
    discontinued: bool
    location: str = Field(
        description="The location that the numbers are of; empty: all of them, as where they are not told apart."
    )
    day: date
    available: str = Field(description="How many can be promised for that day; never below zero.")
    because: str
    on_hand: str
    committed: str = Field(description="What open orders still take.")
    balance: str = Field(description="On hand less committed, below zero where too much was sold.")
    on_order: str = Field(description="All that is on its way.")
    incoming_without_day: str = Field(description="On its way, nobody knows for when: not in what can be promised.")
    lead_time_days: int | None = Field(description="How long it takes to buy more; nothing if nobody knows or may.")
    locations: list[LocationLine]
    promise: PromiseAnswer | None


class AvailableLine(Line):
    """What can be promised of one product today."""

    sku: str | None
    product: str
    name: str | None
    discontinued: bool
    available: str = Field(description="How many can be promised today; never below zero.")
    because: str
    on_hand: str
    committed: str
    balance: str = Field(description="On hand less committed, below zero where too much was sold.")
    on_order: str
    incoming_without_day: str


class AvailableAnswer(Listed[AvailableLine]):
    """What can be promised of each product, in order of the SKUs."""


class LowLine(Line):
    """A product that is low at one location."""

    sku: str | None
    product: str
    name: str | None
    location: str
    on_hand: str
    incoming: str
    reorder_level: str
    because: str
    sold_per_day: float | None = Field(description="Mean of the last 90 days' orders; nothing if there were none.")
    days_of_cover: float | None
    suggested: str | None = Field(description="How much to buy to be at the level and last 30 days more.")


class LowStockAnswer(Listed[LowLine]):
    """What is low and still bought; a page may hold fewer than asked though more follow."""


def add_routes(api: Api, parts: Parts) -> None:
    """Add the routes."""

    @api.get(
        "/products/{sku}/availability",
        Scope.READ,
        "What can be promised of a product, when, and why",
        problems=(HTTPStatus.CONFLICT,),
    )
    def get_availability(
        sku: str, quantity: Quantity = None, on: Day = None, location: Location = ""
    ) -> AvailabilityAnswer:
        found = availability(parts, sku, quantity, on, location)
        if isinstance(found, Unclear):
            raise refusal_of(parts, "product", sku, found)
        return _answer(api, found)

    @api.get("/availability", Scope.READ, "What can be promised of every product today", family="products")
    def get_availabilities(limit: Limit = 100, next_: Next = None) -> AvailableAnswer:
        after = tuple(map(str, cursor_parts("availability", next_)))
        page = availabilities(parts, (after[0], after[1]) if after else None, limit)
        goes_on = None if page.next is None else cursor_text("availability", page.next)
        return AvailableAnswer(items=[_available(api, each) for each in page.items], next=goes_on)

    @api.get("/low-stock", Scope.READ, "What has come down to its reorder level", family="products")
    def get_low_stock(limit: Limit = 100, next_: Next = None) -> LowStockAnswer:
        (after,) = cursor_parts("low-stock", next_) or (None,)
        page = low_stock(parts, None if after is None else str(after), limit)
        goes_on = None if page.next is None else cursor_text("low-stock", [page.next])
        return LowStockAnswer(items=[_low(api, each) for each in page.items], next=goes_on)


def _answer(api: Api, found: ProductAvailability) -> AvailabilityAnswer:
    product = found.product
    return AvailabilityAnswer(
        items=[_movement(each) for each in found.lines],
        product=product.id,
        sku=api.in_text("product", "sku", product.value("sku")),
        name=api.in_text("product", "name", product.value("name")),
        unit=api.in_text("product", "unit", product.value("unit")),
        discontinued=product.value("discontinued") is True,
        location=found.location,
        day=found.free.day,
        available=plain(found.free.quantity),
        because=found.free.because,
        on_hand=plain(found.on_hand),
        committed=plain(found.committed),
        balance=plain(found.balance),
        on_order=plain(found.on_order),
        incoming_without_day=plain(found.undated),
        lead_time_days=found.lead_days,
        locations=[_location(each) for each in found.locations],
        promise=None if found.promise is None else _promise(found.promise),
    )


def _available(api: Api, found: ProductAvailability) -> AvailableLine:
    product = found.product
    return AvailableLine(
        sku=api.in_text("product", "sku", product.value("sku")),
        product=product.id,
        name=api.in_text("product", "name", product.value("name")),
        discontinued=product.value("discontinued") is True,
        available=plain(found.free.quantity),
        because=found.free.because,
        on_hand=plain(found.on_hand),
        committed=plain(found.committed),
        balance=plain(found.balance),
        on_order=plain(found.on_order),
        incoming_without_day=plain(found.undated),
    )


def _movement(each: Entry) -> MovementLine:
    return MovementLine(
        day=each.day, change=plain(each.change), what=each.kind.value, source=each.source, balance=plain(each.balance)
    )


def _location(each: LocationAvailability) -> LocationLine:
    return LocationLine(
        location=each.counts.location,
        on_hand=_maybe(each.counts.on_hand),
        reserved=_maybe(each.counts.reserved),
        incoming=_maybe(each.counts.incoming),
        as_of=each.counts.as_of,
        available=None if each.free is None else plain(each.free.quantity),
        because=None if each.free is None else each.free.because,
        promised_by=None if each.promise is None else each.promise.day,
    )


def _promise(found: Promise) -> PromiseAnswer:
    return PromiseAnswer(
        quantity=plain(found.quantity),
        day=found.day,
        short=plain(found.short),
        deliveries=[DeliveryLine(day=each.day, quantity=plain(each.quantity)) for each in found.deliveries],
        not_yet_ordered=to_order_line(found.not_yet_ordered),
    )


def _low(api: Api, each: Low) -> LowLine:
    product = each.product
    return LowLine(
        sku=api.in_text("product", "sku", product.value("sku")),
        product=product.id,
        name=api.in_text("product", "name", product.value("name")),
        location=str(each.stock.value("location") or ""),
        on_hand=plain(each.on_hand),
        incoming=plain(each.incoming),
        reorder_level=plain(each.standing.level),
        because=each.standing.because,
        sold_per_day=each.sold,
        days_of_cover=each.days_of_cover,
        suggested=_maybe(each.suggested),
    )


def _maybe(quantity: Decimal | None) -> str | None:
    return None if quantity is None else plain(quantity)
