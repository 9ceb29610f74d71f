"""failures: every case is listed once, with what it needs; pages, filters, groups."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.cases import State
from shared.core.observations import Invalid
from shared.core.remedies import Kind, kind_of_note
from shared.core.repair import Impossible
from shared.core.values import Reference
from shared.flows.absorb_changes import absorb_changes
from shared.flows.operating.failures import Place, Wanted, group_failures, list_failures, one_failure
from shared.flows.operating.remark import MOST, assign_case, note_on_case
from shared.flows.operating.repairing import Done, NotThere
from shared.flows.reconcile import MISSING
from shared.ports.remarks import Paper, Remark
from shared.ports.system import Hint
from tests.kit.partner import OUTAGE
from tests.kit.troubled import (
    ADA,
    BUSY,
    BY,
    REFUSED,
    cases,
    held_field,
    ignored_field,
    left_to_a_person,
    only_case,
    refused_create,
)
from tests.kit.world import World, in_step


def test_nothing_is_listed_while_all_is_well() -> None:
    assert cases(in_step(World())) == []


def test_a_refused_record_is_listed_with_what_the_partner_said_and_what_it_is_owed() -> None:
    case = only_case(refused_create()).case

    assert (case.state, case.kind, case.system, case.entity) == (State.PARKED, Kind.REFUSED, "erp", "customer")
    assert (case.code, case.message, case.field, case.attempts) == ("422", "the name is too long", "name", 1)
    assert case.owed["name"] == "Ada"
    assert case.remedy.verbs == ("edit", "retry", "skip")
    assert case.first_at == case.last_at


def test_a_failing_record_is_listed_with_its_first_and_last_failure_until_it_works() -> None:
    world = World()
    world.erp.next_writes = [BUSY, BUSY]
    world.crm.enter("customer", ADA)
    world.poll().later(70)

    case = only_case(world).case

    assert (case.state, case.kind, case.code, case.attempts) == (State.FAILING, Kind.FAILING, "500", 2)
    assert case.first_at < case.last_at
    assert case.due_at is not None
    assert world.record().parked_since is None
    world.later(70)
    assert cases(world) == []


def test_an_outage_is_nobodys_failure() -> None:
    world = in_step(World())
    world.erp.next_writes = [OUTAGE]
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "B"})
    world.poll()

    assert cases(world) == []


@pytest.mark.parametrize(
    ("world", "kind", "code"),
    [
        (held_field, Kind.FIELD_REFUSED, "422"),
        (ignored_field, Kind.NO_EFFECT, ""),
        (left_to_a_person, Kind.LEFT_TO_A_PERSON, ""),
    ],
)
def test_a_held_field_is_listed_by_itself(world: type[World], kind: Kind, code: str) -> None:
    troubled = world()
    case = only_case(troubled).case

    assert (case.state, case.kind, case.field, case.code) == (State.HELD, kind, "name", code)
    assert case.owed == {"name": troubled.record().value("name")}
    assert case.id == f"{case.record_id}:{case.system}:name"


def test_a_partners_record_that_cannot_be_read_is_listed_without_a_record_of_ours() -> None:
    world = World()
    c = world.crm.enter("customer", ADA)
    world.crm.invalid["customer", c] = Invalid(c, "email", "not an e-mail")
    world.poll()

    case = only_case(world).case

    assert (case.state, case.kind, case.external_id, case.record_id) == (State.PARKED, Kind.UNREADABLE, c, "")
    assert (case.field, case.message) == ("email", "not an e-mail")
    assert case.id == f"crm:customer:{c}"


def test_a_hint_that_waits_is_listed_since_it_waits() -> None:
    world = World()
    c = world.crm.enter("customer", ADA)
    world.crm.trouble = OUTAGE
    absorb_changes(world.parts, [Hint("crm", "customer", c)])
    world.clock.go_on(30)
    absorb_changes(world.parts, [Hint("crm", "customer", c)])

    case = only_case(world).case

    assert (case.state, case.kind, case.attempts) == (State.WAITING, Kind.WAITING, 2)
    assert (case.last_at - case.first_at).total_seconds() == 30


def test_a_child_of_a_parked_parent_says_so() -> None:
    world = World()
    world.erp.next_writes = [REFUSED]
    c = world.crm.enter("customer", ADA)
    world.crm.enter("order", {"number": "1", "customer": Reference("crm", "customer", c), "status": "placed"})
    world.poll()

    kinds = {listed.case.entity: listed.case for listed in cases(world)}

    assert kinds["order"].kind is Kind.PARENT
    assert kinds["order"].parent == kinds["customer"].record_id


def many(number: int) -> World:
    """Refused records, a failing one, a partner's record that cannot be read, and a hint that waits."""
    world = World()
    world.erp.next_writes = [*[REFUSED] * number, BUSY]
    for n in range(number + 1):
        world.crm.enter("customer", {**ADA, "email": f"{n}@example.org"})
    bad = world.crm.enter("customer", {**ADA, "email": "bad"})
    world.crm.invalid["customer", bad] = Invalid(bad, "email", "not an e-mail")
    world.poll()
    waits = world.crm.enter("customer", {**ADA, "email": "w@example.org"})
    world.crm.trouble = OUTAGE
    absorb_changes(world.parts, [Hint("crm", "customer", waits)])
    return world


def test_pages_hold_every_case_once_whatever_their_size() -> None:
    world = many(5)
    whole = [listed.case.id for listed in cases(world)]

    for limit in (1, 2, 3, 100):
        seen: list[str] = []
        place: Place | None = Place()
        while place is not None:
            page = list_failures(world.parts, Wanted(), place, limit)
            seen += [listed.case.id for listed in page.items]
            place = page.next
        assert seen == whole

    assert len(whole) == len(set(whole)) == 8


def test_only_what_is_asked_for_is_listed() -> None:
    world = many(3)

    assert {each.case.entity for each in cases(world, entity="order")} == set()
    assert {each.case.system for each in cases(world, system="crm")} == {"crm"}
    assert {each.case.state for each in cases(world, state=State.PARKED)} == {State.PARKED}


def test_a_list_ends_its_call_after_looking_at_so_many_and_goes_on_from_there() -> None:
    world = many(3)

    page = list_failures(world.parts, Wanted(entity="order"), None, 10, at_most=2)

    assert (page.items, page.next is None) == ((), False)
    assert not group_failures(world.parts, Wanted(), at_most=2).is_whole


def test_cases_of_one_cause_are_one_group() -> None:
    groups = group_failures(many(3).parts, Wanted())

    assert (groups.items[0].count, groups.items[0].fingerprint) == (3, "erp.customer.refused.422.name")
    assert groups.items[0].first_at <= groups.items[0].last_at
    assert groups.items[0].example.kind is Kind.REFUSED
    assert groups.is_whole


def test_a_case_is_found_by_its_id() -> None:
    world = refused_create()
    listed = only_case(world)

    assert one_failure(world.parts, listed.case.id) == listed
    assert one_failure(world.parts, "crm:customer:nobody") is None
    assert one_failure(world.parts, f"{listed.case.record_id}:crm") is None
    assert one_failure(world.parts, "ffffffff-0000-0000-0000-000000000000:crm") is None
    assert one_failure(world.parts, "nonsense") is None


def test_a_case_of_an_entity_that_takes_part_no_more_is_still_listed() -> None:
    world = refused_create()
    without = replace(world.integration, entities={})

    (listed,) = list_failures(replace(world.parts, integration=without), Wanted(), None, 10).items

    assert (listed.case.code, listed.case.owed) == ("422", {})


def test_a_case_is_assigned_and_noted_on_and_both_are_listed_with_it() -> None:
    world = refused_create()
    case = only_case(world).case.id

    outcomes = [
        assign_case(world.parts, case, "bob", BY),
        note_on_case(world.parts, case, "the limit is 40 letters", BY),
        assign_case(world.parts, case, "", "bob"),
    ]

    now = world.clock.now()
    assert outcomes == [Done("assigned to bob"), Done("noted"), Done("assigned to nobody")]
    remarks = (
        Remark(now, BY, "assigned to bob"),
        Remark(now, BY, "the limit is 40 letters"),
        Remark(now, "bob", "assigned to nobody"),
    )
    assert only_case(world).paper == Paper("", remarks)


def test_a_case_carries_so_many_remarks_and_no_more() -> None:
    world = refused_create()
    case = only_case(world).case.id
    for _ in range(MOST):
        note_on_case(world.parts, case, "x", BY)

    assert isinstance(note_on_case(world.parts, case, "one more", BY), Impossible)
    assert assign_case(world.parts, case, "bob", BY) == Done("assigned to bob")
    assert len(only_case(world).paper.remarks) == MOST


def test_what_a_reconcile_parks_is_known_by_its_reason() -> None:
    assert kind_of_note(MISSING) is Kind.MISSING


def test_nobody_is_assigned_to_a_case_that_is_not_there() -> None:
    world = World()

    assert isinstance(assign_case(world.parts, "crm:customer:1", "bob", BY), NotThere)
    assert isinstance(note_on_case(world.parts, "crm:customer:1", "x", BY), NotThere)
    assert world.parts.remarks.papers(["crm:customer:1"]) == {}
