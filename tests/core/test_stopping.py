"""What may be asked of a system just now, and how what it is owed is set aside."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shared.core.stopping import (
    ASIDE_FROM,
    ASIDE_UNTIL,
    WHOLE,
    SystemState,
    SystemStatus,
    after_outage,
    after_refusal,
    came_due,
    holding,
    is_set_aside,
    set_aside,
)
from shared.core.turns import TURNS, Turn, turn_of
from tests.kit.clock import START

LATER, EARLIER = START + timedelta(seconds=1), START - timedelta(seconds=1)
RUNNING, PAUSED, TRIPPED, WAITING = SystemStatus


@pytest.mark.parametrize(
    ("status", "until", "may"),
    [
        (RUNNING, None, "read write"),
        (RUNNING, LATER, ""),
        (RUNNING, START, "read write"),
        (PAUSED, None, ""),
        (PAUSED, EARLIER, ""),
        (TRIPPED, LATER, ""),
        (TRIPPED, START, "probe"),
        (TRIPPED, None, ""),
        (WAITING, None, "read"),
    ],
)
def test_a_state_says_what_may_be_done(status: SystemStatus, until: datetime | None, may: str) -> None:
    state = SystemState(status, until)

    allowed = {"read": state.may_read(START), "write": state.may_write(START), "probe": state.may_probe(START)}

    assert {verb for verb, is_allowed in allowed.items() if is_allowed} == set(may.split())


@pytest.mark.parametrize("status", SystemStatus)
def test_what_a_system_that_does_not_run_is_owed_is_set_aside(status: SystemStatus) -> None:
    assert SystemState(status).is_stopped is (status is not RUNNING)


@pytest.mark.parametrize(
    ("whole", "own", "holds"),
    [
        (RUNNING, PAUSED, PAUSED),
        (PAUSED, RUNNING, PAUSED),
        (TRIPPED, PAUSED, PAUSED),
        (TRIPPED, WAITING, TRIPPED),
        (RUNNING, WAITING, WAITING),
        (RUNNING, RUNNING, RUNNING),
    ],
)
def test_the_stricter_of_a_system_and_its_entity_holds(
    whole: SystemStatus, own: SystemStatus, holds: SystemStatus
) -> None:
    states = {WHOLE: SystemState(whole), "order": SystemState(own), "customer": SystemState(PAUSED)}

    assert holding(states, "order").status is holds


def test_of_two_that_are_slowed_the_longer_holds() -> None:
    states = {WHOLE: SystemState(until=START), "order": SystemState(until=LATER)}

    assert holding(states, "order").until == LATER
    assert holding({}, "order") == SystemState()


def test_a_partner_that_names_its_time_is_left_alone_for_so_long() -> None:
    slowed = after_outage(SystemState(), START, 40.0, "503")
    tripped = after_outage(SystemState(TRIPPED, EARLIER, "503", 9), START, 4000.0, "503")

    assert (slowed.status, slowed.until) == (RUNNING, START + timedelta(seconds=40))
    assert (tripped.status, tripped.until) == (TRIPPED, START + timedelta(seconds=4000))


def test_a_system_stays_tripped_since_it_first_tripped() -> None:
    once = after_refusal(SystemState(), START, None, "401")
    again = after_refusal(once, LATER, None, "401")

    assert (once.since, again.since) == (START, START)


def test_a_trip_without_an_end_that_is_found_down_goes_on() -> None:
    assert after_outage(SystemState(TRIPPED, None, "503", 9), START, None, "503").failures == 10


@pytest.mark.parametrize("turn", Turn)
def test_what_is_set_aside_is_out_of_sight_and_keeps_its_time(turn: Turn) -> None:
    aside = set_aside(START, "r1", turn)

    assert ASIDE_FROM <= aside < ASIDE_UNTIL
    assert is_set_aside(aside)
    assert abs(came_due(aside) - START) < timedelta(seconds=1)
    assert set_aside(aside, "r1", turn) == aside


def test_what_is_set_aside_begins_with_the_moment_that_the_stores_read_from() -> None:
    assert is_set_aside(ASIDE_FROM)
    assert not is_set_aside(ASIDE_FROM - timedelta(microseconds=1))


def test_what_is_not_set_aside_is_due_when_it_says() -> None:
    assert not is_set_aside(START)
    assert not is_set_aside(None)
    assert came_due(START) == START


def test_turn_comes_before_age_and_age_before_the_rest() -> None:
    old, new = START - timedelta(days=30), START
    aside = [set_aside(at, "r", turn) for turn in Turn for at in (old, new)]

    assert aside == sorted(aside)


def test_two_that_came_due_together_are_told_apart() -> None:
    assert set_aside(START, "r1", Turn.LOAD) != set_aside(START, "r2", Turn.LOAD)


def test_orders_go_before_customers_before_stock_before_the_load() -> None:
    assert [turn.name for turn in sorted(Turn)] == ["ORDERS", "CUSTOMERS", "STOCK", "LOAD"]
    assert {entity: turn_of(entity, is_there=True) for entity in TURNS} == TURNS


@pytest.mark.parametrize(
    ("entity", "turn"), [("order", Turn.ORDERS), ("shipment", Turn.ORDERS), ("customer", Turn.LOAD), ("x", Turn.LOAD)]
)
def test_what_a_system_never_had_is_load_unless_somebody_ordered_it(entity: str, turn: Turn) -> None:
    assert turn_of(entity, is_there=False) is turn


def test_an_entity_that_nobody_named_goes_with_stock() -> None:
    assert turn_of("x", is_there=True) is Turn.STOCK
