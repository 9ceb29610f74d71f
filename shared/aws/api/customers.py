"""GET /customers/{customer}: all about one customer."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, ConfigDict, Field

from shared.aws.api.answers import MOST, Line, Listed
from shared.aws.api.callers import Scope
from shared.aws.api.meaning import refusal_of
from shared.aws.api.serving import Api
from shared.core.cases import Case, State
from shared.core.paths import element_of, element_path
from shared.core.records import LinkState, Record
from shared.core.remedies import Kind
from shared.core.supply import plain
from shared.flows.business.customer import MOST_PAST, CustomerView, OrderView, Reserved, Totals, customer_view
from shared.flows.operating.finding import Unclear
from shared.flows.parts import Parts

Past = Annotated[int, Query(description="At most so many past orders, the newest.", ge=0, le=MOST)]


class SystemLine(Line):
    """Who the customer is in one system."""

    system: str
    state: LinkState
    external_id: str | None
    is_parked: bool


class ContactLine(Line):
    """A person there."""

    name: str | None
    title: str | None
    email: str | None
    phone: str | None


class ShipmentLine(Line):
    """One shipment of an order."""

    record: str
    number: str | None
    status: str | None
    carrier: str | None
    tracking: str | None
    shipped_at: str | None


class OrderLine(Line):
    """One order."""

    record: str
    number: str | None
    status: str | None
    placed_at: str | None
    wanted_at: str | None
    currency: str | None
    total: str | None
    promise: str | None = Field(description="What it gets of the goods, and when; nothing if it wants none.")
    is_open: bool
    is_late: bool = Field(description="It was wanted before now and has not left whole.")
    systems: dict[str, str] = Field(description="What each system calls it.")
    shipments: list[ShipmentLine]


class ReservedLine(Line):
    """Goods that are set aside for an order or a deal of theirs."""

    reservation: str
    holder: str = Field(description="The record of the order or the deal.")
    sku: str | None
    quantity: str
    until: datetime


class TroubleLine(Line):
    """What of theirs waits for a person, or is tried again."""

    case: str
    state: State
    kind: Kind
    system: str
    entity: str
    record: str
    field: str | None
    message: str
    since: datetime
    do: str


class TotalsAnswer(BaseModel):
    """Counts, and amounts by currency of the orders that are shown (drafts and cancelled ones not)."""

    model_config = ConfigDict(frozen=True)

    orders: int = Field(description="All orders, shown or not.")
    open: int
    late: int
    amounts: dict[str, str]
    open_amounts: dict[str, str]


class CustomerAnswer(Listed[OrderLine]):
    """All about a customer; the items are their orders, open ones first, then the newest."""

    record: str
    version: int
    deleted: bool
    fields: dict[str, str | None]
    contacts: list[ContactLine]
    systems: list[SystemLine]
    reserved: list[ReservedLine]
    troubles: list[TroubleLine]
    totals: TotalsAnswer
    has_more: bool = Field(description="There are older orders than those.")


def add_routes(api: Api, parts: Parts) -> None:
    """Add the route."""

    @api.get(
        "/customers/{customer}",
        Scope.READ,
        "Who a customer is in each system, their orders, shipments, troubles and totals",
        problems=(HTTPStatus.CONFLICT,),
    )
    def get_customer(customer: str, past: Past = MOST_PAST) -> CustomerAnswer:
        found = customer_view(parts, customer, past)
        if isinstance(found, Unclear):
            raise refusal_of(parts, "customer", customer, found)
        return _answer(api, found)


def _answer(api: Api, view: CustomerView) -> CustomerAnswer:
    customer = view.customer
    return CustomerAnswer(
        items=[_order(api, each) for each in view.orders],
        record=customer.id,
        version=customer.version,
        deleted=customer.tombstone is not None,
        fields={path: _text(api, customer, path) for path in sorted(customer.fields) if element_of(path) is None},
        contacts=_contacts(api, customer),
        systems=[
            SystemLine(system=name, state=link.state, external_id=link.external_id, is_parked=link.parked is not None)
            for name, link in sorted(customer.links.items())
        ],
        reserved=[line for each in view.reserved for line in _reserved(api, each)],
        troubles=[_trouble(each) for each in view.cases],
        totals=_totals(view.totals),
        has_more=view.has_more,
    )


def _text(api: Api, record: Record, path: str) -> str | None:
    return api.in_text(record.entity, path, record.value(path))


def _contacts(api: Api, customer: Record) -> list[ContactLine]:
    elements = [element for path in sorted(customer.fields) if (element := element_of(path)) and not element.field]
    present = [each.key for each in elements if customer.value(element_path(each.collection, each.key)) is True]
    return [
        ContactLine(**{part: _text(api, customer, element_path("contacts", key, part)) for part in _PARTS})
        for key in present
    ]


_PARTS = ("name", "title", "email", "phone")


def _order(api: Api, view: OrderView) -> OrderLine:
    order = view.order
    return OrderLine(
        record=order.id,
        **{name: _text(api, order, name) for name in ("number", "status", "placed_at", "wanted_at", "currency")},
        total=_text(api, order, "total"),
        promise=_text(api, order, "promise.text"),
        is_open=view.is_open,
        is_late=view.is_late,
        systems={name: link.external_id for name, link in sorted(order.links.items()) if link.external_id is not None},
        shipments=[_shipment(api, each) for each in view.shipments],
    )


def _shipment(api: Api, shipment: Record) -> ShipmentLine:
    shown = ("number", "status", "carrier", "tracking", "shipped_at")
    return ShipmentLine(record=shipment.id, **{name: _text(api, shipment, name) for name in shown})


def _reserved(api: Api, held: Reserved) -> list[ReservedLine]:
    each = held.reservation
    return [
        ReservedLine(
            reservation=each.id,
            holder=each.holder,
            sku=_text(api, held.products[place.product], "sku") if place.product in held.products else None,
            quantity=plain(quantity),
            until=each.expires_at,
        )
        for place, quantity in each.lines
    ]


def _trouble(case: Case) -> TroubleLine:
    return TroubleLine(
        case=case.id,
        state=case.state,
        kind=case.kind,
        system=case.system,
        entity=case.entity,
        record=case.record_id,
        field=case.field,
        message=case.message,
        since=case.first_at,
        do=case.remedy.do,
    )


def _totals(totals: Totals) -> TotalsAnswer:
    return TotalsAnswer(
        orders=totals.orders,
        open=totals.open,
        late=totals.late,
        amounts={currency: plain(amount) for currency, amount in totals.amounts.items()},
        open_amounts={currency: plain(amount) for currency, amount in totals.open_amounts.items()},
    )
