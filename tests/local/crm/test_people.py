"""What people do in the CRM, and Northwind entered into it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from local.crm import load, people
from local.crm.client import CrmClient
from local.crm.people import Wish
from local.crm.resources import Fields
from local.data import northwind


def place(crm: CrmClient, *wishes: Wish) -> Fields:
    crm.create_all("products", [{"sku": sku, "name": sku} for sku in ("tea", "milk")])
    customer = people.create_customer(crm, "Ada & Co", [{"name": "Ada", "email": "ada@x.example"}], phone="1")
    return people.place_order(crm, "1001", customer["id"], wishes)


def test_a_customer_orders_changes_a_line_and_cancels(crm: CrmClient) -> None:
    order = place(crm, Wish("tea", 2, Decimal("3.00")), Wish("milk", 1, Decimal("1.00"), Decimal("0.1")))

    edited = people.edit_line(crm, order["id"], "milk", qty="5")
    cancelled = people.cancel_order(crm, order["id"])

    assert [item["qty"] for item in edited["items"]] == ["2", "5"]
    assert [item["id"] for item in edited["items"]] == [item["id"] for item in order["items"]]
    assert (order["state"], order["total"], edited["total"]) == ("open", "6.90", "10.50")
    assert cancelled["state"] == "void"


def test_a_field_is_edited_by_its_path(crm: CrmClient) -> None:
    customer = people.create_customer(crm, "Ada", billing={"city": "Ulm", "country": "DE"})

    edited = people.edit_field(crm, "customers", customer["id"], "billing.city", "Bonn")

    assert (edited["billing"]["city"], edited["billing"]["country"]) == ("Bonn", "DE")


def test_what_cannot_be_told_apart_is_not_guessed(crm: CrmClient) -> None:
    with pytest.raises(LookupError, match="0 products with sku tea"):
        people.find_one(crm, "products", "sku", "tea")


def test_everything_is_read_back_through_the_api(crm: CrmClient) -> None:
    order = place(crm, Wish("tea", 2))

    seen = people.read_everything(crm)

    assert {name: len(records) for name, records in seen.items()} == {
        "customers": 1,
        "products": 2,
        "stock": 0,
        "orders": 1,
        "shipments": 0,
        "deals": 0,
    }
    assert seen["orders"] == [order]


def test_northwind_is_entered_whole(crm: CrmClient) -> None:
    load.load_customers(crm)
    load.load_products(crm)
    load.load_orders(crm)

    seen = people.read_everything(crm)
    assert {name: len(seen[name]) for name in ("customers", "products", "orders")} == {
        "customers": 91,
        "products": 77,
        "orders": 200,
    }
    assert sum(len(order["items"]) for order in seen["orders"]) == 503
    assert {order["state"] for order in seen["orders"]} == {"open"}
    assert min(int(order["number"]) for order in seen["orders"]) == 10878
    assert crm.counts()["calls"]["orders"]["write"] == 2


def test_a_customer_of_northwind_keeps_every_detail_and_loses_the_dirt(crm: CrmClient) -> None:
    load.load_customers(crm)

    toms = people.find_one(crm, "customers", "number", "TOMSP")
    hanar = people.find_one(crm, "customers", "number", "HANAR")

    assert (toms["name"], toms["phone"]) == ("Toms Spezialitäten", "0251-031259")
    assert toms["billing"] == {
        "name": None,
        "street": "Luisenstr. 48",
        "city": "Münster",
        "region": None,
        "postal_code": "44087",
        "country": "DE",
    }
    assert [(each["name"], each["title"]) for each in toms["contacts"]] == [("Karin Josephs", "Marketing Manager")]
    assert hanar["billing"]["region"] == "RJ"


def test_an_order_of_northwind_keeps_prices_discounts_and_freight_to_the_cent(crm: CrmClient) -> None:
    load.load_customers(crm)
    load.load_products(crm)
    load.load_orders(crm)

    order = people.find_one(crm, "orders", "number", "11077")

    discounts = Counter(item["discount"] for item in order["items"])
    assert len(order["items"]) == 25
    assert discounts["0.03"] == 3
    assert order["freight"] == "8.53"
    assert order["placed_at"] == "1998-05-06T00:00:00.000000Z"
    assert order["ship_to"]["country"] == "US"
    assert order["ship_to"]["region"] == "NM"
    net = sum(Decimal(i["qty"]) * Decimal(i["unit_price"]) * (1 - Decimal(i["discount"])) for i in order["items"])
    assert abs(Decimal(order["total"]) - net - Decimal("8.53")) < Decimal("0.10")


def test_regions_and_skus_can_be_said_in_other_words(crm: CrmClient) -> None:
    words = load.Words(sku=lambda number: f"NW-{number}", region=lambda country, region: f"{country} {region}")
    row = northwind.newest_orders(1)[0]

    body = load.order_body(row, {row.customer_id: "c"}, {f"NW-{line.product_id}": "p" for line in row.lines}, words)
    load.load_customers(crm, [each for each in northwind.customers() if each.id == "HANAR"], words)

    assert body["ship_to"]["region"] == "USA NM"
    assert people.find_one(crm, "customers", "number", "HANAR")["billing"]["region"] == "Brazil RJ"


def test_an_order_for_what_the_crm_does_not_know_is_not_entered(crm: CrmClient) -> None:
    with pytest.raises(KeyError):
        load.load_orders(crm, northwind.newest_orders(1))
