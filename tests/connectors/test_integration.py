"""What a right `integration.toml` is compiled to."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from shared.connectors.integration import Installation, load
from shared.core.rules import Decider, FieldRule, MatchKey, OnDelete
from tests.connectors.toy_connectors import TOYS, PlainSettings

SHOP = """
[systems.shop]
connector = "plain"
side = "crm"
base_url = "http://127.0.0.1:9000"
secret = "shop-key"
[systems.shop.entities.customer]
path = "/customers"
can = ["list", "read", "create", "update", "archive"]
batch = 50
[systems.shop.entities.customer.fields]
external_reference = "ref"
name = "name"
email = "mail"
loyalty_points = { path = "points", type = "number" }
[systems.shop.entities.order]
path = "/orders"
[systems.shop.entities.order.fields]
number = "number"
customer = "customer_id -> customer"
status = "state"
total = "total"
"lines[].quantity" = "items[].qty"
"""
ERP = """
[systems.erp]
connector = "named"
side = "supply_chain"
base_url = "http://127.0.0.1:9001"
"""
WEB = """
[systems.web]
connector = "plain"
side = "crm"
base_url = "http://127.0.0.1:9002"
[systems.web.entities.product]
path = "/products"
[systems.web.entities.product.fields]
sku = "sku"
name = "title"
colour = "colour"
"""


def test_an_entity_that_two_systems_have_takes_part_without_a_table(tmp_path: Path) -> None:
    installation = load_text(tmp_path, SHOP + ERP)

    assert installation.integration.rules("customer").systems.keys() == {"shop", "erp"}
    assert "stock" not in installation.integration.entities


def test_an_entity_that_a_shared_one_refers_to_takes_part_although_one_system_has_it(tmp_path: Path) -> None:
    installation = load_text(tmp_path, SHOP + ERP)

    assert list(installation.integration.rules("product").systems) == ["erp"]


def test_parents_come_before_their_children(tmp_path: Path) -> None:
    installation = load_text(tmp_path, SHOP + ERP)

    assert list(installation.integration.entities) == ["customer", "product", "order"]


def test_a_table_says_which_systems_take_part(tmp_path: Path) -> None:
    both = SHOP + WEB + ERP

    installation = load_text(tmp_path, both + '[entities.product]\nsystems = ["erp", "web"]\n[entities.stock]\n')

    assert installation.integration.rules("product").systems.keys() == {"erp", "web"}
    assert installation.integration.rules("stock").systems.keys() == {"erp"}


def test_a_connection_holds_connector_settings_and_the_name_of_the_secret(tmp_path: Path) -> None:
    installation = load_text(tmp_path, SHOP + ERP)

    shop = installation.connections["shop"]
    assert (shop.connector, shop.secret) == ("plain", "shop-key")
    assert isinstance(shop.settings, PlainSettings)
    assert shop.settings.entities["customer"].path == "/customers"


@pytest.mark.parametrize(
    ("system", "said", "secret"),
    [
        ("erp", "", "erp"),
        ("erp", 'secret = "erp-login"', "erp-login"),
        ("web", "", ""),
        ("web", 'auth = "none"', ""),
        ("web", 'auth = "bearer"', "web"),
        ("web", 'secret = "web-key"', "web-key"),
    ],
)
def test_a_secret_is_named_like_its_system_where_one_is_needed(
    tmp_path: Path, system: str, said: str, secret: str
) -> None:
    text = (SHOP + WEB + ERP).replace(f"[systems.{system}]\n", f"[systems.{system}]\n{said}\n")

    assert load_text(tmp_path, text).connections[system].secret == secret


def test_what_a_connector_can_do_becomes_the_rules_of_the_system(tmp_path: Path) -> None:
    rules = load_text(tmp_path, SHOP + ERP).integration.rules("customer").systems["shop"]

    assert rules.carries == rules.takes == {"name", "email", "loyalty_points"}
    assert rules.carries_reference
    assert rules.can_archive


def test_who_shows_the_fields_of_an_element_shows_the_element(tmp_path: Path) -> None:
    rules = load_text(tmp_path, SHOP + ERP).integration.rules("order").systems["shop"]

    assert {"lines[]", "lines[].quantity"} <= rules.carries


def test_a_system_that_cannot_update_is_known_as_one(tmp_path: Path) -> None:
    rules = load_text(tmp_path, SHOP + ERP).integration.rules("order").systems["shop"]

    assert rules.can_read
    assert rules.can_create
    assert not rules.can_update
    assert not rules.can_archive


@pytest.mark.parametrize(
    ("table", "capture", "every_seconds"),
    [
        ("", "poll", 60),
        ('capture = { shop = "webhook" }', "webhook", 900),
        ('capture = "event"', "event", 900),
        ('every = { shop = "30s" }', "poll", 30),
        ('every = "2h"', "poll", 7200),
        ('capture = { shop = "webhook" }\nevery = { shop = "1d" }', "webhook", 86400),
    ],
)
def test_capture_and_interval_have_defaults(tmp_path: Path, table: str, capture: str, every_seconds: int) -> None:
    strand = load_text(tmp_path, SHOP + ERP + "[entities.customer]\n" + table).integration.strand("shop", "customer")

    assert (strand.capture, strand.every_seconds) == (capture, every_seconds)
    assert (strand.batch_size, strand.listed) == (50, True)


def test_without_a_table_the_defaults_hold(tmp_path: Path) -> None:
    rules = load_text(tmp_path, SHOP + ERP).integration.rules("order")

    assert rules.owner == "shop"
    assert rules.creators == frozenset()
    assert rules.identity == (MatchKey("number", ("number",), unique=True),)
    assert rules.on_delete is OnDelete.ARCHIVE
    assert rules.max_deletes_per_run == 20
    assert (rules.max_creates_per_run, rules.max_updates_per_run, rules.max_archives_per_run) == (20_000, 20_000, 200)
    assert rules.writers("status", "placed") == {"shop", "erp"}
    assert rules.writers("status", "shipped") == {"erp"}
    assert rules.writers("lines[k].quantity", "placed") == {"shop", "erp"}
    assert rules.writers("lines[k].quantity", "shipped") == {"erp"}
    assert rules.writers("total", "placed") == {"shop"}


def test_a_table_says_what_differs(tmp_path: Path) -> None:
    table = """
    [entities.order]
    owner = "erp"
    creators = ["shop"]
    identity = [{ key = "number" }, { key = "customer + number", unique = true }]
    on_delete = "park"
    max_deletes_per_run = 0
    max_creates_per_run = 1
    max_updates_per_run = 2
    max_archives_per_run = 3
    """

    rules = load_text(tmp_path, SHOP + ERP + table).integration.rules("order")

    assert (rules.owner, rules.creators) == ("erp", frozenset({"shop"}))
    assert rules.identity == (
        MatchKey("number", ("number",), unique=True),
        MatchKey("customer+number", ("customer", "number"), unique=True),
    )
    assert (rules.on_delete, rules.max_deletes_per_run) == (OnDelete.PARK, 0)
    assert (rules.max_creates_per_run, rules.max_updates_per_run, rules.max_archives_per_run) == (1, 2, 3)
    assert rules.writers("total", "placed") == {"erp"}


def test_writers_of_some_statuses_leave_the_others_as_they_are(tmp_path: Path) -> None:
    table = '[entities.order.fields.status]\nwriters_of = { placed = ["shop"], shipped = ["shop", "erp"] }'

    rules = load_text(tmp_path, SHOP + ERP + table).integration.rules("order")

    assert rules.writers("status", "placed") == {"shop"}
    assert rules.writers("status", "shipped") == {"shop", "erp"}
    assert rules.writers("status", "confirmed") == {"erp"}


def test_writers_from_a_status_are_taken_in_the_order_of_statuses(tmp_path: Path) -> None:
    table = '[entities.order.fields."lines[].quantity"]\nwriters_from = { shipped = ["shop"], placed = ["erp"] }'

    rules = load_text(tmp_path, SHOP + ERP + table).integration.rules("order")

    assert [next(iter(rules.writers("lines[k].quantity", s))) for s in ("placed", "confirmed", "shipped")] == [
        "erp",
        "erp",
        "shop",
    ]


def test_writers_alone_say_it_all(tmp_path: Path) -> None:
    table = '[entities.order.fields."lines[].quantity"]\nwriters = ["shop"]'

    rules = load_text(tmp_path, SHOP + ERP + table).integration.rules("order")

    assert rules.rule("lines[k].quantity") == FieldRule(writers=frozenset({"shop"}))


def test_a_field_has_its_own_rule_and_owner(tmp_path: Path) -> None:
    table = '[entities.customer.fields.email]\nrule = "latest"\n[entities.customer.fields.name]\nowner = "erp"'

    rules = load_text(tmp_path, SHOP + ERP + table).integration.rules("customer")

    assert rules.decider("email") == (Decider.LATEST, "shop")
    assert rules.decider("name") == (Decider.OWNER, "erp")


def test_a_rule_for_every_role_holds_for_each_address(tmp_path: Path) -> None:
    table = '[entities.customer.fields."addresses[].city"]\nwriters = ["erp"]'

    rules = load_text(tmp_path, SHOP + ERP + table).integration.rules("customer")

    assert rules.writers("addresses[billing].city", None) == {"erp"}
    assert rules.writers("addresses[shipping].city", None) == {"erp"}


def test_a_custom_field_has_the_writers_of_its_entity(tmp_path: Path) -> None:
    rules = load_text(tmp_path, SHOP + WEB + ERP).integration.rules("product")

    assert rules.writers("name", None) == {"erp"}
    assert rules.writers("colour", None) == {"erp", "web"}


def test_the_version_follows_what_the_file_says(tmp_path: Path) -> None:
    once, again = (load_text(tmp_path, SHOP + ERP).integration.version for _ in range(2))
    other = load_text(tmp_path, SHOP + ERP + "[entities.order]\n").integration

    assert once == again != other.version
    assert other.rules("order").version == other.version


def test_two_systems_of_one_side_share_an_entity_by_defaults(tmp_path: Path) -> None:
    second = SHOP.replace("shop", "branch").replace("9000", "9003")

    rules = load_text(tmp_path, SHOP + second).integration.rules("order")

    assert rules.owner == "shop"
    assert rules.writers("status", "shipped") == {"shop", "branch"}
    assert rules.writers("lines[k].quantity", "shipped") == {"shop", "branch"}


def test_loading_is_quick_enough_for_a_cold_start(tmp_path: Path) -> None:
    load_text(tmp_path, SHOP + ERP)

    begin = process_time()
    load_text(tmp_path, SHOP + WEB + ERP)

    assert process_time() - begin < 0.2


def load_text(folder: Path, text: str) -> Installation:
    file = folder / "integration.toml"
    file.write_text(text)
    return load(file, TOYS)
