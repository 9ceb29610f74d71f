"""pause, resume, trip and approve, as an operator gives them."""

from __future__ import annotations

from datetime import timedelta

from shared.core.stopping import SystemStatus
from shared.flows.operating.stopping import approve, knows, pause, resume, stops, trip
from shared.ports.stores import Note, NoteKind
from tests.kit.clock import START
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step


def note_of(external_id: str, reason: str) -> Note:
    return Note(NoteKind.PARKED, "crm", "customer", external_id, reason, START)


RUNNING, PAUSED, TRIPPED, WAITING = SystemStatus


def test_every_system_is_listed_and_only_those_entities_that_do_not_run() -> None:
    world = World()
    pause(world.parts, "erp", "order", "stocktaking")

    lines = [(line.system, line.entity, line.status, line.why) for line in stops(world.parts)]

    assert lines == [
        ("crm", None, RUNNING, None),
        ("erp", None, RUNNING, None),
        ("erp", "order", PAUSED, "stocktaking"),
    ]
    assert [line.system for line in stops(world.parts, "crm")] == ["crm"]


def test_a_pause_says_since_when_and_why() -> None:
    world = World()

    line = pause(world.parts, "erp", None, "migration")

    assert (line.status, line.since, line.until, line.why) == (PAUSED, world.clock.now(), None, "migration")


def test_a_resume_of_a_system_leaves_an_entity_that_was_paused_by_itself() -> None:
    world = World()
    pause(world.parts, "erp", None, "")
    pause(world.parts, "erp", "order", "")

    assert resume(world.parts, "erp", None).status is RUNNING

    assert world.memory.states.state("erp", "order").status is PAUSED


def test_a_trip_ends_by_a_probe_after_its_minutes() -> None:
    world = in_step(World())
    line = trip(world.parts, "erp", None, 10, "they restart it")
    assert line.until == world.clock.now() + timedelta(minutes=10)
    calls = len(world.erp.calls)

    world.poll().later(500)
    assert len(world.erp.calls) == calls
    world.later(200).poll()

    assert world.memory.states.state("erp").status is RUNNING


def test_a_trip_does_not_end_a_pause() -> None:
    world = World()
    pause(world.parts, "erp", None, "migration")

    assert trip(world.parts, "erp", None, 10, "").status is PAUSED


def test_a_resume_is_no_approval() -> None:
    world = in_step(World(integration_of(rules_of(max_creates_per_run=0))))

    assert resume(world.parts, "erp", "customer").status is WAITING


def test_an_approval_lets_deletions_beyond_the_cap_through() -> None:
    world = in_step(World(integration_of(rules_of(max_deletes_per_run=1))), "a@x.org", "b@x.org", "c@x.org")
    for name in world.crm.ids("customer"):
        world.crm.unlisted.add(name)
        world.crm.remove("customer", name)
    world.memory.identities.note("id/crm/customer/x", note_of("x", "ambiguous"))
    world.reconcile()
    (line,) = [line for line in stops(world.parts) if line.entity]
    assert (line.system, line.entity, line.status, line.deletes_waiting) == ("crm", "customer", RUNNING, 2)
    assert len(world.erp.ids("customer")) == 2

    assert approve(world.parts, "crm", "customer", 4).deletes == 2
    world.settle()

    assert world.erp.ids("customer") == []
    assert [note.reason for note in world.memory.identities.notes.values()] == ["ambiguous"]


def test_a_name_that_there_is_not_is_known_for_it() -> None:
    parts = World().parts

    known = [knows(parts, *each) for each in (("erp", None), ("erp", "order"), ("mars", None), ("erp", "shipment"))]

    assert known == [True, True, False, False]
