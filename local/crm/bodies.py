"""What each resource of the sample CRM holds, as it is checked when it is written and shown when it is read.

A body is checked whole: a change is laid over what is stored, then this model reads the result. Keys that a model
does not name are ignored and kept nowhere. Decimals are JSON strings, moments text in UTC (see `moments`).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from local.crm import moments


def _as_moment(value: object) -> object:
    return moments.read(value) if isinstance(value, str) else value


def _no_flag(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number is wanted, not true or false")
    return value


def _plainly(value: Decimal) -> str:
    return format(value, "f")


Text = Annotated[str, Field(max_length=1000)]
Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Amount = Annotated[
    Decimal, BeforeValidator(_no_flag), Field(max_digits=18, decimal_places=6), PlainSerializer(_plainly, str)
]
Share = Annotated[Amount, Field(ge=0, le=1)]
Moment = Annotated[datetime, BeforeValidator(_as_moment), PlainSerializer(moments.written, str)]

ZERO = Decimal(0)


class Body(BaseModel):
    """Whatever the CRM keeps; every resource can carry the reference of another system."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Kept(Body):
    """A resource of its own, as opposed to a part of one."""

    external_ref: Text | None = None


class Address(Body):
    """Where something goes; the country is its two-letter code of ISO 3166."""

    name: Text | None = None
    street: Text | None = None
    city: Text | None = None
    region: Text | None = None
    postal_code: Text | None = None
    country: Country | None = None


class Contact(Body):
    """A person at a customer; the CRM gives the id and keeps it."""

    id: str | None = None
    name: Text
    title: Text | None = None
    email: Email | None = None
    phone: Text | None = None


class Customer(Kept):
    """A company that buys, or may."""

    number: Text | None = None
    name: Text = Field(min_length=1)
    email: Email | None = None
    phone: Text | None = None
    tax_number: Text | None = None
    status: Literal["prospect", "active", "inactive"] = "active"
    billing: Address | None = None
    shipping: Address | None = None
    contacts: list[Contact] = Field(default_factory=list, max_length=200)
    currency: Currency | None = None
    payment_terms: Text | None = None
    credit_limit: Amount | None = None


class Product(Kept):
    """Something that can be ordered."""

    sku: Text = Field(min_length=1)
    name: Text = Field(min_length=1)
    gtin: Text | None = None
    unit: Text | None = None
    price: Amount | None = None
    discontinued: bool = False


class Stock(Kept):
    """How much of a product is where; counts may be negative, as they are in real systems."""

    product_id: str
    location: Text = Field(min_length=1)
    on_hand: Amount | None = None
    reserved: Amount | None = None
    incoming: Amount | None = None
    reorder_level: Amount | None = None
    as_of: Moment | None = None


class Item(Body):
    """A line of an order or a deal; the discount is a share between 0 and 1."""

    id: str | None = None
    product_id: str
    qty: Amount
    unit: Text | None = None
    unit_price: Amount = ZERO
    discount: Share = ZERO
    shipped_qty: Amount = ZERO


class Promised(Kept):
    """What may be promised to the customer: a sentence and a day."""

    promise_text: Text | None = None
    promise_date: date | None = None


class Order(Promised):
    """What a customer wants sent."""

    number: Text | None = None
    customer_id: str
    state: Literal["draft", "open", "confirmed", "partly_shipped", "shipped", "delivered", "void"] = "open"
    currency: Currency | None = None
    placed_at: Moment | None = None
    wanted_at: Moment | None = None
    items: list[Item] = Field(default_factory=list, max_length=1000)
    freight: Amount | None = None
    tax: Amount | None = None
    total: Amount | None = None
    ship_to: Address | None = None


class ShippedItem(Body):
    """How much of a product is in a shipment."""

    id: str | None = None
    product_id: str
    qty: Amount
    unit: Text | None = None


class Shipment(Kept):
    """Goods of one order on their way together."""

    order_id: str
    number: Text | None = None
    carrier: Text | None = None
    tracking: Text | None = None
    state: Literal["planned", "packed", "shipped", "delivered", "returned", "cancelled"] = "planned"
    shipped_at: Moment | None = None
    items: list[ShippedItem] = Field(default_factory=list, max_length=1000)


class Deal(Promised):
    """An order that a salesperson hopes for; the probability is a share between 0 and 1."""

    title: Text = Field(min_length=1)
    customer_id: str
    priority: Amount | None = None
    value: Amount | None = None
    probability: Share | None = None
    wanted_at: Moment | None = None
    stage: Literal["new", "qualified", "proposal", "won", "lost"] = "new"
    items: list[Item] = Field(default_factory=list, max_length=1000)
