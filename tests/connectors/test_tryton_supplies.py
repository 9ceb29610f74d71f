"""Suppliers, lead times and purchase orders as Tryton's rows show them: what the recordings do not come to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.connectors.tryton import TrytonSettings, products, purchases, suppliers
from shared.connectors.tryton.custom import Custom
from shared.connectors.tryton.reading import View
from shared.connectors.tryton.suppliers import days_of
from shared.core.observations import Observation
from shared.core.values import Reference, Value

SETTINGS = TrytonSettings(name="erp", base_url="http://127.0.0.1:1", database="erp")
STAMP = {"_timestamp": "1.00000"}
DAY = date(2026, 12, 1)


def shown(view: Callable[[TrytonSettings, Custom], View], row: dict[str, Any]) -> Observation:
    return view(SETTINGS, Custom({})).observe({"id": 1, **STAMP, **row})


def a_move(state: str, quantity: float, planned: date | None = None) -> dict[str, Any]:
    return {"id": 7, **STAMP, "state": state, "internal_quantity": quantity, "planned_date": planned}


def a_line(moves: list[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    """Ten boxes of twelve, for 24 a box."""
    goods = {"id": 5, "type": "goods", "default_uom.": {"id": 1, "factor": 1.0, "symbol": "u"}}
    told = {"quantity": 10.0, "unit.": {"id": 2, "factor": 12.0}, "unit_price": Decimal(24), "delivery_date": DAY}
    return {"id": 3, **STAMP, "type": "line", "product.": goods, **told, "moves.": moves or [], **fields}


def a_purchase(*lines: dict[str, Any], **fields: Any) -> Observation:
    told = {"number": "7", "state": "processing", "purchase_date": DAY, "delivery_date": None, "party": 9}
    names = {"currency.": {"id": 1, "code": "USD"}, "warehouse.": {"id": 2, "code": None, "name": "House"}}
    return shown(purchases.view, {**told, **names, "lines.": list(lines), **fields})


def of_line(purchase: Observation, name: str) -> Value:
    return purchase.fields[f"lines[3].{name}"]


def test_quantities_and_prices_are_those_of_the_products_own_unit() -> None:
    before, after = a_purchase(a_line()), a_purchase(a_line([a_move("done", 36), a_move("draft", 84, DAY)]))

    assert [of_line(before, name) for name in ("quantity", "received", "unit", "unit_price")] == [120, 0, "u", 2]
    assert [of_line(after, name) for name in ("quantity", "received")] == [120, 36]
    assert [of_line(each, "expected_at") for each in (before, after)] == [datetime(2026, 12, 1, tzinfo=UTC)] * 2
    assert (before.fields["location"], before.fields["supplier"]) == ("House", Reference("erp", "supplier", "9"))


def test_services_returns_and_comments_are_no_lines_of_ours() -> None:
    service = {**a_line(), "product.": {"id": 6, "type": "service"}}
    comment = {**a_line(), "product.": None, "quantity": None}

    for line in (service, comment, a_line(quantity=-2.0), a_line([a_move("draft", 2)], quantity=-2.0)):
        assert not [path for path in a_purchase(line).fields if path.startswith("lines")]


@pytest.mark.parametrize(
    ("state", "moves", "status"),
    [
        ("draft", (), "draft"),
        ("quotation", (), "draft"),
        ("cancelled", (), "cancelled"),
        ("confirmed", (), "placed"),
        ("processing", ("draft",), "placed"),
        ("processing", ("cancelled",), "placed"),
        ("processing", ("done", "assigned"), "partly_received"),
        ("processing", ("done", "cancelled"), "received"),
        ("done", (), "received"),
    ],
)
def test_a_purchase_is_placed_when_it_is_confirmed_and_received_as_far_as_its_moves(
    state: str, moves: tuple[str, ...], status: str
) -> None:
    line = a_line([a_move(each, 60) for each in moves])

    assert a_purchase(line, state=state).fields["status"] == status


def an_offer(days: int | None, product: int | None = None, slow: int | None = None) -> dict[str, Any]:
    party = {"id": 9, **STAMP, "supplier_lead_time": None if slow is None else timedelta(days=slow)}
    span = None if days is None else timedelta(days=days)
    return {"id": 4, **STAMP, "product": product, "lead_time": span, "party.": party}


def lead_time(own: list[dict[str, Any]], of_template: list[dict[str, Any]]) -> Value:
    template = {"id": 2, **STAMP, "product_suppliers.": of_template}
    named = dict.fromkeys(("code", "name", "list_price_used"))
    row = {**named, "salable": True, "template.": template, "identifiers.": [], "product_suppliers.": own}
    return shown(products.view, row).fields["lead_time_days"]


def test_the_first_supplier_of_the_variant_says_how_long_it_takes_then_the_templates() -> None:
    assert lead_time([an_offer(2, 1), an_offer(5, 1)], [an_offer(2, 1), an_offer(9)]) == 2
    assert lead_time([], [an_offer(3, 77), an_offer(9)]) == 9
    assert lead_time([], [an_offer(None, slow=12), an_offer(9)]) == 12
    assert lead_time([], [an_offer(0, slow=12)]) == 0
    assert lead_time([], []) is None


def test_a_begun_day_counts_whole() -> None:
    assert [days_of(timedelta(days=1, hours=each)) for each in (0, 1)] == [1, 2]
    assert days_of(None) is None


def a_mechanism(kind: str, value: str, name: str | None = None, *, active: bool = True) -> dict[str, Any]:
    return {"id": 8, **STAMP, "type": kind, "value": value, "name": name, "comment": None, "active": active}


def test_a_suppliers_own_mail_goes_before_a_persons_and_an_old_number_is_none() -> None:
    told = {"code": "S", "name": "Sue", "active": True, "supplier_lead_time": None, "supplier_currency.": None}
    mails = [a_mechanism("email", "ann@x", "Ann"), a_mechanism("email", "x@x")]
    phones = [a_mechanism("phone", "0", "Bob", active=False), a_mechanism("phone", "1", "Ann")]

    supplier = shown(suppliers.view, {**told, "contact_mechanisms.": [*mails, *phones]})

    assert (supplier.fields["email"], supplier.fields["phone"]) == ("x@x", "1")
