"""Conflicts: an operator chooses the other value, and undoes a choice within 30 days."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.choosing import fetched_value
from shared.core.decisions import Verdict
from shared.core.repair import Impossible
from shared.core.values import Reference
from shared.flows.operating.decide import choose_value, conflict_id, one_conflict, undo_choice
from shared.flows.operating.repairing import NotThere
from shared.ports.conflicts import Conflict
from tests.kit.builders import a_record, an_observation
from tests.kit.partner import OUTAGE
from tests.kit.troubled import (
    BY,
    cases,
    done,
    held_field,
    ignored_field,
    left_to_a_person,
    open_conflicts,
    refused_create,
)
from tests.kit.world import World, in_step

DAY = 86_400


def only_conflict(world: World, verdict: Verdict) -> Conflict:
    (conflict,) = [each for each in world.memory.conflicts.kept if each.decision.verdict is verdict]
    return conflict


def decided_by_rule() -> World:
    """Two edits of one name; the owner's rule decided for the crm."""
    world = in_step(World())
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "Ada C."})
    world.erp.edit("customer", world.erp.ids("customer")[0], {"name": "Ada E."})
    return world.poll()


def rule_s_conflict(world: World) -> str:
    (conflict,) = [c for c in world.memory.conflicts.kept if c.decision.verdict in (Verdict.WON, Verdict.LOST)]
    return conflict_id(conflict)


@pytest.mark.parametrize("choice", ["ours", "theirs", "other"])
def test_a_conflict_left_to_a_person_is_decided_by_a_choice(choice: str) -> None:
    world = left_to_a_person()
    (conflict,) = open_conflicts(world)
    wanted = conflict.decision.ours if choice == "ours" else conflict.decision.theirs

    done(choose_value(world.parts, conflict_id(conflict), choice, BY))
    world.settle().later(70)

    assert world.agreed("customer", "name") == wanted
    assert (open_conflicts(world), cases(world)) == ([], [])
    closed = only_conflict(world, Verdict.PERSON).closed
    assert closed is not None
    assert (closed.by, closed.because) == (BY, "operator choose")


def test_what_a_rule_decided_is_decided_the_other_way_by_a_person() -> None:
    world = decided_by_rule()
    assert world.agreed("customer", "name") == "Ada C."

    done(choose_value(world.parts, rule_s_conflict(world), "other", BY))
    world.settle()

    assert world.agreed("customer", "name") == "Ada E."
    assert open_conflicts(world) == []


def test_what_stands_already_need_not_be_chosen() -> None:
    world = decided_by_rule()

    outcomes = [choose_value(world.parts, rule_s_conflict(world), each, BY) for each in ("ours", "theirs")]

    assert sum(isinstance(each, Impossible) for each in outcomes) == 1


def test_a_third_value_is_neither() -> None:
    world = decided_by_rule()
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "A third"})
    world.poll()

    outcome = choose_value(world.parts, rule_s_conflict(world), "other", BY)
    done(choose_value(world.parts, rule_s_conflict(world), "theirs", BY))

    assert outcome == Impossible("the field has a third value since", "say ours or theirs, or edit it")


@pytest.mark.parametrize("world_of", [held_field, ignored_field])
def test_of_a_held_field_the_systems_value_is_chosen_though_a_refusal_did_not_tell_it(world_of: type[World]) -> None:
    world = world_of()
    world.erp.habits.ignores = set()
    conflict = only_conflict(world, Verdict.HELD)

    done(choose_value(world.parts, conflict_id(conflict), "theirs", BY))
    world.settle()

    assert world.agreed("customer", "name") == "Ada"
    assert (open_conflicts(world), cases(world)) == ([], [])


def test_a_value_that_the_system_holds_cannot_be_chosen_unseen() -> None:
    world = held_field()
    conflict = only_conflict(world, Verdict.HELD)
    world.erp.trouble = OUTAGE

    silent = choose_value(world.parts, conflict_id(conflict), "theirs", BY)
    world.erp.trouble = None
    world.clock.go_on(60)
    world.erp.habits.hides = {"name"}
    hidden = choose_value(world.parts, conflict_id(conflict), "theirs", BY)

    assert isinstance(silent, Impossible)
    assert hidden == Impossible("erp does not show name", "edit the field to the value that is right")


def test_of_a_held_field_ours_is_sent_again() -> None:
    world = held_field()

    done(choose_value(world.parts, conflict_id(only_conflict(world, Verdict.HELD)), "ours", BY))
    world.settle()

    assert world.agreed("customer", "name") == "A name that is too long"
    assert open_conflicts(world) == []


@pytest.mark.parametrize("choice", ["ours", "theirs"])
def test_a_choice_is_undone_and_the_other_value_stands_everywhere(choice: str) -> None:
    world = left_to_a_person()
    (conflict,) = open_conflicts(world)
    done(choose_value(world.parts, conflict_id(conflict), choice, BY))
    world.settle().later(70)
    world.clock.go_on(29 * DAY)

    done(undo_choice(world.parts, conflict_id(conflict), BY))
    world.settle()

    other = conflict.decision.theirs if choice == "ours" else conflict.decision.ours
    assert world.agreed("customer", "name") == other
    assert open_conflicts(world) == []


def test_a_choice_is_undone_by_its_own_id_too_and_that_can_be_undone() -> None:
    world = decided_by_rule()
    done(choose_value(world.parts, rule_s_conflict(world), "other", BY))
    world.settle()

    done(undo_choice(world.parts, conflict_id(only_conflict(world, Verdict.CHOSEN)), BY))
    world.settle()
    assert world.agreed("customer", "name") == "Ada C."

    done(undo_choice(world.parts, rule_s_conflict(world), BY))
    world.settle()
    assert world.agreed("customer", "name") == "Ada E."


def test_a_choice_cannot_be_undone_after_30_days_nor_after_another_edit_nor_where_there_was_none() -> None:
    world = decided_by_rule()
    untouched = undo_choice(world.parts, rule_s_conflict(world), BY)
    done(choose_value(world.parts, rule_s_conflict(world), "other", BY))
    world.settle()
    chosen = conflict_id(only_conflict(world, Verdict.CHOSEN))

    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "A third"})
    world.poll()
    edited = undo_choice(world.parts, chosen, BY)
    world.clock.go_on(31 * DAY)
    late = undo_choice(world.parts, chosen, BY)

    assert untouched == Impossible("no operator chose here", "choose the other value instead")
    assert edited == Impossible("the field has another value since", "edit it instead")
    assert late == Impossible("the choice is older than 30 days", "edit the field instead")


def test_suspected_doubles_that_are_two_stay_apart() -> None:
    world = in_step(World(), "ada@example.org", "bob@example.org")
    world.crm.edit("customer", world.crm.ids("customer")[1], {"email": "ada@example.org"})
    world.poll()
    (conflict,) = open_conflicts(world)

    wrong = choose_value(world.parts, conflict_id(conflict), "theirs", BY)
    done(choose_value(world.parts, conflict_id(conflict), "apart", BY))
    again = choose_value(world.parts, conflict_id(conflict), "apart", BY)

    assert wrong == Impossible("suspected doubles are merged in one of the systems", "say apart if they are two")
    assert isinstance(again, Impossible)
    assert open_conflicts(world) == []
    assert len(world.records()) == 2


def ambiguous_contact() -> World:
    """A customer whose two contacts have one e-mail; the erp shows two that may be either of them."""
    world = World()
    contacts: dict[str, object] = {}
    for key, name in (("1", "Ann"), ("2", "Ben")):
        contacts |= {f"contacts[{key}]": True, f"contacts[{key}].name": name, f"contacts[{key}].email": "c@example.org"}
    world.crm.enter("customer", {"name": "Ada", "email": "ada@example.org", "phone": None, **contacts})
    other = {
        "contacts[7]": True,
        "contacts[7].name": "Carl",
        "contacts[7].email": "c@example.org",
    }
    world.erp.enter("customer", {"name": "Ada", "email": "ada@example.org", "phone": None, **other})
    return world.poll()


@pytest.mark.parametrize("choice", ["first", "new"])
def test_an_ambiguous_contact_is_one_of_ours_or_new(choice: str) -> None:
    world = ambiguous_contact()
    (conflict,) = open_conflicts(world)
    assert conflict.decision.verdict is Verdict.AMBIGUOUS
    keys = [path[9:-1] for path in world.record().fields if path.startswith("contacts[") and path.endswith("]")]
    key = keys[0] if choice == "first" else "new"

    nobody = choose_value(world.parts, conflict_id(conflict), "nobody", BY)
    done(choose_value(world.parts, conflict_id(conflict), key, BY))
    again = choose_value(world.parts, conflict_id(conflict), key, BY)
    world.settle().later(70)

    assert isinstance(nobody, Impossible)
    assert isinstance(again, Impossible)
    assert open_conflicts(world) == []
    wanted = 2 if choice == "first" else 3
    assert len(world.crm.values("customer", "contacts[].email")) == wanted
    assert len(world.erp.values("customer", "contacts[].email")) == wanted


def test_an_element_that_is_paired_is_not_paired_again() -> None:
    world = ambiguous_contact()
    (conflict,) = open_conflicts(world)
    record = world.record()
    keys = [path[9:-1] for path in record.fields if path.startswith("contacts[") and path.endswith("]")]
    link = record.link("erp")
    world.put(record.with_link("erp", replace(link, elements={keys[0]: "99"})))

    outcome = choose_value(world.parts, conflict_id(conflict), keys[0], BY)

    assert outcome == Impossible(f"contacts[{keys[0]}] is paired already", "name another one, or new")


def test_a_conflict_without_two_values_and_a_choice_that_is_none_are_told() -> None:
    world = refused_create()
    (parked,) = open_conflicts(world)
    decided = decided_by_rule()

    assert isinstance(choose_value(world.parts, conflict_id(parked), "theirs", BY), Impossible)
    assert isinstance(choose_value(decided.parts, rule_s_conflict(decided), "mine", BY), Impossible)


def test_what_is_not_there_is_told() -> None:
    world = decided_by_rule()
    record = world.record()

    assert isinstance(choose_value(world.parts, f"{record.id}:1.9", "ours", BY), NotThere)
    assert isinstance(undo_choice(world.parts, "nobody:1.0", BY), NotThere)
    assert one_conflict(world.parts, rule_s_conflict(world)) is not None
    conflict = rule_s_conflict(world)
    del world.memory.records.held[record.id]
    assert isinstance(choose_value(world.parts, conflict, "other", BY), NotThere)


def test_a_reference_that_a_system_shows_is_edited_not_chosen() -> None:
    shown = an_observation(fields={"customer": Reference("erp", "customer", "1")}, system="erp")

    assert isinstance(fetched_value(a_record(), shown, "customer"), Impossible)
