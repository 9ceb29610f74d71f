"""What can be promised of a product, from the records that relations name."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from shared.flows.business.availability import ProductAvailability, availability
from shared.flows.operating.finding import Unclear
from tests.kit.clock import START
from tests.kit.rules import integration_of, rules_of
from tests.kit.trade import Trade, days
from tests.kit.world import World

TODAY = START.date()


def units(*quantities: int) -> tuple[Decimal, ...]:
    return tuple(Decimal(each) for each in quantities)


def found(trade: Trade, sku: str = "tea", quantity: int | None = None, ahead: int | None = None) -> ProductAvailability:
    day = None if ahead is None else TODAY + timedelta(days=ahead)
    answer = availability(trade.world.parts, sku, None if quantity is None else Decimal(quantity), day)
    assert isinstance(answer, ProductAvailability)
    return answer


def test_open_orders_are_subtracted_from_all_locations() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 10, "A")
    trade.stock(tea, 5, "B")
    trade.order("O-1", tea, 4)
    trade.order("O-2", trade.product("cup"), 9)

    answer = found(trade)

    assert (answer.on_hand, answer.committed, answer.balance, answer.free.quantity) == units(15, 4, 11, 11)
    assert [each.counts.location for each in answer.locations] == ["A", "B"]
    assert [str(each) for each in answer.lines] == [
        f"{TODAY}: +5 on hand = 5",
        f"{TODAY}: +10 on hand = 15",
        f"{TODAY}: −4 committed to O-1 = 11",
    ]


def test_too_much_was_sold_shows_none_with_the_reason_and_the_signed_balance() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 3, incoming=Decimal(20))
    trade.order("O-1", tea, 8)

    answer = found(trade, quantity=1)

    assert (answer.free.quantity, answer.balance, answer.on_order, answer.undated) == units(0, -5, 20, 20)
    assert answer.free.because.startswith("none: 5 more are taken")
    assert answer.promise is not None
    assert answer.promise.day is None
    assert answer.promise.short == 1


def test_a_count_below_zero_shows_none_and_says_so() -> None:
    trade = Trade()
    trade.stock(trade.product(), -7)

    answer = found(trade)

    assert (answer.free.quantity, answer.balance) == units(0, -7)
    assert "below zero" in answer.free.because


def test_what_a_later_order_needs_is_not_promised_before() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 10)
    trade.order("O-1", tea, 6, wanted_at=days(5))

    answer = found(trade, quantity=4, ahead=2)

    assert answer.free.day == TODAY + timedelta(days=2)
    assert answer.free.quantity == 4
    assert answer.promise is not None
    assert answer.promise.day == TODAY


def test_goods_that_left_after_the_count_are_not_offered_again() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 10, as_of=START - timedelta(hours=2))
    order = trade.order("O-1", tea, 4, status="shipped")
    trade.shipment("S-1", order, tea, 4)
    assert found(trade).balance == 6

    trade.stock(tea, 6, as_of=START)
    assert found(trade).balance == 6


def test_a_count_without_a_moment_is_taken_to_know_what_left() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 10)
    trade.shipment("S-1", trade.order("O-1", tea, 4, status="shipped"), tea, 4)

    assert found(trade).balance == 10


def test_a_relation_too_many_changes_nothing() -> None:
    trade = Trade()
    tea = trade.product()
    stock = trade.stock(tea, 10)
    order = trade.order("O-1", tea, 4)

    trade.change(order, is_told=False, status="cancelled")
    assert found(trade).balance == 10
    trade.change(stock, is_told=False, product=trade.product("cup").id)
    assert found(trade).balance == 0


def test_a_product_nobody_has_counted_has_none() -> None:
    trade = Trade()
    trade.product()

    assert found(trade).free.because.startswith("none: nothing is on hand")


def test_the_sku_is_meant_before_what_a_system_calls_another_product() -> None:
    trade = Trade()
    first = trade.product("7")
    other = trade.product("8", sku="x")
    trade.world.memory.identities.holding["id/crm/product/7"] = trade.world.memory.identities.holding[
        "key/product/sku/x"
    ]

    assert found(trade, "7").product.id == first.id
    assert found(trade, other.id).product.id == other.id


def test_who_is_not_there_is_unclear() -> None:
    assert isinstance(availability(Trade().world.parts, "nothing"), Unclear)
    assert isinstance(availability(World(integration_of(rules_of("customer"))).parts, "tea"), Unclear)


def test_one_question_is_three_queries_however_many_records_there_are() -> None:
    trade = Trade()
    for name in ("tea", "cup"):
        product = trade.product(name)
        trade.stock(product, 100, as_of=START)
        for number in range(20):
            trade.order(f"{name}-{number}", product)
    trade.world.relations.queries = 0

    assert found(trade).balance == 80
    assert trade.world.relations.queries == 3
