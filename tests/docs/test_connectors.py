"""docs/connectors.md says all that a description may say, and what it shows is right."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from shared.connectors.catalog import CONNECTORS
from shared.connectors.configuration_grammar import EntityTable, FieldTable, KeyTable
from shared.connectors.espocrm.settings import Children as EspoChildren
from shared.connectors.espocrm.settings import EspoEntity, EspoSettings
from shared.connectors.hubspot.settings import Children as HubSpotChildren
from shared.connectors.hubspot.settings import HubSpotEntity, HubSpotSettings
from shared.connectors.integration import check
from shared.connectors.mapping.spec import FieldSpec
from shared.connectors.odoo.settings import OdooEntity, OdooSettings
from shared.connectors.push import PushEntity, PushSettings
from shared.connectors.rest.access import OAuthSettings, WebhookSettings
from shared.connectors.rest.settings import EntitySettings, RestSettings
from shared.connectors.rest.specs import ArchiveSpec, BatchSpec, DeletedSpec, PageSpec, QuerySpec, RevisionSpec
from shared.connectors.salesforce.settings import Children as SalesforceChildren
from shared.connectors.salesforce.settings import SalesforceEntity, SalesforceSettings
from shared.connectors.tryton.settings import TrytonEntity, TrytonSettings
from tests.docs.pages import CONNECTORS as PAGE
from tests.docs.pages import PROJECT, code, fenced, rows, section

TABLES: Mapping[str, tuple[tuple[type[BaseModel], Mapping[str, Any]], ...]] = {
    "The system": (
        (
            RestSettings,
            {"name": "x", "base_url": "https://x", "entities": {"customer": {"path": "/c", "fields": {"name": "n"}}}},
        ),
    ),
    "Tokens by OAuth": ((OAuthSettings, {}),),
    "An entity": ((EntitySettings, {"path": "/c", "fields": {"name": "n"}}),),
    "Revision": ((RevisionSpec, {"field": "version"}),),
    "Page": ((PageSpec, {}),),
    "Find and read": ((QuerySpec, {}),),
    "Batch": ((BatchSpec, {"path": "/b"}),),
    "Archive and deleted": ((ArchiveSpec, {}), (DeletedSpec, {"field": "archived"})),
    "A field": ((FieldSpec, {"path": "p"}),),
    "Webhooks": ((WebhookSettings, {}),),
    "Tryton": (
        (TrytonSettings, {"name": "x", "base_url": "https://x", "database": "erp"}),
        (TrytonEntity, {}),
    ),
    "EspoCRM": (
        (EspoSettings, {"name": "x", "base_url": "https://x"}),
        (EspoEntity, {}),
        (EspoChildren, {"type": "Contact", "parent": "accountId"}),
    ),
    "HubSpot": (
        (HubSpotSettings, {"name": "x"}),
        (HubSpotEntity, {}),
        (HubSpotChildren, {"type": "contacts"}),
    ),
    "Salesforce": (
        (SalesforceSettings, {"name": "x", "base_url": "https://x"}),
        (SalesforceEntity, {}),
        (SalesforceChildren, {"type": "Contact", "parent": "AccountId"}),
    ),
    "Odoo": (
        (OdooSettings, {"name": "x", "base_url": "https://x", "database": "erp"}),
        (OdooEntity, {}),
    ),
    "Push": (
        (PushSettings, {"name": "x", "entities": {"customer": {"shows": ["name"]}}}),
        (PushEntity, {"shows": ["name"]}),
    ),
    "How an entity is kept in step": ((EntityTable, {}), (KeyTable, {"key": "number"}), (FieldTable, {})),
}
"""Per heading the models whose keys its tables explain, in order, each with what it needs besides."""

ASKED_FOR = ("connector", "side")
"""Keys that every system must say, whatever its model takes them for."""

CASES = [
    pytest.param(heading, model, needed, id=model.__name__)
    for heading, models in TABLES.items()
    for model, needed in models
]


def explained(heading: str, model: type[BaseModel]) -> dict[str, list[str]]:
    """Return the rows of the model's table by key: key, meaning, default, example."""
    models = [each for each, _ in TABLES[heading]]
    table = models.index(model)
    found: list[dict[str, list[str]]] = []
    for block in section(PAGE, heading).split("\n\n"):
        keyed = {code(row[0]): row for row in rows(block) if len(row) == 4 and row[0].startswith("`")}
        found += [keyed] if keyed else []
    return found[table]


def shown_default(model: type[BaseModel], key: str) -> str:
    """Return how the page writes a default."""
    field = model.model_fields[key]
    if field.is_required() or key in ASKED_FOR:
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel) or value is None or value in ("", (), [], {}, frozenset()):
        return "–"
    return json.dumps(value)


@pytest.mark.parametrize(("heading", "model", "needed"), CASES)
def test_every_key_is_explained_and_nothing_else(
    heading: str, model: type[BaseModel], needed: Mapping[str, Any]
) -> None:
    of_the_table_name = {"name"} if "name" in needed else set()

    assert set(explained(heading, model)) == set(model.model_fields) - of_the_table_name


@pytest.mark.parametrize(("heading", "model", "needed"), CASES)
def test_the_defaults_are_those_of_the_code(heading: str, model: type[BaseModel], needed: Mapping[str, Any]) -> None:
    del needed
    told = {key: code(row[2]) for key, row in explained(heading, model).items()}

    assert told == {key: shown_default(model, key) for key in told}


@pytest.mark.parametrize(("heading", "model", "needed"), CASES)
def test_every_example_is_accepted(heading: str, model: type[BaseModel], needed: Mapping[str, Any]) -> None:
    for key, row in explained(heading, model).items():
        example = tomllib.loads(code(row[3]))

        assert set(example) == {key}
        model.model_validate({**needed, **example})


@pytest.mark.parametrize("number", range(len(fenced(PAGE, "toml"))))
def test_the_descriptions_on_the_page_have_no_mistake(number: int, tmp_path: Path) -> None:
    text = fenced(PAGE, "toml")[number]
    partner = "" if len(tomllib.loads(text)["systems"]) > 1 else _a_partner()
    path = tmp_path / "integration.toml"
    path.write_text(text + partner)

    assert [str(problem) for problem in check(path)] == []


def _a_partner() -> str:
    """Return another system, so that one description can be checked by itself."""
    return '\n[systems.erp]\nconnector = "tryton"\nside = "supply_chain"\nbase_url = "https://erp"\ndatabase = "erp"\n'


def test_every_connector_of_the_catalog_has_its_tables() -> None:
    models = {model for models in TABLES.values() for model, _ in models}

    assert {CONNECTORS[name].settings for name in CONNECTORS} <= models


@pytest.mark.parametrize("name", list(CONNECTORS))
def test_of_every_connector_it_is_said_which_interface_why_and_what_it_cannot(name: str) -> None:
    each = CONNECTORS[name]

    assert each.why
    assert each.cannot
    assert any(f"| `{name}`: " in line or f"| `{name}`, " in line for line in section(PAGE, "What ships").splitlines())


def test_the_files_that_the_page_sends_a_newcomer_to_are_there() -> None:
    told = re.findall(r"`((?:tests|shared)/[a-z_/]+\.py)`", section(PAGE, "Add a connector in code"))

    assert "tests/connectors/example/connector.py" in told
    assert [path for path in told if not (PROJECT / path).exists()] == []
