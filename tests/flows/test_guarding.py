"""The blast-radius guard: what is more than the bound of one run waits for a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.core.commands import Archive, Create, Update
from shared.core.stopping import SystemStatus
from shared.flows.guarding import is_within_bound
from shared.flows.operating.stopping import approve, stops
from shared.flows.round import Round
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step

EMAILS = [f"{number}@example.org" for number in range(6)]


def guarded(**bounds: Any) -> World:
    """Six customers in step, under a bound."""
    rules = rules_of(**bounds)
    world = in_step(World(integration_of(rules, batch_size=2)), *EMAILS)
    world.memory.stopping.spent.clear()
    return world


def renamed(world: World) -> World:
    """Rename all customers in the crm, as a mapping change gone wrong would."""
    for name in world.crm.ids("customer"):
        world.crm.edit("customer", name, {"name": "Oops"})
    return world.poll()


def names(world: World) -> list[Any]:
    return [world.erp.shown("customer", name)["name"] for name in world.erp.ids("customer")]


def test_a_run_that_would_update_more_than_the_bound_stops_and_waits() -> None:
    world = renamed(guarded(max_updates_per_run=4))

    assert names(world).count("Oops") == 4
    state = world.memory.states.state("erp", "customer")
    assert state.status is SystemStatus.WAITING
    assert state.since is not None
    assert "max_updates_per_run" in state.why
    assert world.telemetry.counts["WritesStopped"] == 1


def test_what_waits_is_kept_however_long_and_goes_on_after_the_approval() -> None:
    world = renamed(guarded(max_updates_per_run=4))
    world.later(70, times=60)
    assert names(world).count("Oops") == 4

    approved = approve(world.parts, "erp", "customer", 4)
    world.later(1)

    assert names(world).count("Oops") == 6
    assert approved.line.status is SystemStatus.RUNNING
    assert timedelta(hours=3, minutes=59) < approved.until - world.clock.now() < timedelta(hours=4)
    assert world.later(1, times=2).memory.stopping.drain() is None


def test_after_an_approval_has_ended_the_bound_counts_again() -> None:
    world = renamed(guarded(max_updates_per_run=4))
    approve(world.parts, "erp", "customer", 1)
    world.later(1)

    world.clock.go_on(2 * 3600)
    for name in world.crm.ids("customer"):
        world.crm.edit("customer", name, {"name": "Again"})
    world.poll()

    assert names(world).count("Again") == 4
    assert world.memory.states.state("erp", "customer").status is SystemStatus.WAITING


def test_reading_goes_on_while_writes_wait() -> None:
    world = renamed(guarded(max_updates_per_run=4))
    world.erp.edit("customer", world.erp.ids("customer")[0], {"phone": "7"})

    world.poll().later(70)

    assert "7" in {world.crm.shown("customer", name)["phone"] for name in world.crm.ids("customer")}


def test_a_first_load_beyond_the_bound_creates_up_to_it() -> None:
    world = World(integration_of(rules_of(max_creates_per_run=4), batch_size=2))
    in_step(world, *EMAILS)

    assert len(world.erp.ids("customer")) == 4
    approve(world.parts, "erp", "customer", 4)
    world.later(1)
    assert len(world.erp.ids("customer")) == 6


def test_archives_have_a_bound_of_their_own() -> None:
    world = guarded(max_archives_per_run=2)
    for name in world.crm.ids("customer"):
        world.crm.remove("customer", name)
    world.poll()

    assert len(world.erp.ids("customer")) == 4
    assert [(line.entity, line.status) for line in stops(world.parts, "erp")] == [
        (None, SystemStatus.RUNNING),
        ("customer", SystemStatus.WAITING),
    ]


def test_the_next_hour_is_another_run() -> None:
    world = guarded(max_updates_per_run=6)
    renamed(world)
    world.clock.go_on(3600)
    for name in world.crm.ids("customer"):
        world.crm.edit("customer", name, {"name": "Later"})
    world.poll()

    assert names(world).count("Later") == 6


@pytest.mark.parametrize("verb", [Create("r", {}), Update("r", "1", {}), Archive("r", "1")])
def test_a_bound_of_nought_lets_nothing_through_unapproved(verb: Create | Update | Archive) -> None:
    rules = rules_of(max_creates_per_run=0, max_updates_per_run=0, max_archives_per_run=0)
    world = World(integration_of(rules))
    round_ = Round(world.parts, "erp", "customer", rules)

    assert [is_within_bound(round_, [verb]) for _ in range(2)] == [False, False]
    assert world.telemetry.counts["WritesStopped"] == 1
