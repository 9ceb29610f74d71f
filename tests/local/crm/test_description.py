"""The description by which the generic connector knows the CRM names only what the CRM really has."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.crm.client import CrmClient
from local.crm.resources import Fields
from shared.connectors.rest.capability import entity_capabilities
from shared.connectors.rest.settings import RestSettings

DESCRIPTION = Path(__file__).resolve().parents[3] / "local" / "demo" / "crm.toml"
ADDRESS = {"name": "x", "street": "x", "city": "x", "region": "x", "postal_code": "1", "country": "DE"}


def entered(crm: CrmClient) -> dict[str, Fields]:
    customer = crm.create(
        "customers", {"name": "Ada", "billing": ADDRESS, "shipping": ADDRESS, "contacts": [{"name": "A"}]}
    )
    product = crm.create("products", {"sku": "1", "name": "Chai"})
    items = [{"product_id": product["id"], "qty": 1}]
    order = crm.create("orders", {"customer_id": customer["id"], "items": items, "ship_to": ADDRESS})
    return {
        "opportunity": crm.create("deals", {"customer_id": customer["id"], "title": "Tea", "items": items}),
        "customer": customer,
        "product": product,
        "order": order,
        "stock": crm.create("stock", {"product_id": product["id"], "location": "Main"}),
        "shipment": crm.create("shipments", {"order_id": order["id"], "items": items}),
    }


def shown(fields: Fields, prefix: str = "") -> Iterator[str]:
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from shown(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield from (path for entry in value for path in shown(entry, f"{prefix}{name}[]."))
        else:
            yield prefix + name


def their_path(described: Any) -> str:
    text: str = described["path"] if isinstance(described, dict) else described
    return text.partition(" -> ")[0]


def test_every_path_of_the_description_is_one_that_the_crm_shows(crm: CrmClient) -> None:
    records = entered(crm)
    description = tomllib.loads(DESCRIPTION.read_text())["systems"]["crm"]["entities"]

    assert description.keys() == records.keys()
    for entity, described in description.items():
        named = {their_path(each) for each in described["fields"].values()}
        assert named - set(shown(records[entity])) == set()
        assert crm.ask("GET", described["path"]).status_code == 200


def test_every_search_of_the_description_is_one_that_the_crm_knows(crm: CrmClient) -> None:
    for described in tomllib.loads(DESCRIPTION.read_text())["systems"]["crm"]["entities"].values():
        queries = [*described["find"].values(), described["read"]]
        for query in [f"?{described['updated_since']}".format("2026-11-22T00:00:00Z"), *map(filled, queries)]:
            assert crm.ask("GET", described["path"] + query).json()["data"] == []


def test_the_connector_understands_the_description() -> None:
    description = tomllib.loads(DESCRIPTION.read_text())["systems"]["crm"]

    capabilities = entity_capabilities(RestSettings(name="crm", **description))

    assert {each.reference_field for each in capabilities.values()} == {"external_ref"}
    assert {(each.exact, each.batch_size, each.deletes) for each in capabilities.values()} == {(True, 100, "archived")}


def filled(query: Any) -> str:
    template: str = query["many"] if isinstance(query, dict) else query
    return template.format("x,y")
