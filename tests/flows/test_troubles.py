"""What a system's own trouble does: it slows or trips the system (the sync rules, sections 7.4 and 7.6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.core.observations import Next, Trouble
from shared.flows.troubles import OUTAGE_SECONDS, TRIPPED_SECONDS, heed, may_call
from shared.ports.stores import SystemState, SystemStatus
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
    world.clock.go_on(seconds)
    assert may_call(world.parts, "erp")


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
