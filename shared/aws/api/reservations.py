"""GET and POST /reservations, POST /reservations/{id}/extend, DELETE /reservations/{id}: goods set aside."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.aws.api.answers import Limit, Line, Listed, Next
from shared.aws.api.callers import Scope
from shared.aws.api.cursors import cursor_parts, cursor_text
from shared.aws.api.meaning import refusal_of
from shared.aws.api.outcomes import Body
from shared.aws.api.problems import Mistake, Refusal, not_there
from shared.aws.api.serving import Api
from shared.core.records import Record
from shared.core.reservations import State
from shared.core.supply import plain
from shared.flows.business.reserve import Asked, Held, Unknown, prolong, release, reservations, reserve
from shared.flows.business.reserving import Refused
from shared.flows.operating.finding import Unclear
from shared.flows.parts import Parts

MOST_HOURS = 30 * 24
Hours = Annotated[int, Field(ge=1, le=MOST_HOURS, description="For how many hours from now.")]
Quantity = Annotated[Decimal, Field(gt=0, le=10**12, decimal_places=6)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class WantedLine(Body):
    """How many of a product."""

    sku: Name
    quantity: Quantity


class Reserve(Body):
    """What to set aside, for whom, and for how long."""

    holder: Name = Field(description="An order or a deal (our id, an external id, its number), or anybody's name.")
    lines: list[WantedLine] = Field(default=[], max_length=99, description="Left out: all that it still wants.")
    hours: Hours = 24
    id: str = Field(
        default="", max_length=200, pattern=r"^[A-Za-z0-9_.:-]*$", description="The same id again is the same call."
    )


class Extend(Body):
    """For how long from now."""

    hours: Hours


class HeldLine(Line):
    """How many of a product are set aside."""

    product: str
    sku: str | None
    quantity: str


class ReservationLine(Line):
    """Goods set aside."""

    id: str
    holder: str = Field(description="Our id of the order or deal, or the name that was given.")
    number: str | None = Field(description="The order's number, or the deal's name.")
    state: State
    until: datetime
    lines: list[HeldLine]


class ReservationsAnswer(Listed[ReservationLine]):
    """What is set aside; a page may hold fewer than asked though more follow."""


class ReservationAnswer(BaseModel):
    """One reservation as it stands."""

    model_config = ConfigDict(frozen=True)

    ok: bool = True
    reservation: ReservationLine


def add_routes(api: Api, parts: Parts) -> None:
    """Add the routes."""

    @api.get("/reservations", Scope.READ, "What is set aside, for whom, until when")
    def get_reservations(limit: Limit = 100, next_: Next = None) -> ReservationsAnswer:
        (after,) = cursor_parts("reservations", next_) or (None,)
        page = reservations(parts, None if after is None else str(after), limit)
        goes_on = None if page.next is None else cursor_text("reservations", [page.next])
        return ReservationsAnswer(items=[_line(api, each) for each in page.items], next=goes_on)

    @api.post("/reservations", Scope.OPERATE, "Set goods aside, all or none", problems=_CANNOT)
    def post_reservation(body: Reserve) -> ReservationAnswer:
        until = parts.clock.now() + timedelta(hours=body.hours)
        wanted: dict[str, Decimal] = {}
        for each in body.lines:
            wanted[each.sku] = wanted.get(each.sku, Decimal(0)) + each.quantity
        found = reserve(parts, Asked(body.holder, wanted, until, body.id))
        if isinstance(found, Held):
            return ReservationAnswer(reservation=_line(api, found))
        raise _refusal(api, parts, body.holder, found)

    @api.post("/reservations/{reservation}/extend", Scope.OPERATE, "Keep goods set aside for longer")
    def post_extend(reservation: str, body: Extend) -> ReservationAnswer:
        found = prolong(parts, reservation, parts.clock.now() + timedelta(hours=body.hours))
        return _answer(api, reservation, found)

    @api.delete("/reservations/{reservation}", Scope.OPERATE, "Give back what is set aside")
    def delete_reservation(reservation: str) -> ReservationAnswer:
        return _answer(api, reservation, release(parts, reservation))


_CANNOT = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


def _answer(api: Api, name: str, found: Held | None) -> ReservationAnswer:
    if found is None:
        raise not_there(f"there is no reservation {name}", "`tandem reservations` (GET /reservations) lists them")
    return ReservationAnswer(reservation=_line(api, found))


def _refusal(api: Api, parts: Parts, holder: str, found: Refused | Unknown | Unclear) -> Refusal:
    if isinstance(found, Unclear):
        return refusal_of(parts, "order", holder, found)
    if isinstance(found, Unknown):
        return refusal_of(parts, "product", found.sku, found.found)
    named = parts.records.get({each.place.product for each in found.missing}) if found.missing else {}
    missing = [
        Mistake(
            where=_sku(api, named.get(each.place.product)) or each.place.product,
            what=f"{plain(each.wanted)} wanted, {plain(max(Decimal(0), each.free))} free",
        )
        for each in found.missing
    ]
    why = found.why or "there is not enough"
    remedy = "take fewer, or ask `tandem availability` when there will be" if missing else "`tandem reservations`"
    return Refusal(HTTPStatus.CONFLICT, f"nothing was set aside: {why}", remedy, missing)


def _line(api: Api, held: Held) -> ReservationLine:
    each, demand = held.reservation, held.named.get(held.reservation.holder)
    number = None if demand is None else demand.value("number") or demand.value("name")
    return ReservationLine(
        id=each.id,
        holder=each.holder,
        number=None if demand is None else api.in_text(demand.entity, "number", number),
        state=each.state,
        until=each.expires_at,
        lines=[
            HeldLine(
                product=place.product,
                sku=_sku(api, held.named.get(place.product)),
                quantity=plain(quantity),
            )
            for place, quantity in each.lines
        ],
    )


def _sku(api: Api, product: Record | None) -> str | None:
    return None if product is None else api.in_text("product", "sku", product.value("sku"))
