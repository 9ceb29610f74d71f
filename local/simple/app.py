"""The simple system as one ASGI application; its records live in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from local.crm.control import Control
from local.crm.counts import Counts
from local.crm.faults import Faults
from local.crm.gate import Gate
from local.crm.incoming import read_json
from local.crm.problems import Problem, wrong_field, wrong_fields


class Customer(BaseModel):
    """Who buys."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field(min_length=1)
    email: str | None = None
    phone: str | None = None


class Order(BaseModel):
    """What is bought; the total is a decimal, written as text."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    customer_id: int
    status: str = "open"
    total: Annotated[Decimal, PlainSerializer(lambda value: format(value, "f"), str)] = Decimal(0)


@dataclass(frozen=True, slots=True)
class Ledger:
    """One list of records; ids count from 1."""

    model: type[BaseModel]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, given: Any) -> dict[str, Any]:
        """Keep a new record and return it; ValidationError where it is wrong."""
        row = {"id": len(self.rows) + 1, **self.model.model_validate(given).model_dump(mode="json")}
        self.rows.append(row)
        return row


@dataclass(frozen=True, slots=True)
class SimpleApi:
    """Answers for both lists."""

    customers: Ledger = field(default_factory=lambda: Ledger(Customer))
    orders: Ledger = field(default_factory=lambda: Ledger(Order))

    def routes(self) -> list[Route]:
        """Return the routes."""
        customers, orders = "/api/v1/customers", "/api/v1/orders"
        return [
            Route(customers, self.list_customers, methods=["GET"]),
            Route(customers, self.add_customer, methods=["POST"]),
            Route(orders, self.list_orders, methods=["GET"]),
            Route(orders, self.add_order, methods=["POST"]),
        ]

    async def list_customers(self, request: Request) -> Response:
        """Answer all customers, as a plain list."""
        del request
        return JSONResponse(self.customers.rows)

    async def add_customer(self, request: Request) -> Response:
        """Keep a new customer; the same one twice makes two."""
        return _added(self.customers, await read_json(request))

    async def list_orders(self, request: Request) -> Response:
        """Answer all orders, as a plain list."""
        del request
        return JSONResponse(self.orders.rows)

    async def add_order(self, request: Request) -> Response:
        """Keep a new order of a customer who is known."""
        given = await read_json(request)
        customer_id = given.get("customer_id") if isinstance(given, dict) else None
        if isinstance(customer_id, int) and not 1 <= customer_id <= len(self.customers.rows):
            return wrong_field("customer_id", "no such customer").response()
        return _added(self.orders, given)

    def forget(self, webhooks_too: bool) -> None:
        """Empty both lists."""
        del webhooks_too
        self.customers.rows.clear()
        self.orders.rows.clear()


def build_app(token: str) -> ASGIApp:
    """Return an empty system; without a token all may enter."""
    faults, counts = Faults(), Counts()
    api = SimpleApi()
    routes = [*api.routes(), *Control(faults, counts, api.forget).routes()]
    return Gate(Starlette(routes=routes), token, faults, counts)


def _added(ledger: Ledger, given: Any) -> Response:
    if isinstance(given, Problem):
        return given.response()
    try:
        return JSONResponse(ledger.add(given), 201)
    except ValidationError as error:
        return wrong_fields(error).response()
