"""The ERP is down for a while: nothing is lost, and a person decides when it is tried again."""

from __future__ import annotations

from local.crm import people
from local.demo.faults.stage import Stage, expect
from local.tryton import read_back

CUSTOMER, PHONE = "ANTON", "(5) 555-0002"
OWED_SECONDS = 30.0


def partner_down(stage: Stage) -> None:
    """Break the connection; `tandem pause` while it lasts, `tandem resume` after it."""
    stage.tell("broken: every connection to the ERP is reset; meanwhile the CRM edits")
    stage.systems.proxy.down = True
    try:
        people.edit_field(stage.systems.crm, "customers", stage.customer(CUSTOMER)["id"], "phone", PHONE)
        stage.awaits(lambda: stage.operator.asks("status")["owed"], OWED_SECONDS, "nothing is owed to the ERP")
        stage.types("settle", "--timeout", "5", ends=3)
        stage.types("pause", "erp", "--why", "down until noon", "--yes")
        stage.types("status")
        expect("erp", stage.state_of("erp"), "paused")
    finally:
        stage.systems.proxy.down = False

    stage.tell("repaired: the ERP answers again")
    stage.types("resume", "erp", "--yes")
    stage.settles()
    expect("erp", stage.state_of("erp"), "running")
    expect("the phone in the ERP", read_back.customers(stage.systems.erp)[CUSTOMER]["phone"], PHONE)
