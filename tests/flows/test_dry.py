"""A dry installation: what is read is the real one, what is written is seen by what runs after, and by nobody else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from shared.core.commands import Archive, Create, Update
from shared.core.keys import id_key
from shared.core.observations import Accepted, Gone, Observation, Source, Stored, Trouble
from shared.core.values import Value
from shared.flows.dry.installation import Dry, dry
from shared.flows.dry.systems import PLANNED
from shared.ports.stores import Holder, Note, NoteKind, OpenCreate
from shared.ports.system import Key
from tests.kit.builders import a_change, a_record, an_intent
from tests.kit.clock import START
from tests.kit.partner import OUTAGE
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step


def over(world: World) -> Dry:
    """Return a dry installation over a world."""
    return dry(world.parts)


def shown(dried: Dry, external_id: str = "erp-1") -> dict[str, object]:
    """Return what the erp shows of a customer in a dry installation."""
    found = dried.systems.system("erp").fetch("customer", [external_id])
    assert not isinstance(found, Trouble)
    each = found[external_id]
    assert isinstance(each, Observation)
    return dict(each.fields)


# ── stores ──


def test_what_stands_is_read_through_and_what_is_written_stands_before_it() -> None:
    world = in_step(World())
    dried, record = over(world), world.record()
    changed = replace(record, version=record.version + 1, due_at=START, parked_since=START, waits_for="p")

    dried.parts.records.save(a_change(changed))

    assert dried.parts.records.get([record.id]) == {record.id: changed}
    assert dried.parts.records.due(START, 5) == [record.id]
    assert dried.parts.records.parked(5) == [record.id]
    assert dried.parts.records.waiting_for("p") == [record.id]
    assert world.record() == record


def test_a_key_that_was_given_back_here_is_free_here_only() -> None:
    world = in_step(World())
    dried, record = over(world), world.record()
    key = next(key for key in world.memory.identities.holding if key.startswith("key/"))

    change = a_change(replace(record, version=record.version + 1))
    dried.parts.records.save(replace(change, keys_given_back=frozenset({key})))

    assert dried.parts.identities.holders([key]) == {}
    assert world.parts.identities.holders([key])


def test_notes_creates_and_links_are_those_that_stand_but_for_what_changed_here() -> None:
    world = in_step(World(), "a@example.org", "b@example.org")
    waiting = Note(NoteKind.WAITING, "crm", "customer", "w", "why", START, START)
    parked = Note(NoteKind.PARKED, "crm", "customer", "p", "why", START)
    for note in (waiting, parked):
        world.parts.identities.note(id_key("crm", "customer", note.external_id), note)
    world.memory.identities.creates["erp", "customer"] = {"r1": OpenCreate("r1", START)}
    dried = over(world)
    identities = dried.parts.identities

    assert (list(identities.due(START, 5)), list(identities.parked(5))) == ([waiting], [parked])
    assert [each.record_id for each in identities.open_creates("erp", "customer")] == ["r1"]
    assert list(identities.linked("crm", "customer", None, 1)) == ["crm-1"]
    assert list(identities.linked("crm", "customer", "crm-1", 5)) == ["crm-2"]

    identities.forget([id_key("crm", "customer", "w")])
    identities.note(id_key("crm", "customer", "p"), replace(parked, reason="another"))
    sending = a_record("9").with_link("erp", replace(a_record("9").link("erp"), intent=an_intent()))
    opened = replace(a_change(sending), creates_opened=frozenset({"erp"}), creates_closed=frozenset())
    dried.parts.records.save(opened)

    assert list(identities.due(START, 5)) == []
    assert [note.reason for note in identities.parked(5)] == ["another"]
    assert len(identities.open_creates("erp", "customer")) == 2
    assert [note.reason for note in world.parts.identities.parked(5)] == ["why"]


def test_nothing_is_remembered_counted_or_told() -> None:
    world = World()
    parts = over(world).parts

    parts.idempotency.remember("e1")
    parts.telemetry.count("ChangesAbsorbed")
    parts.telemetry.tell("parked")
    parts.messages.publish([])
    parts.messages.touch([])
    parts.ledger.append([])

    assert not parts.idempotency.is_known("e1")
    assert parts.ledger.known([("r", 1)]) == {("r", 1)}
    assert not world.telemetry.counts
    assert parts.systems.webhooks("crm") is None


def test_what_looks_at_the_installation_sees_it_as_it_is() -> None:
    world = in_step(World(), "a@example.org", "b@example.org")
    world.parts.activity.note_observed("crm", "customer", START)
    world.parts.states.count_calls("crm", 2, 1)
    world.parts.states.note_change(START)
    parts = over(world).parts
    parts.activity.note_observed("erp", "customer", START)

    assert parts.activity.observed() == world.parts.activity.observed()
    assert parts.activity.calls_on(START.date()) == world.parts.activity.calls_on(START.date())
    assert parts.states.calls() == world.parts.states.calls()
    assert parts.states.last_change() == world.parts.states.last_change()
    (first, *_) = parts.records.page(None, 1)
    parts.records.save(a_change(replace(first, version=first.version + 1, waits_for="p")))
    assert [each.waits_for for each in parts.records.page(None, 5)] == ["p", None]


def test_an_id_that_was_freed_here_keeps_its_generation() -> None:
    world = in_step(World())
    dried, record = over(world), world.record()
    key = id_key("erp", "customer", "erp-1")

    change = a_change(replace(record, version=record.version + 1))
    dried.parts.records.save(replace(change, keys_freed={key: 2}))

    assert dried.parts.identities.holders([key]) == {key: Holder("", 2)}
    assert dried.parts.identities.linked("erp", "customer", None, 5) == {}
    assert world.parts.identities.holders([key]) == {key: Holder(record.id, 0)}


# ── systems ──


def test_an_update_ends_here_and_shows_wherever_the_record_is_read_again() -> None:
    world = in_step(World())
    dried = over(world)
    erp = dried.systems.system("erp")

    (answer,) = erp.write("customer", [Update("r", "erp-1", {"name": "Ada L."})])

    assert isinstance(answer, Stored)
    assert (answer.shown.fields, answer.shown.source) == ({"name": "Ada L."}, Source.ANSWER)
    assert shown(dried)["name"] == "Ada L."
    key = Key("email", ("ada@example.org",))
    found = erp.find("customer", [key])
    assert not isinstance(found, Trouble)
    assert [each.fields["name"] for each in found[key] if isinstance(each, Observation)] == ["Ada L."]
    assert world.erp.shown("customer")["name"] == "Ada"
    (refused,) = dried.systems.refused
    assert refused.now is not None
    assert refused.now.fields["name"] == "Ada"


def test_what_would_be_created_can_be_read_by_the_id_that_it_is_given() -> None:
    dried = over(World())

    (answer,) = dried.systems.system("erp").write("customer", [Create("r", {"name": "Ada", "email": None})])

    assert isinstance(answer, Stored)
    assert answer.external_id == f"{PLANNED}r"
    assert shown(dried, answer.external_id) == {"name": "Ada", "email": None}


def test_what_would_be_archived_is_gone() -> None:
    world = in_step(World())
    dried = over(world)
    erp = dried.systems.system("erp")

    assert erp.write("customer", [Archive("r", "erp-1")]) == [Accepted("erp-1")]

    assert erp.fetch("customer", ["erp-1"]) == {"erp-1": Gone("erp-1")}
    key = Key("email", ("ada@example.org",))
    assert erp.find("customer", [key]) == {key: ()}
    assert world.erp.ids("customer") == ["erp-1"]


def test_a_collection_is_answered_whole_and_a_removed_element_shows_no_more() -> None:
    world = World()
    lines = {"lines[1]": True, "lines[1].quantity": Decimal(1), "lines[2]": True, "lines[2].quantity": Decimal(2)}
    name = world.erp.enter("order", {"number": "7", **lines})
    dried = over(world)
    elements = {"a": "1", "b": "2"}
    left: dict[str, Value] = {"lines[b]": True, "lines[b].quantity": Decimal(2), "lines[b].secret": "x"}
    whole = {"lines[a]": False, **left}
    command = Update("r", name, {"lines[a]": False}, elements=elements, whole=whole)

    (answer,) = dried.systems.system("erp").write("order", [command])

    assert isinstance(answer, Stored)
    assert answer.shown.fields == {"lines[2]": True, "lines[2].quantity": Decimal(2)}
    assert answer.shown.collections == {"lines"}
    found = dried.systems.system("erp").fetch("order", [name])
    assert not isinstance(found, Trouble)
    each = found[name]
    assert isinstance(each, Observation)
    assert set(each.fields) == {"number", "lines[2]", "lines[2].quantity"}


def test_an_element_that_a_person_is_asked_about_stays_alone_where_another_one_is_added() -> None:
    world = World()
    contacts = {f"contacts[{each}]{path}": value for each in "12" for path, value in (("", True), (".name", "Kim"))}
    name = world.erp.enter("customer", {"name": "Ada", **contacts})
    dried = over(world)
    new: dict[str, Value] = {"contacts[c]": True, "contacts[c].name": "Lee"}
    known: dict[str, Value] = {
        f"contacts[{each}]{path}": value for each in "ab" for path, value in (("", True), (".name", "Kim"))
    }
    command = Update("r", name, new, elements={"a": "1"}, whole={**known, **new})

    (answer,) = dried.systems.system("erp").write("customer", [command])

    assert isinstance(answer, Stored)
    added = {f"contacts[{PLANNED}c]": True, f"contacts[{PLANNED}c].name": "Lee"}
    assert answer.shown.fields == {**contacts, **added}
    assert shown(dried, name) == {"name": "Ada", **contacts, **added}


def test_a_system_that_does_not_answer_is_remembered_and_its_present_values_are_unknown() -> None:
    world = in_step(World())
    dried = over(world)
    erp = dried.systems.system("erp")
    world.erp.trouble = OUTAGE

    assert erp.find("customer", [Key("email", ("x",))]) == OUTAGE
    assert erp.fetch("customer", ["erp-1"]) == OUTAGE
    erp.write("customer", [Update("r", "erp-1", {"name": "B"})])

    assert dried.systems.refused[0].now is None
    assert dried.systems.unread == {("erp", "customer"): OUTAGE}


def test_a_system_that_cannot_be_read_by_id_is_not_asked_for_its_present_values() -> None:
    world = in_step(World(integration_of(rules_of(erp={"can_read": False}))))
    dried = over(world)
    asked = len(world.erp.calls)

    dried.systems.system("erp").write("customer", [Update("r", "erp-1", {"name": "B"})])

    assert len(world.erp.calls) == asked
