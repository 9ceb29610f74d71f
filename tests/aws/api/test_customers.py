"""GET /customers/{customer}."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from shared.core.records import Parked
from shared.core.values import Value
from shared.flows.business.reserve import Asked, Held, reserve
from tests.aws.api.asking import Asking
from tests.kit.builders import a_link
from tests.kit.clock import START
from tests.kit.trade import Trade, changed, days

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
    assert order["wanted_at"] == days(-1).isoformat()
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


def test_what_is_promised_of_an_order_is_told_and_a_system_that_never_had_it_is_left_out() -> None:
    trade = trading()
    order = trade.world.record("order")
    now = changed(order, {"promise.text": "available now"})
    trade.write(replace(now, version=now.version + 1, links={**now.links, "shop": a_link(None)}))

    (told,) = Asking(trade.world).get("/customers/ann%40x.example").content["items"]

    assert (told["promise"], told["systems"]) == ("available now", {"crm": "O-1"})


def test_fields_are_the_customers_own_and_contacts_stand_apart() -> None:
    found = Asking(trading().world).get("/customers/ann%40x.example").content

    assert set(found["fields"]) == {"name", "email", "currency"}
    assert not found["deleted"]


def test_a_customer_whose_life_has_ended_says_so() -> None:
    trade = trading()
    ann = trade.world.record("customer")
    trade.end(ann)

    assert Asking(trade.world).get(f"/customers/{ann.id}").content["deleted"] is True


def test_troubles_say_since_when_and_what_to_do() -> None:
    (told,) = Asking(trading().world).get("/customers/ann%40x.example").content["troubles"]

    assert (datetime.fromisoformat(told["since"]), told["state"], told["system"]) == (START, "parked", "erp")
    assert told["do"]


def test_all_that_is_set_aside_is_told_with_its_end_and_nothing_of_somebody_elses() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    trade.stock(tea, 20)
    for number, customer, ahead in (("O-1", ann, 5), ("O-2", ann, 4), ("O-3", trade.customer("bob"), 3)):
        order = trade.order(number, tea, 3, customer=customer.id)
        assert isinstance(reserve(trade.world.parts, Asked(order.id, {}, days(ahead), number)), Held)

    told = Asking(trade.world).get("/customers/ann@x.example").content["reserved"]

    ends = [(each["reservation"], datetime.fromisoformat(each["until"])) for each in told]
    assert ends == [("O-2", days(4)), ("O-1", days(5))]


def test_totals_tell_open_late_and_past_apart() -> None:
    trade = trading()
    ann, tea = trade.world.record("customer"), trade.world.record("product")
    more: dict[str, Value] = {"customer": ann.id, "currency": "EUR"}
    trade.order("O-2", tea, wanted_at=days(3), total=Decimal(4), **more)
    trade.order("O-3", tea, status="shipped", total=Decimal(8), **more)

    totals = Asking(trade.world).get("/customers/ann%40x.example").content["totals"]

    assert (totals["orders"], totals["open"], totals["late"]) == (3, 2, 1)
    assert (totals["amounts"], totals["open_amounts"]) == ({"EUR": "24.5"}, {"EUR": "16.5"})


def test_how_many_past_orders_may_be_asked_for_is_bounded() -> None:
    asking = Asking(trading().world)

    assert [asking.get("/customers/ann%40x.example", past=past).status for past in (-1, 100_000)] == [422, 422]
