"""EspoCRM and HubSpot kept in step by the real flows, over real sockets: the kit's fakes as two partners."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.connectors import hubspot
from tests.connectors.fakes.base import Asked
from tests.connectors.fakes.hubspot import HubSpotFake
from tests.connectors.in_step import Forgetful, Pair, an_order, in_step

SHOP = """
[systems.shop]
connector = "hubspot"
side = "supply_chain"
base_url = "{url}"
[systems.shop.entities.product]
[systems.shop.entities.order]
"""


class Forgetting(Forgetful, HubSpotFake):
    """An account that loses answers to upserts."""

    def may_be_lost(self, asked: Asked) -> bool:
        """Tell whether a request is an upsert."""
        return asked.path.endswith("/upsert")


def is_write(asked: Asked) -> bool:
    """Tell writes from reads by POST."""
    return asked.method != "GET" and not asked.path.endswith(("/search", "/read"))


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair[Forgetting]]:
    def connect(settings: Any) -> Any:
        return hubspot.connect(settings, lambda _name: {"token": "a-live-credential"})

    with in_step(tmp_path, Forgetting(), SHOP, connect, is_write) as pair:
        yield pair


def the_only(fake: HubSpotFake, object_type: str) -> dict[str, Any]:
    """Return the properties of the only object of a type."""
    rows = list(fake.objects[object_type].values())
    assert len(rows) == 1, rows
    properties: dict[str, Any] = rows[0]["properties"]
    return properties


def test_an_order_with_all_that_belongs_to_it_arrives_once_and_stays_quiet(pair: Pair[Forgetting]) -> None:
    an_order(pair.espo)

    pair.sync()

    assert the_only(pair.other, "companies")["city"] == "Austin"
    assert the_only(pair.other, "contacts")["lastname"] == "Lumbergh"
    assert the_only(pair.other, "products")["hs_sku"] == "TEA"
    order, line = the_only(pair.other, "orders"), the_only(pair.other, "line_items")
    assert (order["hs_order_name"], order["hs_external_order_status"]) == ("SO-77", "placed")
    assert line["quantity"] == "2"
    assert line["hs_product_id"] == the_only(pair.other, "products")["hs_object_id"]
    assert len(pair.other.links) == 2 * 3
    before = pair.writes()
    pair.sync()
    assert pair.writes() == before


def test_changes_of_parts_go_on(pair: Pair[Forgetting]) -> None:
    _, line = an_order(pair.espo)
    pair.sync()
    pair.espo.edit("CSalesOrderLine", line, quantity=5)
    company = next(iter(pair.other.objects["companies"]))
    pair.other.change(company, phone="+1 512 555 7777")

    pair.sync()

    assert the_only(pair.other, "line_items")["quantity"] == "5"
    assert [row["phone"] for row in pair.espo.shown().values()] == ["+1 512 555 7777"]


@pytest.mark.parametrize("applies", [True, False])
def test_lost_answers_double_nothing(pair: Pair[Forgetting], applies: bool) -> None:
    an_order(pair.espo)
    pair.other.loses, pair.other.applies = True, applies

    pair.sync(6)

    assert len(pair.other.lost) == 3
    for object_type in ("companies", "products", "orders", "line_items", "contacts"):
        the_only(pair.other, object_type)


def test_a_merge_keeps_one_record_and_parts_the_other(pair: Pair[Forgetting]) -> None:
    pair.espo.put("Initech")
    pair.espo.put("Umbrella")
    pair.sync()
    first, second = pair.other.objects["companies"]
    merged = pair.other.merge("companies", first, second)
    pair.other.change(merged, phone="+1 512 555 7777")
    accounts = set(pair.espo.shown())

    pair.world.hint("shop", "customer", merged).hint("shop", "customer", second)
    pair.sync()

    assert set(pair.espo.shown()) == accounts
    assert sorted(str(row["phone"]) for row in pair.espo.shown().values()) == ["+1 512 555 7777", "None"]
    assert len(pair.world.records("customer")) == 2
    assert list(pair.other.shown()) == [merged]
