"""reconcile: list, compare, queue only the drift; a first load is a reconcile against an empty table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.observations import Invalid
from shared.core.records import LinkState, Parked
from shared.core.values import Value
from shared.flows.poll_changes import poll_changes
from shared.flows.reconcile import MISSING, NEW_RULES, PAGES_PER_RUN, reconcile, start_reconcile
from shared.ports.messages import Poll
from shared.ports.stores import SystemState, SystemStatus
from tests.kit.partner import OUTAGE
from tests.kit.rules import able, integration_of, rules_of
from tests.kit.world import World

ADA = {"name": "Ada", "email": "ada@example.org", "phone": None}
BOB = {"name": "Bob", "contacts[1]": True, "contacts[1].email": "b@example.org"}
CRM = Poll("crm", "customer")


def in_step(count: int = 1, world: World | None = None) -> World:
    world = world or World()
    for number in range(count):
        world.crm.enter("customer", {**ADA, **BOB, "email": f"{number}@example.org"})
    return world.poll()


def writes(world: World) -> tuple[int, int, int]:
    return world.crm.called("write"), world.erp.called("write"), world.memory.records.writes


def test_a_first_load_is_a_reconcile_against_an_empty_table() -> None:
    world = World()
    for number in range(3):
        world.crm.enter("customer", {**ADA, "email": f"{number}@example.org"})

    world.reconcile()

    assert len(world.records()) == len(world.erp.ids("customer")) == 3


def test_a_second_pass_reads_and_writes_nothing() -> None:
    world = in_step(3)
    before = writes(world)

    world.reconcile()

    assert world.crm.called("list") > 0
    assert writes(world) == before


def renewed(world: World) -> World:
    """The settings were changed and deployed: a field more, or another writer."""
    entities = {name: replace(rules, version="r2") for name, rules in world.integration.entities.items()}
    world.parts = replace(world.parts, integration=replace(world.integration, entities=entities))
    return world


def _settled_after(world: World, poll: Poll) -> int:
    """Compare, then let everything settle; return how many hints were queued."""
    queued = reconcile(world.parts, poll)
    world.settle()
    return queued


def test_new_rules_read_everything_once_though_no_revision_tells_a_difference() -> None:
    """Simulation, seed 1: a field joined the mapping, no revision moved, and what stood in it was never read."""
    world = renewed(in_step(3))

    queued = [_settled_after(world, CRM) for _ in range(2)]

    assert queued == [3, 0]


def test_what_new_rules_have_read_anew_is_read_though_its_hint_is_lost() -> None:
    """Simulation, seed 103124: the hints of the one comparison that reads everything were lost; no later one told."""
    world = renewed(in_step(2))
    reconcile(world.parts, CRM)
    waiting = [note.reason for note in world.memory.identities.notes.values()]
    assert len(world.messages.take_changes()) == 2

    world.later(61)

    assert waiting == [NEW_RULES] * 2
    assert world.crm.called("fetch") > 0
    assert world.memory.identities.notes == {}


def test_a_first_poll_has_not_read_by_new_rules_what_was_linked_by_older_ones() -> None:
    """Simulation, seed 443826: a message linked a record, a field joined, then came the first poll, whose hints were
    lost; it had noted that all was read by the new rules, so nobody ever looked at the field."""
    world = World()
    c = world.crm.enter("customer", ADA)
    renewed(world.hint("crm", "customer", c))
    poll_changes(world.parts, CRM)
    assert len(world.messages.take_changes()) == 1

    queued = [_settled_after(world, CRM) for _ in range(2)]

    assert queued == [1, 0]


def test_a_first_poll_reads_a_system_whole_that_nothing_is_linked_in() -> None:
    world = World()
    world.crm.enter("customer", ADA)

    poll_changes(world.parts, CRM)

    assert world.memory.states.read_by("crm", "customer") == world.integration.rules("customer").version


def test_what_a_listing_left_out_is_read_by_new_rules_too_though_its_hint_is_lost() -> None:
    """Simulation, seed 8067: a field joined while the system forgot some rows in its lists; what stood in them was
    never read, since all was noted as read."""
    world = renewed(in_step(2))
    hidden, _ = world.crm.ids("customer")
    world.crm.unlisted = {hidden}
    reconcile(world.parts, CRM)
    waiting = {note.external_id: note.reason for note in world.memory.identities.notes.values()}
    assert len(world.messages.take_changes()) == 2

    world.later(61)

    assert waiting[hidden] == NEW_RULES
    assert world.memory.identities.notes == {}


def test_what_was_gone_when_all_was_read_by_new_rules_is_read_when_it_is_back() -> None:
    """Simulation, seed 311867: the ERP had lost rows just then, and found them as they had been; no revision told."""
    world = renewed(in_step(2))
    row = world.crm.rows["customer", world.crm.ids("customer")[0]]
    row.fields = {**row.fields, "phone": "5"}  # as if it had stood there all along
    row.is_deleted = True
    reconcile(world.parts, CRM)
    world.messages.take_changes()
    row.is_deleted = False

    world.later(61).reconcile()

    assert sorted(str(each.value("phone")) for each in world.records()) == ["5", "None"]
    assert world.memory.identities.notes == {}


def test_a_comparison_that_could_not_ask_for_what_was_left_out_has_not_read_everything() -> None:
    world = renewed(in_step(2))
    world.crm.unlisted = {world.crm.ids("customer")[0]}
    world.crm.before["fetch"] = [lambda: setattr(world.crm, "trouble", OUTAGE)]
    reconcile(world.parts, CRM)
    world.crm.trouble = None

    assert world.memory.states.read_by("crm", "customer") != "r2"


def test_a_comparison_that_began_by_other_rules_has_not_read_everything_by_the_new_ones() -> None:
    world = renewed(in_step(3))

    queued = [_settled_after(world, replace(CRM, run=f"run/crm/customer/{each}")) for each in ("r1", "r2", "r2")]

    assert queued == [3, 3, 0]


@pytest.mark.parametrize("is_exact", [True, False])
def test_only_the_drift_is_queued(is_exact: bool) -> None:
    world = in_step(3, World(crm={"is_exact": is_exact}))
    c = world.crm.ids("customer")[1]
    world.crm.edit("customer", c, {"name": "Changed"})

    assert reconcile(world.parts, CRM) == 1

    assert [queued.thing.external_id for queued in world.messages.changes_queue] == [c]


def test_a_listing_that_shows_only_revisions_is_compared_by_them_if_they_are_exact() -> None:
    world = in_step(2, World(crm={"lists": "revisions"}))
    assert reconcile(world.parts, CRM) == 0

    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "Changed"})

    assert reconcile(world.parts, CRM) == 1


def test_a_listing_without_anything_to_compare_queues_all() -> None:
    world = in_step(2, World(crm={"lists": "ids"}))

    assert reconcile(world.parts, CRM) == 2


def test_an_equal_revision_that_leaves_a_field_uncovered_proves_nothing() -> None:
    covers = {"uncovered": frozenset({"phone"})}
    world = in_step(2, World(integration_of(rules_of(crm=covers)), crm={"lists": "revisions"}))

    assert reconcile(world.parts, CRM) == 2


def test_an_id_that_stands_at_a_record_which_is_linked_to_another_has_drifted_though_its_revision_is_the_same() -> None:
    world = in_step(1, World(crm={"lists": "revisions"}))
    record = world.record()
    world.put(record.with_link("crm", replace(record.link("crm"), external_id="crm-9")))

    assert reconcile(world.parts, CRM) == 1


def test_an_element_that_could_not_be_told_apart_is_asked_about_again_though_nothing_changed_there() -> None:
    """Seed 1052204: of two contacts with one name and e-mail one was renamed; nobody looked at the other system, whose
    one contact could have been either, and there it stayed an open question."""
    world = World(erp={"is_exact": True})
    world.crm.enter("customer", {**ADA, **kims("12")})
    world.erp.enter("customer", {**ADA, **kims("9")})
    world.poll()
    assert world.link("erp").ambiguous

    (c,) = world.crm.ids("customer")
    world.crm.edit("customer", c, {"contacts[2].name": "Max"})
    world.poll().reconcile()

    assert not world.link("erp").ambiguous
    assert {*world.erp.values("customer", "contacts[].name")} == {"Kim", "Max"}


def kims(ids: str) -> dict[str, Value]:
    """Contacts of one name and e-mail, each with a telephone of its own."""
    rows: dict[str, dict[str, Value]] = {
        each: {"": True, ".name": "Kim", ".email": "kim@example.org", ".phone": each} for each in ids
    }
    return {f"contacts[{each}]{name}": value for each, row in rows.items() for name, value in row.items()}


def test_what_cannot_be_read_is_queued_to_be_parked() -> None:
    world = in_step()
    (c,) = world.crm.ids("customer")
    world.crm.edit("customer", c, {"email": "x"})
    world.crm.invalid["customer", c] = Invalid(c, "email", "not an e-mail")

    world.reconcile()

    (note,) = world.memory.identities.parked(10)
    assert note.external_id == c


def test_a_long_listing_goes_on_in_a_new_message_and_counts_as_one() -> None:
    world = in_step(PAGES_PER_RUN + 5)
    world.crm.page_size = 1
    before = writes(world)

    assert reconcile(world.parts, CRM) == 0
    (rest,) = world.messages.reconciles_queue
    assert (rest.page, rest.cursor) == (PAGES_PER_RUN, str(PAGES_PER_RUN))
    assert rest.run

    world.settle()
    assert writes(world) == before
    assert all(record.tombstone is None for record in world.records())


# ── deletes ──


def test_an_absence_from_a_complete_listing_is_a_delete_only_after_a_fetch() -> None:
    world = in_step(2)
    gone, _ = world.crm.ids("customer")
    world.crm.remove("customer", gone)

    assert reconcile(world.parts, CRM) == 1

    assert world.crm.calls[-1] == ("fetch", 1)
    world.settle()
    assert world.record_of("crm", "customer", gone).tombstone is not None


def test_two_runs_without_a_name_are_two_so_that_what_the_first_listed_may_be_missing_in_the_second() -> None:
    world = in_step(3)
    world.crm.page_size = 1
    assert reconcile(world.parts, CRM) == 0
    world.crm.remove("customer", world.crm.ids("customer")[-1])

    assert reconcile(world.parts, CRM) == 1


def test_what_a_listing_forgot_but_a_fetch_shows_is_alive() -> None:
    world = in_step(2, World(integration_of(rules_of(max_deletes_per_run=0))))
    hidden, _ = world.crm.ids("customer")
    world.crm.unlisted = {hidden}

    world.reconcile()

    assert world.record_of("crm", "customer", hidden).tombstone is None
    assert world.memory.identities.parked(10) == []


def test_a_fetch_that_fails_deletes_nothing() -> None:
    world = in_step(2)
    world.crm.remove("customer", world.crm.ids("customer")[0])
    world.crm.before["fetch"] = [lambda: setattr(world.crm, "trouble", OUTAGE)]

    assert reconcile(world.parts, CRM) == 0
    assert all(record.tombstone is None for record in world.records())


def test_no_run_deletes_more_than_the_cap_and_the_rest_waits_for_a_person_in_every_later_run() -> None:
    world = in_step(5, World(integration_of(rules_of(max_deletes_per_run=2))))
    for each in world.crm.ids("customer"):
        world.crm.remove("customer", each)

    world.reconcile()
    world.reconcile()

    assert sum(record.tombstone is not None for record in world.records()) == 2
    notes = world.memory.identities.parked(10)
    assert [note.reason for note in notes] == [MISSING] * 3


def test_links_that_ended_are_not_missed() -> None:
    world = in_step()
    (e,) = world.erp.ids("customer")
    world.erp.remove("customer", e)
    world.poll()
    calls = world.erp.called("fetch")

    world.reconcile()

    assert world.erp.called("fetch") == calls
    assert world.link("erp").state is LinkState.DETACHED


# ── what is owed ──


def test_a_system_that_joined_later_gets_what_stands_elsewhere() -> None:
    world = in_step(2)
    shop = {**rules_of().systems, "shop": able("shop")}
    grown = World(integration_of(rules_of(systems=("crm", "erp", "shop"))))
    assert shop.keys() == grown.integration.rules("customer").systems.keys()
    partners = {**grown.systems.partners, "crm": world.crm, "erp": world.erp}
    grown.systems.partners = partners
    parts = replace(world.parts, integration=grown.integration, systems=grown.systems)
    world.parts, world.integration = parts, grown.integration

    world.reconcile()

    assert len(partners["shop"].ids("customer")) == 2


def test_emptied_links_are_rebuilt_without_a_duplicate_or_a_write_to_a_partner() -> None:
    world = in_step(3)
    for record in world.records():
        world.put(replace(record, links={}, due_at=None))
    before = writes(world)[:2]

    world.reconcile()

    assert writes(world)[:2] == before
    assert all(record.links.keys() == {"crm", "erp"} for record in world.records())
    assert all(link.is_live for record in world.records() for link in record.links.values())
    assert len(world.erp.ids("customer")) == 3


def test_a_child_that_its_parent_parked_is_offered_again() -> None:
    world = in_step()
    record = world.record()
    parked = Parked("parent", world.clock.now(), parent="r-gone", owed={})
    world.put(record.with_link("erp", replace(record.link("erp"), parked=parked)))

    reconcile(world.parts, Poll("erp", "customer"))

    assert len(world.messages.deliveries_queue) == 1


# ── who takes part ──


def test_a_reconcile_is_started_for_everything_that_can_be_listed() -> None:
    world = World()
    assert start_reconcile(world.parts) == 6
    assert len({poll.run for poll in world.messages.reconciles_queue}) == 6

    assert start_reconcile(World(integration_of(listed=False)).parts) == 0


def test_what_takes_no_part_or_may_not_be_called_is_not_listed() -> None:
    world = in_step()
    world.memory.states.set_state("crm", SystemState(SystemStatus.PAUSED))
    calls = len(world.crm.calls)

    assert reconcile(world.parts, Poll("crm", "stock")) == reconcile(world.parts, CRM) == 0

    assert len(world.crm.calls) == calls


def test_an_outage_ends_the_run_and_slows_the_system() -> None:
    world = in_step()
    world.crm.trouble = OUTAGE

    assert reconcile(world.parts, CRM) == 0

    assert not world.memory.states.state("crm").may_call(world.clock.now())
