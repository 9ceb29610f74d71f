"""A record that the ERP refuses: a tax number that is none. It is parked; everything else goes on."""

from __future__ import annotations

from local.crm import people
from local.demo.faults.stage import Stage, expect

NUMBER, WRONG, RIGHT = "REFUS", "DE123", "DE136695976"
PARK_SECONDS = 60.0


def refused_record(stage: Stage) -> None:
    """Enter a wrong tax number; `tandem edit` it."""
    stage.tell(f"broken: the CRM enters a customer with the tax number {WRONG}, which Tryton checks")
    people.create_customer(stage.systems.crm, "Refused Goods Ltd", [], number=NUMBER, tax_number=WRONG)
    stage.awaits(lambda: stage.operator.asks("failures")["items"], PARK_SECONDS, "the refused customer is not parked")
    case = stage.only_item("failures")["id"]
    stage.types("failures", "--groups")
    stage.types("failures", case)

    stage.tell("repaired: somebody asks the customer for the number")
    stage.types("assign", case, "ann", "--yes")
    stage.types("note", case, "asked the customer for the right number", "--yes")
    stage.types("edit", case, "tax_number", RIGHT, "--yes")
    stage.settles()
    stage.types("failures")
    expect("the tax number in the CRM", stage.customer(NUMBER)["tax_number"], RIGHT)
    codes = stage.systems.erp.search_read("party.identifier", [["party.code", "=", NUMBER]], ["code"])
    expect("the tax number in the ERP", [each["code"] for each in codes if each["code"].startswith("DE")], [RIGHT])
