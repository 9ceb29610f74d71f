"""Every repairing verb of the operators dies before and after each of its calls; whoever gives it once more ends as if
it had not died.

The places are counted, not sampled: a run that lives says how many calls there are, and each of them is then cut.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import shared.flows.operating
from shared.core.decisions import Verdict
from shared.core.observations import Source
from shared.flows.operating.choose import NEW, choose_candidate
from shared.flows.operating.dead_letters import discard, redrive
from shared.flows.operating.decide import choose_value, conflict_id, undo_choice
from shared.flows.operating.edit import edit_field
from shared.flows.operating.link import link_record, make_own, unlink_record
from shared.flows.operating.push import Push, push
from shared.flows.operating.remark import assign_case, note_on_case
from shared.flows.operating.retry import retry_case, retry_group
from shared.flows.operating.skip import skip_case
from shared.flows.operating.stopping import approve, pause, resume, trip
from shared.flows.parts import Parts
from shared.ports.dead_letters import DeadLetter
from tests.kit.clock import START
from tests.kit.crashing import Crashed, Crashing
from tests.kit.rules import integration_of, rules_of
from tests.kit.troubled import (
    BY,
    held_field,
    left_to_a_person,
    only_case,
    open_conflicts,
    refused_create,
    several_here,
)
from tests.kit.world import World, in_step

Verb = Callable[[Parts], object]
Scene = Callable[[], tuple[World, Verb]]
QUEUE = "ChangesDeadLetters"

READING = frozenset(
    {"check_system", "explain", "failures", "finding", "plan", "planned", "planning", "replay", "status"}
    | {"unsupported", "waiting"}
)
"""Files of verbs that leave nothing behind (a plan runs on ports that write nothing): dying in them changes nothing."""


def a_case(build: Callable[[], World], act: Callable[[Parts, str], object]) -> tuple[World, Verb]:
    world = build()
    case = only_case(world).case.id
    return world, lambda parts: act(parts, case)


def doubtful() -> World:
    """A customer of the erp that may be either of two of the crm, seen."""
    world = several_here()
    world.clock.go_on(30)
    return world.hint("erp", "customer", world.erp.ids("customer")[-1])


def a_conflict(choice: str) -> tuple[World, Verb]:
    world = left_to_a_person()
    id_ = conflict_id(open_conflicts(world)[0])
    return world, lambda parts: choose_value(parts, id_, choice, BY)


def a_held_conflict() -> tuple[World, Verb]:
    world = held_field()
    (held,) = [each for each in world.memory.conflicts.kept if each.decision.verdict is Verdict.HELD]
    return world, lambda parts: choose_value(parts, conflict_id(held), "ours", BY)


def an_undone_choice() -> tuple[World, Verb]:
    """By the id of the choice; by that of the conflict the newest choice is undone, and so an undo, too."""
    world, act = a_conflict("theirs")
    act(world.parts)
    world.settle().later(70)
    (chosen,) = [each for each in world.memory.conflicts.kept if each.decision.verdict is Verdict.CHOSEN]
    return world, lambda parts: undo_choice(parts, conflict_id(chosen), BY)


def a_choice(candidate: str = "") -> tuple[World, Verb]:
    world = doubtful()
    case = only_case(world).case
    return world, lambda parts: choose_candidate(parts, case.id, candidate or sorted(case.candidates)[0], BY)


def an_own_record() -> tuple[World, Verb]:
    world = doubtful()
    (name,) = world.erp.ids("customer")[-1:]
    return world, lambda parts: make_own(parts, "erp", "customer", name, BY)


def a_link() -> tuple[World, Verb]:
    world = doubtful()
    case = only_case(world).case
    (name,) = world.erp.ids("customer")[-1:]
    return world, lambda parts: link_record(parts, sorted(case.candidates)[0], "erp", name, BY)


def an_unlink() -> tuple[World, Verb]:
    world = in_step(World())
    record = world.record().id
    return world, lambda parts: unlink_record(parts, record, "erp", BY)


def an_edit() -> tuple[World, Verb]:
    world = in_step(World())
    record = world.record().id
    return world, lambda parts: edit_field(parts, record, "name", "Ada King", BY)


def a_push() -> tuple[World, Verb]:
    world = in_step(World())
    (name,) = world.crm.ids("customer")
    world.crm.edit("customer", name, {"name": "Ada King"})
    shown = world.crm.look("customer", name, Source.FETCHED)
    told = Push("crm", "customer", name, {"name": "Ada King"}, content=repr(shown))
    return world, lambda parts: push(parts, told, "key-1")


def letters(act: Callable[[Parts], object]) -> tuple[World, Verb]:
    world = World()
    for number in ("1", "2"):
        world.dead_letters.queues[QUEUE].append(DeadLetter(QUEUE, number, f"receipt-{number}", "{}", START, 1, {}))
    return world, act


def a_stop(*verbs: Verb) -> tuple[World, Verb]:
    world = in_step(World())
    for verb in verbs[:-1]:
        verb(world.parts)
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "Ada King"})
    world.poll()
    return world, verbs[-1]


def deletes_that_wait() -> tuple[World, Verb]:
    world = in_step(World(integration_of(rules_of(max_deletes_per_run=1))), "a@x.org", "b@x.org", "c@x.org")
    for name in world.crm.ids("customer"):
        world.crm.rows["customer", name].is_deleted = True
    world.reconcile()
    return world, lambda parts: approve(parts, "crm", "customer", 1)


SCENES: Mapping[str, Scene] = {
    "retry": lambda: a_case(refused_create, lambda parts, case: retry_case(parts, case, BY)),
    "retry a group": lambda: a_case(refused_create, lambda parts, _: retry_group(parts, "erp", BY, None, 10)),
    "retry a note": lambda: a_case(doubtful, lambda parts, case: retry_case(parts, case, BY)),
    "skip": lambda: a_case(refused_create, lambda parts, case: skip_case(parts, case, BY)),
    "skip a held field": lambda: a_case(held_field, lambda parts, case: skip_case(parts, case, BY)),
    "assign": lambda: a_case(refused_create, lambda parts, case: assign_case(parts, case, "kim", BY)),
    "note": lambda: a_case(refused_create, lambda parts, case: note_on_case(parts, case, "asked them", BY)),
    "choose": a_choice,
    "choose none of them": lambda: a_choice(NEW),
    "make own": an_own_record,
    "link": a_link,
    "unlink": an_unlink,
    "edit": an_edit,
    "decide for ours": lambda: a_conflict("ours"),
    "decide for theirs": lambda: a_conflict("theirs"),
    "decide a held field": a_held_conflict,
    "undo": an_undone_choice,
    "push": a_push,
    "redrive": lambda: letters(lambda parts: redrive(parts, QUEUE, None)),
    "discard": lambda: letters(lambda parts: discard(parts, QUEUE, {"1"})),
    "pause": lambda: a_stop(lambda parts: pause(parts, "erp", None, "stocktaking")),
    "trip": lambda: a_stop(lambda parts: trip(parts, "erp", None, 5, "too fast")),
    "approve": lambda: a_stop(lambda parts: approve(parts, "erp", "customer", 1)),
    "approve deletes": deletes_that_wait,
    "resume": lambda: a_stop(
        lambda parts: pause(parts, "erp", None, "stocktaking"), lambda parts: resume(parts, "erp", None)
    ),
}


def ending(world: World) -> object:
    """Return what is left in the end: records, rows, notes, who waits for a person, what was sent, what is stopped."""
    world.settle().later(70, times=3).reconcile()
    records = {
        record.id: (
            {path: held.value for path, held in record.fields.items()},
            record.tombstone is None,
            {
                name: (link.state, link.external_id, link.parked and link.parked.reason, set(link.held), link.intent)
                for name, link in record.links.items()
            },
            {name: dict(link.skipped) for name, link in record.links.items() if link.skipped},
        )
        for record in world.memory.records.held.values()
    }
    rows = {
        (name, *key): (row.fields, row.is_deleted)
        for name, partner in world.systems.partners.items()
        for key, row in partner.rows.items()
    }
    notes = {key: (note.kind, note.reason) for key, note in world.memory.identities.notes.items()}
    asked = sorted((each.decision.verdict, each.decision.system, each.decision.path) for each in open_conflicts(world))
    letters_left = {name: [each.id for each in some] for name, some in world.dead_letters.queues.items()}
    brought_back = {letter.id for letter in world.dead_letters.sent}
    stopped = {key: state.status for key, state in world.memory.states.states.items()}
    return records, rows, notes, asked, letters_left, brought_back, stopped


def died(scene: Scene, number: int, when: str) -> World:
    """Return the world after a verb that died at one of its calls and was given once more."""
    world, act = scene()
    with pytest.raises(Crashed):
        act(Crashing(number, when).parts(world.parts))
    world.dead_letters.hidden.clear()  # they are to be seen again after a while
    act(world.parts)
    return world


@pytest.mark.parametrize("name", SCENES)
def test_a_verb_that_dies_anywhere_and_is_given_once_more_ends_as_if_it_had_lived(name: str) -> None:
    world, act = SCENES[name]()
    watched = Crashing()
    act(watched.parts(world.parts))
    wanted = ending(world)
    assert watched.places

    for number in range(len(watched.places)):
        for when in ("before", "after"):
            again = ending(died(SCENES[name], number, when))
            assert again == wanted, f"{when} {watched.places[number]}"


def test_every_verb_of_the_operators_that_writes_is_cut() -> None:
    files = {path.stem: path for path in Path(str(next(iter(shared.flows.operating.__path__)))).glob("[a-z]*.py")}
    reached: set[str] = set()
    for scene in SCENES.values():
        world, act = scene()
        watched = Crashing()
        act(watched.parts(world.parts))
        reached |= {place.removeprefix("operating.").partition(".")[0] for place, _ in watched.places}

    assert files.keys() >= READING
    assert {name for name in files.keys() - READING if _calls_a_port(files[name])} <= reached


def _calls_a_port(path: Path) -> bool:
    return any(
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "parts"
        for node in ast.walk(ast.parse(path.read_text()))
    )
