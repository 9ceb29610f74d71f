"""What is asked to be set aside: for an order or a deal all that it wants, for others lines by SKU."""

from __future__ import annotations

from decimal import Decimal

from shared.core.records import Record
from shared.core.reservations import State
from shared.flows.business.reserve import (
    Asked,
    Held,
    Unknown,
    prolong,
    release,
    reservations,
    reserve,
)
from shared.flows.business.reserving import Refused
from shared.flows.operating.finding import Unclear
from shared.ports.messages import Touch
from shared.ports.stores import Holder
from tests.kit.trade import Trade, days


def ten_of_tea() -> tuple[Trade, Record]:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 10)
    return trade, tea


def asked(trade: Trade, holder: str, id_: str = "", **lines: int) -> Held:
    found = reserve(trade.world.parts, wish(holder, id_, **lines))
    assert isinstance(found, Held)
    return found


def wish(holder: str, id_: str = "", **lines: int) -> Asked:
    return Asked(holder, {sku: Decimal(quantity) for sku, quantity in lines.items()}, days(1), id_)


def test_an_order_gets_all_that_it_wants_and_others_are_matched_anew() -> None:
    trade, tea = ten_of_tea()
    order = trade.order("O-1", tea, 4)

    held = asked(trade, "O-1")

    assert held.reservation.holder == order.id
    assert [(place.product, quantity) for place, quantity in held.reservation.lines] == [(tea.id, Decimal(4))]
    assert held.named.keys() == {tea.id, order.id}
    assert trade.world.messages.touched == [Touch(frozenset({tea.id}), order.id)]


def test_what_an_order_holds_already_is_not_set_aside_twice() -> None:
    trade, tea = ten_of_tea()
    order = trade.order("O-1", tea, 4)
    asked(trade, "O-1", tea=3)

    assert asked(trade, "O-1").reservation.lines[0][1] == 1
    assert isinstance(reserve(trade.world.parts, wish(order.id)), Refused)


def test_anybody_may_hold_lines_and_one_who_is_unknown_must_name_them() -> None:
    trade, _ = ten_of_tea()

    assert asked(trade, "basket 7", tea=2).reservation.holder == "basket 7"
    assert reserve(trade.world.parts, wish("basket 8")) == Unclear()
    assert reserve(trade.world.parts, wish("basket 7", jam=1)) == Unknown("jam", Unclear())
    assert isinstance(reserve(trade.world.parts, wish("basket 7", tea=99)), Refused)


def test_who_may_be_several_is_not_guessed() -> None:
    trade, tea = ten_of_tea()
    first, second = trade.order("O-1", tea), trade.order("O-2", tea)
    trade.world.memory.identities.holding |= {"id/crm/order/7": Holder(first.id), "id/erp/order/7": Holder(second.id)}

    assert isinstance(reserve(trade.world.parts, wish("7", tea=1)), Unclear)


def test_two_skus_of_one_product_are_added_up() -> None:
    trade, tea = ten_of_tea()

    found = reserve(trade.world.parts, Asked("b", {"tea": Decimal(1), tea.id: Decimal(2)}, days(1)))

    assert isinstance(found, Held)
    assert found.reservation.lines[0][1] == 3


def test_it_is_given_back_and_kept_longer_by_its_id() -> None:
    trade, _ = ten_of_tea()
    asked(trade, "basket", "b1", tea=2)

    longer = prolong(trade.world.parts, "b1", days(5))
    ended = release(trade.world.parts, "b1")

    assert longer is not None
    assert longer.reservation.expires_at == days(5)
    assert ended is not None
    assert ended.reservation.state is State.RELEASED
    assert prolong(trade.world.parts, "b2", days(5)) is None
    assert release(trade.world.parts, "b2") is None


def test_what_is_set_aside_is_listed_what_ends_first_before_the_rest() -> None:
    trade, _ = ten_of_tea()
    for number, until in (("b1", 3), ("b2", 1), ("b3", 2)):
        reserve(trade.world.parts, Asked("basket", {"tea": Decimal(1)}, days(until), number))
    trade.world.reservations.held.pop("b3")

    first = reservations(trade.world.parts, None, 2)
    second = reservations(trade.world.parts, first.next, 2)

    assert [each.reservation.id for each in first.items] == ["b2"]
    assert [each.reservation.id for each in second.items] == ["b1"]
    assert second.next is None
    assert reservations(Trade().world.parts, None, 2).items == ()
