"""status: how every system is, per entity, and the counts of the whole installation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.core.decisions import Cause
from shared.core.records import Parked
from shared.flows.absorb_changes import absorb_changes
from shared.flows.operating.status import Standing, SystemLine, status
from shared.flows.operating.stopping import pause
from shared.flows.sweep_overdue import sweep_overdue
from shared.ports.stores import Change, Note, NoteKind, SystemState, SystemStatus
from shared.ports.system import Hint
from tests.kit.partner import OUTAGE
from tests.kit.world import World, in_step, renamed


def standing(world: World, system: str, entity: str = "customer") -> Standing:
    line = next(line for line in status(world.parts).items if line.system == system)
    return next(each for each in line.entities if each.entity == entity)


def line_of(world: World, system: str) -> SystemLine:
    return next(line for line in status(world.parts).items if line.system == system)


def test_systems_are_listed_with_their_entities_before_their_first_call() -> None:
    found = status(World().parts)

    assert [(line.system, line.side, line.status, line.calls) for line in found.items] == [
        ("crm", "crm", SystemStatus.RUNNING, {"read": 0, "write": 0}),
        ("erp", "supply_chain", SystemStatus.RUNNING, {"read": 0, "write": 0}),
    ]
    first = found.items[0].entities[0]
    assert first == Standing("customer", SystemStatus.RUNNING, None, None, None, None, 0, None, 0)
    assert found.counted_all


def test_a_stopped_system_tells_why_and_until_when() -> None:
    world = World()
    until = world.clock.now()
    world.parts.states.set_state("erp", SystemState(SystemStatus.TRIPPED, until, "login refused"))

    erp = line_of(world, "erp")

    assert (erp.status, erp.until, erp.why) == (SystemStatus.TRIPPED, until, "login refused")


def test_calls_are_counted_in_all_and_today() -> None:
    world = World()
    world.parts.states.count_calls("crm", 3, 1)
    world.clock.go_on(86_400)
    world.parts.states.count_calls("crm", 1, 1)

    crm = line_of(world, "crm")

    assert (crm.calls, crm.calls_today) == ({"read": 4, "write": 2}, {"read": 1, "write": 1})


def test_it_tells_when_a_system_last_showed_something_and_is_asked_next() -> None:
    world = in_step(World())

    crm, order = standing(world, "crm"), standing(world, "erp", "order")

    assert crm.last_observation is not None
    assert crm.last_observation <= world.clock.now()
    assert crm.next_poll is not None
    assert order.last_observation is None


def test_a_system_that_cannot_be_asked_has_shown_nothing() -> None:
    world = World()
    world.crm.trouble = OUTAGE

    absorb_changes(world.parts, [Hint("crm", "customer", "17")])

    assert standing(world, "crm").last_observation is None


def test_what_is_owed_is_counted_at_the_system_that_does_not_show_it_with_the_age_of_the_change() -> None:
    world = in_step(World(), "ada@example.org", "bob@example.org")
    renamed(world)
    changed_at = min(record.fields["name"].at for record in world.records())
    world.clock.go_on(600)

    crm, erp = standing(world, "crm"), standing(world, "erp")

    assert (crm.owed, crm.lag_seconds) == (0, None)
    assert (erp.owed, erp.lag_seconds) == (2, (world.clock.now() - changed_at).total_seconds())
    assert status(world.parts).owed == 2


def test_a_pause_does_not_hide_how_late_a_system_is() -> None:
    world = in_step(World())
    renamed(world)
    world.parts.states.set_state("erp", SystemState(SystemStatus.PAUSED))
    world.clock.go_on(7_200)
    sweep_overdue(world.parts)

    erp = standing(world, "erp")

    assert erp.owed == 1
    assert erp.lag_seconds is not None
    assert erp.lag_seconds >= 7_200


def test_a_clock_ahead_of_ours_makes_no_change_younger_than_now() -> None:
    world = in_step(World())
    renamed(world)
    record = world.record()
    ahead = record.fields["name"]._replace(at=world.clock.now() + timedelta(hours=1))
    world.put(replace(record, fields={**record.fields, "name": ahead}))

    assert standing(world, "erp").lag_seconds == 0


def test_an_archive_that_is_owed_is_as_old_as_the_deletion() -> None:
    world = in_step(World())
    (customer,) = world.crm.ids("customer")
    world.crm.remove("customer", customer)
    absorb_changes(world.parts, [Hint("crm", "customer", customer)])
    tombstone = world.record().tombstone
    assert tombstone is not None
    world.clock.go_on(60)

    erp = standing(world, "erp")

    assert (erp.owed, erp.lag_seconds) == (1, (world.clock.now() - tombstone.at).total_seconds())


def test_an_answer_that_is_still_open_has_no_age() -> None:
    world = in_step(World())
    before = world.record()
    renamed(world)
    link = replace(before.link("erp"), due_at=world.clock.now())
    world.put(replace(before, version=world.record().version, links={**before.links, "erp": link}))

    erp = standing(world, "erp")

    assert (erp.owed, erp.lag_seconds) == (1, None)


def test_a_record_of_an_entity_that_is_no_longer_shared_hides_nothing() -> None:
    world = in_step(World())
    renamed(world)
    world.put(replace(world.record(), entity="invoice"))

    assert standing(world, "erp").owed == 0
    assert status(world.parts).owed == 1


def test_what_is_parked_is_counted_where_it_is_parked_and_so_is_what_waits() -> None:
    world = in_step(World())
    renamed(world)
    record, now = world.record(), world.clock.now()
    link = replace(record.link("erp"), parked=Parked("refused", now), due_at=None)
    stopped = replace(record.with_link("erp", link), version=record.version + 1, parked_since=now, due_at=None)
    world.parts.records.save(Change(stopped, Cause("park")))
    world.parts.identities.note("id/crm/customer/8", Note(NoteKind.PARKED, "crm", "customer", "8", "ambiguous", now))
    world.parts.identities.note("id/crm/customer/9", Note(NoteKind.WAITING, "crm", "customer", "9", "down", now, now))

    crm, erp = standing(world, "crm"), standing(world, "erp")

    assert (crm.owed, crm.parked) == (1, 1)
    assert (erp.owed, erp.parked) == (0, 1)


def test_more_than_are_looked_at_are_told_as_such() -> None:
    world = in_step(World(), "ada@example.org", "bob@example.org")
    renamed(world)

    found = status(world.parts, at_most=1)

    assert not found.counted_all
    assert (found.owed, found.items[1].entities[0].owed) == (2, 1)


def test_an_entity_shows_what_holds_it_back_and_what_is_kept_for_it() -> None:
    world = in_step(World(), "ada@example.org")
    pause(world.parts, "erp", "customer", "stocktaking")
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "Ada L."})
    world.poll().later(70)

    _, erp = status(world.parts).items

    customer = next(each for each in erp.entities if each.entity == "customer")
    assert (customer.status, customer.why, customer.owed) == (SystemStatus.PAUSED, "stocktaking", 1)
    assert erp.status is SystemStatus.RUNNING
