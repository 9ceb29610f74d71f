"""GET /reorder-points."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.aws.api.asking import Asking
from tests.kit.clock import START
from tests.kit.trade import Trade, days


def trading() -> Trade:
    trade = Trade()
    tea = trade.product("tea", lead_time_days=Decimal(9))
    trade.stock(tea, 4, reorder_level=Decimal(5))
    trade.order("O-1", tea, 90, placed_at=days(-3), status="delivered")
    trade.product("zinc")
    return trade


def test_a_buyer_sees_both_levels_and_what_is_behind_them() -> None:
    reply = Asking(trading().world, "tandem/read").get("/reorder-points", limit=1)

    (line,) = reply.content["items"]
    assert reply.status == 200
    assert (reply.content["service_level"], reply.content["last"] < START.date().isoformat()) == (0.95, True)
    assert (line["sku"], line["own_level"], line["on_hand"], line["is_low"]) == ("tea", "5", "4", True)
    assert line["per_day"] == pytest.approx(1.0)
    assert (line["over_lead_time"], line["lead_days"], line["lead_is_known"]) == ("9", 9.0, True)
    assert Decimal(line["reorder_point"]) >= Decimal(line["over_lead_time"]) + Decimal(line["safety_stock"])
    assert "1.00 a day × 9 days" in line["because"]
    assert sum(map(Decimal, line["weeks"])) == 90


def test_the_list_goes_on_and_says_nothing_of_what_nobody_ordered() -> None:
    asking = Asking(trading().world)
    first = asking.get("/reorder-points", limit=1)
    second = asking.get("/reorder-points", limit=1, next=first.content["next"])

    (line,) = second.content["items"]
    assert (line["sku"], second.content["next"]) == ("zinc", None)
    empty = ("reorder_point", "per_day", "own_level", "suggested", "counted", "because", "days_of_cover")
    assert [line[key] for key in empty] == [None] * len(empty)


def test_the_span_the_service_level_and_the_lead_time_may_be_asked_for() -> None:
    asking = Asking(trading().world)
    careful = asking.get("/reorder-points", service_level=0.99).content["items"][0]
    usual = asking.get("/reorder-points").content["items"][0]
    before = asking.get("/reorder-points", until=days(-10).date().isoformat(), days=30).content["items"][0]

    assert Decimal(careful["reorder_point"]) > Decimal(usual["reorder_point"])
    assert (before["per_day"], len(before["weeks"])) == (None, 4)
    assert asking.get("/reorder-points", lead_days=30).content["items"][1]["lead_days"] == 30
    assert asking.get("/reorder-points", service_level=1).status == 422


def test_each_number_of_a_line_is_what_it_says() -> None:
    trade = Trade()
    tea = trade.product("tea", lead_time_days=Decimal(9))
    trade.stock(tea, 4, reorder_level=Decimal(50), incoming=Decimal(7))
    for number, ahead, quantity, status in (("O-1", -3, 80, "delivered"), ("O-2", -30, 10, "placed")):
        trade.order(number, tea, quantity, placed_at=days(ahead), status=status)

    content = Asking(trade.world).get("/reorder-points", service_level=0.98).content

    (line,) = content["items"]
    assert content["service_level"] == 0.98
    assert content["last"] == days(-1).date().isoformat()
    assert (line["on_hand"], line["on_order"], line["committed"], line["counted"]) == ("4", "7", "10", "11")
    assert (line["own_level"], line["days_of_cover"]) == ("50", pytest.approx(4.0))
    assert line["suggested"] == str(50 + 30 - 11)
    deviation = ((79**2 + 9**2 + 88) / 90) ** 0.5
    assert line["deviation"] == pytest.approx(deviation)
    assert float(line["safety_stock"]) == pytest.approx(2.0537 * 3 * deviation, abs=0.02)
    assert line["over_lead_time"] == "9"
