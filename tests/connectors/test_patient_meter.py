"""A plan spends of the shared quota as a load does, behind all others, and waits for its places as long as it may."""

from __future__ import annotations

from shared.connectors.http_budget import Meter, PatientMeter
from shared.core.turns import Turn
from shared.ports.budgets import NotNow, Pass, asking
from tests.kit.quota_office import PATH, TEN, Office

SPAN = 10.0


def patient(office: Office, patience: float = 600.0) -> PatientMeter:
    """Return the meter of a plan that has so many seconds from the office's clock on."""
    end = office.clock.now().timestamp() + patience

    def left() -> float:
        return end - office.clock.now().timestamp()

    return PatientMeter("crm", office.quota, office.budgets, office.clock, left, office._sleep)


def at_once(meter: Meter) -> int:
    """Return how many calls may be made in one moment."""
    made = 0
    while isinstance(admitted := meter.enter(PATH), Pass):
        meter.leave(admitted, {})
        made += 1
    return made


def most_within(moments: list[float]) -> int:
    """Return the most calls of any ten seconds."""
    return max(sum(start <= each < start + SPAN for each in moments) for start in moments)


def test_all_calls_of_a_plan_are_made_and_never_more_than_the_partner_allows() -> None:
    office = Office(TEN)
    plan, moments = patient(office), list[float]()

    for _ in range(45):
        office.call(plan, seconds=0.01)
        moments.append(office.clock.now().timestamp())

    assert most_within(moments) <= 10
    assert moments[-1] - moments[0] >= 3 * SPAN


def test_what_a_plan_has_used_nobody_else_uses_as_well() -> None:
    office = Office(TEN)
    plan, worker = patient(office), office.meter()
    for _ in range(4):
        office.call(plan, seconds=0.01)
    plan.settle()

    with asking(Turn.ORDERS, 1):
        passed = 0
        while isinstance(admitted := worker.enter(PATH), Pass):
            worker.leave(admitted, {})
            passed += 1

    assert 1 <= passed <= 6


def test_whatever_a_plan_asks_for_its_calls_are_those_of_a_load() -> None:
    first, second, third = Office(), Office(), Office()

    with asking(Turn.ORDERS, 1):
        orders, plans = at_once(first.meter()), at_once(patient(second, patience=0.0))
    with asking(Turn.LOAD, 1):
        loads = at_once(third.meter())

    assert plans == loads < orders


def test_a_plan_puts_nothing_off_and_takes_nothing_to_say_so() -> None:
    office = Office(TEN)
    plan = patient(office)

    assert (plan.wait(Turn.ORDERS, 99), plan.has_room(Turn.LOAD, 99)) == (0.0, True)
    assert office.budgets.read("crm").version == 0


def test_without_time_left_it_says_so_instead_of_waiting() -> None:
    office = Office(TEN)
    full = office.meter()
    with asking(Turn.ORDERS, 10):
        for _ in range(10):
            office.call(full, seconds=0.01)
    office.slept.clear()

    assert isinstance(patient(office, patience=1.0).enter(PATH), NotNow)
    assert office.slept == []
