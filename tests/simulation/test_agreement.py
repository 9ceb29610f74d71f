"""Which rows need no link, and when what we made may be another record's, or stand twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.keys import id_key
from shared.core.records import UNANSWERED, Field, Link, LinkState, Parked, Record, Tombstone
from shared.ports.stores import Holder
from tests.kit.merging import NOW
from tests.simulation.agreement import agreement, single
from tests.simulation.history import History
from tests.simulation.kinds import KINDS
from tests.simulation.setting import draw_setting
from tests.simulation.windows import ENTERED, RENAMED, TWICE

DEAD = Tombstone("crm", NOW)


@pytest.mark.parametrize(
    ("tombstone", "state", "is_brought_back", "is_known"),
    [
        (DEAD, LinkState.DETACHED, True, True),
        (None, LinkState.DETACHED, True, False),
        (DEAD, LinkState.ARCHIVED, True, False),
        (DEAD, LinkState.DETACHED, False, False),
    ],
)
def test_a_row_may_be_brought_back_where_the_record_is_dead_and_another_row_of_it_was_deleted(
    tombstone: Tombstone | None, state: LinkState, *, is_brought_back: bool, is_known: bool
) -> None:
    """Seed 75820: a customer was deleted in the ERP, entered again there, brought back beside that, the new one deleted
    too, and then the record by its owner, the CRM, before anybody read what was brought back."""
    history = History(75820)
    erp = history.partners["erp"]
    first, second = (erp.enter("customer", {"name": "n"}, "ada") for _ in range(2))
    erp.remove("customer", second)
    if is_brought_back:
        erp.remove("customer", first)
        erp.restore("customer", first)
    record = Record("r" * 8, "customer", 1, tombstone=tombstone).with_link("erp", Link(state, second))
    history.memory.records.held[record.id] = record
    for name in (first, second):
        history.memory.identities.holding[id_key("erp", "customer", name)] = Holder(record.id)

    found = list(agreement(history))

    told = f"1 convergence: {first} is customer rrrr's, whose link there is {state.value} {second}"
    assert found == ([] if is_known else [told])


@pytest.mark.parametrize(("name", "is_missed"), [("n", True), (None, False), (False, False)])
def test_a_record_that_has_any_value_must_come_everywhere(name: str | bool | None, *, is_missed: bool) -> None:
    """Seed 2062605: the CRM showed a product without any of its values, and it was deleted there before it did."""
    drawn = draw_setting(1)
    history = History(1, setting=replace(drawn, kinds={**drawn.kinds, "crm": KINDS["shy"], "erp": KINDS["best"]}))
    fields = {"name": Field(name, "crm", NOW, 1), "sku": Field(None, "erp", NOW, 1)}
    record = Record("r" * 8, "product", 1, fields=fields).with_link("crm", Link(LinkState.DETACHED, "crm-1"))
    history.memory.records.held[record.id] = record

    assert ("1 convergence: product rrrr never came to erp" in list(agreement(history))) is is_missed


def made_for_one_and_held_by_another(kind: str, parked: Parked | None = None) -> tuple[History, str]:
    """Return a history in which the ERP's one row was made for a record and belongs to another."""
    history = History(0, setting=replace(draw_setting(0), kinds={"crm": KINDS["best"], "erp": KINDS[kind]}))
    name = history.partners["erp"].create("customer", {"name": "n", "email": "e"}, "mine", "mine")
    history.memory.records.held["mine"] = Record("mine", "customer", 1).with_link("erp", Link(parked=parked))
    history.memory.identities.holding[id_key("erp", "customer", name)] = Holder("other")
    return history, f"5 what we made stays ours: {name} was made for mine and is othe's"


@pytest.mark.parametrize(
    ("parked", "is_asked"),
    [
        (None, False),
        (Parked("the name is too long", NOW, code="422"), False),
        (Parked("several may be it", NOW, candidates=("e1", "e2")), True),
        (Parked("nobody can tell", NOW, code=UNANSWERED), True),
    ],
)
def test_what_we_made_may_be_anothers_only_while_a_person_is_asked_whose_it_is(
    parked: Parked | None, *, is_asked: bool
) -> None:
    history, told = made_for_one_and_held_by_another("best", parked)

    assert list(single(history)) == ([] if is_asked else [told])


@pytest.mark.parametrize(
    ("asked", "is_told"), [(None, True), (("other", "erp"), True), (("mine", "crm"), True), (("mine", "erp"), False)]
)
def test_what_we_made_may_be_anothers_once_a_person_was_asked_about_that_very_record_there(
    asked: tuple[str, str] | None, *, is_told: bool
) -> None:
    history, told = made_for_one_and_held_by_another("best")
    if asked is not None:
        history.truth.chosen.add(asked)

    assert list(single(history)) == ([told] if is_told else [])


@pytest.mark.parametrize(("system", "is_told"), [("crm", True), ("erp", False)])
def test_what_we_made_may_be_anothers_where_a_person_brought_the_record_back_in_that_very_system(
    system: str, *, is_told: bool
) -> None:
    """Seed 4522: a system had lost its rows for a while; ours came back beside what was made there meanwhile."""
    history, told = made_for_one_and_held_by_another("best")
    history.truth.restored.add((system, "customer", "back"))
    history.memory.identities.holding[id_key(system, "customer", "back")] = Holder("mine")

    assert list(single(history)) == ([told] if is_told else [])


@pytest.mark.parametrize(("renamed", "is_told"), [(False, True), (True, False)])
def test_what_we_made_without_our_reference_may_be_anothers_once_people_renamed_it(
    *, renamed: bool, is_told: bool
) -> None:
    history, told = made_for_one_and_held_by_another("no reference")
    if renamed:
        (name,) = history.partners["erp"].ids("customer")
        history.partners["erp"].edit("customer", name, {"email": "new"})

    assert list(single(history)) == ([told] if is_told else [])
    assert history.opened[RENAMED, "no reference"] == (0 if is_told else 1)


@pytest.mark.parametrize(
    ("kind", "short", "is_told"), [("no look-up", "erp", False), ("no look-up", "crm", True), ("best", "erp", True)]
)
def test_a_record_stands_twice_only_at_a_partner_that_cannot_be_asked_and_whose_own_list_was_short(
    kind: str, short: str, *, is_told: bool
) -> None:
    setting = replace(draw_setting(0), kinds={"crm": KINDS["best"], "erp": KINDS[kind]})
    history = History(0, setting=replace(setting, short_lists=((short, 1.0, 2.0),), amnesias=()))
    names = [history.partners["erp"].create("customer", {"name": "n"}, "mine", "mine") for _ in range(2)]
    history.memory.records.held["mine"] = Record("mine", "customer", 1).with_link("erp", Link(LinkState.LIVE, names[0]))
    for name in names:
        history.memory.identities.holding[id_key("erp", "customer", name)] = Holder("mine")

    assert list(single(history)) == ([f"5 at most one: record mine stands in erp as {names}"] if is_told else [])
    assert history.opened[TWICE, kind] == (0 if is_told else 1)


@pytest.mark.parametrize(("is_taken", "is_told"), [(False, True), (True, False)])
def test_two_persons_are_one_record_only_where_one_was_taken_for_what_a_lost_create_made(
    *, is_taken: bool, is_told: bool
) -> None:
    """Seed 348173: the worker that was to make a customer died, and somebody had given its e-mail to another there."""
    history = History(0, setting=replace(draw_setting(0), kinds={"crm": KINDS["no reference"], "erp": KINDS["best"]}))
    record = Record("one", "customer", 1)
    for system, person in (("crm", "ada"), ("erp", "bob")):
        name = history.partners[system].enter("customer", {"name": person, "email": person}, person)
        record = record.with_link(system, Link(LinkState.LIVE, name))
        history.memory.identities.holding[id_key(system, "customer", name)] = Holder("one")
        if is_taken and system == "crm":
            history.chronicle.taken_for_made.add(("one", history.partners[system].place("customer", name)))
    history.memory.records.held["one"] = record

    assert list(single(history)) == (["5 never merged: ['ada', 'bob'] are one record one"] if is_told else [])
    assert history.opened[ENTERED, "no reference"] == (0 if is_told else 1)
