"""retry, edit, skip: what an operator does to a record, and that everything settles afterwards."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from shared.core.cases import LinkCase, case_id
from shared.core.decisions import Verdict
from shared.core.observations import Invalid, Next, Trouble
from shared.core.records import Held, LinkState, Record
from shared.core.repair import Impossible
from shared.core.rules import FieldRule, OnDelete
from shared.core.values import Reference, digest
from shared.flows.operating.edit import edit_field
from shared.flows.operating.repairing import BUSY as SOMEBODY_ELSE
from shared.flows.operating.repairing import NotThere
from shared.flows.operating.retry import retry_case, retry_group
from shared.flows.operating.skip import skip_case
from shared.ports.stores import Change, Lost, SaveResult
from tests.kit.memory import MemoryRecords
from tests.kit.partner import LOST_REQUEST
from tests.kit.rules import ERP, integration_of, rules_of
from tests.kit.troubled import (
    ADA,
    BUSY,
    BY,
    REFUSED,
    cases,
    done,
    held_field,
    ignored_field,
    left_to_a_person,
    only_case,
    open_conflicts,
    refused_create,
)
from tests.kit.world import World, in_step

LONG = "A name that is too long"
NOBODY = "ffffffff-0000-0000-0000-000000000000"


def case_of(world: World) -> str:
    return only_case(world).case.id


def is_settled(world: World) -> bool:
    """Tell whether nothing needs a person and both systems agree with every record."""
    return not cases(world) and not open_conflicts(world) and all(not r.due_at for r in world.records())


# ── retry ──


def test_a_refused_record_is_sent_again_at_once() -> None:
    world = refused_create()

    done(retry_case(world.parts, case_of(world), BY))
    world.settle()

    assert is_settled(world)
    assert world.agreed("customer", "name") == "Ada"


def test_a_retry_names_who_did_it_and_closes_the_conflict_under_that_name() -> None:
    world = refused_create()

    done(retry_case(world.parts, case_of(world), BY))

    cause = world.memory.records.stream[-1].cause
    assert (cause.operation, cause.system, cause.detail) == ("operator retry", "erp", {"by": BY})
    (conflict,) = world.memory.conflicts.kept
    assert conflict.closed is not None
    assert (conflict.closed.by, conflict.closed.because) == (BY, "operator retry")


def test_a_record_that_is_refused_again_is_parked_again() -> None:
    world = refused_create()
    world.erp.next_writes = [REFUSED]

    done(retry_case(world.parts, case_of(world), BY))
    world.settle()

    assert only_case(world).case.code == "422"
    assert len(open_conflicts(world)) == 1


def test_a_failing_record_need_not_wait_for_its_next_try() -> None:
    world = World()
    world.erp.next_writes = [BUSY]
    world.crm.enter("customer", ADA)
    world.poll()

    done(retry_case(world.parts, case_of(world), BY))
    world.settle()

    assert is_settled(world)


@pytest.mark.parametrize("world_of", [held_field, ignored_field])
def test_a_held_field_is_sent_again(world_of: type[World]) -> None:
    world = world_of()
    world.erp.habits.ignores = set()

    done(retry_case(world.parts, case_of(world), BY))
    world.settle()

    assert is_settled(world)
    assert world.erp.shown("customer")["name"] == world.record().value("name")


def test_a_partners_record_that_can_be_read_again_is_absorbed() -> None:
    world = World()
    c = world.crm.enter("customer", ADA)
    world.crm.invalid["customer", c] = Invalid(c, "email", "not an e-mail")
    world.poll()
    case = case_of(world)
    world.crm.invalid.clear()

    done(retry_case(world.parts, case, BY))
    world.settle()

    assert is_settled(world)
    assert world.agreed("customer", "name") == "Ada"


def unreadable_link() -> World:
    """A customer that the erp shows unreadably after a write without an answer."""
    world = in_step(World())
    (e,) = world.erp.ids("customer")
    world.erp.next_writes = [LOST_REQUEST]
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "Ada L."})
    world.poll()
    world.erp.invalid["customer", e] = Invalid(e, "email", "not an e-mail")
    return world.later(70)


def test_a_link_that_could_not_be_read_is_looked_at_again() -> None:
    world = unreadable_link()
    case = case_of(world)
    world.erp.invalid.clear()

    done(retry_case(world.parts, case, BY))
    world.settle()

    assert is_settled(world)
    assert world.agreed("customer", "name") == "Ada L."


def test_a_link_that_could_not_be_read_closes_itself_when_it_can_be() -> None:
    world = unreadable_link()
    assert len(cases(world)) == 1
    world.erp.invalid.clear()

    world.hint("erp", "customer", world.erp.ids("customer")[0]).later(70)

    assert is_settled(world)
    assert world.agreed("customer", "name") == "Ada L."


def test_a_link_that_owes_nothing_and_could_not_be_read_closes_itself_too() -> None:
    world = unreadable_link()
    (e,) = world.erp.ids("customer")
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "Ada"})
    world.poll()
    world.erp.invalid.clear()

    world.hint_with(world.erp.state("customer", e))

    assert is_settled(world.later(70))


def test_a_refused_record_that_its_next_observation_makes_whole_closes_itself() -> None:
    world = refused_create()

    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "A."})
    world.poll()

    assert is_settled(world)
    assert world.agreed("customer", "name") == "A."


def test_a_record_that_a_person_enters_there_closes_the_refused_create() -> None:
    world = refused_create()

    world.erp.enter("customer", ADA)
    world.poll()

    assert is_settled(world)
    assert len(world.erp.ids("customer")) == 1


def test_a_group_is_tried_again_and_nothing_else() -> None:
    world = World()
    world.erp.next_writes = [REFUSED, REFUSED, Trouble(Next.PERMANENT, "423", "locked")]
    for n in range(3):
        world.crm.enter("customer", {**ADA, "email": f"{n}@example.org"})
    world.poll()
    by_code = {listed.case.code: listed.case for listed in cases(world)}
    assert set(by_code) == {"422", "423"}

    first = retry_group(world.parts, by_code["422"].fingerprint, BY, None, 1)
    rest = retry_group(world.parts, by_code["422"].fingerprint, BY, first.next, 100)
    world.settle()

    assert (first.retried + rest.retried, first.failed, rest.failed) == (2, (), ())
    assert [listed.case.code for listed in cases(world)] == ["423"]
    assert len(world.erp.ids("customer")) == 2


def test_what_of_a_group_cannot_be_tried_again_is_told() -> None:
    world = in_step(World(integration_of(rules_of(on_delete=OnDelete.PARK))))
    world.crm.remove("customer", world.crm.ids("customer")[0])
    world.hint("crm", "customer", "crm-1")
    case = only_case(world).case

    outcome = retry_group(world.parts, case.fingerprint, BY, None, 10)

    assert outcome.failed == ((case.id, "the owner of its life deleted it"),)


def test_a_case_that_is_gone_cannot_be_tried_again() -> None:
    world = in_step(World())
    record = world.record().id

    assert isinstance(retry_case(world.parts, "crm:customer:7", BY), NotThere)
    assert isinstance(retry_case(world.parts, "nonsense", BY), NotThere)
    assert isinstance(retry_case(world.parts, f"{NOBODY}:erp", BY), NotThere)
    assert isinstance(retry_case(world.parts, f"{record}:erp", BY), Impossible)
    assert isinstance(retry_case(world.parts, f"{record}:erp:name", BY), Impossible)


def test_a_detached_record_is_made_there_again() -> None:
    world = in_step(World())
    (e,) = world.erp.ids("customer")
    world.erp.remove("customer", e)
    world.hint("erp", "customer", e)
    assert world.link("erp").state is LinkState.DETACHED

    done(retry_case(world.parts, case_id(LinkCase(world.record().id, "erp")), BY))
    world.settle()

    assert len(world.erp.ids("customer")) == 1
    assert world.agreed("customer", "name") == "Ada"


def test_a_wish_that_the_record_gave_up_is_edited_not_tried_again() -> None:
    world = in_step(World(integration_of(rules_of(fields={"name": FieldRule(writers=ERP)}))))
    (e,) = world.erp.ids("customer")
    record = world.record()
    held = world.erp.shown("customer", e)["name"]
    yielded = Held(digest("wish"), digest(held), "no effect", world.clock.now(), yielded=True)
    link = replace(record.link("erp"), held={"name": yielded})
    world.put(record.with_link("erp", link))

    outcome = retry_case(world.parts, f"{record.id}:erp:name", BY)

    assert outcome == Impossible("the record took the system's value", "edit the field to what it should be")


class Losing(MemoryRecords):
    """A store in which somebody else is always quicker."""

    def __init__(self, world: World) -> None:
        super().__init__(world.memory.identities)
        self.held = world.memory.records.held

    def save(self, change: Change) -> SaveResult:
        assert change.cause.operation.startswith("operator")
        return Lost()


def test_a_repair_that_somebody_else_is_always_quicker_than_says_so() -> None:
    world = refused_create()
    parts = replace(world.parts, records=Losing(world))

    assert retry_case(parts, case_of(world), BY) == SOMEBODY_ELSE


def test_a_record_of_an_entity_that_takes_part_no_more_cannot_be_repaired() -> None:
    world = refused_create()
    parts = replace(world.parts, integration=replace(world.integration, entities={}))

    assert isinstance(retry_case(parts, case_of(world), BY), Impossible)


# ── edit ──


def test_an_edited_value_goes_to_all_systems_and_frees_what_was_parked() -> None:
    world = refused_create()
    record = world.record()

    done(edit_field(world.parts, record.id, "name", "A.", BY))
    world.settle()

    assert is_settled(world)
    assert world.agreed("customer", "name") == "A."
    assert world.record().fields["name"].by == "operator"


def test_an_edit_sets_the_former_value_aside_as_a_conflict_with_both_values() -> None:
    world = in_step(World())

    done(edit_field(world.parts, world.record().id, "name", "A.", BY))

    (chosen,) = [c for c in world.memory.conflicts.kept if c.decision.verdict is Verdict.CHOSEN]
    assert (chosen.decision.theirs, chosen.decision.ours, chosen.by) == ("Ada", "A.", BY)
    assert not chosen.is_open
    cause = world.memory.records.stream[-1].cause
    assert (cause.operation, cause.values) == ("operator edit", {"name": "A."})


def test_an_edit_frees_a_held_field() -> None:
    world = held_field()

    done(edit_field(world.parts, world.record().id, "name", "A.", BY))
    world.settle()

    assert is_settled(world)
    assert world.agreed("customer", "name") == "A."


def test_an_edit_gives_the_former_key_back_and_takes_the_new_one() -> None:
    world = in_step(World())

    done(edit_field(world.parts, world.record().id, "email", "new@example.org", BY))

    keys = {key for key in world.memory.identities.holding if key.startswith("key/")}
    assert keys == {"key/customer/email/new@example.org"}


def test_an_edit_of_an_operator_is_not_undone_by_what_the_systems_showed_before() -> None:
    world = in_step(World())
    done(edit_field(world.parts, world.record().id, "name", "A.", BY))

    world.hint("crm", "customer", world.crm.ids("customer")[0])

    assert world.agreed("customer", "name") == "A."


def test_a_later_edit_in_a_system_wins_over_the_operators() -> None:
    world = in_step(World())
    done(edit_field(world.parts, world.record().id, "name", "A.", BY))
    world.settle()

    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "Ada B."})
    world.poll()

    assert world.agreed("customer", "name") == "Ada B."


def test_a_field_is_emptied() -> None:
    world = in_step(World())

    done(edit_field(world.parts, world.record().id, "name", None, BY))
    world.settle()

    assert world.agreed("customer", "name") is None


def test_a_number_is_a_number() -> None:
    world = in_step(World())

    done(edit_field(world.parts, world.record().id, "credit_limit", "500.50", BY))

    assert world.record().value("credit_limit") == Decimal("500.50")


def order_of(status: str = "placed") -> World:
    world = World()
    c = world.crm.enter("customer", ADA)
    world.erp.enter("product", {"sku": "A", "name": "Tea", "price": Decimal(1)})
    world.poll()
    line = {"lines[1]": True, "lines[1].product": Reference("crm", "product", world.crm.ids("product")[0])}
    fields = {"number": "1", "customer": Reference("crm", "customer", c), "status": status}
    world.crm.enter("order", {**fields, **line, "lines[1].quantity": Decimal(1)})
    return world.poll()


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("customer", NOBODY, f"customer names a customer of ours, and {NOBODY} is none"),
        ("nickname", "x", "the record has no field nickname"),
        ("lines[nowhere].quantity", "1", "the record has no field lines[nowhere].quantity"),
        ("number", "1", "number is that already"),
        ("status", "confirmed", "only erp may set status"),
        ("status", "draft", "draft cannot follow placed"),
        ("total", "much", "total is a money"),
        ("total", "NaN", "total is a money"),
    ],
)
def test_an_edit_that_cannot_be_says_why(path: str, text: str, why: str) -> None:
    world = order_of()

    outcome = edit_field(world.parts, world.record("order").id, path, text, BY)

    assert isinstance(outcome, Impossible)
    assert outcome.why == why


def test_an_order_is_given_to_another_customer() -> None:
    world = order_of()
    world.crm.enter("customer", {**ADA, "email": "bob@example.org"})
    world.poll()
    other = next(r for r in world.records() if r.value("email") == "bob@example.org")

    done(edit_field(world.parts, world.record("order").id, "customer", other.id, BY))
    world.settle()

    assert world.erp.shown("order")["customer"] == Reference("erp", "customer", str(other.link("erp").external_id))


def test_a_record_that_is_gone_or_ended_is_not_edited() -> None:
    world = in_step(World())
    record = world.record()
    world.crm.remove("customer", world.crm.ids("customer")[0])
    world.reconcile()

    assert isinstance(edit_field(world.parts, record.id, "name", "A.", BY), Impossible)
    assert isinstance(edit_field(world.parts, NOBODY, "name", "A.", BY), NotThere)


# ── skip ──


def test_a_skipped_create_is_made_once_the_record_changes() -> None:
    world = refused_create()

    done(skip_case(world.parts, case_of(world), BY))
    world.settle().later(70)

    assert is_settled(world)
    assert world.erp.ids("customer") == []
    world.crm.edit("customer", world.crm.ids("customer")[0], {"phone": "1"})
    world.poll()
    assert world.agreed("customer", "phone") == "1"
    assert world.agreed("customer", "name") == "Ada"
    assert world.link("erp").skipped == {}


def test_a_skipped_field_stays_as_the_system_shows_it_until_the_record_changes() -> None:
    world = held_field()

    done(skip_case(world.parts, case_of(world), BY))
    world.settle().later(70)
    world.crm.edit("customer", world.crm.ids("customer")[0], {"email": "a@example.org"})
    world.poll()

    assert is_settled(world)
    assert (world.erp.shown("customer")["name"], world.erp.shown("customer")["email"]) == ("Ada", "a@example.org")
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "A."})
    world.poll()
    assert world.agreed("customer", "name") == "A."


def test_a_skipped_archive_leaves_the_record_there() -> None:
    world = in_step(World())
    world.erp.next_writes = [REFUSED]
    world.crm.remove("customer", world.crm.ids("customer")[0])
    world.reconcile()
    case = only_case(world).case
    assert case.owed == {"": "archive"}

    done(skip_case(world.parts, case.id, BY))
    world.settle().later(70)

    assert is_settled(world)
    assert len(world.erp.ids("customer")) == 1


def test_a_record_that_comes_back_to_life_is_spared_nothing() -> None:
    world = in_step(World())
    (c,) = world.crm.ids("customer")
    world.erp.next_writes = [REFUSED]
    world.crm.remove("customer", c)
    world.reconcile()
    done(skip_case(world.parts, case_of(world), BY))

    world.crm.restore("customer", c)
    world.crm.edit("customer", c, {"name": "A."})
    world.poll()

    assert world.link("erp").skipped == {}
    assert world.agreed("customer", "name") == "A."


def test_a_record_that_its_owner_deleted_is_kept_where_a_person_wants_it() -> None:
    world = in_step(World(integration_of(rules_of(on_delete=OnDelete.PARK))))
    world.crm.remove("customer", world.crm.ids("customer")[0])
    world.reconcile()

    done(skip_case(world.parts, case_of(world), BY))
    world.settle().later(70)

    assert is_settled(world)
    assert len(world.erp.ids("customer")) == 1
    assert world.link("erp").state is LinkState.DETACHED


def doubtful_create() -> World:
    """A create without an answer at a partner that cannot be asked; two there might be it."""
    rules = rules_of(erp={"carries_reference": False, "keys": frozenset(), "consistent_listing": False}, identity=())
    world = World(integration_of(rules), erp={"carries_reference": False})
    world.erp.next_writes = [LOST_REQUEST]
    world.crm.enter("customer", ADA)
    return world.poll().later(70)


def test_a_create_in_doubt_is_looked_after_again_by_a_retry() -> None:
    world = doubtful_create()
    assert only_case(world).case.code == "unanswered create"
    world.erp.enter("customer", ADA)

    done(retry_case(world.parts, case_of(world), BY))
    world.settle().later(70)

    assert is_settled(world)
    assert len(world.erp.ids("customer")) == 1


def test_a_create_in_doubt_that_is_skipped_is_made_no_more() -> None:
    world = doubtful_create()

    done(skip_case(world.parts, case_of(world), BY))
    world.settle().later(70)

    assert is_settled(world)
    assert world.erp.ids("customer") == []
    assert world.memory.identities.open_creates("erp", "customer") == []


def test_what_is_not_parked_cannot_be_skipped() -> None:
    world = in_step(World())
    record: Record = world.record()

    assert isinstance(skip_case(world.parts, f"{record.id}:erp", BY), Impossible)
    assert isinstance(skip_case(world.parts, f"{record.id}:erp:name", BY), Impossible)
    assert isinstance(skip_case(world.parts, "crm:customer:7", BY), Impossible)
    assert isinstance(skip_case(world.parts, "nonsense", BY), NotThere)


def test_a_delivery_that_is_under_way_is_not_disturbed_by_a_repair() -> None:
    world = left_to_a_person()
    (held,) = (name for name in ("crm", "erp") if world.link(name).held)
    other = "crm" if held == "erp" else "erp"
    world.systems.partners[held].next_writes = [LOST_REQUEST]
    partner = world.systems.partners[other]
    partner.edit("customer", partner.ids("customer")[0], {"email": "a@example.org"})
    world.poll()
    intent = world.link(held).intent
    assert intent is not None

    done(retry_case(world.parts, case_of(world), BY))
    world.settle()

    assert world.link(held).intent == intent
    world.later(70).later(70)
    assert is_settled(world)
    assert world.agreed("customer", "email") == "a@example.org"
