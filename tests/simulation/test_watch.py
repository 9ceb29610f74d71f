"""Which values came back by themselves, and which people put back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.core.decisions import Cause
from shared.core.records import Field, Record
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
