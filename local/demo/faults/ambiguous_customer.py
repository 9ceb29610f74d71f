"""An ambiguous customer: two in the ERP show the e-mail of one in the CRM. A person says which it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from local.crm import people
from local.demo.faults.stage import Stage, expect
from local.tryton import read_back
from local.tryton.purchasing import one

EMAIL, NUMBER = "office@twins.example", "TWINS"
PARK_SECONDS = 30.0
CALM_SECONDS = 40.0
POLL_SECONDS = 90.0


def ambiguous_customer(stage: Stage) -> None:
    """Enter three customers with one e-mail; `tandem choose` which two are one, and that the third is apart."""
    stage.awaits(lambda: _is_calm(stage), POLL_SECONDS, "the ERP was never just polled")
    stage.tell("broken: two customers of one e-mail in Tryton, and one more of it in the CRM")
    north, _ = _enter(stage, "Twins North", "Twins South")
    people.create_customer(stage.systems.crm, "Twins Ltd", [], number=NUMBER, email=EMAIL)
    stage.awaits(lambda: stage.operator.asks("failures")["items"], PARK_SECONDS, "the ambiguous customer is not parked")
    case = stage.only_item("failures")["id"]
    stage.types("failures", case)

    stage.tell("repaired: it is the one in the north; the other one is a customer apart")
    stage.types("choose", case, str(north), "--yes")
    stage.settles()
    stage.types("conflicts")
    stage.types("choose", stage.only_item("conflicts")["id"], "apart", "--yes")
    stage.settles()
    parties = read_back.customers(stage.systems.erp)
    expect("the customer in the ERP", one(stage.systems.erp, "party.party", ["code", "=", NUMBER]), north)
    expect("its name in the ERP", parties[NUMBER]["name"], "Twins Ltd")
    names = sorted(row["name"] for row in stage.systems.crm.all("customers", f"email={EMAIL}"))
    expect("what the CRM has of that e-mail", names, ["Twins Ltd", "Twins South"])


def _is_calm(stage: Stage) -> bool:
    """Tell whether no poll of the ERP will come between the entries: they are to meet all at once."""
    systems = {each["system"]: each["entities"] for each in stage.operator.asks("status")["items"]}
    due = [each["next_poll"] for each in systems.get("erp", []) if each["entity"] == "customer"]
    return bool(due and due[0]) and (datetime.fromisoformat(due[0]) - datetime.now(UTC)).total_seconds() > CALM_SECONDS


def _enter(stage: Stage, *names: str) -> list[int]:
    erp = stage.systems.erp
    customer = one(erp, "party.category", ["name", "=", "Customer"])
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "categories": [["add", [customer]]],
            "contact_mechanisms": [["create", [{"type": "email", "value": EMAIL}]]],
        }
        for name in names
    ]
    made: list[int] = erp.call("party.party", "create", rows)
    return made
