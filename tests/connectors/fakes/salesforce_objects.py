"""The objects of a fake org: their fields, what is required of them, and how their ids begin."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.connectors.fakes.base import REFUSED, Row
from tests.connectors.fakes.salesforce_soql import an_error

BASE = "/services/data/v67.0/"
_ADDRESS = {
    f"{role}{part}" for role in ("Billing", "Shipping") for part in ("Street", "City", "State", "PostalCode", "Country")
}
FIELDS: Mapping[str, set[str]] = {
    "Account": {"Name", "AccountNumber", "Phone", "Website", "Fax", "Email__c", "Tandem_Id__c", *_ADDRESS},
    "Contact": {"Name", "FirstName", "LastName", "Title", "Email", "Phone", "AccountId"},
    "Product2": {"Name", "StockKeepingUnit", "IsActive", "Tandem_Id__c"},
    "Pricebook2": {"IsStandard"},
    "PricebookEntry": {"Product2Id", "Pricebook2Id", "IsActive", "Pricebook2.IsStandard"},
    "Order": {
        "OrderReferenceNumber",
        "AccountId",
        "Status",
        "EffectiveDate",
        "TotalAmount",
        "Pricebook2Id",
        "Tandem_Id__c",
    },
    "OrderItem": {"OrderId", "PricebookEntryId", "Product2Id", "Quantity", "UnitPrice"},
    "Opportunity": {
        *("Name", "AccountId", "StageName", "Probability", "CloseDate", "Amount", "Pricebook2Id"),
        *("Tandem_Id__c", "Tandem_Promise__c", "Tandem_Promise_Date__c"),
    },
    "OpportunityLineItem": {"OpportunityId", "PricebookEntryId", "Product2Id", "Quantity", "UnitPrice"},
}
PREFIXES = dict(zip(FIELDS, ("001", "003", "01t", "01s", "01u", "801", "802", "006", "00k"), strict=True))
NODE = re.compile(rf"/?{BASE[1:]}sobjects/(\w+)(?:/([^/]+))?")
REQUIRED = {
    **{"Account": "Name", "Contact": "LastName", "Order": "AccountId", "OrderItem": "PricebookEntryId"},
    **{"Opportunity": "CloseDate", "OpportunityLineItem": "PricebookEntryId"},
}


def refusal(
    live: Mapping[str, Mapping[str, Row]], object_type: str, external_id: str | None, fields: Row
) -> Row | None:
    """Return the error with which the rules of an org refuse a record; `live` are its records by type and id."""
    if external_id and external_id not in live[object_type]:
        return an_error("ENTITY_IS_DELETED", "entity is deleted")
    if not set(fields) <= FIELDS[object_type] - {"TotalAmount"}:
        return an_error("INVALID_FIELD", "No such column")
    needed = REQUIRED.get(object_type, "")
    if fields.get("Name") == REFUSED or (needed and not fields.get(needed, external_id)):
        return an_error("REQUIRED_FIELD_MISSING", "Required fields are missing", [needed])
    ours, rows = fields.get("Tandem_Id__c"), live[object_type].items()
    holder = next((i for i, row in rows if ours and row["Tandem_Id__c"] == ours and i != external_id), None)
    if holder:
        where = f"Tandem_Id__c duplicates value on record with id: {holder}"
        return an_error("DUPLICATE_VALUE", f"duplicate value found: {where}")
    has_lines = any(row["OrderId"] == external_id for row in live["OrderItem"].values())
    if object_type == "Order" and fields.get("Status", "Draft") != "Draft" and not has_lines:
        return an_error("FAILED_ACTIVATION", "An order must have at least one product.")
    return None
