"""Schema drift in the flows: told once, only that field held back, and sent when it is back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from shared.core.inspection import Described, Finding, Needed, Result, There
from shared.core.observations import Invalid, Next, Observation, Trouble
from shared.core.schema_drift import RECORDS, Kind, Schema
from shared.flows.drifting import compare, drifts, look_over, notice
from shared.flows.operating.check_system import check_system
from shared.flows.operating.replay import replay_record
from shared.flows.operating.status import status
from shared.flows.reconcile import reconcile
from shared.ports.inspection import Greeted, Inspector
from shared.ports.messages import Poll
from tests.kit.crashing import Crashed, Crashing
from tests.kit.partner import Partner
from tests.kit.world import World, in_step

HINTED = Poll("erp", "customer")


def told(world: World, event: str = "schema drift") -> list[tuple[object, object]]:
    """Return what was told of a kind: field and why."""
    return [(facts.get("field"), facts.get("why")) for name, facts in world.telemetry.told if name == event]


def without_phone(world: World) -> World:
    """A customer with a phone stands in both systems; then the erp shows no phone any more."""
    world.crm.enter("customer", {"name": "Ada", "email": "ada@example.org", "phone": "+1 512 555 0100"})
    world.poll().poll()
    world.erp.narrow = {"phone"}
    return world


def look_at(world: World, system: str = "erp") -> None:
    """Let somebody hint at every customer."""
    partner = world.systems.partners[system]
    for each in partner.ids("customer"):
        world.hint(system, "customer", each)
    world.settle()


def test_a_field_that_vanished_is_told_once_and_clears_nothing() -> None:
    world = without_phone(World())

    look_at(world)
    look_at(world)

    assert told(world) == [("phone", "vanished: full answers do not carry it any more")]
    assert world.telemetry.counts["SchemaDrift"] == 1
    assert world.record().value("phone") == "+1 512 555 0100"
    (line,) = status(world.parts).drifting
    assert (line.system, line.entity, line.field, line.what) == ("erp", "customer", "phone", "vanished")


@pytest.mark.parametrize("is_exact", [True, False])
def test_only_that_field_is_held_back_and_it_goes_out_when_it_is_back(is_exact: bool) -> None:
    world = without_phone(World(erp={"is_exact": is_exact}))
    look_at(world)
    world.crm.edit("customer", "crm-1", {"name": "Ada L.", "phone": "+1 512 555 0199"})

    world.poll()

    assert world.erp.shown("customer")["name"] == "Ada L."
    assert world.erp.shown("customer")["phone"] == "+1 512 555 0100"
    assert world.link("erp").parked is None
    writes = world.erp.called("write")
    world.later(60, 40)
    assert world.erp.called("write") == writes
    world.erp.narrow = set()
    world.later(900)
    assert world.agreed("customer", "phone") == "+1 512 555 0199"
    assert told(world, "schema drift ended") == [("phone", None)]
    assert status(world.parts).drifting == ()


def test_a_record_that_owes_only_that_field_waits_and_is_looked_at_now_and_then() -> None:
    world = without_phone(World())
    look_at(world)
    world.crm.edit("customer", "crm-1", {"phone": "+1 512 555 0199"})
    world.poll()
    fetches, version = world.erp.called("fetch"), world.record().version

    world.later(3600)

    assert world.erp.called("fetch") - fetches <= 2
    assert world.record().version - version <= 2
    due = world.link("erp").due_at
    assert due is not None
    assert due - world.clock.now() <= timedelta(minutes=15)


def test_what_is_made_meanwhile_is_made_without_it() -> None:
    world = without_phone(World())
    look_at(world)
    world.crm.enter("customer", {"name": "Bo", "email": "bo@example.org", "phone": "+1 512 555 0177"})

    world.poll()
    made = dict(world.erp.rows["customer", "erp-2"].fields)
    world.erp.narrow = set()
    world.erp.edit("customer", "erp-2", {"phone": None})
    world.poll().later(900)

    assert "phone" not in made
    assert world.erp.rows["customer", "erp-2"].fields["phone"] == "+1 512 555 0177"


def test_every_decision_meanwhile_can_be_made_again() -> None:
    world = without_phone(World(erp={"is_exact": False}))
    look_at(world)
    world.crm.edit("customer", "crm-1", {"name": "Ada L.", "phone": "+1 512 555 0199"})
    world.poll().later(600)
    world.erp.narrow = set()
    world.later(900)

    replayed = replay_record(world.parts, world.record().id)

    assert len(replayed) > 3
    assert [each for each in replayed if not each.is_same] == []


def unreadable(world: World, external_id: str) -> Invalid:
    """Return how a record is shown whose phone cannot be read."""
    shown = world.erp.look("customer", external_id)
    assert isinstance(shown, Observation)
    rest = {path: value for path, value in shown.fields.items() if path != "phone"}
    others = replace(shown, fields=rest, complete=False)
    return Invalid(external_id, "phone", "is not text", frozenset({"phone"}), others)


def test_a_field_of_another_type_parks_a_few_records_and_then_nobody_for_it() -> None:
    emails = [f"c{number}@example.org" for number in range(RECORDS + 1)]
    world = in_step(World(), *emails)
    ids = world.erp.ids("customer")
    for each in ids:
        world.erp.edit("customer", each, {"name": f"New {each}"})
        world.erp.invalid["customer", each] = unreadable(world, each)

    for each in ids[: RECORDS - 1]:
        world.hint("erp", "customer", each)
        world.settle()
    assert len(world.parts.identities.parked(10)) == RECORDS - 1
    assert told(world) == []
    look_at(world)

    assert told(world) == [("phone", "type changed: its values cannot be read any more")]
    assert {record.value("name") for record in world.records()} == {f"New {each}" for each in ids}
    assert world.parts.identities.parked(10) == []
    world.erp.invalid.clear()
    for each in ids:
        world.erp.edit("customer", each, {"phone": "+1 512 555 0100"})
    look_at(world)
    assert {record.value("phone") for record in world.records()} == {"+1 512 555 0100"}
    assert status(world.parts).drifting == ()


def test_other_rules_begin_anew() -> None:
    world = without_phone(World())
    look_at(world)
    entities = {name: replace(rules, version="r2") for name, rules in world.integration.entities.items()}
    world.parts = replace(world.parts, integration=replace(world.integration, entities=entities))

    assert drifts(world.parts, "erp", "customer") == ()


def test_whoever_is_quicker_tells() -> None:
    world = without_phone(World())
    world.memory.states.keep_schema = lambda *_: False  # type: ignore[method-assign]  # somebody else was quicker

    assert notice(world.parts, "erp", "customer", [world.erp._fetched("customer", "erp-1")]) == {"phone"}
    assert told(world) == []


# ── descriptions ──


@dataclass
class Describing:
    """An inspector with a description."""

    fields: dict[str, There] = field(default_factory=lambda: {"Name": There("string"), "Phone": There("string")})
    trouble: Trouble | None = None
    describes: bool = True
    closed: int = 0

    def greet(self) -> Greeted | Trouble:
        """Let in."""
        return Greeted(None)

    def describe(self, entity: str) -> Sequence[Described] | Trouble:
        """Describe customers."""
        if entity != "customer":
            return []
        needed = (Needed("name", "Name"), Needed("phone", "Phone"))
        return self.trouble or [Described(entity, "Account", needed, dict(self.fields))]

    def webhooks(self) -> Sequence[Finding]:
        """Have none."""
        return []

    def close(self) -> None:
        """Count it."""
        self.closed += 1


class Describable(Partner):
    """A partner with a description."""

    described: Describing

    def inspector(self) -> Inspector:
        """Return what asks it."""
        return self.described


def a_described_world() -> tuple[World, Describing]:
    world, described = World(), Describing()
    partner = Describable("erp", world.clock)
    partner.described = described
    world.systems.partners["erp"] = partner
    without_phone(world)
    world.erp.narrow = set()
    return world, described


def test_the_nightly_comparison_reads_the_description() -> None:
    world, described = a_described_world()
    reconcile(world.parts, HINTED)
    assert told(world) == []
    del described.fields["Phone"]
    described.fields |= {"MobilePhone": There("string"), "Website": There("url")}

    reconcile(world.parts, HINTED)
    reconcile(world.parts, HINTED)

    assert told(world) == [
        ("Account.Website", "appeared: Account.Website: url"),
        ("phone", "renamed: there is no Account.Phone any more; Account.MobilePhone is new"),
    ] or told(world) == [
        ("Account.MobilePhone", "appeared: Account.MobilePhone: string"),
        ("Account.Website", "appeared: Account.Website: url"),
        ("phone", "renamed: there is no Account.Phone any more; Account.MobilePhone is new"),
    ]
    assert world.telemetry.counts["SchemaDrift"] == 1
    assert described.closed == 3


def test_a_later_page_of_a_comparison_asks_for_no_description() -> None:
    world, described = a_described_world()

    reconcile(world.parts, replace(HINTED, page=1))

    assert described.closed == 0


def test_a_check_tells_what_drifts_and_what_to_do() -> None:
    world, described = a_described_world()
    check_system(world.parts, "erp")
    described.fields["Phone"] = There("double")
    described.fields["Website"] = There("url")

    found = {each.seen: each for each in check_system(world.parts, "erp").findings if each.check == "schema drift"}

    retyped = found["phone type changed: Account.Phone: string → double"]
    assert (retyped.result, retyped.entity) == (Result.WARNING, "customer")
    assert "only it is held back" in retyped.remedy
    assert found["Account.Website appeared: Account.Website: url"].result is Result.OK


def test_what_answers_leave_out_is_held_against_the_description_at_once() -> None:
    world, described = a_described_world()
    compare(world.parts, "erp", "customer", described_as(described))
    world.erp.narrow = {"phone"}

    look_at(world)

    assert told(world) == []
    assert world.parts.states.schema("erp", "customer") is not None
    assert described.closed == 1


def described_as(described: Describing) -> Sequence[Described]:
    found = described.describe("customer")
    assert not isinstance(found, Trouble)
    return found


@pytest.mark.parametrize(
    "told_as",
    [
        [],
        [Described("customer", "Account", (), None)],
        [Described("customer", "/customers", (), {"Name": There()}, is_sample=True)],
    ],
)
def test_a_description_that_shows_nothing_says_nothing(told_as: Sequence[Described]) -> None:
    world, described = a_described_world()
    compare(world.parts, "erp", "customer", described_as(described))
    before = world.parts.states.schema("erp", "customer")

    assert compare(world.parts, "erp", "customer", told_as) == frozenset()
    assert world.parts.states.schema("erp", "customer") == before


@pytest.mark.parametrize("change", [{"trouble": Trouble(Next.RETRYABLE, "http-503")}, {"describes": False}])
def test_a_system_that_does_not_describe_itself_now_is_left_in_peace(change: dict[str, object]) -> None:
    world, described = a_described_world()
    for name, value in change.items():
        setattr(described, name, value)

    look_over(world.parts, "erp", "customer")
    look_over(world.parts, "crm", "customer")

    assert (world.parts.states.schema("erp", "customer") or Schema()).fields == {}
    assert described.closed == 1


def test_a_field_of_another_type_that_is_described_releases_what_is_parked_for_it() -> None:
    world, described = a_described_world()
    reconcile(world.parts, HINTED)
    world.erp.edit("customer", "erp-1", {"name": "New"})
    world.erp.invalid["customer", "erp-1"] = unreadable(world, "erp-1")
    look_at(world)
    assert len(world.parts.identities.parked(10)) == 1
    described.fields["Phone"] = There("double")

    reconcile(world.parts, HINTED)
    world.settle()

    assert drifts(world.parts, "erp", "customer")[0].kind is Kind.RETYPED
    assert world.parts.identities.parked(10) == []
    assert world.record().value("name") == "New"


def a_retyped_field() -> World:
    """A record is parked for a field whose type was changed since; nobody has read the new description yet."""
    world, described = a_described_world()
    reconcile(world.parts, HINTED)
    world.erp.edit("customer", "erp-1", {"name": "New"})
    world.erp.invalid["customer", "erp-1"] = unreadable(world, "erp-1")
    look_at(world)
    described.fields["Phone"] = There("double")
    return world


def test_whoever_dies_anywhere_while_a_drift_is_noted_is_followed_by_somebody_who_ends_the_same() -> None:
    watched = Crashing()
    check_system(watched.parts(a_retyped_field().parts), "erp")
    places = {verb for place, verb in watched.places if place.startswith("drifting.")}
    assert places == {"states.schema", "states.keep_schema", "identities.parked", "messages.changes"}

    for number in range(len(watched.places)):
        for when in ("before", "after"):
            world = a_retyped_field()
            with pytest.raises(Crashed):
                check_system(Crashing(number, when).parts(world.parts), "erp")
            check_system(world.parts, "erp")
            world.settle()

            assert drifts(world.parts, "erp", "customer")[0].kind is Kind.RETYPED
            assert world.parts.identities.parked(10) == [], f"{when} {watched.places[number]}"
            assert world.record().value("name") == "New"
