"""Lists: page by page, since a moment, by id and by key."""

from __future__ import annotations

import pytest

from local.crm.client import CrmClient
from local.crm.resources import Fields


def enter(crm: CrmClient, count: int) -> list[Fields]:
    return crm.create_all("customers", [{"name": f"C{i}", "number": f"{i}"} for i in range(count)])


def ids(records: list[Fields]) -> list[str]:
    return [record["id"] for record in records]


def test_records_of_one_moment_come_page_by_page_and_none_twice(crm: CrmClient) -> None:
    made = enter(crm, 10)

    page = crm.send("GET", "/api/v1/customers?limit=4")
    pages = [page["data"]]
    while page["next"]:
        page = crm.send("GET", f"/api/v1/customers?limit=4&after={page['next']}")
        pages.append(page["data"])

    assert [len(each) for each in pages] == [4, 4, 2]
    assert [record["id"] for each in pages for record in each] == ids(made)
    assert len({record["updated_at"] for record in made}) == 1


def test_a_last_page_that_is_just_full_has_no_next(crm: CrmClient) -> None:
    enter(crm, 4)

    assert crm.send("GET", "/api/v1/customers?limit=4")["next"] is None


def test_what_changes_while_one_reads_is_shown_again_and_nothing_is_left_out(crm: CrmClient) -> None:
    made = enter(crm, 6)
    first = crm.send("GET", "/api/v1/customers?limit=3")

    crm.change("customers", made[0]["id"], {"name": "changed"})
    crm.archive("customers", made[1]["id"])
    rest = crm.send("GET", f"/api/v1/customers?limit=10&after={first['next']}")

    assert ids(rest["data"]) == [*ids(made[3:]), made[0]["id"]]


def test_since_a_moment_includes_that_moment(crm: CrmClient) -> None:
    before, at = enter(crm, 1)[0], crm.create("customers", {"name": "later"})

    assert ids(crm.all("customers", f"updated_since={at['updated_at']}")) == [at["id"]]
    assert ids(crm.all("customers", f"updated_since={before['updated_at']}")) == [before["id"], at["id"]]
    assert crm.all("customers", "updated_since=2999-01-01T00:00:00%2B02:00") == []
    assert len(crm.all("customers", "updated_since=2000-01-01T00:00:00+02:00")) == 2


def test_archived_records_can_be_polled_by_the_same_time(crm: CrmClient) -> None:
    made = enter(crm, 2)
    crm.archive("customers", made[0]["id"])

    (gone,) = crm.all("customers", f"archived=true&updated_since={made[0]['updated_at']}")

    assert (gone["id"], gone["archived"]) == (made[0]["id"], True)


def test_several_records_are_fetched_by_id_in_one_call(crm: CrmClient) -> None:
    made = enter(crm, 100)

    found = crm.send("GET", f"/api/v1/customers?ids={','.join(ids(made))},cus-none"[:-9])

    assert ids(found["data"]) == ids(made)
    assert crm.all("customers", "ids=cus-none") == []


def test_records_are_found_by_their_keys_several_at_once(crm: CrmClient) -> None:
    ada = crm.create("customers", {"name": "Ada", "email": "Ada@x.example", "external_ref": "r1", "number": "1"})
    bea = crm.create("customers", {"name": "Bea", "email": "bea@x.example", "external_ref": "r2", "number": "2"})

    assert ids(crm.all("customers", "external_ref=r1,r2,r3")) == [ada["id"], bea["id"]]
    assert ids(crm.all("customers", "email=ADA@x.example")) == [ada["id"]]
    assert ids(crm.all("customers", "number=2")) == [bea["id"]]
    assert crm.all("customers", "number=2&external_ref=r1") == []
    assert crm.all("customers", "number=") == []


def test_a_changed_key_finds_the_record_by_its_new_value_only(crm: CrmClient) -> None:
    ada = crm.create("customers", {"name": "Ada", "email": "old@x.example"})

    crm.change("customers", ada["id"], {"email": "new@x.example"})

    assert crm.all("customers", "email=old@x.example") == []
    assert ids(crm.all("customers", "email=new@x.example")) == [ada["id"]]


def test_products_stock_orders_and_shipments_have_their_own_keys(crm: CrmClient) -> None:
    customer = crm.create("customers", {"name": "Ada"})
    product = crm.create("products", {"sku": "s", "name": "Chai", "gtin": "4006381333931"})
    stock = crm.create("stock", {"product_id": product["id"], "location": "Main"})
    order = crm.create("orders", {"customer_id": customer["id"], "number": "1"})
    shipment = crm.create("shipments", {"order_id": order["id"]})

    assert ids(crm.all("products", "sku=s")) == ids(crm.all("products", "gtin=4006381333931")) == [product["id"]]
    assert ids(crm.all("stock", f"product_id={product['id']}&location=Main")) == [stock["id"]]
    assert ids(crm.all("orders", f"customer_id={customer['id']}&state=open,draft")) == [order["id"]]
    assert ids(crm.all("shipments", f"order_id={order['id']}")) == [shipment["id"]]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "after=x",
        "after=W10=",
        "updated_since=today",
        "updated_since=2026-05-06T00:00:00",
        "archived=perhaps",
        "colour=red",
        "sku=1",
        "ids=" + ",".join(map(str, range(101))),
    ],
)
def test_a_list_that_cannot_be_understood_is_refused_rather_than_guessed(crm: CrmClient, query: str) -> None:
    answer = crm.ask("GET", f"/api/v1/customers?{query}")

    assert answer.status_code == 400
    assert answer.json()["detail"]
