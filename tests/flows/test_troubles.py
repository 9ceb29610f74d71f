"""What a system's own trouble does: it slows or trips the system (the sync rules, sections 7.4 and 7.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from shared.core.observations import LOGIN_UNDER_WAY, Next, Trouble
from shared.core.stopping import OUTAGE_SECONDS, OUTAGES_TO_TRIP, PROBE_SECONDS
from shared.core.stopping import REFUSED_TRIP_SECONDS as TRIPPED_SECONDS
from shared.flows.troubles import heed, is_closed, may_call, may_poll, recovered, run_again
from shared.ports.stores import States, SystemState, SystemStatus
from tests.kit.clock import START
from tests.kit.partner import OUTAGE
from tests.kit.world import World


@pytest.mark.parametrize(
    ("trouble", "status", "seconds"),
    [
        (Trouble(Next.THROTTLED, "429", wait_seconds=7.0), SystemStatus.RUNNING, 7.0),
        (Trouble(Next.THROTTLED, "429"), SystemStatus.RUNNING, OUTAGE_SECONDS),
        (Trouble(Next.RETRYABLE, "503", whole_system=True), SystemStatus.RUNNING, OUTAGE_SECONDS),
        (Trouble(Next.AUTH, "401"), SystemStatus.TRIPPED, TRIPPED_SECONDS),
        (Trouble(Next.AUTH, "401", wait_seconds=60.0), SystemStatus.TRIPPED, 60.0),
    ],
)
def test_a_system_is_left_alone_for_as_long_as_its_trouble_asks(
    trouble: Trouble, status: SystemStatus, seconds: float
) -> None:
    world = World()

    heed(world.parts, "erp", trouble)

    state = world.memory.states.state("erp")
    assert (state.status, state.until) == (status, world.clock.now() + timedelta(seconds=seconds))
    assert not may_call(world.parts, "erp")
    assert not may_poll(world.parts, "erp", "customer")
    world.clock.go_on(seconds)
    assert may_poll(world.parts, "erp", "customer")


@pytest.mark.parametrize("next_", [Next.RETRYABLE, Next.CONFLICT, Next.PERMANENT])
def test_the_trouble_of_one_record_leaves_the_system_as_it_is(next_: Next) -> None:
    world = World()

    heed(world.parts, "erp", Trouble(next_, "x"))

    assert world.memory.states.state("erp") == SystemState()
    assert [event for event, _ in world.telemetry.told] == ["partner trouble"]


def test_a_system_trips_once_however_many_see_it() -> None:
    world = World()

    for _ in range(3):
        heed(world.parts, "erp", Trouble(Next.AUTH, "401"))

    assert world.telemetry.counts["SystemTripped"] == 1


def test_a_longer_trip_is_not_shortened_and_one_that_ended_begins_anew() -> None:
    """The login's own refusal trips for an hour; who sees its 401 a moment later changes nothing."""
    world = World()
    until = world.clock.now() + timedelta(hours=1)
    world.memory.states.set_state("erp", SystemState(SystemStatus.TRIPPED, until, "refused"))
    heed(world.parts, "erp", Trouble(Next.AUTH, "401"))
    assert world.memory.states.state("erp").until == until

    world.clock.go_on(3601)
    heed(world.parts, "erp", Trouble(Next.AUTH, "401"))

    assert not may_call(world.parts, "erp")


def test_a_pause_is_not_ended_by_trouble() -> None:
    world = World()
    world.memory.states.set_state("erp", SystemState(SystemStatus.PAUSED))

    heed(world.parts, "erp", Trouble(Next.THROTTLED, "429"))

    assert world.memory.states.state("erp").status is SystemStatus.PAUSED


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (
            Trouble(Next.AUTH, "no-secret", "secret erp: it has no token - add it"),
            "secret erp: it has no token - add it",
        ),
        (Trouble(Next.AUTH, "login-refused", "wrong username or password"), "wrong username or password"),
        (Trouble(Next.AUTH, "http-401", "whatever the partner says"), "the system refused our credentials"),
    ],
)
def test_a_trip_tells_what_to_put_right_where_we_know_it(trouble: Trouble, why: str) -> None:
    world = World()

    heed(world.parts, "erp", trouble)

    assert world.parts.states.state("erp").why == why


def test_a_system_that_is_down_several_times_in_a_row_trips() -> None:
    world = World()

    for number in range(OUTAGES_TO_TRIP):
        assert world.memory.states.state("erp").status is SystemStatus.RUNNING, number
        heed(world.parts, "erp", OUTAGE)
        heed(world.parts, "erp", OUTAGE)  # who finds it down at the same moment does not count
        world.clock.go_on(60)

    assert world.memory.states.state("erp").status is SystemStatus.TRIPPED
    assert world.telemetry.counts["SystemTripped"] == 1


class _TrippedMeanwhile:
    """States of a system that another worker trips for a second, right after this one has read that it runs."""

    def __init__(self, world: World) -> None:
        """Hold what is kept."""
        self.world = world

    def state(self, system: str) -> SystemState:
        """Return what was kept, before the other worker's word."""
        before = self.world.memory.states.state(system)
        heed(self.world.parts, system, Trouble(Next.AUTH, "401", wait_seconds=1.0))
        return before

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world.memory.states, name)


def test_who_finds_a_system_down_that_another_tripped_meanwhile_counts_no_trip_of_its_own() -> None:
    world = World()

    heed(replace(world.parts, states=cast(States, _TrippedMeanwhile(world))), "erp", OUTAGE)

    assert world.telemetry.counts["SystemTripped"] == 1


def test_an_answer_in_between_ends_the_row_of_outages() -> None:
    world = World()

    for _ in range(3 * OUTAGES_TO_TRIP):
        heed(world.parts, "erp", OUTAGE)
        world.clock.go_on(60)
        world.poll()

    assert world.memory.states.state("erp") == SystemState()


def test_an_answer_to_another_entity_leaves_the_row_of_an_entity_as_it_is() -> None:
    world = World()
    row = SystemState(SystemStatus.RUNNING, world.clock.now(), "503", 2)
    world.memory.states.set_state("erp", row, "customer")

    recovered(world.parts, "erp", "order")
    assert world.memory.states.stops("erp")["customer"] == row
    recovered(world.parts, "erp", "customer")

    assert world.memory.states.stops("erp").get("customer", SystemState()) == SystemState()


def test_outages_that_lie_far_apart_are_no_row() -> None:
    world = World()

    for _ in range(3 * OUTAGES_TO_TRIP):
        heed(world.parts, "erp", OUTAGE)
        world.clock.go_on(3600)

    assert world.memory.states.state("erp").status is SystemStatus.RUNNING


def test_a_probe_that_fails_leaves_the_system_alone_for_longer_each_time() -> None:
    world = World()
    waits = []
    for _ in range(OUTAGES_TO_TRIP + 6):
        heed(world.parts, "erp", OUTAGE)
        until = world.memory.states.state("erp").until
        assert until is not None
        waits.append((until - world.clock.now()).total_seconds())
        world.clock.go_on(waits[-1] + 1)

    assert waits == [15, 15, 15, 60, 120, 240, 480, 900, 900, 900]


def test_one_poll_probes_a_tripped_system_and_no_other_caller() -> None:
    world = tripped()

    assert [may_poll(world.parts, "erp", "customer") for _ in range(3)] == [True, False, False]
    assert not may_call(world.parts, "erp")


def test_a_prober_that_dies_is_followed_by_another() -> None:
    world = tripped()
    assert may_poll(world.parts, "erp", "customer")

    world.clock.go_on(PROBE_SECONDS)

    assert may_poll(world.parts, "erp", "customer")


def test_an_answered_probe_closes_the_breaker_and_drains() -> None:
    world = tripped()

    world.poll()

    assert world.memory.states.state("erp") == SystemState()
    assert world.memory.stopping.drain() is not None


def test_a_probe_that_meets_a_busy_system_waits_as_told() -> None:
    world = tripped()

    heed(world.parts, "erp", Trouble(Next.THROTTLED, "429", wait_seconds=30))

    state = world.memory.states.state("erp")
    assert (state.status, state.why) == (SystemStatus.TRIPPED, "the system refused our credentials")
    assert state.until == world.clock.now() + timedelta(seconds=30)
    assert world.telemetry.counts["PartnerThrottled"] == 1


def test_an_entity_that_is_tripped_is_probed_by_its_own_poll_only() -> None:
    world = World()
    until = world.clock.now() + timedelta(minutes=1)
    world.memory.states.set_state("erp", SystemState(SystemStatus.TRIPPED, until), "customer")
    assert not may_poll(world.parts, "erp", "customer")
    world.clock.go_on(60)

    assert may_poll(world.parts, "erp", "order")
    assert may_poll(world.parts, "erp", "customer")
    recovered(world.parts, "erp", "customer")

    assert may_call(world.parts, "erp", "customer")


def test_who_dies_right_after_a_stop_was_ended_leaves_a_drain_behind() -> None:
    world = World()

    def ends_the_stop_and_dies() -> None:
        world.memory.states.set_state("erp", SystemState())
        raise RuntimeError("dies")

    with pytest.raises(RuntimeError, match="dies"):
        run_again(world.parts, ends_the_stop_and_dies)

    assert world.memory.stopping.drain() is not None


def test_a_drain_that_ended_before_the_stop_did_is_begun_anew() -> None:
    """Another worker's sweep walked through while the system was still stopped, and found nothing that may go."""
    world = World()

    def after_anothers_sweep() -> None:
        walk = world.memory.stopping.drain()
        assert walk is not None
        world.memory.stopping.end_drain(walk.id)

    run_again(world.parts, after_anothers_sweep)

    assert world.memory.stopping.drain() is not None


@pytest.mark.parametrize(
    ("status", "closed"),
    [
        (SystemStatus.RUNNING, False),
        (SystemStatus.WAITING, False),
        (SystemStatus.PAUSED, True),
        (SystemStatus.TRIPPED, True),
    ],
)
def test_an_entity_that_only_waits_for_an_approval_or_is_slowed_is_not_closed(
    status: SystemStatus, closed: bool
) -> None:
    world = World()
    until = START + timedelta(hours=1) if status in (SystemStatus.RUNNING, SystemStatus.TRIPPED) else None
    world.memory.states.set_state("erp", SystemState(status, until, "why"), "customer")

    assert is_closed(world.parts, "erp", "customer") is closed


def tripped() -> World:
    world = World()
    heed(world.parts, "erp", Trouble(Next.AUTH, "401"))
    world.clock.go_on(TRIPPED_SECONDS)
    return world


@pytest.mark.parametrize(
    "state",
    [
        SystemState(SystemStatus.PAUSED, why="operator"),
        SystemState(SystemStatus.RUNNING, START + timedelta(minutes=5), "429"),
        SystemState(SystemStatus.TRIPPED, START + timedelta(minutes=5), "401"),
    ],
)
def test_an_answer_ends_neither_a_pause_nor_a_wait_or_a_trip_that_still_runs(state: SystemState) -> None:
    """An operator pauses, or another worker is told to wait or refused, while a poll is under way."""
    world = World()
    world.memory.states.set_state("erp", state)

    recovered(world.parts, "erp", "customer")

    assert world.memory.states.state("erp") == state


def test_who_waits_for_anothers_login_neither_counts_as_an_outage_nor_shortens_a_trip() -> None:
    world = World()
    waits = Trouble(Next.RETRYABLE, LOGIN_UNDER_WAY, wait_seconds=1.0, whole_system=True)

    for _ in range(OUTAGES_TO_TRIP + 1):
        heed(world.parts, "erp", waits)
        world.clock.go_on(1)
    assert may_call(world.parts, "erp")
    heed(world.parts, "erp", Trouble(Next.AUTH, "login-refused", "wrong password", wait_seconds=3600.0))
    before = world.memory.states.state("erp")
    heed(world.parts, "erp", waits)

    assert world.memory.states.state("erp") == before
