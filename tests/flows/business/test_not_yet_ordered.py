"""What is short is told with the time that it takes to get more: in days where it is written, as a day where asked."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.core.to_order import ToOrder
from shared.core.values import Value
from shared.flows.business.availability import ProductAvailability, availability
from shared.flows.business.match_demands import match_demands
from shared.flows.business.matching import Why, matching_of
from shared.flows.business.watch_stock import digest
from tests.kit.trade import Trade, changed, days


def why(trade: Trade, name: str) -> Why:
    found = matching_of(trade.world.parts, name)
    assert isinstance(found, Why)
    return found


def test_a_short_deal_is_told_in_how_many_days_more_could_come_and_is_promised_no_date() -> None:
    trade = Trade()
    tea = trade.product(lead_time_days=Decimal(10))
    trade.stock(tea, 3)
    deal = trade.deal("Spring", tea, 8)

    match_demands(trade.world.parts, [tea.id])

    said = trade.now(deal)
    assert said.value("promise.text") == "short by 5; 10 days to get more"
    assert (said.value("promise.state"), said.value("promise.date")) == ("short", None)


def test_days_that_pass_write_nothing_anew_to_whoever_is_short() -> None:
    trade = Trade()
    tea = trade.product(lead_time_days=Decimal(10))
    deal = trade.deal("Spring", tea, 8)
    digest(trade.world.parts)
    before = trade.now(deal).version
    told = why(trade, deal.id).could_come

    for _ in range(3):
        trade.world.clock.go_on(86400)
        assert digest(trade.world.parts).written == 0

    assert trade.now(deal).version == before
    assert (told, why(trade, deal.id).could_come) == (days(10).date(), days(13).date())


@pytest.mark.parametrize(
    ("cup", "text", "answer"),
    [
        (
            {"lead_time_days": Decimal(4)},
            "short by 3; 10 days to get more",
            "short by 3, could come on {} if ordered today",
        ),
        ({}, "short by 3", "short by 3"),
        ({"lead_time_days": Decimal(4), "discontinued": True}, "short by 3", "short by 3"),
    ],
)
def test_an_order_waits_for_the_slowest_of_its_products_and_knows_nothing_if_one_is_unknown(
    cup: dict[str, Value], text: str, answer: str
) -> None:
    trade = Trade()
    tea, cups = trade.product(lead_time_days=Decimal(10)), trade.product("cup", **cup)
    order = trade.order("O-1", tea, 2)
    both: dict[str, Value] = {"lines[2]": True, "lines[2].product": cups.id, "lines[2].quantity": Decimal(1)}
    trade.write(changed(order, both))

    match_demands(trade.world.parts, [tea.id, cups.id])

    assert trade.now(order).value("promise.text") == text
    found = why(trade, "O-1")
    assert found.words(days(0).date()) == answer.format(days(10).date())
    assert str(found.lines[0].not_yet_ordered).startswith("not yet ordered: 2 could come on ")


def test_what_is_not_short_could_not_come_sooner_by_ordering() -> None:
    trade = Trade()
    tea = trade.product(lead_time_days=Decimal(1))
    trade.purchase("PO-1", tea, 5, expected_at=days(9))
    order = trade.order("O-1", tea, 2)

    match_demands(trade.world.parts, [tea.id])

    assert trade.now(order).value("promise.date") is not None
    found = why(trade, "O-1")
    assert (found.could_come, found.lines[0].not_yet_ordered) == (None, None)
    assert found.words(days(0).date()) == f"available on {days(9).date()}"


def test_the_suppliers_word_counts_at_each_location_too_and_a_slower_one_is_told_anew() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 1, "Leeds")
    trade.stock(tea, 0, "York")
    supplier = trade.supplier(lead_time_days=Decimal(6), number="SUP-1")
    trade.purchase("PO-1", tea, 1, supplier=supplier.id, expected_at=days(2), location="York")
    order = trade.order("O-1", tea, 4, location="Leeds")
    match_demands(trade.world.parts, [tea.id])
    first = trade.now(order).value("promise.text")

    trade.change(supplier, lead_time_days=Decimal(9))
    match_demands(trade.world.parts, [tea.id])

    assert first == "short by 3; York could help; 6 days to get more"
    assert trade.now(order).value("promise.text") == "short by 3; York could help; 9 days to get more"
    (line,) = why(trade, "O-1").lines
    assert line.words()[3] == f"not yet ordered: 3 could come on {days(9).date()}, lead time 9 days of SUP-1"


def test_what_one_location_lacks_is_told_with_the_suppliers_word() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 1, "Leeds")
    supplier = trade.supplier(lead_time_days=Decimal(6), number="SUP-1")
    trade.purchase("PO-1", tea, 1, supplier=supplier.id, expected_at=days(2), location="York")

    found = availability(trade.world.parts, "tea", Decimal(3), location="Leeds")

    assert isinstance(found, ProductAvailability)
    assert found.promise is not None
    assert found.promise.not_yet_ordered == ToOrder(Decimal(2), days(0).date(), 6, "SUP-1")


def test_a_reader_of_who_wants_nothing_is_told_nothing() -> None:
    trade = Trade()
    trade.order("O-1", trade.product(lead_time_days=Decimal(6)), status="draft")

    assert why(trade, "O-1").words(days(0).date()) is None
