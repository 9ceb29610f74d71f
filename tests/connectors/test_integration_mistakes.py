"""Every mistake in `integration.toml` is told with its line and a remedy, and all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.connectors.configuration_problems import BadIntegration, Problem
from shared.connectors.integration import check, load
from tests.connectors.toy_connectors import TOYS

RIGHT = """\
[systems.shop]
connector = "plain"
side      = "crm"
base_url  = "http://127.0.0.1:9000"
secret    = "shop"
[systems.shop.entities.customer]
path      = "/customers"
[systems.shop.entities.customer.fields]
name      = "name"
[systems.shop.entities.order]
path      = "/orders"
[systems.shop.entities.order.fields]
customer  = "customer_id -> customer"
status    = "state"
total     = { path = "sum" }

[systems.erp]
connector = "named"
side      = "supply_chain"
base_url  = "http://127.0.0.1:9001"

[entities.order]
capture   = { shop = "webhook" }
every     = { erp = "1m" }
identity  = [{ key = "number", unique = true }]
[entities.order.fields.status]
writers_of = { placed = ["shop"] }
"""

MISTAKES = [
    # in [systems.*]
    ('connector = "plain"', 'connector = "plian"', 2, "there is no connector `plian`", "did you mean plain?"),
    (
        'connector = "plain"',
        'conector = "plain"',
        2,
        "`connector` of system shop is missing",
        "did you mean connector?",
    ),
    ('connector = "plain"', "connector = 3", 2, "there is no connector `3`", "use one of: plain, named"),
    ('side      = "crm"\n', "", 1, "`side` of system shop is missing", "one of: crm, supply_chain"),
    ('side      = "crm"', 'side = "supply-chain"', 3, "no side `supply-chain`", "did you mean supply_chain?"),
    ('base_url  = "http://127.0.0.1:9000"', "", 1, "`base_url` is missing", "where the system answers"),
    ("base_url  =", "base_ulr  =", 4, "unknown key `base_ulr`", "did you mean base_url?"),
    ('secret    = "shop"', 'name = "shop"', 5, "unknown key `name`", "stands in [systems.shop]"),
    ('secret    = "shop"', 'token = "abc"', 5, "unknown key `token`", "use one of: auth, base_url"),
    ('secret    = "shop"', 'calls_per_day = "many"', 5, "`calls_per_day` is no number of calls", "250000"),
    ('secret    = "shop"', "quota = 190", 5, "`quota` must be a table", "windows or concurrent"),
    ('secret    = "shop"', "quota = { concurent = 5 }", 5, "unknown key `concurent`", "did you mean concurrent?"),
    ('secret    = "shop"', "quota = { windows = [{ seconds = 10 }] }", 5, "`calls` is missing", "add `calls"),
    ('secret    = "shop"', "quota = { concurrent = -1 }", 5, "`concurrent` is not possible", ""),
    ('secret    = "shop"', "secret = 7", 5, "`secret` must be text in quotes", "example"),
    ('"shop"\n', '\'{"token": "abc"}\'\n', 5, "`secret` is not the name of a secret", "never stands in this file"),
    ('secret    = "shop"', 'auth = "none"', 23, "webhooks of `shop` cannot be verified", 'add secret = "shop"'),
    ("[systems.shop]\n", '[systems."my shop"]\n', 1, "`my shop` cannot be a system's name", "letters"),
    ("[systems.erp]\n", "[systems]\nwms = 3\n[systems.erp]\n", 18, "`wms` must be a table", "[systems.wms]"),
    # in [systems.*.entities.*]
    ("entities.customer]", "entities.custmer]", 6, "unknown entity `custmer`", "did you mean customer?"),
    ('path      = "/customers"\n', "", 6, "`path` is missing", 'such as path = "/api/v1/orders"'),
    ('"/customers"', '"/c"\ncan = ["list", "craete"]', 8, "`can` cannot be 'craete'", "did you mean create?"),
    ('"/customers"', '"/c"\nbatch = "ten"', 8, "`batch` must be a whole number", "example"),
    ('{ path = "sum" }', '{ paht = "sum" }', 15, "unknown key `paht`", "did you mean path?"),
    ("[systems.erp]\n", "[systems.tandem]\n", 17, "`tandem` is no system", "choose another name"),
    # in [matching]
    (
        "[systems.shop]\n",
        'matching = "by value"\n[systems.shop]\n',
        1,
        "`matching` must be a table",
        "write [matching]",
    ),
    ("[systems.erp]\n", '[matching]\nby = ["valeu"]\n[systems.erp]\n', 18, "cannot be 'valeu'", "did you mean value?"),
    (
        "[entities.order.fields.status]",
        '[entities.order.fields."promise.text"]\n[entities.order.fields.status]',
        26,
        "said by Tandem",
        "leave the table out",
    ),
    # our names
    ('name      = "name"', 'nmae = "name"', 9, "`nmae` is no field of customer", "did you mean name?"),
    ('name      = "name"', 'Name = "name"', 9, "`Name` is no field of customer", "did you mean name?"),
    ('name      = "name"', '"tax number" = "vat"', 9, "`tax number` is no field", "did you mean tax_number?"),
    ('name      = "name"', '"first name" = "f"', 9, "`first name` is no field", "snake_case"),
    ('name      = "name"', 'external_ref = "ref"', 9, "`external_ref` is no", "did you mean external_reference?"),
    ('name      = "name"', '"contact[].email" = "e"', 9, "`contact[].email`", "did you mean contacts[].email?"),
    ('name      = "name"', '"contacts[].emial" = "e"', 9, "`contacts[].emial`", "did you mean contacts[].email?"),
    ('name      = "name"', '"addresses[home].citty" = "c"', 9, "citty", "did you mean addresses[home].city?"),
    ('name      = "name"', '"addresses[Home].city2" = "c"', 9, "`addresses[Home].city2`", "did you mean"),
    ('name      = "name"', '"lines[].quantity" = "q"', 9, "is no field of customer", "addresses[] or contacts[]"),
    # references
    ("-> customer", "-> custmer", 13, "unknown entity `custmer`", "did you mean customer?"),
    ("-> customer", "-> product", 13, "refers to customer, not to product", "write -> customer"),
    ('{ path = "sum" }', '{ path = "sum -> product" }', 15, "refers to no other entity", "leave the arrow out"),
    ("[systems.shop.entities.customer", "[systems.shop.entities.product", 13, "not kept in step", "describe"),
    # the top
    ("[entities.order]", "[entity.order]", 22, "unknown table or key `entity`", "did you mean entities?"),
    ("[entities.order]", "[entities.orders]", 22, "unknown entity `orders`", "did you mean order?"),
    # [entities.*]
    ('every     = { erp = "1m" }', 'evry = "1m"', 24, "unknown key `evry`", "did you mean every?"),
    ('"1m"', '"1x"', 24, "'1x' is no interval", "such as 30s or 15m"),
    ('"1m"', '"0m"', 24, "'0m' is no interval", "such as 30s or 15m"),
    ('{ erp = "1m" }', "60", 24, "`every` must be text in quotes or a table", "example"),
    ("erp = ", "wms = ", 24, "there is no system `wms`", "use one of: shop, erp"),
    ('{ shop = "webhook" }', '{ shop = "webhok" }', 23, "`shop` cannot be 'webhok'", "did you mean webhook?"),
    ('{ shop = "webhook" }', '"pigeon"', 23, "`capture` cannot be 'pigeon'", "webhook, poll, event"),
    ('{ shop = "webhook" }', '{ erp = "webhook" }', 23, "`erp` cannot tell of order by webhook", "event, poll"),
    ("capture ", 'systems = ["shop", "epr"]\ncapture ', 23, "there is no system `epr`", "did you mean erp?"),
    ("capture ", "systems = []\ncapture ", 23, "the list is empty", "or leave the key out"),
    ("capture ", 'owner = "me"\ncapture ', 23, "there is no system `me`", "use one of: shop, erp"),
    ("capture ", 'creators = ["epr"]\ncapture ', 23, "there is no system `epr`", "did you mean erp?"),
    ("capture ", 'on_delete = "delete"\ncapture ', 23, "`on_delete` cannot be 'delete'", "archive, detach, park"),
    ("capture ", "max_deletes_per_run = -1\ncapture ", 23, "`max_deletes_per_run` is not possible", "example"),
    ("capture ", "max_creates_per_run = -1\ncapture ", 23, "`max_creates_per_run` is not possible", "example"),
    ("capture ", "max_updates_per_run = -5\ncapture ", 23, "`max_updates_per_run` is not possible", "example"),
    ("capture ", "max_archive_per_run = 1\ncapture ", 23, "unknown key `max_archive_per_run`", "max_archives_per_run"),
    ("capture ", 'systems = ["shop"]\ncapture ', 25, "system `erp` takes no part in order", "add it to the systems"),
    ("[entities.order]", "[entities.shipment]\n[entities.order]", 22, "no system has shipment", "describe it"),
    ("[entities.order]", '[entities.stock]\nsystems = ["shop"]\n[entities.order]', 23, "`shop` has no stock", "leave"),
    (
        "[entities.order]",
        '[entities.customer]\nsystems = ["erp"]\n[entities.order]',
        23,
        "not kept in step",
        "add shop",
    ),
    ('key = "number"', 'key = "numbr"', 25, "`numbr` is no field of order", "did you mean number?"),
    ('key = "number"', 'key = "customer + freight"', 25, "no system shows `freight` of order", "map it"),
    ('key = "number"', 'key = "lines[].product"', 25, "cannot identify a record", "of the record itself"),
    ('key = "number"', 'kee = "number"', 25, "unknown key `kee`", "did you mean key?"),
    ('key = "number", ', "", 25, "`key` is missing", "add it: the field that identifies"),
    # [entities.*.fields.*]
    ("fields.status]", "fields.statsu]", 26, "`statsu` is no field of order", "did you mean status?"),
    ("fields.status]", "fields.freight]", 26, "no system that takes part has `freight`", "use one of"),
    ("placed =", "placd =", 27, "`placd` is no status of order", "did you mean placed?"),
    ('["shop"]', '["crm"]', 27, "there is no system `crm`", "use one of: shop, erp"),
    ('["shop"]', '"shop"', 27, "`placed` must be a list in [ ]", "example"),
    ("writers_of", 'rule = "newest"\nwriters_of', 27, "`rule` cannot be 'newest'", "owner, latest, status, person"),
    ("writers_of", 'rule = "latest"\nwriters_of', 27, "decided by the order of statuses", "leave rule out"),
    ("writers_of", "writers_from", 27, "writers_from is about other fields", "use writers_of"),
    ("fields.status]", "fields.total]", 27, "writers_of is about the values of a status", "writers_from"),
    ("fields.status]", 'fields.total]\nrule = "status"', 27, "`total` has no order of statuses", "latest or person"),
    ("[entities.order.fields.status]", "[entities.customer.fields.name]", 27, "customer has no order", "use writers"),
    ("writers_of", 'owner = "eprp"\nwriters_of', 27, "there is no system `eprp`", "did you mean erp?"),
    # not even TOML
    ('secret    = "shop"', "secret = shop", 5, "this is not TOML: Invalid value", "text stands in quotes"),
    ('secret    = "shop"', 'secret: "shop"', 5, "this is not TOML: Expected '='", 'key = "value"'),
    ('secret    = "shop"', 'side = "crm"', 5, "this is not TOML: Cannot overwrite", "keep one of the two"),
    ('"shop"\n[systems.shop.entities.customer]', '"shop', 5, "this is not TOML", "a line is"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "what", "remedy"), MISTAKES)
def test_a_mistake_is_told_with_its_line_and_a_remedy(
    tmp_path: Path, right: str, wrong: str, line: int, what: str, remedy: str
) -> None:
    assert right in RIGHT

    problems = check_text(tmp_path, RIGHT.replace(right, wrong))

    assert any(p.line == line and what in p.what and remedy in p.remedy for p in problems), "\n".join(
        map(str, problems)
    )


def test_the_file_that_the_mistakes_are_made_in_is_right(tmp_path: Path) -> None:
    assert check_text(tmp_path, RIGHT) == []


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = RIGHT.replace('side      = "crm"', 'side = "sales"').replace('"1m"', '"1"').replace("placed", "plced")

    problems = check_text(tmp_path, text)

    assert [problem.line for problem in problems] == [3, 24, 27]


def test_a_broken_system_brings_no_mistakes_that_only_follow_from_it(tmp_path: Path) -> None:
    problems = check_text(tmp_path, RIGHT.replace('base_url  = "http://127.0.0.1:9000"', ""))

    assert [problem.what for problem in problems] == ["`base_url` is missing"]


def test_a_wrong_key_of_a_table_does_not_hide_what_else_is_wrong_in_it(tmp_path: Path) -> None:
    problems = check_text(tmp_path, RIGHT.replace("capture ", 'owner = "me"\ncaptur '))

    assert [problem.what for problem in problems] == ["there is no system `me`", "unknown key `captur`"]


def test_loading_raises_with_every_problem_as_file_line_and_remedy(tmp_path: Path) -> None:
    file = tmp_path / "integration.toml"
    file.write_text(RIGHT.replace('side      = "crm"', 'side = "sales"').replace('"1m"', '"1"'))

    with pytest.raises(BadIntegration) as raised:
        load(file, TOYS)

    first, second = str(raised.value).splitlines()
    assert first == f"{file}:3: there is no side `sales` - use one of: crm, supply_chain"
    assert second.startswith(f"{file}:24: '1' is no interval")
    assert raised.value.where == f"{file}:3"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (problem,) = check(tmp_path / "integration.toml", TOYS)

    assert problem.what == "there is no such file"


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "integration.toml"
    file.write_bytes(b"\xff\xfe")

    (problem,) = check(file, TOYS)

    assert "cannot be read" in problem.what


@pytest.mark.parametrize("text", ["", "[entities]\n", "systems = 3\n"])
def test_a_file_without_a_system_is_told(tmp_path: Path, text: str) -> None:
    assert any("there is no system" in problem.what for problem in check_text(tmp_path, text))


def test_systems_that_share_nothing_are_told(tmp_path: Path) -> None:
    shop = '[systems.shop]\nconnector = "plain"\nside = "crm"\nbase_url = "http://127.0.0.1:9000"\n'

    (problem,) = check_text(tmp_path, shop)

    assert problem.what == "no entity is kept in step"


def check_text(folder: Path, text: str) -> list[Problem]:
    file = folder / "integration.toml"
    file.write_text(text)
    return check(file, TOYS)
