"""The order of statuses is total; what may follow what is the business's (ARCHITECTURE, section 2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.status import ORDER, PURCHASE_ORDER, SHIPMENT, STATUSES, has_order, has_reached, may_follow, rank

ENTITY = st.sampled_from(sorted(STATUSES))


@given(st.data(), ENTITY)
def test_the_order_is_total(data: st.DataObject, entity: str) -> None:
    one, other = data.draw(st.sampled_from(STATUSES[entity])), data.draw(st.sampled_from(STATUSES[entity]))

    assert (rank(entity, one) == rank(entity, other)) is (one == other)


def test_what_is_no_status_comes_before_all() -> None:
    assert {rank("order", each) for each in (None, "lost", 3)} == {-1}


FOLLOWS = {
    "draft": {"placed", "confirmed", "partly_shipped", "shipped", "delivered", "cancelled"},
    "placed": {"confirmed", "partly_shipped", "shipped", "delivered", "cancelled"},
    "confirmed": {"partly_shipped", "shipped", "delivered", "cancelled"},
    "partly_shipped": {"shipped", "delivered"},
    "shipped": {"delivered"},
    "delivered": set[str](),
    "cancelled": set[str](),
}


@pytest.mark.parametrize("before", ORDER)
def test_what_may_follow_a_status_of_an_order(before: str) -> None:
    assert {after for after in ORDER if may_follow("order", before, after)} == FOLLOWS[before]


def test_a_shipment_may_be_cancelled_until_it_has_left() -> None:
    assert [each for each in SHIPMENT if may_follow("shipment", each, "cancelled")] == ["planned", "packed"]


def test_a_purchase_order_may_be_cancelled_until_something_has_come() -> None:
    assert [each for each in PURCHASE_ORDER if may_follow("purchase_order", each, "cancelled")] == ["draft", "placed"]
    assert [each for each in PURCHASE_ORDER if may_follow("purchase_order", "placed", each)] == [
        "cancelled",
        "partly_received",
        "received",
    ]


def test_any_status_may_be_the_first_and_an_unknown_one_may_not() -> None:
    assert all(may_follow("order", None, each) for each in ORDER)
    assert not may_follow("order", None, "lost")


@pytest.mark.parametrize(
    ("status", "milestone", "reached"),
    [
        ("confirmed", "confirmed", True),
        ("shipped", "confirmed", True),
        ("placed", "confirmed", False),
        (None, "draft", False),
        ("cancelled", "draft", False),
        ("cancelled", "cancelled", True),
    ],
)
def test_a_milestone_is_reached_by_standing_at_or_beyond_it(status: str | None, milestone: str, reached: bool) -> None:
    assert has_reached("order", status, milestone) is reached


def test_only_orders_of_both_kinds_and_shipments_have_an_order_of_statuses() -> None:
    assert [has_order(each) for each in ("order", "shipment", "purchase_order", "customer")] == [True] * 3 + [False]
