"""What a HubSpot shows of an object, how a search compares it, and the shape of a batch's answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.connectors.fakes.base import Given, Row

EXISTING = {
    *("name", "phone", "address", "city", "state", "zip", "country", "tandem_id", "hs_merged_object_ids", "email"),
    *("hs_order_name", "hs_external_order_status", "hs_currency_code", "hs_external_created_date", "hs_total_price"),
    *("dealname", "dealstage", "closedate", "amount", "deal_currency_code", "hs_deal_stage_probability"),
    *("tandem_promise", "tandem_promise_date"),
    *("hs_sku", "price", "quantity", "hs_product_id", "firstname", "lastname", "jobtitle"),
}
"""Properties that exist, so that they are shown as null where they hold nothing; others are not shown at all."""


def holds(row: Row, filters: list[Row]) -> bool:
    """Tell whether all filters hold for an object."""
    return all(_COMPARED[each["operator"]](value_of(row, each["propertyName"]), each) for each in filters)


_COMPARED: Mapping[str, Callable[[str, Row], bool]] = {
    "EQ": lambda shown, wanted: sortable(shown) == sortable(wanted["value"]),
    "GT": lambda shown, wanted: sortable(shown) > sortable(wanted["value"]),
    "GTE": lambda shown, wanted: sortable(shown) >= sortable(wanted["value"]),
    "IN": lambda shown, wanted: shown.lower() in wanted["values"],
}


def value_of(row: Row, name: str) -> str:
    """Return a property as it is compared."""
    return str(row["properties"].get(name) or "")


def sortable(value: str) -> tuple[int, str]:
    """Return a value as it is ordered: numbers and moments as such."""
    if value.isdecimal():
        return int(value), ""
    moment = datetime.fromisoformat(value) if value[10:11] == "T" else None
    return (round(moment.timestamp() * 1000), "") if moment else (0, value)


def selected(row: Row, names: Any) -> Row:
    """Return an object with the properties that were asked for."""
    values = row["properties"]
    shown = {name: values.get(name) for name in names if name in values or name in EXISTING}
    return {**row, "properties": {**shown, "hs_object_id": row["id"]}}


def answered(results: list[Row], errors: list[Row]) -> Given:
    """Return the answer of a batch."""
    body = {"status": "COMPLETE", "results": results}
    return Given(207, {**body, "numErrors": len(errors), "errors": errors}) if errors else Given(200, body)


def an_error(category: str, context: Row) -> Row:
    """Return an error as it stands inside a batch answer."""
    return {"status": "error", "category": category, "message": "It did not work", "context": context, "errors": []}


def written(at: datetime) -> str:
    """Return a moment as HubSpot writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
