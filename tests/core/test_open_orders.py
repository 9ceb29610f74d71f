"""What orders still take and what shipments took, read from their records."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from shared.core.open_orders import commitments, demand, departures, goods, is_open, open_lines, stock
from shared.core.priority import Demand, DemandLine, Standing
from shared.core.records import Record, Tombstone
from shared.core.supply import Commitment, Stock
from shared.core.values import Value
from tests.core.stock_builders import units
from tests.kit.builders import a_record

PLACED = datetime(2026, 11, 20, 8, tzinfo=UTC)
WANTED = datetime(2026, 11, 30, tzinfo=UTC)
LINES: dict[str, Value] = {
    "lines[a]": True,
    "lines[a].product": "tea",
    "lines[a].quantity": units(10),
    "lines[a].shipped": units(4),
    "lines[b]": True,
    "lines[b].product": "cup",
    "lines[b].quantity": units(2),
}


def an_order(**fields: Value) -> Record:
    common: dict[str, Value] = {"number": "SO-1", "status": "confirmed", "placed_at": PLACED, "wanted_at": WANTED}
    return a_record(entity="order", fields=common | {"total": Decimal("99.50")} | LINES | fields)


def a_shipment(status: str = "shipped", shipped_at: datetime | None = WANTED) -> Record:
    return a_record(entity="shipment", fields={"status": status, "shipped_at": shipped_at, **LINES})


def test_an_order_takes_what_was_ordered_less_what_was_shipped() -> None:
    assert open_lines(an_order()) == (DemandLine("tea", units(6)), DemandLine("cup", units(2)))


def test_a_line_that_was_removed_names_no_product_or_has_all_left_takes_nothing() -> None:
    fewer: dict[str, Value] = {"lines[a]": False, "lines[b].shipped": units(2)}
    unknown: dict[str, Value] = {"lines[c]": True, "lines[d]": True, "lines[d].product": "jam"}

    order = an_order(**fewer, **unknown)

    assert open_lines(order) == ()


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("draft", False),
        ("placed", True),
        ("partly_shipped", True),
        ("shipped", False),
        ("cancelled", False),
        (None, False),
    ],
)
def test_an_order_takes_goods_from_placed_until_the_last_of_it_has_left(status: str | None, expected: bool) -> None:
    assert is_open(an_order(status=status)) is expected
    assert bool(open_lines(an_order(status=status))) is expected


def test_a_deleted_order_takes_nothing() -> None:
    assert list(commitments(replace(an_order(), tombstone=Tombstone("crm", WANTED)))) == []


def test_commitments_carry_the_orders_number_its_day_and_when_it_was_placed() -> None:
    assert list(commitments(an_order())) == [
        ("tea", Commitment("SO-1", units(6), WANTED.date(), PLACED)),
        ("cup", Commitment("SO-1", units(2), WANTED.date(), PLACED)),
    ]


def test_an_order_of_which_little_is_known_is_named_by_its_record_and_due_at_once() -> None:
    order = an_order(number=None, wanted_at=None, placed_at=None)

    assert next(commitments(order)) == ("tea", Commitment(order.id, units(6)))


def test_a_shipment_took_its_lines_when_it_left() -> None:
    assert list(departures(a_shipment(), an_order())) == [
        ("tea", Commitment("SO-1", units(10), placed_at=PLACED, shipped_at=WANTED)),
        ("cup", Commitment("SO-1", units(2), placed_at=PLACED, shipped_at=WANTED)),
    ]


@pytest.mark.parametrize(
    "shipment",
    [
        a_shipment("packed"),
        a_shipment("returned"),
        a_shipment(shipped_at=None),
        replace(a_shipment(), tombstone=Tombstone("erp", WANTED)),
        a_record(entity="shipment", fields={"status": "shipped", "shipped_at": WANTED, "lines[a]": True}),
        a_record(
            entity="shipment",
            fields={"status": "shipped", "shipped_at": WANTED, "lines[a]": True, "lines[a].product": "tea"},
        ),
    ],
)
def test_a_shipment_that_has_not_left_came_back_or_carries_nothing_took_nothing(shipment: Record) -> None:
    assert list(departures(shipment, an_order())) == []


def test_an_order_is_a_demand_of_its_total_and_so_is_a_deal_of_its_standing() -> None:
    lines = (DemandLine("tea", units(6)), DemandLine("cup", units(2)))

    order = an_order()

    assert demand(order, Standing.RESERVED, priority=2) == Demand(
        order.id, lines, Standing.RESERVED, 2, Decimal("99.50"), Decimal(1), WANTED.date(), PLACED
    )


def test_a_count_says_what_it_says_and_what_it_does_not_say_of_reservations_stays_unsaid() -> None:
    fields: dict[str, Value] = {"on_hand": units(-3), "as_of": PLACED}

    assert stock(a_record(entity="stock", fields=fields)) == Stock(units(-3), None, PLACED)
    assert stock(a_record(entity="stock", fields={**fields, "reserved": units(0)})).reserved == 0
    assert stock(a_record(entity="stock", fields={})) == Stock(units(0))


def test_an_order_is_about_what_was_ordered_of_each_product_whatever_became_of_it() -> None:
    twice: dict[str, Value] = {"lines[c]": True, "lines[c].product": "tea", "lines[c].quantity": units(1)}
    none: dict[str, Value] = {"lines[d]": True, "lines[d].product": "jam", "lines[d].quantity": units(0)}

    assert goods(an_order(status="shipped", **twice, **none)) == {"tea": units(11), "cup": units(2)}


def test_reservations_of_an_unknown_moment_are_left_out() -> None:
    assert stock(a_record(entity="stock", fields={"reserved": units(4)})).reserved is None
