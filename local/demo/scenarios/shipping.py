"""The warehouse at work: a whole order leaves, a part of one, and the shelf is counted."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from local.data import northwind
from local.demo.scenarios.stage import Problem, Stage, Views, expect
from local.tryton import warehouse
from local.tryton.warehouse import Dispatch


def ship(stage: Stage) -> None:
    whole, part = stage.shippable()[:2]
    stage.notes["ship"], stage.notes["part"] = str(whole.id), part
    warehouse.ship(stage.systems.erp, [Dispatch(str(whole.id), whole.shipper, "DEMO-TRACK", date(1998, 5, 8))])


def saw_shipped(stage: Stage, crm: Views, erp: Views) -> Problem:
    order = stage.notes["ship"]
    wrong = expect({"crm": crm["order"][order], "erp": erp["order"][order]}, {"state": "shipped"})
    tracked = [row for row in crm["shipment"].values() if row["order"] == order and row["tracking"] == "DEMO-TRACK"]
    return wrong or (None if len(tracked) == 1 else f"the CRM shows {len(tracked)} shipments with the tracking number")


def ship_part(stage: Stage) -> None:
    order: northwind.Order = stage.notes["part"]
    line = max(order.lines, key=lambda each: each.quantity)
    stage.notes["part_line"] = line
    dispatch = Dispatch(str(order.id), order.shipper, "DEMO-PART", date(1998, 5, 8))
    warehouse.ship_in_part(stage.systems.erp, dispatch, {northwind.sku(line.product_id): line.quantity // 2})


def saw_part(stage: Stage, crm: Views, erp: Views) -> Problem:
    order, line = stage.notes["part"], stage.notes["part_line"]
    number, sku = str(order.id), northwind.sku(line.product_id)
    views = {"crm": crm["order"][number], "erp": erp["order"][number]}
    wrong = expect(views, {"state": "partly_shipped"})
    for name, view in views.items():
        shipped = {key: each["shipped"] for key, each in view["lines"].items() if each["shipped"]}
        if shipped != {sku: Decimal(line.quantity // 2)}:
            wrong = wrong or f"{name} shows as shipped {shipped}"
    states = sorted(row["state"] for row in crm["shipment"].values() if row["order"] == number)
    return wrong or (None if states == ["planned", "shipped"] else f"the CRM shows shipments {states}, no back-order")


def count_stock(stage: Stage) -> None:
    warehouse.count_stock(stage.systems.erp, northwind.sku(77), 123, datetime.now(UTC).date())


def saw_stock(_: Stage, crm: Views, erp: Views) -> Problem:
    sku = northwind.sku(77)
    return expect({"crm": crm["stock"][sku], "erp": erp["stock"][sku]}, {"on_hand": Decimal(123)})
