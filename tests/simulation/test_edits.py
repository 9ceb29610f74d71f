"""What becomes of an edit, and when its loss is told, counted, or none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.decisions import Decision, Verdict
from shared.core.integration import Integration
from shared.core.keys import id_key
from shared.core.records import Field, Link, LinkState, Record, Tombstone
from shared.core.values import digest
from shared.ports.stores import Holder
from tests.kit.memory import Conflict
from tests.kit.merging import NOW
from tests.simulation.edits import Fates
from tests.simulation.history import History
from tests.simulation.kinds import KINDS
from tests.simulation.schema import Revised
from tests.simulation.setting import draw_setting
from tests.simulation.windows import ARCHIVED, EMPTIED, GONE_UNREAD


def emptied(change: Revised | None = None) -> tuple[History, str]:
    """A customer whose phone somebody emptied in the ERP, and which has one all the same; what is told of it."""
    kinds = {"crm": KINDS["best"], "erp": KINDS["best"]}
    history = History(0, setting=replace(draw_setting(0), kinds=kinds, change=change))
    erp = history.partners["erp"]
    name = erp.enter("customer", {"name": "n", "phone": "+1"}, "ada")
    fields = {"name": Field("n", "erp", NOW, 1), "phone": Field("+1", "erp", NOW, 1)}
    record = Record("r" * 8, "customer", 1, fields=fields).with_link("erp", Link(LinkState.LIVE, name))
    history.memory.records.held[record.id] = record
    history.memory.identities.holding[id_key("erp", "customer", name)] = Holder(record.id)
    erp.edit("customer", name, {"phone": None})
    place = erp.place("customer", name)
    history.watch.linked_at[place] = (-1.0, record.id)
    history.watch.shown[place, "phone"] = {digest("+1"): -1.0}
    return history, f"3 nothing is lost silently: {name} phone = None at 0.0"


def test_a_field_that_somebody_emptied_is_not_filled_again_silently() -> None:
    history, told = emptied()

    assert list(Fates(history).lost()) == [told]


def test_a_field_that_was_emptied_and_filled_by_who_saw_it_empty_is_replaced() -> None:
    history, _ = emptied()
    (name,) = history.partners["erp"].ids("customer")
    history.partners["erp"].edit("customer", name, {"phone": "+1"})

    assert list(Fates(history).lost()) == []


@pytest.mark.parametrize(("shown_at", "is_counted"), [(-1.0, False), (9.0, True), (None, True)])
def test_what_was_emptied_before_it_was_shown_to_us_is_counted(shown_at: float | None, *, is_counted: bool) -> None:
    """Seeds 1771, 3407 and 36033: a phone that we had just sent was emptied before anything told us of it."""
    history, told = emptied()
    place = history.partners["erp"].place("customer", *history.partners["erp"].ids("customer"))
    history.watch.shown[place, "phone"] = {} if shown_at is None else {digest("+1"): shown_at}

    fates = Fates(history)

    assert list(fates.lost()) == ([] if is_counted else [told])
    assert fates.opened == ({(EMPTIED, "best"): 1} if is_counted else {})


def test_what_was_emptied_in_a_row_that_nobody_had_read_leaves_nothing_behind() -> None:
    """Seed 22434: a customer was cloned in the ERP and its phone taken away, before anybody read the clone."""
    history, _ = emptied()
    place = history.partners["erp"].place("customer", *history.partners["erp"].ids("customer"))
    history.watch.linked_at[place] = (9.0, "r" * 8)

    fates = Fates(history)

    assert list(fates.lost()) == []
    assert fates.opened == {}


def test_a_field_that_was_emptied_in_both_systems_was_emptied_once() -> None:
    """Seed 59735: the ERP had emptied a phone before the CRM did, and put another one there before that was read."""
    history, _ = emptied()
    crm, erp = history.partners["crm"], history.partners["erp"]
    name = crm.enter("customer", {"name": "n", "phone": "+1"}, "ada")
    history.memory.identities.holding[id_key("crm", "customer", name)] = Holder("r" * 8)
    history.watch.linked_at[crm.place("customer", name)] = (-1.0, "r" * 8)
    history.watch.shown[crm.place("customer", name), "phone"] = {digest("+1"): -1.0}
    erp.edit("customer", erp.ids("customer")[0], {"phone": "+1"})
    crm.edit("customer", name, {"phone": None})

    assert list(Fates(history).lost()) == []


@pytest.mark.parametrize(
    ("record_id", "is_logged", "is_told"),
    [("r" * 8, True, False), ("r" * 8, False, True), ("another", True, True), ("", True, True)],
    ids=["logged", "not logged", "of another record", "of nobody"],
)
def test_what_a_row_shows_that_the_system_had_lost_is_decided_by_rule_whatever_stands_in_its_place_by_now(
    record_id: str, *, is_logged: bool, is_told: bool
) -> None:
    """Seed 3030731: the CRM lost a customer who was given a new phone elsewhere; its old row was there again just when
    it was made anew."""
    history, _ = emptied()
    erp, memory = history.partners["erp"], history.memory
    (name,) = erp.ids("customer")
    erp.edit("customer", name, {"phone": "v"})
    erp.truth.restored.add(("crm", "customer", "crm-1"))
    if record_id:
        memory.identities.holding[id_key("crm", "customer", "crm-1")] = Holder(record_id)
    if is_logged:
        decision = Decision(Verdict.LOST, "crm", "phone", "+1", "v")
        memory.records.conflicts.append(Conflict("r" * 8, 1, decision))

    told = f"2 one-sided edits stand: {name} phone = 'v' at 0.0, the record says '+1'"

    assert (told in list(Fates(history).one_sided())) is is_told


@pytest.mark.parametrize("by", ["", "people", "their bringing the row back"])
def test_an_element_that_a_person_took_away_stands_again_only_by_people(by: str) -> None:
    history, _ = emptied()
    erp, records = history.partners["erp"], history.memory.records
    (name,) = erp.ids("customer")
    erp.edit("customer", name, {"contacts[k]": True})
    erp.edit("customer", name, {"contacts[k]": False})
    if by == "people":
        erp.edit("customer", name, {"contacts[k]": True})
    if by == "their bringing the row back":
        erp.truth.restored.add(erp.place("customer", name))
    (record,) = records.held.values()
    records.held[record.id] = replace(record, fields={**record.fields, "contacts[k]": Field(True, "erp", NOW, 1)})

    told = f"3 nothing is lost silently: {name} contacts[k] = False at 0.0"

    assert (told in list(Fates(history).lost())) is not bool(by)


@pytest.mark.parametrize(
    ("was_shown", "was_taken", "told", "opened"), [(True, False, 1, 0), (False, False, 0, 1), (True, True, 0, 0)]
)
def test_what_we_kept_of_a_row_that_people_deleted_was_the_records_or_is_logged(
    told: int, opened: int, *, was_shown: bool, was_taken: bool
) -> None:
    """Read is not enough: a worker who had read it may have died. What a link shows, somebody has merged."""
    history, _ = emptied()
    erp = history.partners["erp"]
    (name,) = erp.ids("customer")
    place = erp.place("customer", name)
    erp.edit("customer", name, {"name": "v"})
    erp.truth.read_before[place] = 1.0
    erp.truth.deleted_by_people[place] = 2.0
    erp.rows["customer", name].is_deleted = True
    history.watch.shown[place, "name"] = {digest("v"): 1.0} if was_shown else {}
    if was_taken:
        (record,) = history.memory.records.held.values()
        history.memory.records.held[record.id] = replace(record, fields={"name": Field("v", "erp", NOW, 1)})

    fates = Fates(history)

    assert list(fates.lost()).count(f"3 nothing is lost silently: {name} name = 'v' at 0.0") == told
    assert fates.opened[GONE_UNREAD, "best"] >= opened


def test_who_entered_a_customer_without_a_phone_emptied_none() -> None:
    history, told = emptied()
    crm, erp = history.partners["crm"], history.partners["erp"]
    name = crm.enter("customer", {"name": "n", "phone": None}, "ada")
    history.memory.identities.holding[id_key("crm", "customer", name)] = Holder("r" * 8)
    erp.edit("customer", erp.ids("customer")[0], {"phone": "+1"})
    erp.edit("customer", erp.ids("customer")[0], {"phone": None})

    assert told in list(Fates(history).lost())


@pytest.mark.parametrize(("known_at", "is_told"), [(-1.0, True), (9.0, False)])
def test_a_field_that_was_emptied_while_somebody_filled_it_elsewhere_is_theirs(
    known_at: float, *, is_told: bool
) -> None:
    """Seed 344481: the CRM had no phone when somebody gave it one, unread; the ERP got one and lost it meanwhile."""
    history, told = emptied()
    crm, erp = history.partners["crm"], history.partners["erp"]
    name = crm.enter("customer", {"name": "n"}, "ada")
    place = crm.place("customer", name)
    history.memory.identities.holding[id_key("crm", "customer", name)] = Holder("r" * 8)
    crm.edit("customer", name, {"phone": "+2"})
    history.watch.shown[place, "phone"] = {digest("+2"): known_at}
    erp.edit("customer", erp.ids("customer")[0], {"phone": "+1"})
    erp.edit("customer", erp.ids("customer")[0], {"phone": None})

    assert (told in list(Fates(history).lost())) is is_told


def test_an_edit_does_not_go_with_a_row_that_we_archived() -> None:
    history, _ = emptied()
    erp = history.partners["erp"]
    (name,) = erp.ids("customer")
    erp.edit("customer", name, {"name": "v"})
    erp.truth.read_before[erp.place("customer", name)] = 1.0
    erp.rows["customer", name].is_deleted = True

    assert f"3 nothing is lost silently: {name} name = 'v' at 0.0" in list(Fates(history).lost())


@pytest.mark.parametrize(("state", "is_counted"), [(LinkState.DETACHED, False), (LinkState.ARCHIVED, True)])
def test_what_people_write_into_a_row_that_they_brought_back_is_nobody_elses(
    state: LinkState, *, is_counted: bool
) -> None:
    """Seed 320434: a customer was deleted in both systems and brought back in one, where it stays detached."""
    history, _ = emptied()
    erp, records = history.partners["erp"], history.memory.records
    (name,) = erp.ids("customer")
    erp.edit("customer", name, {"name": "v"})
    (record,) = records.held.values()
    over = replace(record, tombstone=Tombstone("crm", NOW)).with_link("erp", Link(state, name))
    records.held[record.id] = over

    fates = Fates(history)

    assert not [each for each in fates.lost() if "'v'" in each]
    assert bool(fates.opened[ARCHIVED, "best"]) is is_counted


@pytest.mark.parametrize(("read_at", "opened"), [(1.0, 0), (-1.0, 1)])
def test_a_field_that_was_emptied_leaves_nothing_behind_when_its_row_goes(read_at: float, opened: int) -> None:
    history, _ = emptied()
    erp = history.partners["erp"]
    place = erp.place("customer", *erp.ids("customer"))
    erp.truth.read_before[place] = read_at
    erp.truth.deleted_by_people[place] = 2.0
    erp.rows["customer", place[2]].is_deleted = True

    fates = Fates(history)

    assert not [each for each in fates.lost() if "phone = None" in each]
    assert (fates.opened[GONE_UNREAD, "best"] > 0) is bool(opened)


@pytest.mark.parametrize(
    ("read_at", "ended_at", "was_taken", "is_told"),
    [(0.5, 99.0, False, False), (1.5, 2.0, False, False), (1.5, 99.0, False, True), (1.5, 2.0, True, True)],
    ids=["read before it joined", "heeded too late", "heeded in time", "taken"],
)
def test_a_field_that_joined_when_the_row_was_heeded_no_more_was_never_mapped(
    read_at: float, ended_at: float, *, was_taken: bool, is_told: bool
) -> None:
    """Seeds 72885, 1087487: a customer was deleted in the CRM, and its row in the ERP was archived after a field of it
    joined; a listing had read it just before."""
    whole = draw_setting(0).integration
    history, _ = emptied(Revised("a field joins", 1.0, without_phones(whole), whole))
    history.deploy(whole)
    erp = history.partners["erp"]
    (name,) = erp.ids("customer")
    erp.edit("customer", name, {"phone": "v"})
    erp.truth.read_before[erp.place("customer", name)] = read_at
    erp.rows["customer", name].is_deleted = True
    erp.rows["customer", name].changed_at = ended_at
    if was_taken:
        history.watch.shown[erp.place("customer", name), "phone"] = {digest("v"): 1.6}

    assert (f"3 nothing is lost silently: {name} phone = 'v' at 0.0" in list(Fates(history).lost())) is is_told


def without_phones(whole: Integration) -> Integration:
    """The settings before the ERP's phones were mapped."""
    rules = whole.rules("customer")
    able = rules.systems["erp"]
    fewer = replace(rules, systems={**rules.systems, "erp": replace(able, carries=able.carries - {"phone"})})
    return replace(whole, entities={**whole.entities, "customer": fewer})
