"""All about a customer, from one query and bulk reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from shared.core.records import Parked
from shared.flows.business.customer import CustomerView, customer_view
from shared.flows.business.reserve import Asked, Held, release, reserve
from shared.flows.operating.finding import Unclear
from tests.kit.builders import a_link
from tests.kit.clock import START
from tests.kit.trade import Trade, days


def view(trade: Trade, name: str = "ann@x.example", most_past: int = 100) -> CustomerView:
    found = customer_view(trade.world.parts, name, most_past)
    assert isinstance(found, CustomerView)
    return found


class Reads:
    """The records of a trade, with a log of which were read by their ids; they come in no order, as from a table."""

    def __init__(self, records: Any) -> None:
        self._records = records
        self.log: list[list[str]] = []

    @classmethod
    def of(cls, trade: Trade) -> Any:
        """Stand between a trade and its records and reservations."""
        reads: Any = cls(trade.world.memory.records)
        reservations: Any = cls(trade.world.reservations)
        trade.world.parts = replace(trade.world.parts, records=reads, reservations=reservations)
        return reads

    def get(self, ids: Collection[str]) -> Mapping[str, Any]:
        """Return what is asked for."""
        self.log.append(list(ids))
        return dict(sorted(self._records.get(ids).items(), reverse=True))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)


def numbers(found: CustomerView) -> list[object]:
    return [each.order.value("number") for each in found.orders]


def test_orders_come_open_ones_first_then_the_newest_with_their_shipments() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    old = trade.order("O-1", tea, customer=ann.id, status="shipped", placed_at=days(-9))
    trade.order("O-2", tea, customer=ann.id, status="delivered", placed_at=days(-5))
    trade.order("O-3", tea, customer=ann.id, placed_at=days(-30))
    trade.order("O-4", tea, customer=trade.customer("bob").id)
    two = [trade.shipment(number, old, tea) for number in ("S-1", "S-2")]

    found = view(trade)

    assert numbers(found) == ["O-3", "O-2", "O-1"]
    assert {each.id for each in found.orders[2].shipments} == {each.id for each in two}
    assert (found.totals.orders, found.totals.open, found.has_more) == (3, 1, False)


def test_an_order_that_was_wanted_before_now_and_is_open_is_late() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    trade.order("O-1", tea, customer=ann.id, wanted_at=days(-1))
    trade.order("O-2", tea, customer=ann.id, wanted_at=days(1), placed_at=days(-2))
    trade.order("O-3", tea, customer=ann.id, wanted_at=days(-1), status="shipped")

    found = view(trade)

    assert [each.is_late for each in found.orders] == [True, False, False]
    assert found.totals.late == 1


def test_amounts_are_added_up_by_currency_without_drafts_and_cancelled_orders() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    for number, status, currency, total in (
        ("O-1", "placed", "EUR", 10),
        ("O-2", "shipped", "EUR", 5),
        ("O-3", "shipped", None, 3),
        ("O-4", "cancelled", "EUR", 7),
        ("O-5", "draft", "EUR", 7),
    ):
        trade.order(number, tea, customer=ann.id, status=status, currency=currency, total=Decimal(total))
    trade.end(trade.order("O-6", tea, customer=ann.id, total=Decimal(9), currency="EUR"))
    trade.order("O-7", tea, customer=ann.id)

    totals = view(trade).totals

    assert totals.amounts == {"EUR": 15, "": 3}
    assert totals.open_amounts == {"EUR": 10}


def test_of_many_past_orders_the_newest_are_shown_and_all_open_ones() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    for number in range(6):
        status = "placed" if number == 0 else "shipped"
        trade.order(f"O-{number}", tea, customer=ann.id, status=status, placed_at=days(number - 20))

    found = view(trade, most_past=2)

    assert (numbers(found), found.totals.orders, found.has_more) == (["O-0", "O-5", "O-4"], 6, True)


def test_what_needs_a_person_is_listed_for_customer_orders_and_shipments() -> None:
    trade = Trade()
    parked = replace(a_link("1"), parked=Parked("refused", START))
    ann = trade.customer(links={"crm": parked})
    order = trade.order("O-1", trade.product(), customer=ann.id)
    trade.write(replace(order, version=2, links={"erp": parked}))

    assert [(each.entity, each.system, each.message) for each in view(trade).cases] == [
        ("customer", "crm", "refused"),
        ("order", "erp", "refused"),
    ]


def test_an_order_that_went_to_somebody_else_unheard_and_what_ended_are_left_out() -> None:
    trade = Trade()
    tea, ann, bob = trade.product(), trade.customer(), trade.customer("bob")
    order = trade.order("O-1", tea, customer=ann.id)
    kept = trade.order("O-2", tea, customer=ann.id)
    trade.end(trade.shipment("S-1", kept, tea))

    trade.change(order, is_told=False, customer=bob.id)

    found = view(trade)
    assert (numbers(found), found.orders[0].shipments) == (["O-2"], ())


def test_a_customer_without_orders_is_a_customer() -> None:
    trade = Trade()
    trade.customer()

    found = view(trade)

    assert (found.orders, found.totals.orders, found.cases) == ((), 0, ())


def test_somebody_nobody_knows_is_unclear() -> None:
    assert isinstance(customer_view(Trade().world.parts, "x"), Unclear)


def test_one_customer_is_one_query_and_one_read_of_everything_that_it_names() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    for number in range(10):
        trade.shipment(f"S-{number}", trade.order(f"O-{number}", tea, customer=ann.id), tea)
    trade.world.relations.queries = 0

    reads = Reads.of(trade)

    assert len(view(trade).orders) == 10
    assert trade.world.relations.queries == 1
    assert [len(each) for each in reads.log] == [1, 1, 20]


def test_what_is_set_aside_for_their_orders_is_shown_until_it_ends() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    trade.stock(tea, 20)
    order = trade.order("O-1", tea, 3, customer=ann.id)
    other = trade.order("O-2", tea, 2, customer=trade.customer("bob").id)
    parts = trade.world.parts
    for number, holder, ahead in (("r1", order.id, 5), ("r2", "basket", 3), ("r3", other.id, 2)):
        lines = {"tea": Decimal(2)} if holder == "basket" else {}
        assert isinstance(reserve(parts, Asked(holder, lines, days(ahead), number)), Held)

    (held,) = view(trade).reserved

    assert (held.reservation.id, held.reservation.holder, held.reservation.expires_at) == ("r1", order.id, days(5))
    assert [held.products[place.product].value("sku") for place, _ in held.reservation.lines] == ["tea"]
    release(parts, "r1")
    assert view(trade).reserved == ()


def test_a_reservation_that_ended_is_not_shown_though_the_pointer_to_it_still_stands() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    trade.stock(tea, 20)
    order = trade.order("O-1", tea, 3, customer=ann.id)
    assert isinstance(reserve(trade.world.parts, Asked(order.id, {}, days(5), "r1")), Held)
    pointers = dict(trade.world.relations.held)
    release(trade.world.parts, "r1")

    trade.world.relations.held |= pointers

    assert view(trade).reserved == ()


def test_what_is_set_aside_comes_in_the_order_in_which_it_ends() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    trade.stock(tea, 20)
    for place, name in enumerate("cfaedbz"):
        order = trade.order(f"O-{place}", tea, customer=ann.id)
        until = days(1 if name == "z" else 3)
        assert isinstance(reserve(trade.world.parts, Asked(order.id, {}, until, name)), Held)

    Reads.of(trade)

    assert [each.reservation.id for each in view(trade).reserved] == list("zabcdef")


def test_an_order_that_was_deleted_after_it_left_counts_for_nothing() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    gone = trade.order("O-1", tea, customer=ann.id, status="shipped", total=Decimal(9), currency="EUR")
    pointers = dict(trade.world.relations.held)
    trade.end(gone)

    trade.world.relations.held |= pointers

    assert view(trade).totals.amounts == {}


def test_shipments_of_orders_that_are_not_shown_are_not_read() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    for number in range(5):
        order = trade.order(f"O-{number}", tea, customer=ann.id, status="shipped", placed_at=days(number - 20))
        trade.shipment(f"S-{number}", order, tea)
    reads = Reads.of(trade)

    found = view(trade, most_past=1)

    assert [len(each.shipments) for each in found.orders] == [1]
    assert [len(each) for each in reads.log] == [1, 1, 2]


def test_a_shipment_that_needs_a_person_is_listed() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    shipment = trade.shipment("S-1", trade.order("O-1", tea, customer=ann.id), tea)
    trade.write(replace(shipment, version=2, links={"erp": replace(a_link("1"), parked=Parked("refused", START))}))

    assert [(each.entity, each.system) for each in view(trade).cases] == [("shipment", "erp")]


def test_an_open_order_takes_no_place_of_a_past_one() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    trade.order("O-1", tea, customer=ann.id, status="shipped", placed_at=days(-9))
    trade.order("O-2", tea, customer=ann.id, placed_at=days(-2))

    assert numbers(view(trade, most_past=1)) == ["O-2", "O-1"]


def test_shipments_come_in_one_order_whatever_order_they_were_read_in() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    order = trade.order("O-1", tea, customer=ann.id)
    for number in range(8):
        trade.shipment(f"S-{number}", order, tea)
    Reads.of(trade)

    shown = [each.id for each in view(trade).orders[0].shipments]

    assert shown == sorted(shown)
