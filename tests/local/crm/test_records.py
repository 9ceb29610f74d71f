"""One record at a time: entered, read, changed, archived, and refused."""

from __future__ import annotations

import pytest
import requests

from local.crm.client import CrmClient, CrmError
from local.crm.resources import RESOURCES
from local.crm.running import SampleCrm


def refused(crm: CrmClient, method: str, path: str, body: object = None, **headers: str) -> CrmError:
    with pytest.raises(CrmError) as caught:
        crm.send(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    return caught.value


def test_who_shows_no_token_stays_outside(server: SampleCrm) -> None:
    answer = requests.get(server.url + "/api/v1/customers", timeout=5)
    wrong = requests.get(server.url + "/api/v1/customers", headers={"Authorization": "Bearer x"}, timeout=5)

    assert (answer.status_code, wrong.status_code) == (401, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_new_record_is_answered_whole_with_its_address_and_version(crm: CrmClient) -> None:
    answer = crm.ask("POST", "/api/v1/customers", {"name": "Ada & Co", "contacts": [{"name": "Ada"}]})

    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == f"/api/v1/customers/{body['id']}"
    assert body == crm.get("customers", body["id"])
    assert body["contacts"][0]["id"]
    assert body["created_at"] == body["updated_at"]


def test_every_resource_can_be_entered_and_read(crm: CrmClient) -> None:
    customer = crm.create("customers", {"name": "Ada"})["id"]
    product = crm.create("products", {"sku": "1", "name": "Chai"})["id"]
    order = crm.create("orders", {"customer_id": customer, "items": [{"product_id": product, "qty": 2}]})["id"]
    crm.create("stock", {"product_id": product, "location": "Main", "on_hand": "-3"})
    crm.create("shipments", {"order_id": order, "items": [{"product_id": product, "qty": "2"}]})
    crm.create("deals", {"title": "More", "customer_id": customer, "promise_date": "2026-12-01", "probability": "0.5"})

    assert {name: len(crm.all(name)) for name in RESOURCES} == dict.fromkeys(RESOURCES, 1)


def test_decimals_come_back_as_the_text_that_was_sent_however_they_were_sent(crm: CrmClient) -> None:
    made = [crm.create("products", {"sku": f"{i}", "name": "x", "price": price}) for i, price in enumerate(PRICES)]

    assert [each["price"] for each in made] == ["18.50", "18.5", "18", "0.10", None]


PRICES = ("18.50", 18.5, 18, "0.10", None)


def test_times_are_utc_to_the_microsecond_and_a_day_is_its_midnight(crm: CrmClient) -> None:
    customer = crm.create("customers", {"name": "Ada"})["id"]

    order = crm.create(
        "orders", {"customer_id": customer, "placed_at": "2026-05-06T02:00:00.5+02:00", "wanted_at": "2026-05-09"}
    )

    assert order["placed_at"] == "2026-05-06T00:00:00.500000Z"
    assert order["wanted_at"] == "2026-05-09T00:00:00.000000Z"


def test_who_has_this_version_gets_304(crm: CrmClient) -> None:
    path = "/api/v1/customers/" + crm.create("customers", {"name": "Ada"})["id"]

    same = crm.ask("GET", path, headers={"If-None-Match": '"1"'})
    other = crm.ask("GET", path, headers={"If-None-Match": '"0"'})

    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", '"1"')
    assert other.status_code == 200


def test_a_change_touches_only_what_it_names(crm: CrmClient) -> None:
    made = crm.create("customers", {"name": "Ada", "phone": "1", "billing": {"city": "Ulm", "country": "DE"}})

    changed = crm.change("customers", made["id"], {"billing": {"city": "Bonn"}, "phone": None})

    assert changed["billing"] == {**made["billing"], "city": "Bonn"}
    assert (changed["name"], changed["phone"]) == ("Ada", None)
    assert changed["version"] == 2
    assert changed["updated_at"] > made["updated_at"]


def test_a_change_that_changes_nothing_makes_no_version(crm: CrmClient) -> None:
    made = crm.create("customers", {"name": "Ada"})

    assert crm.change("customers", made["id"], {"name": "Ada"}) == made


def test_a_change_on_a_stale_version_is_refused_and_changes_nothing(crm: CrmClient) -> None:
    made = crm.create("customers", {"name": "Ada"})
    crm.change("customers", made["id"], {"name": "Bea"})
    path = f"/api/v1/customers/{made['id']}"

    stale = refused(crm, "PATCH", path, {"name": "Eve"}, If_Match='"1"')
    fresh = crm.ask("PATCH", path, {"phone": "1"}, {"If-Match": '"2"'})

    assert (stale.status, stale.problem["version"]) == (412, 2)
    assert fresh.headers["ETag"] == '"3"'
    assert crm.get("customers", made["id"])["name"] == "Bea"


@pytest.mark.parametrize(
    ("resource", "fields", "key"),
    [
        ("customers", {"name": "Ada", "external_ref": "r"}, "external_ref"),
        ("customers", {"name": "Ada", "number": "7"}, "number"),
        ("products", {"name": "Chai", "sku": "7"}, "sku"),
    ],
)
def test_a_unique_key_has_one_holder_and_the_refusal_names_it(
    crm: CrmClient, resource: str, fields: dict[str, str], key: str
) -> None:
    holder = crm.create(resource, fields)

    error = refused(crm, "POST", f"/api/v1/{resource}", fields)

    assert (error.status, error.problem["field"], error.problem["holder_id"]) == (409, key, holder["id"])
    assert len(crm.all(resource)) == 1


def test_a_product_stands_once_at_a_location(crm: CrmClient) -> None:
    product = crm.create("products", {"sku": "1", "name": "Chai"})["id"]
    crm.create("stock", {"product_id": product, "location": "Main"})

    crm.create("stock", {"product_id": product, "location": "Other"})
    error = refused(crm, "POST", "/api/v1/stock", {"product_id": product, "location": "Main"})

    assert error.status == 409


def test_an_archived_record_is_gone_but_listed_as_archived_and_gives_its_keys_back(crm: CrmClient) -> None:
    made = crm.create("customers", {"name": "Ada", "number": "7"})
    path = f"/api/v1/customers/{made['id']}"

    assert refused(crm, "DELETE", path, If_Match='"9"').status == 412
    assert crm.ask("DELETE", path).status_code == 204

    assert [refused(crm, method, path, {}).status for method in ("GET", "PATCH", "DELETE")] == [410, 410, 410]
    assert crm.all("customers") == []
    assert [each["id"] for each in crm.all("customers", "archived=true")] == [made["id"]]
    crm.create("customers", {"name": "Ada again", "number": "7"})
    assert len(crm.all("customers", "archived=any")) == 2


def test_parts_keep_their_ids_however_the_list_changes(crm: CrmClient) -> None:
    made = crm.create("customers", {"name": "Ada", "contacts": [{"name": "A", "title": "T"}, {"name": "B"}]})
    first, second = made["contacts"]

    changed = crm.change(
        "customers", made["id"], {"contacts": [{"name": "New"}, {"id": first["id"], "name": "A. Adams"}]}
    )

    new, kept = changed["contacts"]
    assert kept == {**first, "name": "A. Adams"}
    assert new["id"] not in (first["id"], second["id"])


def test_a_part_that_is_not_there_cannot_be_changed(crm: CrmClient) -> None:
    made = crm.create("customers", {"name": "Ada", "contacts": [{"name": "A"}]})

    error = refused(crm, "PATCH", f"/api/v1/customers/{made['id']}", {"contacts": [{"id": "con-x", "name": "A"}]})

    assert (error.status, error.problem["field"]) == (422, "contacts[0].id")


def test_an_order_is_added_up_unless_its_writer_says_what_it_comes_to(crm: CrmClient) -> None:
    customer = crm.create("customers", {"name": "Ada"})["id"]
    product = crm.create("products", {"sku": "1", "name": "Chai"})["id"]
    line = {"product_id": product, "qty": 3, "unit_price": "9.99", "discount": "0.15"}

    order = crm.create("orders", {"customer_id": customer, "items": [line, line], "freight": "3.10", "tax": "1"})
    named = crm.change("orders", order["id"], {"total": "50.00"})
    moved = crm.change("orders", order["id"], {"state": "confirmed"})
    dearer = crm.change("orders", order["id"], {"freight": "4.10"})

    assert [each["total"] for each in (order, named, moved, dearer)] == ["55.04", "50.00", "50.00", "56.04"]


@pytest.mark.parametrize(
    ("resource", "fields", "field"),
    [
        ("customers", {}, "name"),
        ("customers", {"name": "Ada", "email": "nobody"}, "email"),
        ("customers", {"name": "Ada", "billing": {"country": "Germany"}}, "billing.country"),
        ("customers", {"name": "Ada", "contacts": "A"}, "contacts"),
        ("customers", {"name": "Ada", "contacts": [{"title": "T"}]}, "contacts[0].name"),
        ("customers", {"name": "Ada", "credit_limit": True}, "credit_limit"),
        ("customers", {"name": "Ada", "credit_limit": "1e400"}, "credit_limit"),
        ("customers", [], "(body)"),
        ("orders", {"customer_id": "cus-none"}, "customer_id"),
        ("orders", {"customer_id": "cus-none", "placed_at": "2026-05-06T00:00:00"}, "placed_at"),
        ("orders", {"customer_id": "cus-none", "placed_at": "0001-01-01T00:00:00+14:00"}, "placed_at"),
        ("orders", {"customer_id": "cus-none", "state": "lost"}, "state"),
        ("customers", {"name": "\ud800"}, "name"),
    ],
)
def test_what_is_wrong_is_refused_with_field_and_reason(
    crm: CrmClient, resource: str, fields: object, field: str
) -> None:
    error = refused(crm, "POST", f"/api/v1/{resource}", fields)

    assert (error.status, error.problem["field"]) == (422, field)
    assert error.problem["reason"]


def test_an_item_names_a_product_that_is_there(crm: CrmClient) -> None:
    customer = crm.create("customers", {"name": "Ada"})["id"]

    error = refused(
        crm, "POST", "/api/v1/orders", {"customer_id": customer, "items": [{"product_id": "prd-none", "qty": 1}]}
    )

    assert error.problem["field"] == "items[0].product_id"


def test_unknown_fields_are_ignored_and_kept_nowhere(crm: CrmClient) -> None:
    made = crm.create("customers", {"name": "Ada", "colour": "red", "billing": {"planet": "Mars"}})

    assert "colour" not in made
    assert "planet" not in made["billing"]


def test_a_body_that_is_too_large_or_not_json_is_refused(server: SampleCrm, crm: CrmClient) -> None:
    url, headers = server.url + "/api/v1/customers", {"Authorization": f"Bearer {server.token}"}

    large = requests.post(url, data=b'{"name": "' + b"a" * 2_000_000 + b'"}', headers=headers, timeout=10)
    broken = [requests.post(url, data=data, headers=headers, timeout=5) for data in (b"{", b"\xff", b'{"n": NaN}')]

    assert large.status_code == 413
    assert [each.status_code for each in broken] == [400, 400, 400]
    assert crm.all("customers") == []


def test_what_is_not_there_is_said_in_the_same_form(crm: CrmClient) -> None:
    assert refused(crm, "GET", "/api/v1/customers/cus-none").status == 404
    assert refused(crm, "GET", "/api/v1/dreams").problem["title"] == "Not Found"
    assert refused(crm, "PUT", "/api/v1/customers").status == 405
