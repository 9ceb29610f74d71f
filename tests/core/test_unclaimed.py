"""What a position has to give once the claims that are shared out are taken off it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from shared.core.supply import Commitment, Position, Stock
from shared.core.unclaimed import unclaimed
from tests.core.stock_builders import units

COUNTED = datetime(2026, 11, 22, 8, tzinfo=UTC)
BEFORE, AFTER = COUNTED - timedelta(hours=1), COUNTED + timedelta(hours=1)


def a_position(*stocks: Stock, commitments: tuple[Commitment, ...] = ()) -> Position:
    return Position("tea", stocks, commitments=commitments, buffer=units(1))


def test_open_orders_are_no_commitments_and_goods_that_left_are() -> None:
    taken = Commitment("O-1", units(4), placed_at=BEFORE)
    left = Commitment("O-2", units(3), placed_at=BEFORE, shipped_at=AFTER)

    found = unclaimed(a_position(Stock(units(10), None, COUNTED), commitments=(taken, left)))

    assert found.commitments == (left,)
    assert found.buffer == 1


def test_of_what_is_reserved_only_the_share_of_strangers_stays_kept_back() -> None:
    old = Commitment("O-1", units(4), placed_at=BEFORE)
    new = Commitment("O-2", units(2), placed_at=AFTER)
    gone = Commitment("O-3", units(1), placed_at=BEFORE, shipped_at=AFTER)
    long_gone = Commitment("O-4", units(1), placed_at=BEFORE, shipped_at=BEFORE)

    stocks = (Stock(units(10), units(5), COUNTED), Stock(units(10), units(3), AFTER))
    found = unclaimed(a_position(*stocks, commitments=(old, new, gone, long_gone)))

    assert found.buffer == 1 + (8 - 4 - 1)
    assert [each.reserved for each in found.stocks] == [None, None]


def test_less_reserved_than_we_know_keeps_nothing_back() -> None:
    taken = Commitment("O-1", units(4), placed_at=BEFORE)

    assert unclaimed(a_position(Stock(units(10), units(2), COUNTED), commitments=(taken,))).buffer == 1


def test_reservations_of_an_unknown_moment_say_nothing() -> None:
    partly = a_position(Stock(units(10), units(2), COUNTED), Stock(units(10), None, COUNTED))

    assert unclaimed(partly).buffer == 1
    assert unclaimed(a_position()).buffer == Decimal(1)
