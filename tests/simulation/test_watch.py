"""Which values came back by themselves, and which people put back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.core.decisions import Cause
from shared.core.records import Field, Link, LinkState, Record
from shared.flows.fan_out import Image
from shared.ports.stores import Change, Holder
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


@pytest.mark.parametrize(
    ("between", "by", "is_another", "is_told"),
    [(None, "erp", True, False), (None, "crm", True, True), (NEW, "erp", True, True), (None, "erp", False, True)],
    ids=["nothing", "emptied elsewhere", "another value", "emptied there"],
)
def test_what_a_row_shows_that_is_linked_again_has_not_come_back_unless_another_value_stood_between(
    between: Decimal | None, by: str, *, is_another: bool, is_told: bool
) -> None:
    """Seed 1036342: the ERP hid a customer for a while, and one that had its e-mail by then stood in its place."""
    history = History(443089)
    erp, watch = history.partners["erp"], Watch(history.stage, history.memory, history.partners)
    one, other = (erp.create("product", {"sku": "s", "price": None}, "r", "r") for _ in range(2))
    erp.edit("product", one, {"price": OLD})

    without = standing(2, between, other if is_another else one, by)
    watch.note_image(Image(standing(1, OLD, one), without, Cause("absorb", "erp", other)))
    watch.note_image(Image(without, standing(3, OLD, one), Cause("absorb", "erp", one)))

    assert watch.came_back == (["r v3 price is Decimal('101') again"] if is_told else [])


def standing(version: int, price: Decimal | None, name: str, by: str = "erp") -> Record:
    record = Record("r", "product", version, fields={"price": Field(price, by, NOW, version)})
    return record.with_link("erp", Link(LinkState.LIVE, name))


@pytest.mark.parametrize(("changed_at", "is_told"), [(-60.0, True), (-5.0, False)])
def test_who_shows_a_key_for_a_while_is_one_record_with_who_shows_it_too(changed_at: float, *, is_told: bool) -> None:
    """Seed 8404: the ERP's row had got the e-mail from us only while the new one was matched."""
    history = History(443089)
    erp, watch, key = history.partners["erp"], history.watch, "key/customer/email/a@x.org"
    name = erp.enter("customer", {"email": "a@x.org"}, "ada")
    erp.rows["customer", name].changed_at = changed_at
    history.memory.identities.holding[key] = Holder("r")
    history.memory.records.held["r"] = Record("r", "customer", 1).with_link("erp", Link(LinkState.LIVE, name))
    new = Record("n", "customer", 1, without_keys=frozenset({key})).with_link("crm", Link(LinkState.LIVE, "crm-9"))

    watch.note_change(Change(new, Cause("absorb", "crm", "crm-9")))

    assert bool(watch.apart) is is_told
