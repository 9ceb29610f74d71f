"""What the stores promise about stops: states by entity, probes, drains, bounds, approvals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.core.stopping import SystemState, SystemStatus, set_aside
from shared.core.turns import Turn
from shared.ports.stopping import Drain
from shared.ports.stores import Note, NoteKind
from tests.contract.conftest import Stores
from tests.kit.builders import a_change, a_record
from tests.kit.clock import START

TRIPPED = SystemState(SystemStatus.TRIPPED, START, "503", 4, START)
PAUSED = SystemState(SystemStatus.PAUSED, None, "migration", since=START)
LATER = START + timedelta(minutes=1)


def test_a_system_and_its_entities_have_states_of_their_own(stores: Stores) -> None:
    stores.states.set_state("crm", TRIPPED)
    stores.states.set_state("crm", PAUSED, "order")
    stores.states.set_state("crm-2", PAUSED)

    assert stores.states.stops("crm") == {"": TRIPPED, "order": PAUSED}
    assert stores.states.state("crm", "order") == PAUSED
    assert stores.states.state("crm", "customer") == SystemState()
    assert stores.states.stops("erp") == {}


def test_what_tripped_or_was_slowed_recovers_once(stores: Stores) -> None:
    for state in (TRIPPED, SystemState(until=START, failures=1)):
        stores.states.set_state("crm", state)

        assert [stores.states.recover("crm") for _ in range(2)] == [True, False]
        assert stores.states.state("crm") == SystemState()


def test_what_waits_for_a_person_does_not_recover(stores: Stores) -> None:
    for entity, status in (("order", SystemStatus.PAUSED), ("customer", SystemStatus.WAITING)):
        stores.states.set_state("crm", SystemState(status), entity)

        assert stores.states.recover("crm", entity) is False
        assert stores.states.state("crm", entity).status is status
    assert stores.states.recover("erp") is False


def test_a_wait_for_approval_does_not_end_a_pause(stores: Stores) -> None:
    stores.states.set_state("crm", PAUSED, "order")

    assert stores.states.set_state("crm", SystemState(SystemStatus.WAITING), "order") is False
    assert stores.states.state("crm", "order") == PAUSED


def test_one_caller_probes_at_a_time(stores: Stores) -> None:
    stores.states.set_state("crm", TRIPPED)

    claims = [stores.states.claim_probe("crm", "", now, LATER) for now in (START, START, LATER)]

    assert claims == [True, False, True]


def test_a_new_trip_has_a_probe_of_its_own(stores: Stores) -> None:
    """Seed 3 on tables: in memory the claim of the trip before still held."""
    tripped = SystemState(SystemStatus.TRIPPED, LATER, "401")
    stores.states.set_state("crm", tripped)
    assert stores.states.claim_probe("crm", "", START, LATER)
    stores.states.recover("crm")

    stores.states.set_state("crm", tripped)

    assert stores.states.claim_probe("crm", "", START, LATER)


def test_only_what_is_tripped_is_probed(stores: Stores) -> None:
    stores.states.set_state("crm", PAUSED, "order")

    assert stores.states.claim_probe("crm", "order", START, LATER) is False
    assert stores.states.claim_probe("crm", "customer", START, LATER) is False


def test_a_drain_is_one_walk_and_a_new_one_takes_its_place(stores: Stores) -> None:
    assert stores.stopping.drain() is None
    stores.stopping.begin_drain("1")
    stores.stopping.go_on(Drain("1", START, 3))
    assert stores.stopping.drain() == Drain("1", START, 3)

    stores.stopping.begin_drain("2")
    stores.stopping.go_on(Drain("1", LATER, 9))
    stores.stopping.end_drain("1")
    assert stores.stopping.drain() == Drain("2")

    stores.stopping.end_drain("2")
    stores.stopping.go_on(Drain("2", LATER, 9))
    assert stores.stopping.drain() is None


def test_a_run_writes_up_to_its_bound_and_not_beyond(stores: Stores) -> None:
    spent = [stores.stopping.spend("run", amount, 5, LATER) for amount in (3, 3, 2, 1)]

    assert spent == [True, False, True, False]
    assert stores.stopping.spend("other", 5, 5, LATER)
    assert not stores.stopping.spend("third", 6, 5, LATER)


def test_an_approval_holds_for_one_entity_of_one_system(stores: Stores) -> None:
    stores.stopping.approve("crm", "order", LATER)

    assert stores.stopping.approved_until("crm", "order") == LATER
    assert stores.stopping.approved_until("crm", "customer") is None


def test_records_that_wait_for_a_resume_stand_in_order_of_turn_and_age(stores: Stores) -> None:
    records = {}
    for number, (turn, age) in enumerate([(Turn.LOAD, 9), (Turn.ORDERS, 1), (Turn.ORDERS, 5), (Turn.STOCK, 2)]):
        record = a_record(str(number))
        due_at = set_aside(START - timedelta(days=age), record.id, turn)
        records[number] = replace(record, due_at=due_at)
        stores.records.save(a_change(records[number]))
    stores.records.save(a_change(a_record("due", due_at=START)))
    ordered = [(due, records[number].id) for number in (2, 1, 3, 0) if (due := records[number].due_at)]

    assert stores.records.set_aside(None, 10) == ordered
    assert stores.records.set_aside(None, 2) == ordered[:2]
    assert stores.records.set_aside(ordered[1][0], 10) == ordered[2:]
    assert stores.records.due(START, 10) == [a_record("due").id]


def test_notes_that_wait_for_a_resume_stand_in_order(stores: Stores) -> None:
    dues = {name: set_aside(START, name, turn) for name, turn in (("1", Turn.STOCK), ("2", Turn.ORDERS))}
    for name, due_at in {**dues, "3": START}.items():
        note = Note(NoteKind.WAITING, "crm", "order", name, "paused", START, due_at)
        stores.identities.note(f"id/crm/order/{name}", note)

    assert [note.external_id for note in stores.identities.set_aside(None, 10)] == ["2", "1"]
    assert [note.external_id for note in stores.identities.set_aside(dues["2"], 10)] == ["1"]
    assert [note.external_id for note in stores.identities.due(START, 10)] == ["3"]
