"""A conflict left to a person: both sides change the phone of one customer, and the rule of that field is `person`."""

from __future__ import annotations

from local.crm import people
from local.demo.faults.stage import Stage, expect
from local.tryton import read_back

CUSTOMER, IN_CRM, IN_ERP = "ALFKI", "030-1111111", "030-2222222"
OPEN_SECONDS = 60.0
_PHONE_RULE = '[entities.customer.fields.phone]\nrule = "latest"'


def left_to_a_person(text: str) -> str:
    """Return an integration.toml in which a person decides about phones."""
    if _PHONE_RULE not in text:
        raise LookupError("integration.toml says nothing about customers' phones any more")
    return text.replace(_PHONE_RULE, _PHONE_RULE.replace("latest", "person"))


def conflict_left_to_a_person(stage: Stage) -> None:
    """Change one phone on both sides; `tandem choose` whose it shall be."""
    stage.tell("broken: both sides change one customer's phone within a second")
    erp = stage.systems.erp
    phones = erp.call("party.contact_mechanism", "search", [["party.code", "=", CUSTOMER], ["type", "=", "phone"]])
    erp.call("party.contact_mechanism", "write", phones, {"value": IN_ERP})
    people.edit_field(stage.systems.crm, "customers", stage.customer(CUSTOMER)["id"], "phone", IN_CRM)
    stage.awaits(lambda: stage.operator.asks("conflicts")["items"], OPEN_SECONDS, "there is no conflict")
    stage.types("conflicts")

    stage.tell("repaired: the ERP's is the right one")
    found = stage.only_item("conflicts")
    stage.types("choose", found["id"], "ours" if found["ours"] == IN_ERP else "theirs", "--yes")
    stage.settles()
    stage.types("explain", "customer", CUSTOMER, "phone")
    expect("the phone in the CRM", stage.customer(CUSTOMER)["phone"], IN_ERP)
    expect("the phone in the ERP", read_back.customers(erp)[CUSTOMER]["phone"], IN_ERP)
