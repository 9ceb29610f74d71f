"""When an edit that went with its record is told: wherever nothing of that field could be lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from shared.core.keys import id_key
from shared.core.records import Field, Link, LinkState, Record, Tombstone
from shared.core.values import Value
from shared.ports.stores import Holder
from tests.kit.merging import NOW
from tests.simulation.deletes import outlived
from tests.simulation.history import History
from tests.simulation.kinds import KINDS
from tests.simulation.setting import draw_setting

SYSTEMS = ("crm", "erp", "shop")
NOTHING: Mapping[str, str] = {}
CONTACT: dict[str, Value] = {"contacts[k]": True, "contacts[k].name": "Bob"}


@pytest.mark.parametrize(
    ("erp", "shop", "path", "asked", "is_told"),  # `asked`: which element is ambiguous in the ERP
    [
        ("best", "best", "phone", "k", True),
        ("best", "best", "contacts[k].name", "another", True),
        ("best", "best", "contacts[k].name", "k", False),
        ("best", "seconds", "phone", "", True),
        ("seconds", "best", "phone", "", False),
        ("children apart", "best", "phone", "", True),
        ("children apart", "best", "contacts[k].name", "", False),
    ],
)
def test_an_edit_outlives_a_delete_where_that_field_cannot_be_lost(
    erp: str, shop: str, path: str, asked: str, *, is_told: bool
) -> None:
    """Whose element an ambiguous one is a person is asked (seeds 52477, 8096): it is taken by nobody."""
    kinds = {"crm": KINDS["best"], "erp": KINDS[erp], "shop": KINDS[shop]}
    history = History(0, setting=replace(draw_setting(0), kinds=kinds, change=None))
    partner = history.partners["erp"]
    name = partner.enter("customer", {"name": "n", "phone": "+1", **CONTACT}, "ada")
    partner.edit("customer", name, {path: "v"})
    record = Record("r" * 8, "customer", 2, fields={path: Field("+1", "crm", NOW, 1)}, tombstone=Tombstone("crm", NOW))
    link = Link(LinkState.ARCHIVED, name, ambiguous={asked: "contacts/k0@x.org"} if asked else {})
    history.memory.records.held[record.id] = record.with_link("erp", link)
    history.memory.identities.holding[id_key("erp", "customer", name)] = Holder(record.id)

    told = f"8 an edit outlives a delete, or is logged: {name} {path} = 'v' at 0.0, deleted in crm"

    assert (told in list(outlived(history))) is is_told


@pytest.mark.parametrize("is_ambiguous", [False, True])
def test_an_element_like_one_that_is_ambiguous_where_its_record_was_deleted_had_not_gone_there(
    *, is_ambiguous: bool
) -> None:
    """Seed 8096: the CRM showed one contact of an e-mail that the shop had twice."""
    history, told = renamed_and_deleted({"c1": "contacts/bob"} if is_ambiguous else {})

    assert (told in list(outlived(history))) is not is_ambiguous


@pytest.mark.parametrize(
    ("path", "is_its_own", "is_told"),
    [
        ("contacts[s].name", True, False),
        ("contacts[s].name", False, True),
        ("name", True, True),
    ],
    ids=["of the same record", "of another", "another field"],
)
def test_what_somebody_replaced_who_saw_it_elsewhere_had_not_to_go_on(
    path: str, *, is_its_own: bool, is_told: bool
) -> None:
    """Seed 3013206: a contact was entered in the ERP and renamed in the shop, before the CRM had any, under the id that
    it has there."""
    history, told = renamed_and_deleted()
    shop = history.partners["shop"]
    name = shop.create("customer", {"name": "v", "contacts[s]": True, "contacts[s].name": "v"}, "r", "r")
    shop.edit("customer", name, {path: "w"})
    holder = Holder("r" * 8 if is_its_own else "another")
    history.memory.identities.holding[id_key("shop", "customer", name)] = holder

    assert (told in list(outlived(history))) is is_told


def renamed_and_deleted(ambiguous: Mapping[str, str] = NOTHING) -> tuple[History, str]:
    """A customer whose contact was renamed in the ERP and which was deleted in the CRM since; what is told of it."""
    history = History(0, setting=replace(draw_setting(0), change=None, kinds=dict.fromkeys(SYSTEMS, KINDS["best"])))
    partner = history.partners["erp"]
    name = partner.enter("customer", {"name": "n", **CONTACT}, "ada")
    partner.edit("customer", name, {"contacts[k].name": "v"})
    record = Record("r" * 8, "customer", 2, fields={}, tombstone=Tombstone("crm", NOW))
    over = record.with_link("crm", Link(LinkState.ARCHIVED, "crm-1", ambiguous=ambiguous))
    history.memory.records.held[record.id] = over.with_link("erp", Link(LinkState.ARCHIVED, name))
    history.memory.identities.holding[id_key("erp", "customer", name)] = Holder(record.id)
    return history, f"8 an edit outlives a delete, or is logged: {name} contacts[k].name = 'v' at 0.0, deleted in crm"
