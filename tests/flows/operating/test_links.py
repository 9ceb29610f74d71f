"""link, unlink, choose: an operator says what belongs together and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.cases import LinkCase, NoteCase, case_id
from shared.core.decisions import Verdict
from shared.core.observations import Invalid
from shared.core.records import LinkState, record_id
from shared.core.remedies import Kind
from shared.core.repair import Impossible
from shared.core.values import Reference
from shared.flows.operating.choose import choose_candidate
from shared.flows.operating.link import link_record, make_own, unlink_record
from shared.flows.operating.repairing import BUSY, NotThere
from shared.flows.operating.retry import retry_case
from shared.ports.stores import Change, Lost, SaveResult
from tests.kit.memory import MemoryRecords
from tests.kit.partner import LOST_REPLY, LOST_REQUEST, OUTAGE
from tests.kit.rules import CRM, integration_of, rules_of
from tests.kit.troubled import ADA, BY, cases, done, only_case, open_conflicts, refused_create
from tests.kit.world import World, in_step

BOB = {"name": "Bob", "email": "bob@example.org", "phone": None}
NOBODY = "ffffffff-0000-0000-0000-000000000000"


def several_here() -> World:
    """A customer of the erp that may be either of two of the crm: it has the e-mail of one, the tax number of both."""
    world = World()
    world.erp.trouble = OUTAGE
    world.crm.enter("customer", {**ADA, "tax_number": "1"})
    world.crm.enter("customer", {**BOB, "tax_number": "2"})
    world.poll()
    world.erp.trouble = None
    e = world.erp.enter("customer", {"name": "Ada", "email": "ada@example.org", "tax_number": "2"})
    world.clock.go_on(30)
    return world.hint("erp", "customer", e)


def by_email(world: World, email: str) -> str:
    return next(record.id for record in world.records() if record.value("email") == email)


def test_of_several_records_the_chosen_one_is_linked() -> None:
    world = several_here()
    case = only_case(world).case
    ada = by_email(world, "ada@example.org")
    assert (case.kind, ada in case.candidates) == (Kind.SEVERAL_HERE, True)

    done(choose_candidate(world.parts, case.id, ada, BY))
    world.settle().later(70).later(70)

    assert world.record_of("erp", "customer", "erp-1").id == ada
    assert cases(world) == []
    assert len(world.records()) == len(world.erp.ids("customer")) == 2


def test_a_partners_record_that_is_none_of_them_becomes_one_of_its_own() -> None:
    world = several_here()

    done(choose_candidate(world.parts, only_case(world).case.id, "new", BY))
    world.settle().later(70).later(70)

    assert len(world.records()) == 3
    assert world.record_of("erp", "customer", "erp-1").without_keys
    assert cases(world) == []
    assert len(world.crm.ids("customer")) == len(world.erp.ids("customer")) == 3


def test_what_is_no_candidate_is_not_chosen() -> None:
    world = several_here()
    case = only_case(world).case.id

    assert isinstance(choose_candidate(world.parts, case, NOBODY, BY), Impossible)
    assert isinstance(choose_candidate(world.parts, "crm:customer:9", "new", BY), NotThere)
    assert isinstance(choose_candidate(world.parts, "nonsense", "new", BY), NotThere)


def several_there() -> World:
    """A customer of the crm whose e-mail two of the erp show."""
    world = World(integration_of(rules_of(creators=CRM)))
    for phone in ("1", "2"):
        world.erp.enter("customer", {**ADA, "phone": phone})
    c = world.crm.enter("customer", ADA)
    return world.hint("crm", "customer", c)


def test_of_several_there_the_chosen_one_is_linked_and_the_other_is_not() -> None:
    world = several_there()
    case = only_case(world).case
    assert (case.kind, case.candidates) == (Kind.SEVERAL_THERE, ("erp-1", "erp-2"))

    done(choose_candidate(world.parts, case.id, "erp-2", BY))
    world.settle()

    assert world.link("erp").external_id == "erp-2"
    assert world.agreed("customer", "phone") == "2"
    assert open_conflicts(world) == []


def test_what_is_left_of_a_deleted_customer_of_which_several_stand_there_is_deleted_there() -> None:
    world = World()
    c = world.crm.enter("customer", ADA)
    world.erp.next_writes = [LOST_REPLY]
    world.hint("crm", "customer", c)
    (made,) = world.erp.ids("customer")
    world.erp.enter("customer", BOB, world.erp.rows["customer", made].reference)
    world.later(61)
    world.crm.remove("customer", c)
    world.hint("crm", "customer", c).poll()
    case = next(listed.case for listed in cases(world) if listed.case.record_id)

    answer = choose_candidate(world.parts, case.id, made, BY)
    for name in world.erp.ids("customer"):
        world.erp.remove("customer", name)
    world.poll()
    done(retry_case(world.parts, case.id, BY))
    world.settle().later(70)

    assert isinstance(answer, Impossible)
    assert answer.do == "enter it again in the system that owns it, or delete what is left of it there, and retry"
    assert cases(world) == []
    assert world.crm.ids("customer") == []


def test_none_of_several_there_is_not_made_anew() -> None:
    world = several_there()

    assert isinstance(choose_candidate(world.parts, only_case(world).case.id, "new", BY), Impossible)


def test_a_create_in_doubt_that_surely_never_arrived_is_made_again() -> None:
    rules = rules_of(erp={"carries_reference": False, "keys": frozenset(), "consistent_listing": False}, identity=())
    world = World(integration_of(rules), erp={"carries_reference": False})
    world.erp.next_writes = [LOST_REQUEST]
    world.crm.enter("customer", ADA)
    world.poll().later(70)

    done(choose_candidate(world.parts, only_case(world).case.id, "new", BY))
    world.settle().later(70)

    assert cases(world) == []
    assert len(world.erp.ids("customer")) == 1
    assert open_conflicts(world) == []


def first_seen_in_the_erp() -> World:
    """An order of one that the crm alone may create, seen in the erp, with its customer."""
    world = World(integration_of(rules_of(creators=CRM), rules_of("order"), rules_of("product")))
    e = world.erp.enter("customer", BOB)
    world.erp.enter("order", {"number": "7", "customer": Reference("erp", "customer", e), "status": "placed"})
    world.crm.enter("customer", ADA)
    return world.poll()


def test_what_may_not_be_created_there_is_linked_and_what_waited_for_it_follows() -> None:
    world = first_seen_in_the_erp()
    kinds = {listed.case.entity: listed.case.kind for listed in cases(world)}
    assert kinds == {"customer": Kind.MAY_NOT_CREATE, "order": Kind.PARENT}
    (ada,) = world.records()
    done(unlink_record(world.parts, ada.id, "erp", BY))

    done(link_record(world.parts, ada.id, "erp", "erp-1", BY))
    world.settle().later(70)

    assert world.record_of("erp", "customer", "erp-1").id == ada.id
    assert world.crm.shown("order")["customer"] == Reference("crm", "customer", world.crm.ids("customer")[0])
    assert not [listed for listed in cases(world) if listed.case.entity == "order"]


def test_what_may_not_be_created_there_may_be_made_a_record_by_a_person() -> None:
    world = first_seen_in_the_erp()

    done(choose_candidate(world.parts, case_id(NoteCase("erp", "customer", "erp-1")), "new", BY))
    world.settle().later(70)

    assert cases(world) == []
    assert len(world.crm.ids("customer")) == 2
    assert len(world.crm.ids("order")) == 1


def test_unlinked_records_go_their_own_ways() -> None:
    world = in_step(World())
    ada = world.record()
    (e,) = world.erp.ids("customer")

    done(unlink_record(world.parts, ada.id, "erp", BY))
    world.settle().later(70)

    twin = world.record_of("erp", "customer", e)
    assert twin.id == record_id("customer", "erp", e, 1) != ada.id
    assert twin.generation == 1
    assert world.memory.records.held[ada.id].link("erp").state is LinkState.DETACHED
    world.erp.edit("customer", e, {"name": "Another"})
    world.poll()
    assert world.crm.shown("customer", "crm-1")["name"] == "Ada"
    assert len(world.crm.ids("customer")) == 2


def test_what_is_unlinked_twice_is_a_new_record_each_time() -> None:
    world = in_step(World())
    ada = world.record()
    (e,) = world.erp.ids("customer")
    done(unlink_record(world.parts, ada.id, "erp", BY))
    twin = world.record_of("erp", "customer", e)
    done(unlink_record(world.parts, twin.id, "erp", BY))
    done(unlink_record(world.parts, world.record_of("erp", "customer", e).id, "erp", BY))

    third = world.record_of("erp", "customer", e)

    assert third.generation == 3
    assert len({ada.id, twin.id, third.id}) == 3


def test_a_record_is_linked_again_after_it_was_unlinked_by_mistake() -> None:
    world = in_step(World())
    ada = world.record()
    (e,) = world.erp.ids("customer")
    done(unlink_record(world.parts, ada.id, "erp", BY))
    twin = world.record_of("erp", "customer", e)

    taken = link_record(world.parts, ada.id, "erp", e, BY)
    world.erp.invalid["customer", e] = Invalid(e, "email", "x")
    gone = unlink_record(world.parts, twin.id, "erp", BY)
    world.erp.invalid.clear()
    done(link_record(world.parts, ada.id, "erp", e, BY))

    assert taken == Impossible(f"{e} is linked to record {twin.id}", "unlink it there first")
    assert isinstance(gone, Impossible)
    assert world.record_of("erp", "customer", e).id == ada.id


def test_what_is_gone_there_is_unlinked_and_nothing_is_made_of_it() -> None:
    world = in_step(World())
    (e,) = world.erp.ids("customer")
    world.erp.remove("customer", e)

    done(unlink_record(world.parts, world.record().id, "erp", BY))
    world.settle()

    assert len(world.records()) == 1
    assert world.memory.identities.linked("erp", "customer", None, 10) == {}


def test_a_system_that_is_not_there_cannot_be_asked() -> None:
    world = in_step(World())
    record = world.record().id
    (e,) = world.erp.ids("customer")
    world.erp.trouble = OUTAGE

    answers = [
        unlink_record(world.parts, record, "erp", BY),
        link_record(world.parts, record, "erp", e, BY),
        make_own(world.parts, "erp", "customer", e, BY),
    ]

    assert all(isinstance(answer, Impossible) for answer in answers)
    assert world.link("erp").external_id == e


@pytest.mark.parametrize(
    ("record", "system", "external_id", "why"),
    [
        ("", "shop", "1", "customer does not take part in shop"),
        ("", "erp", "nobody", "erp has no customer nobody"),
        ("", "erp", "erp-2", "the record stands in erp as erp-1 already"),
        ("", "erp", "bad", "erp shows email unreadably: not an e-mail"),
    ],
)
def test_a_link_that_cannot_be_says_why(record: str, system: str, external_id: str, why: str) -> None:
    world = in_step(World())
    world.erp.enter("customer", BOB)
    world.erp.invalid["customer", "bad"] = Invalid("bad", "email", "not an e-mail")

    outcome = link_record(world.parts, record or world.record().id, system, external_id, BY)

    assert isinstance(outcome, Impossible)
    assert outcome.why == why


def test_a_record_that_is_gone_or_ended_is_neither_linked_nor_unlinked() -> None:
    world = in_step(World())
    record = world.record().id
    world.crm.remove("customer", world.crm.ids("customer")[0])
    world.reconcile()
    e = world.erp.enter("customer", BOB)

    assert isinstance(link_record(world.parts, record, "erp", e, BY), Impossible)
    assert isinstance(link_record(world.parts, NOBODY, "erp", e, BY), NotThere)
    assert isinstance(unlink_record(world.parts, NOBODY, "erp", BY), NotThere)
    assert isinstance(unlink_record(world.parts, record, "shop", BY), Impossible)


def test_nothing_is_linked_while_a_delivery_is_under_way() -> None:
    world = World()
    world.erp.next_writes = [LOST_REQUEST]
    world.crm.enter("customer", ADA)
    world.poll()
    e = world.erp.enter("customer", ADA)
    record = world.record().id

    assert isinstance(link_record(world.parts, record, "erp", e, BY), Impossible)


def test_nothing_is_unlinked_while_a_delivery_is_under_way() -> None:
    world = in_step(World())
    world.erp.next_writes = [LOST_REQUEST]
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "B"})
    world.poll()

    assert isinstance(unlink_record(world.parts, world.record().id, "erp", BY), Impossible)
    assert world.link("erp").is_live


def test_what_is_a_record_already_is_not_made_one_again() -> None:
    world = in_step(World())

    assert isinstance(make_own(world.parts, "crm", "customer", world.crm.ids("customer")[0], BY), Impossible)
    assert isinstance(make_own(world.parts, "shop", "customer", "1", BY), Impossible)


class Losing(MemoryRecords):
    """A store in which somebody else is always quicker."""

    def __init__(self, world: World) -> None:
        super().__init__(world.memory.identities)
        self.held = world.memory.records.held

    def save(self, change: Change) -> SaveResult:
        assert change.cause.operation.startswith("operator")
        return Lost()


def test_who_is_always_too_late_is_told_to_try_again() -> None:
    world = refused_create()
    e = world.erp.enter("customer", ADA)
    parts = replace(world.parts, records=Losing(world))

    assert link_record(parts, world.record().id, "erp", e, BY) == BUSY
    assert make_own(parts, "erp", "customer", e, BY) == BUSY


def test_a_refused_create_is_linked_to_what_a_person_made_there() -> None:
    world = refused_create()
    e = world.erp.enter("customer", BOB)

    done(link_record(world.parts, world.record().id, "erp", e, BY))
    world.settle()

    assert world.record().link("erp").external_id == e
    assert cases(world) == []
    assert case_id(LinkCase(world.record().id, "erp")).endswith(":erp")


def test_what_a_chosen_row_shows_of_a_create_in_doubt_is_not_overwritten_without_a_word() -> None:
    """Seed 306511: the e-mail that was sent had been given to a new person there, whom an operator took for ours."""
    rules = rules_of(erp={"carries_reference": False, "keys": frozenset({"email"})})
    world = World(integration_of(rules), erp={"carries_reference": False})
    c = world.crm.enter("customer", ADA)
    world.erp.next_writes = [LOST_REQUEST]
    world.hint("crm", "customer", c)
    e = world.erp.enter("customer", {**ADA, "name": "Bob"})
    world.crm.edit("customer", c, {"email": "new@example.org"})
    world.hint("crm", "customer", c).later(61)

    done(choose_candidate(world.parts, case_id(LinkCase(world.record().id, "erp")), e, BY))
    world.settle().later(61)

    assert world.agreed("customer", "email") == "new@example.org"
    lost = [(each.path, each.theirs, each.ours) for each in world.decisions(Verdict.LOST)]
    assert ("email", "ada@example.org", "new@example.org") in lost


def test_what_is_parted_after_it_was_parted_before_is_never_the_old_record_again() -> None:
    world = in_step(World())
    ada, (e,) = world.record(), world.erp.ids("customer")
    done(unlink_record(world.parts, ada.id, "erp", BY))
    twin = world.record_of("erp", "customer", e)
    world.erp.remove("customer", e)
    done(unlink_record(world.parts, twin.id, "erp", BY))
    world.erp.restore("customer", e)
    done(link_record(world.parts, ada.id, "erp", e, BY))

    done(unlink_record(world.parts, ada.id, "erp", BY))

    assert world.record_of("erp", "customer", e).id == record_id("customer", "erp", e, 2)
