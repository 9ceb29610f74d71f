"""The roads that changes come by: schedule, event, webhook, and a reply that never arrives."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

from local.crm import people
from local.data import northwind
from local.demo.reader import read_crm, read_erp
from local.demo.scenarios.stage import Problem, Stage, Views, awaited, expect
from local.demo.systems import DemoFailed, Systems
from local.tryton import warehouse

LOST = "LOSTF"
"""The number of the customer that no CSV has: the one whose creation went unanswered."""

LOST_NAME = "Lost & Found Ltd"
EVENT_SECONDS = 20.0
SCHEDULE_SECONDS = 100.0


def poll_by_schedule(systems: Systems, products: int) -> Problem:
    """scheduled_poll: without anybody asking, the schedule brings the ERP's products into the CRM."""
    return awaited(
        lambda: len(systems.crm.all("products")) == products,
        SCHEDULE_SECONDS,
        f"after {SCHEDULE_SECONDS:.0f} s the schedule has not brought the {products} products into the CRM",
    )


def await_confirmed(systems: Systems, orders: int) -> None:
    """Wait until the CRM shows every order as the ERP has confirmed it, without anybody asking for it."""
    wrong = awaited(
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


def event_on_bus(stage: Stage) -> Problem:
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
    return awaited(
        lambda: read_crm(systems.crm)["stock"][sku]["on_hand"] == Decimal(61),
        EVENT_SECONDS,
        f"after {EVENT_SECONDS:.0f} s the CRM does not show the stock that the event told of",
    )


def saw_one_party(stage: Stage, crm: Views, erp: Views) -> Problem:
    if stage.systems.proxy.lost != 1:
        return f"{stage.systems.proxy.lost} replies were lost instead of one"
    parties = stage.systems.erp.search_read("party.party", [["name", "=", LOST_NAME]], ["id"])
    if len(parties) != 1:
        return f"Tryton has {len(parties)} parties of that name"
    return expect({"crm": crm["customer"][LOST], "erp": erp["customer"][LOST]}, {"phone": "555-1"})


def replay(stage: Stage, crm: Views, erp: Views) -> Problem:
    """Every webhook that was ever sent comes twice more, shuffled: nothing changes, nobody is written to."""
    sent = stage.systems.crm.replay_webhooks(times=2, seed=7)
    awaited(lambda: _is_delivered(stage.systems), EVENT_SECONDS * 2, "")
    settled = stage.systems.settle()
    writes = {name: calls["write"] for name, calls in settled["partner_calls"].items() if calls["write"]}
    if writes:
        return f"{sent} replayed webhooks led to writes: {writes}"
    same = (read_crm(stage.systems.crm), read_erp(stage.systems.erp)) == (crm, erp)
    return None if same else "the systems show something else after the replay"


def _is_delivered(systems: Systems) -> bool:
    return not systems.crm.send("GET", "/api/v1/webhooks/deliveries")["pending"]
