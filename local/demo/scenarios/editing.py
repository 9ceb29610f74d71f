"""Two people edit one record, each in the own system."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from local.crm import people
from local.data import northwind
from local.demo.scenarios.stage import Problem, Stage, Views, conflicts, expect
from local.tryton import warehouse


def edit_different_fields(stage: Stage) -> None:
    customer = people.find_one(stage.systems.crm, "customers", "number", "ALFKI")
    warehouse.edit_customer(stage.systems.erp, "ALFKI", {"name": "Alfreds Futterkiste GmbH"})
    people.edit_field(stage.systems.crm, "customers", customer["id"], "billing.city", "Potsdam")


def saw_different_fields(_: Stage, crm: Views, erp: Views) -> Problem:
    wanted = {"name": "Alfreds Futterkiste GmbH", "city": "Potsdam"}
    return expect({"crm": crm["customer"]["ALFKI"], "erp": erp["customer"]["ALFKI"]}, wanted)


def edit_same_field(stage: Stage) -> None:
    customer = people.find_one(stage.systems.crm, "customers", "number", "ANATR")
    warehouse.edit_customer(stage.systems.erp, "ANATR", {"name": "Ana Trujillo (ERP)"})
    people.edit_field(stage.systems.crm, "customers", customer["id"], "name", "Ana Trujillo (CRM)")


def saw_same_field(stage: Stage, crm: Views, erp: Views) -> Problem:
    views = {"crm": crm["customer"]["ANATR"], "erp": erp["customer"]["ANATR"]}
    wrong = expect(views, {"name": "Ana Trujillo (CRM)"})
    if wrong:
        return wrong
    both = ("Ana Trujillo (CRM)", "Ana Trujillo (ERP)")
    if any(all(value in each for value in both) for each in conflicts(stage)):
        return None
    return "the conflict does not stand in the ledger with both values"


def draft(order_number: str) -> Callable[[Stage], None]:
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


def edit_lines(stage: Stage) -> None:
    order = people.find_one(stage.systems.crm, "orders", "number", "DEMO-LINES")
    warehouse.edit_line(stage.systems.erp, "DEMO-LINES", northwind.sku(2), {"quantity": 9.0})
    people.edit_line(stage.systems.crm, order["id"], northwind.sku(1), qty="7")


def saw_lines(_: Stage, crm: Views, erp: Views) -> Problem:
    for name, view in (("crm", crm), ("erp", erp)):
        lines = view["order"]["DEMO-LINES"]["lines"]
        found = {key: line["quantity"] for key, line in lines.items()}
        if found != {northwind.sku(1): Decimal(7), northwind.sku(2): Decimal(9)}:
            return f"{name} shows the quantities {found}"
    return None
