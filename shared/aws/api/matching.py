"""GET /matching and GET /matching/{demand}: what every open order and deal gets, when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from shared.aws.api.answers import Limit, Line, Listed, Next
from shared.aws.api.callers import Scope
from shared.aws.api.cursors import cursor_parts, cursor_text
from shared.aws.api.meaning import refusal_of
from shared.aws.api.ordering import ToOrderLine, to_order_line
from shared.aws.api.serving import Api
from shared.core.explain import Explanation
from shared.core.records import Record
from shared.core.share import Lot
from shared.core.supply import plain
from shared.flows.business.matching import Demanding, Why, matching, matching_of
from shared.flows.operating.finding import Unclear
from shared.flows.parts import Parts

OnlyLate = Annotated[bool, Query(alias="late", description="Only what is short, or comes after the day it is wanted.")]


class DemandLine(Line):
    """An order or a deal that wants goods, and what is promised to it: said in its record and to the systems."""

    record: str
    entity: str
    number: str | None
    name: str | None
    status: str | None
    wanted_at: str | None
    promise: str | None = Field(
        description="Available now, available on a day, or short by so many; in how many days more could come."
    )
    state: str | None = Field(description="now, later or short; nothing where it was not worked out yet.")
    date: str | None
    short: str | None
    is_late: bool


class MatchingAnswer(Listed[DemandLine]):
    """What wants goods; a page may hold fewer than asked though more follow."""


class GivenLine(Line):
    """Goods that a line gets, or that could help it."""

    quantity: str
    day: date
    location: str
    source: str = Field(description="Where it comes from; empty for what is there already.")


class WaitLine(Line):
    """Another one that would still be in time with later goods."""

    record: str
    number: str | None
    quantity: str
    until: date
    wanted: date


class WhyLine(Line):
    """One line of an order or deal: what it gets, who comes first, and what may be done."""

    product: str
    sku: str | None
    quantity: str
    gets: list[GivenLine]
    short: str
    not_yet_ordered: ToOrderLine | None = Field(description="When that could come if it was ordered today, if known.")
    demands_before: int
    quantity_before: str
    could_help: list[GivenLine]
    could_wait: list[WaitLine]


class WhyAnswer(Listed[WhyLine]):
    """What one order or deal gets as things stand now, and why; the items explain it line by line."""

    demand: DemandLine
    answer: str | None = Field(description="Worked out now; nothing if it wants nothing.")
    could_come: date | None = Field(
        description="When all that is short could come if it was ordered today; promised to nobody."
    )


def add_routes(api: Api, parts: Parts) -> None:
    """Add the routes."""

    @api.get("/matching", Scope.READ, "What every open order and deal gets, and when")
    def get_matching(late: OnlyLate = False, limit: Limit = 100, next_: Next = None) -> MatchingAnswer:
        (after,) = cursor_parts("matching", next_) or (None,)
        page = matching(parts, None if after is None else str(after), limit, only_late=late)
        goes_on = None if page.next is None else cursor_text("matching", [page.next])
        return MatchingAnswer(items=[_demand(api, each) for each in page.items], next=goes_on)

    @api.get(
        "/matching/{demand}", Scope.READ, "Why an order or a deal gets what it gets", problems=(HTTPStatus.CONFLICT,)
    )
    def get_why(demand: str) -> WhyAnswer:
        found = matching_of(parts, demand)
        if isinstance(found, Unclear):
            raise refusal_of(parts, "order", demand, found)
        return _why(api, parts, found)


def _demand(api: Api, each: Demanding) -> DemandLine:
    record = each.record
    said = {name: _text(api, record, f"promise.{name}") for name in ("state", "date", "short")}
    return DemandLine(
        record=record.id,
        entity=record.entity,
        **{name: _text(api, record, name) for name in ("number", "name", "status", "wanted_at")},
        promise=_text(api, record, "promise.text"),
        **said,
        is_late=each.is_late,
    )


def _why(api: Api, parts: Parts, found: Why) -> WhyAnswer:
    today = parts.clock.now().date()
    return WhyAnswer(
        items=[_line(api, each, found.named) for each in found.lines],
        demand=_demand(api, found.demand),
        answer=found.words(today),
        could_come=found.could_come,
    )


def _line(api: Api, each: Explanation, named: Mapping[str, Record]) -> WhyLine:
    product = each.line.product
    return WhyLine(
        product=product,
        sku=None if product not in named else _text(api, named[product], "sku"),
        quantity=plain(each.line.quantity),
        gets=[_given(part.quantity, part.lot) for part in each.parts],
        short=plain(each.short),
        not_yet_ordered=to_order_line(each.not_yet_ordered),
        demands_before=each.demands_before,
        quantity_before=plain(each.quantity_before),
        could_help=[_given(part.quantity, part.lot) for part in each.helps],
        could_wait=[
            WaitLine(
                record=wait.demand,
                number=None if wait.demand not in named else _text(api, named[wait.demand], "number"),
                quantity=plain(wait.quantity),
                until=wait.until,
                wanted=wait.wanted,
            )
            for wait in each.waits
        ],
    )


def _given(quantity: Decimal, lot: Lot) -> GivenLine:
    return GivenLine(quantity=plain(quantity), day=lot.day, location=lot.location, source=lot.source)


def _text(api: Api, record: Record, path: str) -> str | None:
    return api.in_text(record.entity, path, record.value(path))
