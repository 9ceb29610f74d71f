"""GET /customers/{customer}."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from shared.core.records import Parked
from shared.core.values import Value
from shared.flows.business.reserve import Asked, Held, reserve
from tests.aws.api.asking import Asking
from tests.kit.builders import a_link
from tests.kit.clock import START
from tests.kit.trade import Trade, days

CONTACTS: dict[str, Value] = {
    "contacts[a]": True,
    "contacts[a].name": "Bob Low",
    "contacts[a].email": "bob@x.example",
    "contacts[b]": False,
    "contacts[b].name": "Gone",
}


def trading() -> Trade:
    trade = Trade()
    tea = trade.product()
    links = {"crm": a_link("17"), "erp": replace(a_link("9"), parked=Parked("refused", START))}
    ann = trade.customer("ann", links=links, currency="EUR", **CONTACTS)
    more: dict[str, Value] = {"currency": "EUR", "total": Decimal("12.50"), "ship_to.city": "Bern"}
    order = trade.order("O-1", tea, customer=ann.id, wanted_at=days(-1), **more)
    trade.shipment("S-1", order, tea, carrier="Post", tracking="T1")
    return trade


def test_a_customer_is_told_whole() -> None:
    reply = Asking(trading().world).get("/customers/ann%40x.example")

    assert reply.status == 200
    found = reply.content
    assert (found["fields"]["name"], found["fields"]["currency"]) == ("Ann", "EUR")
    assert found["contacts"] == [{"name": "Bob Low", "title": None, "email": "bob@x.example", "phone": None}]
    assert [(each["system"], each["external_id"], each["is_parked"]) for each in found["systems"]] == [
        ("crm", "17", False),
        ("erp", "9", True),
    ]
    (order,) = found["items"]
    assert (order["number"], order["total"], order["is_open"], order["is_late"]) == ("O-1", "12.50", True, True)
    assert order["systems"] == {"crm": "O-1"}
    (shipment,) = order["shipments"]
    assert (shipment["carrier"], shipment["tracking"], shipment["status"]) == ("Post", "T1", "shipped")
    assert [(each["entity"], each["message"]) for each in found["troubles"]] == [("customer", "refused")]
    assert found["totals"] == {
        "orders": 1,
        "open": 1,
        "late": 1,
        "amounts": {"EUR": "12.5"},
        "open_amounts": {"EUR": "12.5"},
    }


def test_who_only_looks_sees_that_there_is_a_person_and_not_who() -> None:
    reply = Asking(trading().world, "tandem/read").get("/customers/ann%40x.example")

    assert (reply.content["fields"]["name"], reply.content["fields"]["currency"]) == ("•••", "EUR")
    assert reply.content["contacts"] == [{"name": "•••", "title": None, "email": "•••", "phone": None}]
    assert reply.content["items"][0]["total"] == "12.50"


def test_older_orders_are_told_of_and_left_out() -> None:
    trade = trading()
    ann = trade.world.record("customer")
    trade.order("O-0", trade.world.record("product"), customer=ann.id, status="shipped", placed_at=days(-9))

    reply = Asking(trade.world).get("/customers/ann%40x.example", past=0)

    assert [each["number"] for each in reply.content["items"]] == ["O-1"]
    assert (reply.content["has_more"], reply.content["totals"]["orders"]) == (True, 2)


def test_somebody_nobody_knows_is_not_there() -> None:
    assert Asking(trading().world).get("/customers/who").status == 404


def test_what_is_set_aside_for_them_is_told_line_by_line() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    trade.stock(tea, 20)
    order = trade.order("O-1", tea, 3, customer=ann.id)
    asked = Asked(order.id, {}, days(5), "r1")
    assert isinstance(reserve(trade.world.parts, asked), Held)

    reply = Asking(trade.world).get("/customers/ann@x.example")

    shown = ("reservation", "holder", "sku", "quantity")
    told = [{name: each[name] for name in shown} for each in reply.content["reserved"]]
    assert told == [{"reservation": "r1", "holder": order.id, "sku": "tea", "quantity": "3"}]
