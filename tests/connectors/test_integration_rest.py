"""Files for the REST connector: the simplest that work, the grammar as it is promised, and mistakes in mappings."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.connectors.catalog import CONNECTORS
from shared.connectors.integration import Installation, check, load
from shared.core.rules import MatchKey

BASE = '"http://127.0.0.1:9000"'
SIMPLE = """\
[systems.SYSTEM]
connector = "rest"
side = "SIDE"
base_url = "http://127.0.0.1:9000"
[systems.SYSTEM.entities.customer]
path = "/api/v1/customers"
[systems.SYSTEM.entities.customer.fields]
name = "name"
email = "email"
phone = "phone"
[systems.SYSTEM.entities.order]
path = "/api/v1/orders"
[systems.SYSTEM.entities.order.fields]
customer = "customer_id -> customer"
status = "status"
total = "total"
"""

PROMISED = """\
[systems.crm]
connector = "rest"
side      = "crm"
base_url  = "http://127.0.0.1:9000"
secret    = "crm"
auth      = "bearer"
[systems.crm.entities.customer]
path      = "/api/v1/customers"
[systems.crm.entities.customer.fields]
name      = "name"
[systems.crm.entities.product]
path      = "/api/v1/products"
[systems.crm.entities.product.fields]
sku       = "sku"

[systems.crm.entities.order]
path     = "/api/v1/orders"
id       = "id"
can      = ["list", "read", "create", "update", "archive"]
revision = { field = "updated_at", kind = "time", exact = false }
updated_since = "updated_since={}"
page     = { by = "cursor", param = "after", next = "next", items = "data", size = 100 }
batch    = { path = "/api/v1/orders:batch", size = 100, atomic = false }
find     = { external_reference = "?external_ref={}", number = "?number={}" }
[systems.crm.entities.order.fields]
external_reference = "external_ref"
number             = "number"
customer           = "customer_id -> customer"
"lines[]"          = "items[].id"
"lines[].product"  = "items[].product_id -> product"
"lines[].quantity" = "items[].qty"
warranty_months    = { path = "warranty.months", type = "number" }
status             = { path = "state", values = { placed = "open", cancelled = "void" } }

[entities.order]
systems    = ["crm", "erp"]
capture    = { crm = "webhook", erp = "poll" }
every      = { crm = "15m", erp = "1m" }
owner      = "crm"
creators   = ["crm"]
identity   = [{ key = "number", unique = true }]
on_delete  = "archive"
max_deletes_per_run = 20
[entities.order.fields.status]
writers_of = { placed = ["crm"], cancelled = ["crm", "erp"], confirmed = ["erp"], shipped = ["erp"] }
[entities.order.fields."lines[].quantity"]
writers      = ["crm", "erp"]
writers_from = { confirmed = ["erp"] }
rule         = "owner"
"""


def systems(**sides: str) -> str:
    return "".join(SIMPLE.replace("SYSTEM", name).replace("SIDE", side) for name, side in sides.items())


def both() -> str:
    """Return what is promised, with a second system that is described in the same words."""
    head, entities = PROMISED.split("[entities.order]\n")
    second = head.replace("systems.crm", "systems.erp").replace('= "crm"', '= "supply_chain"')
    return f"{head}{second}[entities.order]\n{entities}"


def load_text(folder: Path, text: str) -> Installation:
    file = folder / "integration.toml"
    file.write_text(text)
    return load(file)


def test_two_systems_of_the_simplest_kind_need_little(tmp_path: Path) -> None:
    installation = load_text(tmp_path, systems(shop="crm", wms="supply_chain"))

    assert installation.integration.pairs() == (
        ("shop", "customer"),
        ("wms", "customer"),
        ("shop", "order"),
        ("wms", "order"),
    )
    assert installation.connections["shop"].secret == ""
    wms = installation.integration.rules("order").systems["wms"]
    assert (wms.can_create, wms.can_update, wms.can_archive) == (True, False, False)


def test_a_system_that_speaks_of_oauth_needs_a_secret_and_names_it_like_itself(tmp_path: Path) -> None:
    text = systems(shop="crm", wms="supply_chain").replace(BASE, f'{BASE}\noauth = {{ scope = "orders" }}', 1)

    connections = load_text(tmp_path, text).connections

    assert (connections["shop"].secret, connections["wms"].secret) == ("shop", "")
    assert CONNECTORS["rest"].credentials(connections["shop"].settings) == ("client_id", "client_secret")


def test_a_third_system_is_one_more_table(tmp_path: Path) -> None:
    integration = load_text(tmp_path, systems(shop="crm", wms="supply_chain", carrier="supply_chain")).integration

    assert integration.systems == ("shop", "wms", "carrier")
    assert integration.rules("customer").systems.keys() == {"shop", "wms", "carrier"}


def test_the_grammar_is_as_it_is_promised(tmp_path: Path) -> None:
    integration = load_text(tmp_path, both()).integration

    order = integration.rules("order")
    assert order.identity == (MatchKey("number", ("number",), unique=True),)
    assert order.creators == {"crm"}
    assert order.systems["crm"].carries_reference
    assert order.systems["crm"].keys == {"number"}
    assert not order.systems["crm"].exact
    assert "warranty_months" in order.systems["crm"].carries
    assert integration.strand("crm", "order").batch_size == 100


@pytest.mark.parametrize(
    ("right", "wrong", "line", "what"),
    [
        ('email = "email"', 'email = "items[].email"', 9, "items[].email is a list"),
        ('total = "total"', '"lines[].quantity" = "qty"', 16, "write the place in each element"),
        ('total = "total"', 'total = { pth = "total" }', 16, "unknown key `pth`"),
        ('"/api/v1/orders"', '"/o"\npage = { by = "cusor" }', 13, "`by` cannot be 'cusor'"),
        ('"/api/v1/orders"', '"/o"\nfind = { numbr = "?n={}" }', 13, "`numbr` is no field of order"),
        ('"/api/v1/orders"', '"/o"\nfind = { number = "?n=" }', 13, "has no {} for what is looked up"),
        ('"/api/v1/orders"', '"/o"\ncan = ["lst"]', 13, "`can` cannot be 'lst'"),
        ('"http://127.0.0.1:9000"', '"127.0.0.1:9000"', 4, "`base_url` cannot be '127.0.0.1:9000'"),
        ('"http://127.0.0.1:9000"', '"http://127.0.0.1:9000"\nauth = "baerer"', 5, "`auth` cannot be 'baerer'"),
        (BASE, f'{BASE}\nauth = "basic"\noauth = {{ scope = "x" }}', 6, "`oauth` says nothing of basic"),
        (BASE, f'{BASE}\noauth = {{ token = "/t" }}', 5, "unknown key `token`"),
        (BASE, f'{BASE}\noauth = {{ token_url = "login.example.com" }}', 5, "`token_url` cannot be"),
        (BASE, f'{BASE}\noauth = {{ token_url = "https://me:pw@x/t" }}', 5, "`token_url` cannot be"),
        (BASE, f'{BASE}\noauth = {{ client = "query" }}', 5, "`client` cannot be 'query'"),
        (BASE, f'{BASE}\noauth = {{ parameters = {{ client_id = "x" }} }}', 5, "`parameters` cannot say client_id"),
        (BASE, f'{BASE}\nwebhook = {{ scheme = "shopfy" }}', 5, "`scheme` cannot be 'shopfy'"),
        ('"/api/v1/orders"', '"/o"\npatch = "merged"', 13, "`patch` cannot be 'merged'"),
        ('"/api/v1/orders"', '"/o"\nupdate = "PUT"\npatch = "json"', 14, "`patch` says nothing of PUT"),
        ('"/api/v1/orders"', '"/o"\nheaders = { X-Company = 7 }', 13, "`X-Company` must be text in quotes"),
    ],
)
def test_a_mistake_in_a_mapping_is_told_with_its_line(
    tmp_path: Path, right: str, wrong: str, line: int, what: str
) -> None:
    file = tmp_path / "integration.toml"
    file.write_text(systems(shop="crm", wms="supply_chain").replace(right, wrong, 1))

    (problem,) = check(file)

    assert problem.line == line
    assert what in problem.what
