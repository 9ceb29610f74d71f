"""plan: on frozen systems it is, entry for entry, what the next run does; and it writes nothing anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from shared.core.commands import Archive, Command, Create
from shared.core.decisions import Verdict
from shared.core.keys import id_key
from shared.core.observations import NO_BUDGET, Answer, Next, Trouble
from shared.core.records import Verb
from shared.core.rules import Decider, FieldRule
from shared.core.values import Reference, Value
from shared.flows.operating.plan import plan
from shared.flows.operating.planned import Plan, PlannedWrite
from shared.ports.stores import SystemState, SystemStatus
from tests.kit.partner import OUTAGE, Partner
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step

Entry = tuple[str, str, Verb, str, tuple[tuple[str, object], ...]]


def writes_of(world: World) -> list[tuple[str, str, Command]]:
    """Return a list that every write of the world's partners is added to from now on."""
    found: list[tuple[str, str, Command]] = []
    for partner in world.systems.partners.values():
        _listen(partner, found)
    return found


def _listen(partner: Partner, found: list[tuple[str, str, Command]]) -> None:
    write = partner.write

    def heard(entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        found.extend((partner.name, entity, command) for command in commands)
        return write(entity, commands)

    partner.write = heard  # type: ignore[method-assign]  # a fake of the kit, listened to


def ran(world: World, found: Sequence[tuple[str, str, Command]]) -> Counter[Entry]:
    """Return what a run wrote, with every reference as our record id."""
    return Counter(_entry(world, *each) for each in found)


def _entry(world: World, system: str, entity: str, command: Command) -> Entry:
    if isinstance(command, Archive):
        return system, entity, Verb.ARCHIVE, command.record_id, ()
    verb = Verb.CREATE if isinstance(command, Create) else Verb.UPDATE
    fields = {path: _ours(world, value) for path, value in command.fields.items()}
    return system, entity, verb, command.record_id, tuple(sorted(fields.items()))


def _ours(world: World, value: Value) -> object:
    if not isinstance(value, Reference):
        return value
    return world.memory.identities.holding[id_key(value.system, value.entity, value.external_id)].record_id


def planned(world: World, found: Plan) -> Counter[Entry]:
    """Return what a plan says would be written, in the same form."""
    return Counter(_planned(world, each) for each in found.writes)


def _planned(world: World, each: PlannedWrite) -> Entry:
    fields = tuple(sorted((it.path, _ours(world, it.after)) for it in each.fields))
    return each.system, each.entity, each.verb, each.record_id, fields


def everything(world: World) -> Any:
    """Return a copy of all that a plan could have touched."""
    memory, messages = world.memory, world.messages
    rows = {name: partner.rows for name, partner in world.systems.partners.items()}
    identities = memory.identities
    kept = (memory.records.held, memory.records.conflicts, identities.holding, identities.notes, identities.creates)
    queues = (messages.changes_queue, messages.deliveries_queue, messages.polls_queue, messages.reconciles_queue)
    states = (memory.states.states, memory.states.cursors, memory.states.listings, memory.states.changed_at)
    return deepcopy((rows, kept, queues, states, memory.ledger.entries, messages.bus, world.telemetry.counts))


# ── plan equals run ──


def bare() -> World:
    """Return a world whose erp has no exact revisions, carries no reference of ours and answers only an id."""
    able = {"exact": False, "carries_reference": False}
    entities = [rules_of(entity, erp=able) for entity in ("customer", "product", "order")]
    habits = {"is_exact": False, "carries_reference": False, "answers": "id", "lists": "ids"}
    return World(integration_of(*entities), erp=habits)


def a_trade(customers: int, world: World | None = None) -> World:
    """Return a world in step: customers with contacts, products, orders with lines."""
    world = world or World()
    for number in range(10):
        world.erp.enter("product", {"sku": f"S{number}", "name": f"Part {number}", "price": Decimal(number)})
    for number in range(customers):
        fields = {"name": f"Customer {number}", "email": f"{number}@example.org", "phone": f"{number}"}
        contact = {
            f"contacts[{number}]": True,
            f"contacts[{number}].name": "Bob",
            f"contacts[{number}].email": f"b{number}",
        }
        name = world.crm.enter("customer", {**fields, **(contact if number % 3 == 0 else {})})
        if number % 2 == 0:
            enter_order(world, number, name)
    return world.poll()


def enter_order(world: World, number: int, customer: str) -> str:
    """Enter an order of the crm for one of its customers; the products are named as the crm knows them."""
    lines: dict[str, Any] = {}
    for line in (1, 2):
        key = f"lines[{number}-{line}]"
        lines |= {key: True, f"{key}.quantity": Decimal(line)}
    named = {"number": f"N{number}", "customer": Reference("crm", "customer", customer), "status": "placed"}
    return world.crm.enter("order", {**named, **lines})


def change_everything(world: World, dice: Random, changes: int) -> Counter[str]:
    """Make so many mixed changes on both sides; return how many of each kind."""
    acts: list[Callable[[World, Random, int], None]] = [
        _edit_crm, _edit_erp, _edit_both, _new_in_crm, _new_in_erp, _new_order, _edit_line, _remove_line,
        _set_status, _delete, _edit_contact, _edit_product, _new_child_of_new,
    ]  # fmt: skip
    done: Counter[str] = Counter()
    for number in range(changes):
        act = dice.choice(acts)
        act(world, dice, number)
        done[act.__name__] += 1
    return done


def _some(partner: Partner, entity: str, dice: Random) -> str:
    return dice.choice(partner.ids(entity))


def _edit_crm(world: World, dice: Random, number: int) -> None:
    world.crm.edit("customer", _some(world.crm, "customer", dice), {"name": f"crm {number}"})


def _edit_erp(world: World, dice: Random, number: int) -> None:
    world.erp.edit("customer", _some(world.erp, "customer", dice), {"phone": f"erp {number}"})


def _edit_both(world: World, dice: Random, number: int) -> None:
    record = dice.choice([each for each in world.records() if each.link("crm").is_live and each.link("erp").is_live])
    for partner in (world.crm, world.erp):
        external_id = str(record.link(partner.name).external_id)
        if external_id in partner.ids("customer"):
            partner.edit("customer", external_id, {"name": f"{partner.name} {number}"})


def _new_in_crm(world: World, _: Random, number: int) -> None:
    world.crm.enter("customer", {"name": f"New {number}", "email": f"new{number}@example.org"})


def _new_in_erp(world: World, _: Random, number: int) -> None:
    world.erp.enter("customer", {"name": f"New {number}", "email": f"newer{number}@example.org", "phone": "1"})


def _new_order(world: World, dice: Random, number: int) -> None:
    enter_order(world, 10_000 + number, _some(world.crm, "customer", dice))


def _new_child_of_new(world: World, _: Random, number: int) -> None:
    name = world.crm.enter("customer", {"name": f"Parent {number}", "email": f"parent{number}@example.org"})
    enter_order(world, 20_000 + number, name)


def _edit_line(world: World, dice: Random, number: int) -> None:
    order = _some(world.crm, "order", dice)
    lines = [path for path in world.crm.shown("order", order) if path.endswith(".quantity")]
    if lines:
        world.crm.edit("order", order, {dice.choice(lines): Decimal(number)})


def _remove_line(world: World, dice: Random, _: int) -> None:
    order = _some(world.crm, "order", dice)
    lines = [path for path in world.crm.shown("order", order) if path.endswith("]")]
    if len(lines) > 1:
        world.crm.edit("order", order, {dice.choice(lines): False})


def _set_status(world: World, dice: Random, _: int) -> None:
    if world.erp.ids("order"):
        world.erp.edit("order", _some(world.erp, "order", dice), {"status": dice.choice(["confirmed", "shipped"])})


def _delete(world: World, dice: Random, number: int) -> None:
    if number % 3 == 0:
        partner = dice.choice([world.crm, world.erp])
        partner.remove("customer", _some(partner, "customer", dice))


def _edit_contact(world: World, dice: Random, number: int) -> None:
    for name in world.erp.ids("customer"):
        contacts = [path for path in world.erp.shown("customer", name) if path.endswith("].name")]
        if contacts and dice.random() < 0.1:
            world.erp.edit("customer", name, {contacts[0]: f"Rob {number}"})
            return


def _edit_product(world: World, dice: Random, number: int) -> None:
    world.erp.edit("product", _some(world.erp, "product", dice), {"price": Decimal(number)})


@pytest.mark.parametrize(("seed", "made"), [(0, World), (1, bare)])
def test_the_plan_of_a_thousand_mixed_changes_is_what_the_next_run_does(seed: int, made: Callable[[], World]) -> None:
    world = a_trade(150, made())
    done = change_everything(world, Random(seed), 1000)
    heard, before = writes_of(world), everything(world)

    found = plan(world.parts)

    assert heard == []
    assert everything(world) == before
    world.poll().later(120, times=2)
    assert planned(world, found) == ran(world, heard)
    assert sum(done.values()) == 1000
    assert len(found.writes) > 400
    assert {each.verb for each in found.writes} == set(Verb)
    conflicts = [each.decision for each in found.conflicts]
    assert {each.verdict for each in conflicts} >= {Verdict.LOST, Verdict.PASSED, Verdict.EDIT_KEPT}


def test_when_everything_is_in_step_the_plan_is_empty() -> None:
    world = a_trade(20)

    assert plan(world.parts).is_empty
    assert plan(world.parts, whole=True).is_empty


# ── what it shows ──


def test_an_update_is_shown_field_by_field_with_what_the_system_shows_now() -> None:
    world = in_step(World())
    world.crm.edit("customer", "crm-1", {"name": "Ada L."})

    (write,) = plan(world.parts).writes

    assert (write.system, write.verb, write.external_id) == ("erp", Verb.UPDATE, "erp-1")
    assert write.record_id == world.record().id
    assert [(each.path, each.before, each.is_known, each.after) for each in write.fields] == [
        ("name", "Ada", True, "Ada L.")
    ]


def test_a_create_is_shown_with_its_children_that_would_wait_for_it() -> None:
    world = World()
    enter_order(world, 1, world.crm.enter("customer", {"name": "Ada", "email": "ada@example.org"}))

    found = plan(world.parts)

    customer, order = found.writes
    assert (customer.entity, customer.verb, customer.external_id) == ("customer", Verb.CREATE, "")
    assert (order.entity, order.verb) == ("order", Verb.CREATE)
    assert {each.path: each.after for each in order.fields}["customer"] == customer.record_id
    assert found.new_records == 2
    assert found.totals() == {("erp", "customer", "create"): 1, ("erp", "order", "create"): 1}


def test_an_archive_is_shown() -> None:
    world = in_step(World())
    world.crm.remove("customer", "crm-1")

    (write,) = plan(world.parts).writes

    assert (write.system, write.verb, write.external_id, write.fields) == ("erp", Verb.ARCHIVE, "erp-1", ())


def test_a_new_element_and_a_removed_one_are_shown() -> None:
    world = World()
    world.crm.enter("customer", {"name": "A", "email": "a", "contacts[1]": True, "contacts[1].name": "Bob"})
    world.poll()
    world.crm.edit("customer", "crm-1", {"contacts[1]": False, "contacts[2]": True, "contacts[2].name": "Rob"})

    (write,) = plan(world.parts).writes

    shown = [(each.before, each.after) for each in write.fields]
    assert sorted(shown, key=str) == [(None, "Rob"), (None, True), (True, False)]


def test_a_conflict_left_to_a_person_is_shown_with_both_values() -> None:
    rules = rules_of(fields={"name": FieldRule(decider=Decider.PERSON)})
    world = in_step(World(integration_of(rules)))
    world.crm.edit("customer", "crm-1", {"name": "A"})
    world.erp.edit("customer", "erp-1", {"name": "B"})

    (conflict,) = plan(world.parts).conflicts

    assert conflict.decision.verdict is Verdict.PERSON
    assert {conflict.decision.theirs, conflict.decision.ours} == {"A", "B"}


def test_what_would_be_parked_is_shown_once_and_not_what_is_parked_already() -> None:
    world = World(integration_of(rules_of(creators=frozenset({"crm"}))))
    world.erp.enter("customer", {"name": "Ada", "email": "ada@example.org"})

    (parked,) = plan(world.parts).parked

    assert (parked.system, parked.external_id, parked.record_id) == ("erp", "erp-1", "")
    assert "may not create it" in parked.reason
    world.poll()
    world.erp.edit("customer", "erp-1", {"name": "Eve"})
    assert plan(world.parts).parked == ()


def test_a_link_that_would_be_parked_is_shown() -> None:
    world = in_step(World(integration_of(rules_of(erp={"carries_reference": True}))))
    world.crm.enter("customer", {"name": "Eve", "email": "eve@example.org"})
    for name in ("Eve 1", "Eve 2"):
        world.erp.enter("customer", {"name": name, "email": "eve@example.org"})
    world.memory.states.cursors["erp", "customer"] = ("99", None)

    (parked,) = plan(world.parts).parked

    assert (parked.system, parked.reason) == ("erp", "several records there may be this one")


def test_only_the_entities_that_are_asked_for_are_planned() -> None:
    world = in_step(World())
    world.crm.edit("customer", "crm-1", {"name": "Ada L."})
    enter_order(world, 1, "crm-1")

    assert {each.entity for each in plan(world.parts, frozenset({"customer"})).writes} == {"customer"}
    assert {each.entity for each in plan(world.parts, frozenset({"order"})).writes} == {"order"}
    assert len(plan(world.parts).writes) == 2


def test_more_than_one_run_may_write_is_shown_whole_with_where_it_would_stop() -> None:
    world = in_step(World(integration_of(rules_of(max_updates_per_run=1))), "a@example.org", "b@example.org")
    for name in world.crm.ids("customer"):
        world.crm.edit("customer", name, {"name": "New"})

    found = plan(world.parts)

    assert len(found.writes) == 2
    assert [(each.system, each.verb, each.writes, each.bound) for each in found.beyond] == [("erp", Verb.UPDATE, 2, 1)]


def test_what_is_owed_already_is_part_of_the_plan() -> None:
    world = in_step(World())
    world.parts.states.set_state("erp", SystemState(SystemStatus.PAUSED))
    world.crm.edit("customer", "crm-1", {"name": "Ada L."})
    world.poll()
    world.parts.states.set_state("erp", SystemState())
    before = everything(world)

    (write,) = plan(world.parts).writes

    assert [each.after for each in write.fields] == ["Ada L."]
    assert everything(world) == before
    assert plan(world.parts, frozenset({"order"})).is_empty


def test_a_system_that_may_not_be_asked_or_does_not_answer_is_named() -> None:
    world = in_step(World())
    world.parts.states.set_state("erp", SystemState(SystemStatus.PAUSED))
    world.crm.trouble = OUTAGE

    found = plan(world.parts)

    assert {(each.system, each.why) for each in found.unread} == {("erp", "paused"), ("crm", "503")}


@pytest.mark.parametrize("whole", [False, True])
def test_a_system_whose_quota_is_used_is_named_and_not_asked_without_end(whole: bool) -> None:
    world = in_step(World())
    world.crm.trouble = Trouble(Next.THROTTLED, NO_BUDGET, "used", wait_seconds=55.0, whole_system=True)
    before = everything(world)

    found = plan(world.parts, whole=whole)

    (told,) = found.unread
    assert (told.system, told.why.endswith("a plan has no time to wait for more")) == ("crm", True)
    assert everything(world) == before


def test_a_new_mapping_shows_what_its_first_run_would_do() -> None:
    narrow = frozenset({"name", "email"})
    world = World(integration_of(rules_of(erp={"carries": narrow, "takes": narrow})))
    world.crm.enter("customer", {"name": "Ada", "email": "ada@example.org", "phone": "7"})
    world.poll()
    world.erp.rows["customer", "erp-1"].fields["phone"] = None
    wide = replace(world.parts, integration=integration_of(rules_of(version="r2")))

    found = plan(wide, whole=True)

    assert plan(world.parts, whole=True).is_empty
    assert [(each.path, each.after) for write in found.writes for each in write.fields] == [("phone", "7")]


def test_what_a_system_that_reads_stale_does_not_show_is_looked_for_again_before_anything_is_sent() -> None:
    """Seed 9054: a customer was edited in the ERP and deleted in the CRM. The plan had the row there updated, which was
    gone; the run made it again."""
    world = in_step(World(integration_of(rules_of(crm={"stale_reads": True}))))
    world.crm.remove("customer", "crm-1")
    world.erp.edit("customer", "erp-1", {"name": "Ada L."})

    found = plan(world.parts, whole=True)

    assert [(each.system, each.verb) for each in found.writes] == [("crm", Verb.CREATE)]
