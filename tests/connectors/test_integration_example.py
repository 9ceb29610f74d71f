"""The `integration.toml` that ships is right, complete, and the one that the demo's CRM is described by."""

from __future__ import annotations

import tomllib
from pathlib import Path
from time import process_time

from shared.connectors.integration import check, load
from shared.core.entities import PARENT_FIRST
from shared.core.priority import DEFAULT_RULE

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLE = PROJECT / "integration.toml"
SAMPLE_CRM = PROJECT / "local" / "demo" / "crm.toml"


def test_the_example_has_no_mistake() -> None:
    assert [str(problem) for problem in check(EXAMPLE)] == []


ONLY_IN_ONE = {"supplier": ("erp",), "purchase_order": ("erp",), "opportunity": ("crm",)}


def test_the_example_keeps_every_entity_in_step_and_reads_what_only_one_system_has() -> None:
    integration = load(EXAMPLE).integration

    both = ("crm", "erp")
    assert integration.pairs() == tuple((s, entity) for entity in PARENT_FIRST for s in ONLY_IN_ONE.get(entity, both))
    assert integration.rules("purchase_order").owner == "erp"


def test_the_example_describes_the_sample_crm_as_it_is() -> None:
    example, sample = (tomllib.loads(file.read_text()) for file in (EXAMPLE, SAMPLE_CRM))

    assert example["systems"]["crm"] == sample["systems"]["crm"]


def test_the_example_says_by_whom_an_order_is_written() -> None:
    order = load(EXAMPLE).integration.rules("order")

    assert order.owner == "crm"
    assert order.writers("status", "placed") == {"crm"}
    assert order.writers("status", "cancelled") == {"crm", "erp"}
    assert order.writers("status", "delivered") == {"erp"}
    assert order.writers("lines[k].quantity", "placed") == {"crm", "erp"}
    assert order.writers("lines[k].quantity", "confirmed") == {"erp"}
    assert order.writers("lines[k].shipped", "placed") == {"erp"}


def test_what_tandem_promises_is_written_by_no_system_and_taken_by_the_crm() -> None:
    integration = load(EXAMPLE).integration

    for entity in ("order", "opportunity"):
        assert integration.rules(entity).writers("promise.text", "placed") == frozenset()
        assert "promise.date" in integration.rules(entity).systems["crm"].takes
    assert integration.matching == DEFAULT_RULE


def test_the_example_asks_for_webhooks_with_a_poll_as_safety_net() -> None:
    integration = load(EXAMPLE).integration

    assert integration.strand("crm", "order").capture == "webhook"
    assert integration.strand("crm", "order").every_seconds == 900
    assert integration.strand("erp", "order").every_seconds == 60


def test_each_system_of_the_example_has_its_settings_and_the_name_of_its_secret() -> None:
    connections = load(EXAMPLE).connections

    assert {name: (each.connector, each.secret) for name, each in connections.items()} == {
        "crm": ("rest", "crm"),
        "erp": ("tryton", "erp"),
    }


def test_the_example_is_loaded_in_less_than_a_blink() -> None:
    load(EXAMPLE)

    begin = process_time()
    for _ in range(10):
        load(EXAMPLE)

    assert (process_time() - begin) / 10 < 0.03
