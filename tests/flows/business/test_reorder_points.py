"""At which level to buy each product, from the records of a trade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from shared.core.buying import Terms, span_until
from shared.core.relations import SOLD, Relation
from shared.flows.business.reorder_points import ToBuy, ToBuyPage, reorder_points
from tests.kit.clock import START
from tests.kit.relations import MemoryRelations
from tests.kit.trade import Trade, days

TERMS = Terms(*span_until(START.date(), 90))


def page(trade: Trade, after: tuple[str, str] | None = None, limit: int = 100, terms: Terms = TERMS) -> ToBuyPage:
    return reorder_points(trade.world.parts, terms, 14, after, limit)


def one(trade: Trade) -> ToBuy:
    (found,) = page(trade).items
    return found


def test_a_level_follows_from_the_orders_the_lead_time_and_all_locations() -> None:
    trade = Trade()
    tea = trade.product("tea", lead_time_days=Decimal(10))
    trade.stock(tea, 4, "A", reorder_level=Decimal(5), incoming=Decimal(3))
    trade.stock(tea, 6, "B", reorder_level=Decimal(7))
    trade.stock(tea, 0, "C")
    trade.order("O-1", tea, 90, placed_at=days(-3), status="delivered")
    trade.order("O-2", tea, 5, placed_at=days(-200))

    found = one(trade)

    assert (found.on_hand, found.on_order, found.committed) == (Decimal(10), Decimal(3), Decimal(5))
    assert (found.lead.days, found.is_lead_known) == (10, True)
    assert found.advice.past is not None
    assert found.advice.past.mean == pytest.approx(1.0)
    assert found.advice.own is not None
    assert found.advice.own.level == Decimal(12)
    assert found.advice.standing is not None
    assert (found.advice.standing.counted, found.advice.standing.is_low) == (Decimal(13), False)


def test_where_nobody_tells_the_lead_time_it_is_assumed_and_said_so() -> None:
    trade = Trade()
    trade.stock(trade.product("tea"), 4)

    found = one(trade)

    assert (found.lead.days, found.is_lead_known, found.on_order) == (14, False, Decimal(0))
    assert (found.advice.past, found.advice.own, found.advice.standing) == (None, None, None)


def test_the_list_goes_on_where_it_ended() -> None:
    trade = Trade()
    for sku in ("c", "a", "b"):
        trade.product(sku)

    first = page(trade, limit=2)
    rest = page(trade, first.next, 2)

    assert [each.product.value("sku") for each in (*first.items, *rest.items)] == ["a", "b", "c"]
    assert rest.next is None
    assert page(Trade()) == ToBuyPage((), None)


def test_every_day_of_the_span_counts_and_no_day_before_it() -> None:
    trade = Trade()
    tea = trade.product("tea")
    for ahead, quantity in ((-2, 30), (-30, 15), (-80, 45), (-120, 900)):
        trade.order(f"O{ahead}", tea, quantity, placed_at=days(ahead), status="delivered")

    past = one(trade).advice.past

    assert past is not None
    assert past.mean == pytest.approx(1.0)


def test_what_is_not_bought_any_more_is_not_low() -> None:
    trade = Trade()
    trade.stock(trade.product("tea", discontinued=True), 1, reorder_level=Decimal(9))

    standing = one(trade).advice.standing

    assert standing is not None
    assert not standing.is_low


def test_against_a_computed_level_what_is_committed_is_taken_off() -> None:
    trade = Trade()
    tea = trade.product("tea")
    trade.stock(tea, 20, incoming=Decimal(2))
    trade.order("O-1", tea, 8, placed_at=days(-3))

    standing = one(trade).advice.standing

    assert standing is not None
    assert standing.counted == Decimal(20 + 2 - 8)


def test_only_orders_of_the_span_are_read() -> None:
    trade = Trade()
    tea = trade.product("tea")
    trade.order("O-1", tea, 3, placed_at=days(-300), status="delivered")
    seen: list[int] = []

    class Looking(MemoryRelations):
        """Relations of which it is seen how many are given out."""

        def of(self, parent: str, kind: str = "", since: str = "") -> Sequence[Relation]:
            """Return them."""
            found = super().of(parent, kind, since)
            seen.extend([len(found)] if kind == SOLD else [])
            return found

    relations = Looking()
    relations.held = trade.world.relations.held
    trade.world.parts = replace(trade.world.parts, relations=relations)

    assert one(trade).advice.past is None
    assert seen == [0]
