"""Headers of one entity, and how a partial update is written: plain, as a merge patch or as a JSON patch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.core.commands import Update
from shared.core.inspection import Result
from tests.kit.rest import COUNTED, a_customer, a_system, connected
from tests.kit.rest_server import Asked, Given, Manners, serving

NESTED = {"name": "name", "email": "email", "addresses[billing].city": "billing.city", "phone": "a/b~c"}


def an_update(customer: dict[str, Any], **fields: Any) -> Asked:
    """Send an update; return the request that it became."""
    row = {"name": "Ann", "email": "a@x", "billing": {"city": "Graz", "zip": "8010"}, "a/b~c": "1"}
    with a_system(Manners(), {"customer": a_customer(fields=NESTED, **customer)}, customers=[row]) as (system, server):
        server.next_replies += [lambda asked: None if asked.method == "GET" else Given(200, {"id": 1})] * 3
        system.write("customer", [Update("r-1", "1", fields, precondition=None, whole=fields)])
        return next(each for each in server.log if each.method != "GET")


@pytest.mark.parametrize(
    ("patch", "media", "body"),
    [
        ("plain", "application/json", {"name": "Bob", "billing": {"city": "Linz", "zip": "8010"}, "a/b~c": None}),
        ("merge", "application/merge-patch+json", {"name": "Bob", "billing": {"city": "Linz"}, "a/b~c": None}),
        (
            "json",
            "application/json-patch+json",
            [
                {"op": "add", "path": "/name", "value": "Bob"},
                {"op": "add", "path": "/billing", "value": {"city": "Linz", "zip": "8010"}},
                {"op": "add", "path": "/a~1b~0c", "value": None},
            ],
        ),
    ],
)
def test_an_update_is_written_as_the_partner_reads_it(patch: str, media: str, body: Any) -> None:
    asked = an_update({"patch": patch}, **{"name": "Bob", "addresses[billing].city": "Linz", "phone": None})

    assert (asked.method, asked.headers["content-type"]) == ("PATCH", media)
    assert sorted(map(json.dumps, asked.body)) == sorted(map(json.dumps, body))
    assert asked.body == body or patch == "json"


def test_a_partner_that_turns_out_to_know_no_patch_gets_plain_records() -> None:
    row = {"name": "Ann", "email": "a@x"}
    with a_system(Manners(), {"customer": a_customer(patch="merge")}, customers=[row]) as (system, server):
        server.next_replies += [lambda asked: Given(405) if asked.method == "PATCH" else None] * 5
        system.write("customer", [Update("r-1", "1", {"name": "Bob"}, precondition=None, whole={"name": "Bob"})])
        (put,) = server.asked("PUT")

    assert put.headers["content-type"] == "application/json"
    assert put.body["email"] == "a@x"


def test_an_entity_has_headers_of_its_own_over_those_of_the_system() -> None:
    entities = {
        "customer": a_customer(headers={"x-company": "north"}, revision=COUNTED),
        "product": {"path": "/api/v1/products", "fields": {"sku": "sku"}},
    }
    headers = {"X-Company": "all", "X-Other": "1"}
    with serving(Manners()) as server, connected(server.url, entities=entities, headers=headers) as system:
        system.list("customer", None)
        system.list("product", None)

    own, general = (each.headers for each in server.log)
    assert (own["x-company"], own["x-other"]) == ("north", "1")
    assert (general["x-company"], general["x-other"]) == ("all", "1")


def test_who_asks_how_a_system_is_set_up_says_the_same_headers_and_looks_for_the_named_key() -> None:
    entities = {"customer": a_customer(headers={"X-Company": "north"})}
    webhook = {"scheme": "shopify", "secret_key": "signing_key"}
    with serving(Manners()) as server:
        found = {}
        for secret in ({"webhook_secret": "x"}, {"signing_key": "x"}):
            with connected(server.url, secret=secret, entities=entities, webhook=webhook) as system:
                inspector = system.inspector()
                inspector.describe("customer")
                found[min(secret)] = [each.result for each in inspector.webhooks()]
                inspector.close()

    assert {each.headers["x-company"] for each in server.log} == {"north"}
    assert found == {"webhook_secret": [Result.OK], "signing_key": [Result.NOT_VISIBLE]}
