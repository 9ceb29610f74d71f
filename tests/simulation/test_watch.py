"""Which values came back by themselves, and which people put back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest

from shared.core.decisions import Cause
from shared.core.records import Field, Link, LinkState, Record
from shared.flows.fan_out import Image
from tests.kit.merging import NOW
from tests.simulation.history import History
from tests.simulation.watch import Watch

OLD, NEW = Decimal(101), Decimal(100)


def priced(version: int, price: Decimal, by: str) -> Record:
    return Record("r", "product", version, fields={"price": Field(price, by, NOW, version)})


@pytest.mark.parametrize(("is_read", "told"), [(False, []), (True, ["r v3 price is Decimal('101') again"])])
def test_a_price_that_people_put_back_has_not_come_back_unless_it_was_read_before_the_one_between(
    is_read: bool, told: list[str]
) -> None:
    """Seed 443089: 101 in both systems; somebody sets 100 and, before anybody reads it, 101 again."""
    history = History(443089)
    erp, watch = history.partners["erp"], Watch(history.stage, history.memory, history.partners)
    name = erp.create("product", {"sku": "s", "price": OLD}, "r", "r")
    for price in (NEW, OLD):
        erp.edit("product", name, {"price": price})
    if is_read:
        erp.rows["product", name].read_at = history.stage.seconds + 1
    cause = Cause("absorb", "erp", name)

    watch.note_image(Image(priced(1, OLD, "crm"), priced(2, NEW, "erp"), cause))
    watch.note_image(Image(priced(2, NEW, "erp"), priced(3, OLD, "erp"), cause))

    assert watch.came_back == told


@pytest.mark.parametrize(("is_cleared", "told"), [(False, []), (True, ["r v3 price is Decimal('101') again"])])
def test_what_comes_back_where_nothing_stood_undoes_something_only_if_a_person_had_cleared_it(
    is_cleared: bool, told: list[str]
) -> None:
    history = History(209471)
    erp, watch = history.partners["erp"], Watch(history.stage, history.memory, history.partners)
    name = erp.create("product", {"sku": "s", "price": None}, "r", "r")
    if is_cleared:
        erp.edit("product", name, {"price": OLD})
        erp.edit("product", name, {"price": None})
    versions = [
        replace(priced(number, OLD, "crm"), fields={"price": Field(price, "crm", NOW, number)}).with_link(
            "erp", Link(LinkState.LIVE, name)
        )
        for number, price in ((1, OLD), (2, None), (3, OLD))
    ]

    for before, after in pairwise(versions):
        watch.note_image(Image(before, after, Cause("absorb", "erp", name)))

    assert watch.came_back == told
