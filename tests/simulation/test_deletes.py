"""When an edit that went with its record is told: wherever nothing of that field could be lost on the way."""

from __future__ import annotations

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

CONTACT: dict[str, Value] = {"contacts[k]": True, "contacts[k].name": "Bob"}


@pytest.mark.parametrize(
    ("erp", "shop", "path", "asked", "is_told"),
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
    """Whose element an ambiguous one is a person is asked (seed 52477): it is taken by nobody."""
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
