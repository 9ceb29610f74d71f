"""Orders are cancelled in the CRM: one in time, one too late."""

from __future__ import annotations

from local.crm import people
from local.demo.scenarios.stage import Problem, Stage, Views, conflicts, expect


def cancel_open(stage: Stage) -> None:
    people.cancel_order(stage.systems.crm, people.find_one(stage.systems.crm, "orders", "number", "DEMO-OPEN")["id"])


def saw_cancelled(_: Stage, crm: Views, erp: Views) -> Problem:
    return expect({"crm": crm["order"]["DEMO-OPEN"], "erp": erp["order"]["DEMO-OPEN"]}, {"state": "cancelled"})


def cancel_processed(stage: Stage) -> None:
    taken = {stage.notes["ship"], str(stage.notes["part"].id)}
    order = next(str(each.id) for each in stage.orders if each.shipped is None and str(each.id) not in taken)
    stage.notes["cancel"] = order
    people.cancel_order(stage.systems.crm, people.find_one(stage.systems.crm, "orders", "number", order)["id"])


def saw_wish(stage: Stage, crm: Views, erp: Views) -> Problem:
    order = stage.notes["cancel"]
    wrong = expect({"crm": crm["order"][order], "erp": erp["order"][order]}, {"state": "confirmed"})
    if wrong:
        return wrong
    held = [each for each in conflicts(stage) if "held" in each and "cancelled" in each and "confirmed" in each]
    return None if held else "the wish to cancel is not held with its reason"
