"""What purchase orders still bring, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from shared.core.purchase_orders import Coming, Lead, coming, lead_time
from shared.core.records import Record, Tombstone
from shared.core.values import Value
from tests.kit.builders import a_record

PLACED = datetime(2026, 11, 20, 15, tzinfo=UTC)
LATER, LATEST = datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 24, tzinfo=UTC)


def a_purchase(**fields: Value) -> Record:
    """An order of ten teas, of which four have come."""
    line: dict[str, Value] = {
        "lines[a]": True,
        "lines[a].product": "tea",
        "lines[a].quantity": Decimal(10),
        "lines[a].received": Decimal(4),
    }
    told: dict[str, Value] = {"number": "PO-1", "status": "partly_received", "placed_at": PLACED}
    given = {path.replace("__", "."): value for path, value in fields.items()}
    return a_record(entity="purchase_order", fields={**told, **line, **given})


def a_line(**fields: Value) -> Record:
    """The same order, with other fields of its line."""
    return a_purchase(**{f"lines[a].{name}": value for name, value in fields.items()})


def test_what_was_ordered_less_what_was_received_is_still_to_come() -> None:
    assert coming(a_purchase(location="WH")) == (Coming("tea", "PO-1", Decimal(6), None, "WH"),)


@pytest.mark.parametrize("status", [None, "draft", "cancelled", "received"])
def test_nothing_comes_of_an_order_that_is_not_placed_or_is_over(status: Value) -> None:
    assert coming(a_purchase(status=status)) == ()


def test_nothing_comes_of_an_order_that_was_deleted() -> None:
    assert coming(replace(a_purchase(), tombstone=Tombstone("erp", PLACED))) == ()


@pytest.mark.parametrize(
    "order",
    [
        a_line(received=Decimal(10)),
        a_line(received=Decimal(12)),
        a_line(quantity=None),
        a_line(product=None),
        a_purchase(**{"lines[a]": False}),
        a_purchase(**{"lines[a]": None}),
    ],
)
def test_nothing_comes_of_a_line_that_is_received_removed_or_empty(order: Record) -> None:
    assert coming(order) == ()


@pytest.mark.parametrize(
    ("order", "lead", "day"),
    [
        (a_line(expected_at=LATER, quantity=Decimal(10)), 3, date(2026, 12, 1)),
        (a_purchase(expected_at=LATEST, **{"lines[a].expected_at": LATER}), 3, date(2026, 12, 1)),
        (a_purchase(expected_at=LATEST), 3, date(2026, 12, 24)),
        (a_purchase(), 3, date(2026, 11, 23)),
        (a_purchase(placed_at=None), 3, None),
        (a_purchase(), None, None),
    ],
)
def test_the_lines_day_goes_before_the_orders_and_that_before_the_lead_time(
    order: Record, lead: int | None, day: date | None
) -> None:
    assert [each.day for each in coming(order, lead)] == [day]


def test_an_order_without_a_number_goes_by_its_id() -> None:
    order = a_purchase(number=None)

    assert coming(order)[0].source == order.id


def with_lead(days: str | None, **fields: Value) -> Record:
    return a_record(fields={"lead_time_days": None if days is None else Decimal(days), **fields})


def test_a_products_own_lead_time_goes_before_its_suppliers_of_whom_the_slowest_counts() -> None:
    slow, fast, silent = with_lead("20.5"), with_lead("3"), with_lead(None)

    assert lead_time(with_lead("7"), [slow]) == Lead(7)
    assert lead_time(with_lead(None), [fast, slow, silent]) == Lead(21, slow.id)
    assert lead_time(with_lead(None), [fast, with_lead("20.5", number="SUP-1")]) == Lead(21, "SUP-1")
    assert lead_time(with_lead("-1"), [silent]) is None
    assert lead_time(with_lead(None)) is None


def test_what_is_discontinued_is_not_bought_any_more() -> None:
    assert lead_time(with_lead("7", discontinued=True)) is None
