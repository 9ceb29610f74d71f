"""Twelve things that go on between a CRM and an ERP, done by people on both sides and checked in both systems.

Each scenario is a small story in up to four acts: `prepare`, `act`, and `check`, with the systems settled in between,
so that stories on different records share the waiting. Nothing is returned when all is well, else what is wrong.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from local.crm import people
from local.data import northwind
from local.demo.reader import read_crm, read_erp
from local.demo.systems import DemoFailed, Systems
from local.demo.words import View
from local.tryton import warehouse
from local.tryton.warehouse import Dispatch

Views: TypeAlias = Mapping[str, View]
Problem: TypeAlias = str | None
LOST = "LOSTF"
"""The number of the customer that no CSV has: the one whose creation went unanswered."""

LOST_NAME = "Lost & Found Ltd"
EVENT_SECONDS = 20.0
SCHEDULE_SECONDS = 100.0
_FIRST_FEW = 3


@dataclass(slots=True)
class Stage:
    """What the scenarios share: the systems, the orders that are still to be shipped, and notes between their acts."""

    systems: Systems
    orders: Sequence[northwind.Order]
    notes: dict[str, Any] = field(default_factory=dict)

    def shippable(self) -> list[northwind.Order]:
        """Return the unshipped orders that the stock suffices for, taken one after the other."""
        on_hand = {key: row["on_hand"] for key, row in read_erp(self.systems.erp)["stock"].items()}
        found = []
        for order in self.orders:
            wanted = {northwind.sku(line.product_id): Decimal(line.quantity) for line in order.lines}
            if order.shipped is None and all(on_hand[key] >= units for key, units in wanted.items()):
                found.append(order)
                on_hand.update({key: on_hand[key] - units for key, units in wanted.items()})
        return found


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story: what is prepared, what happens, and what must be seen then."""

    name: str
    act: Callable[[Stage], None]
    check: Callable[[Stage, Views, Views], Problem]
    prepare: Callable[[Stage], None] = lambda _stage: None


def run_scenarios(stage: Stage, tell: Callable[[str], None]) -> dict[str, str]:
    """Run all scenarios; per name "ok", or what is wrong."""
    results: dict[str, str] = {}
    tell("event_on_bus")
    results["event_on_bus"] = _event_on_bus(stage) or "ok"
    together = list(_together())
    for scenario in together:
        scenario.prepare(stage)
    tell("preparing orders and customers")
    stage.systems.settle()
    for scenario in together:
        tell(scenario.name)
        scenario.act(stage)
    tell("waiting until both systems have settled")
    stage.systems.settle()
    crm, erp = read_crm(stage.systems.crm), read_erp(stage.systems.erp)
    for scenario in together:
        results[scenario.name] = scenario.check(stage, crm, erp) or "ok"
    tell("replay_webhooks_shuffled")
    results["replay_webhooks_shuffled"] = _replay(stage, crm, erp) or "ok"
    return results


def poll_by_schedule(systems: Systems, products: int) -> Problem:
    """scheduled_poll: without anybody asking, the schedule brings the ERP's products into the CRM."""
    return _awaited(
        lambda: len(systems.crm.all("products")) == products,
        SCHEDULE_SECONDS,
        f"after {SCHEDULE_SECONDS:.0f} s the schedule has not brought the {products} products into the CRM",
    )


def await_confirmed(systems: Systems, orders: int) -> None:
    """Wait until the CRM shows every order as the ERP has confirmed it, without anybody asking for it."""
    wrong = _awaited(
        lambda: sum(row["state"] == "confirmed" for row in systems.crm.all("orders")) == orders,
        SCHEDULE_SECONDS,
        f"after {SCHEDULE_SECONDS:.0f} s not all of the {orders} orders are confirmed in the CRM",
    )
    if wrong:
        raise DemoFailed(wrong)


def lose_a_reply(systems: Systems) -> None:
    """lost_create_reply begins: a new customer, and the reply to its creation in Tryton never arrives.

    It begins with the orders, because nobody may look before the lease of the unanswered create has run out.
    """
    systems.proxy.lose_next(LOST_NAME)
    contact = {"name": "Lucy Lost", "title": "Owner"}
    people.create_customer(systems.crm, LOST_NAME, [contact], number=LOST, phone="555-1")


def _together() -> Iterator[Scenario]:
    yield Scenario("edit_both_different_fields", _edit_different_fields, _saw_different_fields)
    yield Scenario("edit_both_same_field", _edit_same_field, _saw_same_field)
    yield Scenario("edit_different_lines", _edit_lines, _saw_lines, _prepare_draft("DEMO-LINES"))
    yield Scenario("ship_in_erp", _ship, _saw_shipped)
    yield Scenario("ship_part_in_erp", _ship_part, _saw_part)
    yield Scenario("cancel_open_order", _cancel_open, _saw_cancelled, _prepare_draft("DEMO-OPEN"))
    yield Scenario("cancel_processed_order", _cancel_processed, _saw_wish)
    yield Scenario("stock_change_in_erp", _count_stock, _saw_stock)
    yield Scenario("lost_create_reply", lambda _stage: None, _saw_one_party)


# -- two people edit one record ------------------------------------------------------------------------------------


def _edit_different_fields(stage: Stage) -> None:
    customer = people.find_one(stage.systems.crm, "customers", "number", "ALFKI")
    warehouse.edit_customer(stage.systems.erp, "ALFKI", {"name": "Alfreds Futterkiste GmbH"})
    people.edit_field(stage.systems.crm, "customers", customer["id"], "billing.city", "Potsdam")


def _saw_different_fields(_: Stage, crm: Views, erp: Views) -> Problem:
    wanted = {"name": "Alfreds Futterkiste GmbH", "city": "Potsdam"}
    return _expect({"crm": crm["customer"]["ALFKI"], "erp": erp["customer"]["ALFKI"]}, wanted)


def _edit_same_field(stage: Stage) -> None:
    customer = people.find_one(stage.systems.crm, "customers", "number", "ANATR")
    warehouse.edit_customer(stage.systems.erp, "ANATR", {"name": "Ana Trujillo (ERP)"})
    people.edit_field(stage.systems.crm, "customers", customer["id"], "name", "Ana Trujillo (CRM)")


def _saw_same_field(stage: Stage, crm: Views, erp: Views) -> Problem:
    views = {"crm": crm["customer"]["ANATR"], "erp": erp["customer"]["ANATR"]}
    wrong = _expect(views, {"name": "Ana Trujillo (CRM)"})
    if wrong:
        return wrong
    both = ("Ana Trujillo (CRM)", "Ana Trujillo (ERP)")
    if any(all(value in each for value in both) for each in _conflicts(stage)):
        return None
    return "the conflict does not stand in the ledger with both values"


def _prepare_draft(order_number: str) -> Callable[[Stage], None]:
    """Make an order that is still a draft in both systems."""

    def prepare(stage: Stage) -> None:
        customer = people.find_one(stage.systems.crm, "customers", "number", "AROUT")
        wishes = [people.Wish(northwind.sku(each), 4, Decimal("10.00")) for each in (1, 2)]
        people.place_order(
            stage.systems.crm,
            order_number,
            customer["id"],
            wishes,
            state="draft",
            currency="USD",
            placed_at="1998-05-07",
        )

    return prepare


def _edit_lines(stage: Stage) -> None:
    order = people.find_one(stage.systems.crm, "orders", "number", "DEMO-LINES")
    warehouse.edit_line(stage.systems.erp, "DEMO-LINES", northwind.sku(2), {"quantity": 9.0})
    people.edit_line(stage.systems.crm, order["id"], northwind.sku(1), qty="7")


def _saw_lines(_: Stage, crm: Views, erp: Views) -> Problem:
    for name, view in (("crm", crm), ("erp", erp)):
        lines = view["order"]["DEMO-LINES"]["lines"]
        found = {key: line["quantity"] for key, line in lines.items()}
        if found != {northwind.sku(1): Decimal(7), northwind.sku(2): Decimal(9)}:
            return f"{name} shows the quantities {found}"
    return None


# -- the warehouse -------------------------------------------------------------------------------------------------


def _ship(stage: Stage) -> None:
    whole, part = stage.shippable()[:2]
    stage.notes["ship"], stage.notes["part"] = str(whole.id), part
    warehouse.ship(stage.systems.erp, [Dispatch(str(whole.id), whole.shipper, "DEMO-TRACK", date(1998, 5, 8))])


def _saw_shipped(stage: Stage, crm: Views, erp: Views) -> Problem:
    order = stage.notes["ship"]
    wrong = _expect({"crm": crm["order"][order], "erp": erp["order"][order]}, {"state": "shipped"})
    tracked = [row for row in crm["shipment"].values() if row["order"] == order and row["tracking"] == "DEMO-TRACK"]
    return wrong or (None if len(tracked) == 1 else f"the CRM shows {len(tracked)} shipments with the tracking number")


def _ship_part(stage: Stage) -> None:
    order: northwind.Order = stage.notes["part"]
    line = max(order.lines, key=lambda each: each.quantity)
    stage.notes["part_line"] = line
    dispatch = Dispatch(str(order.id), order.shipper, "DEMO-PART", date(1998, 5, 8))
    warehouse.ship_in_part(stage.systems.erp, dispatch, {northwind.sku(line.product_id): line.quantity // 2})


def _saw_part(stage: Stage, crm: Views, erp: Views) -> Problem:
    order, line = stage.notes["part"], stage.notes["part_line"]
    number, sku = str(order.id), northwind.sku(line.product_id)
    views = {"crm": crm["order"][number], "erp": erp["order"][number]}
    wrong = _expect(views, {"state": "partly_shipped"})
    for name, view in views.items():
        shipped = {key: each["shipped"] for key, each in view["lines"].items() if each["shipped"]}
        if shipped != {sku: Decimal(line.quantity // 2)}:
            wrong = wrong or f"{name} shows as shipped {shipped}"
    states = sorted(row["state"] for row in crm["shipment"].values() if row["order"] == number)
    return wrong or (None if states == ["planned", "shipped"] else f"the CRM shows shipments {states}, no back-order")


def _count_stock(stage: Stage) -> None:
    warehouse.count_stock(stage.systems.erp, northwind.sku(77), 123, datetime.now(UTC).date())


def _saw_stock(_: Stage, crm: Views, erp: Views) -> Problem:
    sku = northwind.sku(77)
    return _expect({"crm": crm["stock"][sku], "erp": erp["stock"][sku]}, {"on_hand": Decimal(123)})


# -- cancelling ----------------------------------------------------------------------------------------------------


def _cancel_open(stage: Stage) -> None:
    people.cancel_order(stage.systems.crm, people.find_one(stage.systems.crm, "orders", "number", "DEMO-OPEN")["id"])


def _saw_cancelled(_: Stage, crm: Views, erp: Views) -> Problem:
    return _expect({"crm": crm["order"]["DEMO-OPEN"], "erp": erp["order"]["DEMO-OPEN"]}, {"state": "cancelled"})


def _cancel_processed(stage: Stage) -> None:
    taken = {stage.notes["ship"], str(stage.notes["part"].id)}
    order = next(str(each.id) for each in stage.orders if each.shipped is None and str(each.id) not in taken)
    stage.notes["cancel"] = order
    people.cancel_order(stage.systems.crm, people.find_one(stage.systems.crm, "orders", "number", order)["id"])


def _saw_wish(stage: Stage, crm: Views, erp: Views) -> Problem:
    order = stage.notes["cancel"]
    wrong = _expect({"crm": crm["order"][order], "erp": erp["order"][order]}, {"state": "confirmed"})
    if wrong:
        return wrong
    held = [each for each in _conflicts(stage) if "held" in each and "cancelled" in each and "confirmed" in each]
    return None if held else "the wish to cancel is not held with its reason"


# -- the roads -----------------------------------------------------------------------------------------------------


def _event_on_bus(stage: Stage) -> Problem:
    """A warehouse system puts an event on the bus; the CRM shows the stock without a poll."""
    systems, sku = stage.systems, northwind.sku(76)
    warehouse.count_stock(systems.erp, sku, 61, datetime.now(UTC).date())
    (product,) = systems.erp.search_read("product.product", [["code", "=", sku]], ["id"])
    (place,) = systems.erp.search_read("stock.location", [["code", "=", "WH"]], ["id"])
    detail = {"system": "erp", "entity": "stock", "ids": [f"{product['id']}@{place['id']}"]}
    entry = {
        "Source": "warehouse",
        "DetailType": "record.changed",
        "Detail": json.dumps(detail),
        "EventBusName": systems.physical_id("EventBus"),
    }
    answer = systems.aws_client("events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        return f"the bus refused the event: {answer['Entries']}"
    return _awaited(
        lambda: read_crm(systems.crm)["stock"][sku]["on_hand"] == Decimal(61),
        EVENT_SECONDS,
        f"after {EVENT_SECONDS:.0f} s the CRM does not show the stock that the event told of",
    )


def _saw_one_party(stage: Stage, crm: Views, erp: Views) -> Problem:
    if stage.systems.proxy.lost != 1:
        return f"{stage.systems.proxy.lost} replies were lost instead of one"
    parties = stage.systems.erp.search_read("party.party", [["name", "=", LOST_NAME]], ["id"])
    if len(parties) != 1:
        return f"Tryton has {len(parties)} parties of that name"
    return _expect({"crm": crm["customer"][LOST], "erp": erp["customer"][LOST]}, {"phone": "555-1"})


def _replay(stage: Stage, crm: Views, erp: Views) -> Problem:
    """Every webhook that was ever sent comes twice more, shuffled: nothing changes, nobody is written to."""
    sent = stage.systems.crm.replay_webhooks(times=2, seed=7)
    _awaited(lambda: _is_delivered(stage.systems), EVENT_SECONDS * 2, "")
    settled = stage.systems.settle()
    writes = {name: calls["write"] for name, calls in settled["partner_calls"].items() if calls["write"]}
    if writes:
        return f"{sent} replayed webhooks led to writes: {writes}"
    same = (read_crm(stage.systems.crm), read_erp(stage.systems.erp)) == (crm, erp)
    return None if same else "the systems show something else after the replay"


def _is_delivered(systems: Systems) -> bool:
    return not systems.crm.send("GET", "/api/v1/webhooks/deliveries")["pending"]


# -- small change --------------------------------------------------------------------------------------------------


def _conflicts(stage: Stage) -> list[str]:
    """Return every conflict item as text."""
    client = stage.systems.aws_client("dynamodb")
    pages = client.get_paginator("scan").paginate(TableName=stage.systems.physical_id("ConflictsTable"))
    return [json.dumps(item, default=str, ensure_ascii=False) for page in pages for item in page["Items"]]


def _expect(views: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, Any]) -> Problem:
    wrong = [
        f"{name} shows {key} {view.get(key)!r} instead of {value!r}"
        for name, view in views.items()
        for key, value in wanted.items()
        if view.get(key) != value
    ]
    return "; ".join(wrong[:_FIRST_FEW]) or None


def _awaited(is_so: Callable[[], bool], seconds: float, otherwise: str) -> Problem:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_so():
            return None
        time.sleep(0.25)
    return otherwise or None
