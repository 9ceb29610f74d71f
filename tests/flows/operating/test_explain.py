"""explain: a record found by any of its names, its fields with their origin, its story, and how it was at a moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.core.account import Shows
from shared.core.records import LinkState
from shared.flows.operating.explain import Explained, NotYet, explain, timeline
from shared.flows.operating.finding import Meant, Unclear, find_record
from shared.ports.stores import Note, NoteKind, SystemState, SystemStatus
from tests.kit.clock import START
from tests.kit.world import World, in_step


def phoned() -> World:
    """Return a world in which a customer's phone was entered in the erp an hour after it was made in the crm."""
    world = in_step(World())
    world.clock.go_on(3600)
    world.erp.edit("customer", world.erp.ids("customer")[0], {"phone": "+1 555"})
    return world.poll()


def explained(world: World, path: str | None = None, **more: Any) -> Explained:
    """Explain the only customer."""
    found = explain(world.parts, world.record(), path, **more)
    assert isinstance(found, Explained)
    return found


# ── which record ──


@pytest.mark.parametrize("name", ["crm-1", "erp-1", "crm:crm-1", "erp:erp-1", "ada@example.org", "ADA@example.org"])
def test_a_record_is_found_by_whatever_somebody_calls_it(name: str) -> None:
    world = phoned()

    assert find_record(world.parts, "customer", name) == Meant(world.record())


def test_a_record_is_found_by_our_own_id_but_only_under_its_entity() -> None:
    world = phoned()

    assert find_record(world.parts, "customer", world.record().id) == Meant(world.record())
    assert find_record(world.parts, "order", world.record().id) == Unclear()
    assert find_record(world.parts, "nothing", world.record().id) == Unclear()
    assert find_record(world.parts, "customer", " ") == Unclear()


def test_a_name_that_two_systems_use_for_different_records_is_unclear_and_both_are_named() -> None:
    world = in_step(World(), "a@example.org", "b@example.org")
    one, other = (world.record_of("crm", "customer", name) for name in world.crm.ids("customer"))
    holding = world.memory.identities.holding
    holding["id/erp/customer/crm-1"] = holding[f"id/crm/customer/{world.crm.ids('customer')[1]}"]

    found = find_record(world.parts, "customer", "crm-1")

    assert isinstance(found, Unclear)
    assert {(each.record_id, each.by) for each in found.candidates} == {
        (one.id, "crm calls it crm-1"),
        (other.id, "erp calls it crm-1"),
    }


def test_a_partners_record_without_one_of_ours_tells_why() -> None:
    world = World()
    note = Note(NoteKind.PARKED, "crm", "order", "crm-9", "several may be meant", START)
    world.parts.identities.note("id/crm/order/crm-9", note)

    assert find_record(world.parts, "order", "crm-9") == Unclear(notes=(note,))


# ── why ──


def test_a_field_tells_where_its_value_came_from_and_that_everybody_shows_it() -> None:
    world = phoned()

    found = explained(world, "phone")

    (field,) = found.fields
    assert (field.account.value, field.account.by) == ("+1 555", "erp")
    assert field.origin is not None
    assert field.origin.sentence.startswith("erp showed erp-1")
    assert [(r.verdict.value, r.because) for r in field.origin.decided] == [("taken", "the first value")]
    assert [side.shows for side in field.account.systems] == [Shows.SAME, Shows.SAME]
    assert [each.operation for each in found.story] == ["absorb", "intent", "confirm"]


def test_while_it_is_owed_a_field_tells_what_the_other_system_still_shows() -> None:
    world = phoned()
    world.parts.states.set_state("crm", SystemState(SystemStatus.PAUSED))
    world.erp.edit("customer", "erp-1", {"phone": "+1 777"})
    world.poll()

    (field,) = explained(world, "phone").fields

    crm, erp = field.account.systems
    assert (crm.shows, crm.value, crm.is_owed) == (Shows.OTHER, "+1 555", True)
    assert (erp.shows, erp.value, erp.is_owed) == (Shows.SAME, "+1 777", False)


def test_a_record_is_explained_whole_with_its_story_from_the_beginning() -> None:
    world = phoned()

    found = explained(world)

    assert [each.account.path for each in found.fields] == ["email", "name", "phone"]
    assert [each.version for each in found.story] == list(range(1, world.record().version + 1))
    assert "a new record" in found.story[0].sentence
    assert [each.state for each in found.standings] == [LinkState.LIVE, LinkState.LIVE]


def test_a_field_that_the_record_never_had_has_no_account() -> None:
    assert explained(phoned(), "credit_limit").fields == ()


def test_a_long_history_is_read_to_its_end() -> None:
    world = phoned()
    for number in range(150):
        world.crm.edit("customer", "crm-1", {"name": f"Ada {number}"})
        world.poll()

    found = explained(world)

    assert len(found.story) == world.record().version > 400
    assert found.fields[1].origin is not None


# ── as of ──


def test_a_record_is_explained_as_it_was_at_a_moment() -> None:
    world = phoned()

    then = explained(world, as_of=START + timedelta(minutes=30))

    assert "phone" not in then.record.fields
    assert then.record.version < world.record().version
    assert [each.version for each in then.story] == list(range(1, then.record.version + 1))


def test_before_its_history_there_is_nothing_to_explain() -> None:
    world = phoned()

    found = explain(world.parts, world.record(), as_of=START - timedelta(days=1))

    assert isinstance(found, NotYet)
    assert found.begins is not None
    world.memory.ledger.entries.clear()
    assert explain(world.parts, world.record(), as_of=START) == NotYet(None)


def test_without_history_the_origin_is_not_made_up() -> None:
    world = phoned()
    world.memory.ledger.entries.clear()

    (field,) = explained(world, "phone").fields

    assert field.origin is None
    assert field.account.by == "erp"


# ── the timeline ──


def test_the_timeline_is_told_in_parts_that_fit_together() -> None:
    world = phoned()
    whole = timeline(world.parts, world.record().id, 0, 100)

    parts = [timeline(world.parts, world.record().id, after, 2) for after in (0, 2, 4)]

    assert tuple(each for part in parts for each in part) == whole[:6]
    assert whole == explained(world).story
