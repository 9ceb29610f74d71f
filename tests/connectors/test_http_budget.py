"""Calls are counted where they leave: blocks of a shared budget, taken, used, settled; and what headers tell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.connectors.http import Http, NotSent, Reply, Request
from shared.connectors.http_budget import BUSY_SECONDS, MOST_CALLS, PAUSE_SECONDS
from shared.connectors.http_faults import trouble_of
from shared.connectors.http_secrets import Secrets
from shared.connectors.http_told import told
from shared.core.budget import SPAN_SECONDS, Budget
from shared.core.observations import NO_BUDGET, Next, Trouble
from shared.core.quota import DAY_SECONDS, Quota, Told
from shared.core.turns import Turn
from shared.ports.budgets import NotNow, Pass, asked_for, asking
from tests.kit.budgets import MemoryBudgets
from tests.kit.quota_office import PATH, TEN, Office
from tests.kit.rest_server import Given, RestServer, serving


def test_a_block_serves_many_calls_and_costs_one_write() -> None:
    office = Office()
    meter = office.meter()

    with asking(Turn.ORDERS, 1):
        for _ in range(MOST_CALLS):
            office.call(meter)

        assert office.budgets.calls == {"read": 1, "write": 1}
        office.call(meter)
    assert office.budgets.calls == {"read": 2, "write": 2}


def test_a_block_ends_with_its_time_and_the_next_one_settles_it() -> None:
    office = Office()
    meter = office.meter()
    office.call(meter)
    office.clock.go_on(SPAN_SECONDS)

    office.call(meter)

    kept = office.budgets.read("crm").budget
    assert len(kept.blocks) == 1
    assert sum(kept.spent["10"].values()) == 1


def test_without_room_nothing_is_called_and_asking_again_too_early_costs_nothing() -> None:
    office = Office(TEN)
    for _ in range(2):
        assert office.meter().wait(Turn.ORDERS, 5) == 0.0
    meter = office.meter()

    first = meter.enter(PATH)
    calls = dict(office.budgets.calls)
    again = meter.enter(PATH)

    assert isinstance(first, NotNow)
    assert isinstance(again, NotNow)
    assert 0 < again.wait_seconds <= first.wait_seconds
    assert office.budgets.calls == calls


def test_a_flow_that_asks_gets_its_calls_and_makes_them_later() -> None:
    office = Office(TEN)
    meter = office.meter()

    assert [meter.wait(Turn.ORDERS, 5) for _ in range(3)] == [0.0, 0.0, 0.0]

    for _ in range(5):
        office.call(meter)
    assert office.budgets.calls["write"] == 1


def test_whether_there_is_room_can_be_asked_without_taking_any() -> None:
    office = Office(TEN)

    seen = [office.meter().has_room(Turn.ORDERS, 5)]
    for _ in range(2):
        office.meter().wait(Turn.ORDERS, 5)
    seen.append(office.meter().has_room(Turn.ORDERS, 5))

    assert seen == [True, False]
    assert office.budgets.calls["write"] == 2


def test_what_is_left_where_others_may_want_it_is_given_back_at_the_end() -> None:
    office = Office(TEN)
    meter = office.meter()
    meter.wait(Turn.ORDERS, 5)
    office.call(meter)
    assert office.meter().wait(Turn.ORDERS, 5) == 0.0
    assert office.meter().wait(Turn.ORDERS, 2) > 0

    meter.settle()

    assert office.meter().wait(Turn.ORDERS, 2) == 0.0


def test_what_is_left_where_there_is_room_enough_is_kept_for_the_next_invocation() -> None:
    office = Office()
    meter = office.meter()
    office.call(meter)

    meter.settle()

    assert office.budgets.calls["write"] == 1
    office.call(meter)
    assert office.budgets.calls["write"] == 1


def test_a_slot_is_given_back_at_the_end_of_an_invocation() -> None:
    office = Office(Quota(concurrent=1))
    meter, other = office.meter(), office.meter()
    for _ in range(3):
        office.call(meter)
    assert isinstance(other.enter(PATH), NotNow)

    meter.settle()
    office.clock.go_on(1)

    assert isinstance(other.enter(PATH), Pass)


def test_a_second_thread_needs_a_slot_of_its_own() -> None:
    office = Office(Quota(concurrent=2))
    meter = office.meter()

    assert [type(meter.enter(PATH)) for _ in range(3)] == [Pass, Pass, NotNow]


def test_a_call_that_was_not_sent_counts_for_nothing() -> None:
    office = Office(TEN)
    meter = office.meter()
    meter.wait(Turn.ORDERS, 5)
    for _ in range(5):
        admitted = meter.enter(PATH)
        assert isinstance(admitted, Pass)
        meter.leave(admitted, {}, was_sent=False)
    office.call(meter)

    assert office.budgets.read("crm").budget.spent.get("10", {}) == {}


def test_searches_have_a_budget_of_their_own() -> None:
    office = Office()
    meter = office.meter()

    for _ in range(4):
        office.call(meter, "/crm/companies/search", seconds=0.0)

    assert isinstance(meter.enter("/crm/companies/search"), NotNow)
    office.call(meter, "/crm/companies/batch/read")


def test_in_a_full_window_calls_keep_their_places_and_a_far_one_is_not_waited_for() -> None:
    office = Office(TEN)
    meter = office.meter()
    for _ in range(10):
        office.call(meter, seconds=1.0)
    office.clock.go_on(1.5)

    assert meter.wait(Turn.ORDERS, 4) == 0.0
    for seconds in (0.6, 0.6, 0.0):
        office.call(meter, seconds=seconds)
    far = meter.enter(PATH)

    assert len(office.slept) == 2
    assert all(0 < each <= PAUSE_SECONDS for each in office.slept)
    assert isinstance(far, NotNow)
    assert far.wait_seconds > PAUSE_SECONDS


def test_what_headers_tell_corrects_the_budget_when_the_block_is_settled() -> None:
    office = Office()
    meter = office.meter()
    headers = {
        "x-hubspot-ratelimit-max": "100",
        "x-hubspot-ratelimit-remaining": "5",
        "x-hubspot-ratelimit-interval-milliseconds": "10000",
        "x-hubspot-ratelimit-daily": "250000",
        "x-hubspot-ratelimit-daily-remaining": "200000",
    }
    office.call(meter, headers=headers)
    office.clock.go_on(SPAN_SECONDS)

    office.call(meter)

    assert meter.used() == 0.2
    assert office.meter().wait(Turn.ORDERS, 10) > 0


class Late(MemoryBudgets):
    """Somebody else is always quicker."""

    def replace(self, system: str, budget: Budget, version: int) -> bool:
        super().replace(system, budget, version + 1)
        return False


def test_whoever_is_never_quick_enough_comes_again_soon() -> None:
    office = Office()
    office.budgets = Late()

    assert office.meter().enter(PATH) == NotNow(BUSY_SECONDS)


# -- at the session


@pytest.fixture
def server() -> Iterator[RestServer]:
    with serving(customers=[{"name": "A"}]) as server:
        yield server


def test_every_call_of_a_session_leaves_through_the_door_even_one_that_is_made_again(server: RestServer) -> None:
    office = Office(TEN)
    meter = office.meter()
    http = Http(server.url, Secrets("crm", lambda _: {}))
    server.next_replies += [Given(503), Given(200)]

    with asking(Turn.ORDERS, 5, meter):
        outcome = http.send(Request("GET", PATH))
    http.close()

    assert isinstance(outcome, Reply)
    meter.settle()
    assert sum(office.budgets.read("crm").budget.spent["10"].values()) == 2


def test_without_room_nothing_is_sent_and_the_trouble_says_when_to_come_again(server: RestServer) -> None:
    office = Office(TEN)
    for _ in range(2):
        office.meter().wait(Turn.ORDERS, 5)
    http = Http(server.url, Secrets("crm", lambda _: {}))

    with asking(Turn.ORDERS, 1, office.meter()):
        outcome = http.send(Request("POST", PATH, body=b"{}", writes=True))

    assert isinstance(outcome, NotSent)
    found = trouble_of(outcome)
    assert (found.next, found.code, found.whole_system) == (Next.THROTTLED, NO_BUDGET, True)
    assert found.wait_seconds == outcome.wait_seconds
    assert server.asked("POST") == []
    assert http.calls == {"read": 0, "write": 0}


def test_a_session_without_a_door_asks_nobody(server: RestServer) -> None:
    http = Http(server.url, Secrets("crm", lambda _: {}))

    assert isinstance(http.send(Request("GET", PATH)), Reply)
    assert asked_for().door is None
    http.close()


def test_a_call_that_never_left_gives_its_place_back() -> None:
    office = Office(TEN)
    meter = office.meter()
    http = Http("http://127.0.0.1:1", Secrets("crm", lambda _: {}))

    with asking(Turn.ORDERS, 5, meter):
        outcome = http.send(Request("GET", PATH))
    meter.settle()

    assert isinstance(trouble_of(outcome), Trouble)
    assert office.budgets.read("crm").budget.spent.get("10", {}) == {}


# -- headers


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, []),
        ({"sforce-limit-info": "api-usage=10018/100000"}, [Told(DAY_SECONDS, 100_000, 10_018)]),
        (
            {"sforce-limit-info": "api-usage=18/5000, per-app-api-usage=17/250(appName=sample)"},
            [Told(DAY_SECONDS, 5000, 18)],
        ),
        ({"sforce-limit-info": "per-app-api-usage=17/250(appName=sample)"}, []),
        (
            {"x-hubspot-ratelimit-secondly": "19", "x-hubspot-ratelimit-secondly-remaining": "18"},
            [Told(1.0, 19, 1)],
        ),
        ({"x-hubspot-ratelimit-max": "190"}, []),
        ({"x-hubspot-ratelimit-daily": "no", "x-hubspot-ratelimit-daily-remaining": "7"}, []),
        (
            {"ratelimit-policy": '"burst";q=100;w=60, "day";q=1000;w=86400', "ratelimit": '"burst";r=40;t=12'},
            [Told(60.0, 100, 60)],
        ),
        ({"ratelimit": '"burst";r=40;t=12'}, []),
        ({"ratelimit-limit": "10, 10;w=1", "ratelimit-remaining": "3"}, [Told(1.0, 10, 7)]),
        ({"ratelimit-limit": "10", "ratelimit-remaining": "3"}, []),
        ({"ratelimit-limit": "0, 0;w=1", "ratelimit-remaining": "0"}, []),
    ],
)
def test_what_answers_tell_of_quotas(headers: dict[str, str], found: list[Told]) -> None:
    assert told(headers, 0.0) == found
