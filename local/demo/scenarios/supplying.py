"""A deal and its supply: what a salesperson is promised, what buyers are told, and what a purchase changes of both.

The article has some on hand and a purchase order on its way. A deal wants more than is there; an order leaves, and what
is left is low; a buyer orders, sooner than the first comes; the goods arrive. Only the CRM and Tryton are touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from local.crm import people
from local.data import northwind
from local.demo.figures import is_low
from local.demo.scenarios.stage import Problem, Stage, Views, expect
from local.tryton import read_back, warehouse
from local.tryton.purchasing import Purchase, one, order_goods, take_in
from local.tryton.warehouse import Dispatch

PRODUCT = 56
"""Of which 21 are there and 10 on order, with a reorder level of 30, and which no open order wants."""

SKU = northwind.sku(PRODUCT)
ORDER, DEAL = "DEMO-SUPPLY", "Gnocchi for the autumn"
ORDERED, DEAL_WANTS, BOUGHT = 10, 16, 30
SUPPLIER, SOON = "SUP-26", timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Moment:
    """What is seen after something happened: the deal in the CRM, the article in both systems, what Tandem says."""

    after: str
    promise: str
    on_hand: Decimal
    incoming: Decimal
    low: bool
    alerts: int


def open_deal(stage: Stage) -> None:
    """Place an order for some of what is there, and open a deal that wants more than that leaves."""
    crm = stage.systems.crm
    buyer = people.find_one(crm, "customers", "number", "BERGS")["id"]
    today = datetime.now(UTC).date().isoformat()
    people.place_order(crm, ORDER, buyer, [people.Wish(SKU, ORDERED)], currency="USD", placed_at=today)
    stage.notes["deal"] = people.open_deal(crm, DEAL, buyer, [people.Wish(SKU, DEAL_WANTS)])["id"]
    stage.notes["supply"] = []


def ship(stage: Stage) -> None:
    """Look at the promise, then let the order leave."""
    stage.notes["supply wrong"] = _seen(
        stage, "a deal wants 16", f"available on {_first_day(stage)}", (21, 10), low=False
    )
    warehouse.ship(stage.systems.erp, [Dispatch(ORDER)])


def saw_low(stage: Stage, crm: Views, erp: Views) -> Problem:
    wrong = expect({"crm": crm["order"][ORDER], "erp": erp["order"][ORDER]}, {"state": "shipped"})
    promise = f"available on {_first_day(stage)}"
    return stage.notes["supply wrong"] or wrong or _seen(stage, "10 are shipped", promise, (11, 10), low=True)


def resupply(stage: Stage) -> Problem:
    """Order sooner goods, and take them in: low is over, and the deal's date moves, then is now."""
    systems, day = stage.systems, datetime.now(UTC).date() + SOON
    product = one(systems.erp, "product.product", ["code", "=", SKU])
    (number,) = order_goods(systems.erp, [Purchase(SUPPLIER, ((product, BOUGHT, Decimal(20)),), day)])
    systems.settle()
    wrong = _seen(stage, "30 are ordered", f"available on {day}", (11, 40), low=False)
    take_in(systems.erp, number)
    systems.settle()
    return wrong or _seen(stage, "the 30 arrive", "available now", (41, 10), low=False)


def moments(stage: Stage) -> Sequence[dict[str, Any]]:
    """Return what was seen, in order, for a report."""
    return [asdict(each) for each in stage.notes.get("supply", [])]


def _seen(stage: Stage, after: str, promise: str, counts: tuple[int, int], *, low: bool) -> Problem:
    """Look at both systems and at what Tandem says; nothing if it is as it has to be.

    One alert is there from when it first is low, and no other follows.
    """
    found = _look(stage, after)
    alerts = int(low or any(each.low for each in stage.notes["supply"]))
    stage.notes["supply"].append(found)
    wanted = Moment(after, promise, Decimal(counts[0]), Decimal(counts[1]), low, alerts)
    wrong = expect({"the scenario": asdict(found)}, asdict(wanted)) or _other(stage, found)
    return wrong and f"after {after!r}: {wrong}"


def _look(stage: Stage, after: str) -> Moment:
    systems = stage.systems
    told = [each for each in systems.notices() if each["subject"] == f"{SKU} is low"]
    stock = read_back.stock(systems.erp)[SKU]
    promise = str(systems.crm.get("deals", stage.notes["deal"])["promise_text"])
    return Moment(after, promise, stock["on_hand"], stock["incoming"], is_low(systems, SKU), len(told))


def _other(stage: Stage, found: Moment) -> Problem:
    """Tell whether the CRM shows other counts than Tryton, or another day than its text."""
    crm = stage.systems.crm
    product = people.find_one(crm, "products", "sku", SKU)["id"]
    (stock,) = [each for each in crm.all("stock") if each["product_id"] == product]
    counts = {name: Decimal(stock[name]) for name in ("on_hand", "incoming")}
    day = crm.get("deals", stage.notes["deal"])["promise_date"]
    said = found.promise.removeprefix("available on ") if "available on" in found.promise else None
    wanted = {"on_hand": found.on_hand, "incoming": found.incoming, "promise_date": said}
    return expect({"crm": {**counts, "promise_date": day}}, wanted)


def _first_day(stage: Stage) -> date:
    """Return when Tryton expects what was on its way from the start."""
    clause = [["product.code", "=", SKU], ["from_location.type", "=", "supplier"], ["state", "=", "draft"]]
    day: date = min(
        row["planned_date"] for row in stage.systems.erp.search_read("stock.move", clause, ["planned_date"])
    )
    return day
