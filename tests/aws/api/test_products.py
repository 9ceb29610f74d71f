"""GET /products/{sku}/availability, GET /availability and GET /low-stock."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.aws.api.asking import Asking
from tests.kit.clock import START
from tests.kit.trade import Trade, days

TODAY = START.date().isoformat()


def trading() -> Trade:
    trade = Trade()
    tea = trade.product("tea/green")
    trade.stock(tea, 10, incoming=Decimal(5), reorder_level=Decimal(20))
    trade.order("O-1", tea, 4)
    return trade


def test_availability_is_told_with_every_line_behind_it() -> None:
    reply = Asking(trading().world, "tandem/read").get("/products/tea%2Fgreen/availability", quantity=3)

    assert reply.status == 200
    told = {name: reply.content[name] for name in ("ok", "next", "sku", "available", "balance", "committed", "day")}
    assert told == {
        "ok": True,
        "next": None,
        "sku": "tea/green",
        "available": "6",
        "balance": "6",
        "committed": "4",
        "day": TODAY,
    }
    assert reply.content["incoming_without_day"] == "5"
    assert (reply.content["on_order"], reply.content["lead_time_days"]) == ("5", None)
    assert [(line["change"], line["what"], line["source"]) for line in reply.content["items"]] == [
        ("10", "on hand", ""),
        ("-4", "committed to", "O-1"),
    ]
    assert reply.content["locations"] == [
        {
            "location": "WH",
            "on_hand": "10",
            "reserved": None,
            "incoming": "5",
            "as_of": None,
            "available": "6",
            "because": f"6 are free on {TODAY}: 4 more at WH are kept for orders of other locations or of none",
            "promised_by": TODAY,
        }
    ]
    assert reply.content["promise"] == {
        "quantity": "3",
        "day": TODAY,
        "short": "0",
        "deliveries": [{"day": TODAY, "quantity": "3"}],
        "not_yet_ordered": None,
    }


def test_what_is_short_is_told_with_the_day_on_which_it_could_come_if_it_was_ordered() -> None:
    trade = Trade()
    trade.stock(trade.product(lead_time_days=Decimal(4)), 2)

    promise = Asking(trade.world).get("/products/tea/availability", quantity=9).content["promise"]

    assert (promise["day"], promise["short"], len(promise["deliveries"])) == (None, "7", 1)
    day = days(4).date().isoformat()
    assert promise["not_yet_ordered"] == {
        "quantity": "7",
        "day": day,
        "lead_time_days": 4,
        "supplier": "",
        "words": f"not yet ordered: 7 could come on {day}, lead time 4 days",
    }


def test_one_location_may_be_asked_for() -> None:
    here, elsewhere = (
        Asking(trading().world).get("/products/tea%2Fgreen/availability", location=each) for each in ("WH", "Hull")
    )

    assert (here.content["location"], here.content["available"], here.content["balance"]) == ("WH", "6", "10")
    assert (elsewhere.content["location"], elsewhere.content["available"]) == ("Hull", "0")


def test_a_day_may_be_named_and_a_quantity_left_out() -> None:
    day = (START.date() + timedelta(days=3)).isoformat()

    reply = Asking(trading().world).get("/products/tea%2Fgreen/availability", on=day)

    assert (reply.content["day"], reply.content["promise"]) == (day, None)


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity", "1e99999", "1e-9", "ten"])
def test_a_quantity_that_is_none_is_refused(quantity: str) -> None:
    assert Asking(trading().world).get("/products/tea%2Fgreen/availability", quantity=quantity).status == 422


def test_a_product_nobody_knows_is_not_there() -> None:
    reply = Asking(trading().world).get("/products/nothing/availability")

    assert (reply.status, reply.content["detail"]) == (404, "nobody knows product nothing")


def test_every_products_availability_comes_page_by_page() -> None:
    trade = trading()
    trade.stock(trade.product("cup", discontinued=True), -3)

    first = Asking(trade.world, "tandem/read").get("/availability", limit=1)
    second = Asking(trade.world, "tandem/read").get("/availability", limit=1, next=first.content["next"])

    (cup,), (tea,) = first.content["items"], second.content["items"]
    assert (cup["sku"], cup["available"], cup["balance"], cup["discontinued"]) == ("cup", "0", "-3", True)
    assert cup["because"].startswith("none: the count itself is below zero")
    assert (tea["sku"], tea["available"], tea["committed"], tea["incoming_without_day"]) == ("tea/green", "6", "4", "5")
    assert second.content["next"] is None


def test_low_stock_comes_page_by_page() -> None:
    trade = trading()
    trade.stock(trade.product("cup"), 0, reorder_level=Decimal(1))
    api = Asking(trade.world, "tandem/read")

    first = api.get("/low-stock", limit=1)
    second = api.get("/low-stock", limit=1, next=first.content["next"])

    assert {line["sku"] for line in first.content["items"] + second.content["items"]} == {"tea/green", "cup"}
    assert second.content["next"] is None
    (line,) = (each for each in first.content["items"] + second.content["items"] if each["sku"] == "tea/green")
    assert line["because"] == "10 on hand + 5 on order ≤ 20"
    assert (line["sold_per_day"], line["days_of_cover"], line["suggested"]) == (
        pytest.approx(4 / 90),
        pytest.approx(225),
        "7",
    )


def test_a_cursor_of_something_else_is_refused() -> None:
    assert Asking(trading().world).get("/low-stock", next="x").status == 400
