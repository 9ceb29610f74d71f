"""The parts of the pages that are made from the code. `python -m tests.docs.made_from_code` writes them anew."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from local.demo.words import CANNOT_HOLD, FIELDS
from shared.aws.api.application import made as the_api
from shared.aws.api.serving import described
from shared.aws.event_models import MODELS, json_schema
from shared.aws.events import VERSIONS
from shared.connectors.catalog import CONNECTORS
from shared.connectors.integration import load
from shared.core.entities import ENTITIES
from shared.core.paths import any_role, pattern
from shared.ports.capabilities import EntityCapability
from tests.docs.pages import PAGES, PROJECT, made, with_made
from tests.kit.world import World

_TRADE: Mapping[str, object] = {name: {} for name in ("customer", "product", "order")}
_SALES: Mapping[str, object] = {**_TRADE, "opportunity": {}}
USUAL: Mapping[str, Mapping[str, object]] = {
    "tryton": {"base_url": "https://x", "database": "erp"},
    "espocrm": {"base_url": "https://x", "entities": _SALES, "webhooks": {"6b02a49d": "Account.update"}},
    "hubspot": {"entities": _SALES, "webhook_url": "https://sync.example.com/webhooks/crm"},
    "salesforce": {"base_url": "https://x", "entities": _SALES},
    "odoo": {"base_url": "https://x", "database": "erp", "webhooks": True},
    "push": {"entities": {"customer": {"shows": ["name"]}}},
}
"""Settings of each named connector in which it does all that it usually does."""

VERBS = ("list", "read", "create", "update", "archive")
MANY_KEYS = 6
EVENTS = PROJECT / "docs" / "events"
OPENAPI = PROJECT / "docs" / "openapi.json"

LEAST = """
[systems.one]
connector = "rest"
side      = "crm"
base_url  = "https://one.example.com"
[systems.one.entities.customer]
path   = "/customers"
fields = { name = "name" }
[systems.two]
connector = "tryton"
side      = "supply_chain"
base_url  = "https://two.example.com"
database  = "erp"
"""
"""The least that can be said about a system of each connector."""


def blocks() -> dict[str, str]:
    """Return every part by its name."""
    return {
        "connectors": _connectors(),
        "limits": _limits(),
        "capabilities": _table(_CAPABILITY_HEADINGS, _capability_rows()),
        "tryton fields": _table(("entity", "shown and taken", "shown only", "not there"), _tryton_fields()),
        "entities": _table(("entity", "fields"), ([entity, _listed(own(entity))] for entity in ENTITIES)),
        "compared fields": _table(("entity", "compared in CRM, ERP and CSV"), _compared()),
        "cannot hold": _table(("not compared", "why"), ([f"`{name}`", why] for name, why in CANNOT_HOLD.items())),
    }


def openapi_text() -> str:
    """Return the description of the operators' API, as it stands in docs/."""
    return json.dumps(described(the_api(World().parts)), indent=2, ensure_ascii=False) + "\n"


def event_schemas() -> dict[Path, str]:
    """Return the JSON Schemas of the promised events by their files in docs/events/."""
    return {
        EVENTS / f"{type_}.v{VERSIONS[type_]}.json": json.dumps(json_schema(type_), indent=2, ensure_ascii=False) + "\n"
        for type_ in MODELS
    }


def offers(text: str, system: str) -> Mapping[str, EntityCapability]:
    """Return what a system of an integration.toml does, per entity."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "integration.toml"
        path.write_text(text, encoding="utf-8")
        connection = load(path).connections[system]
    return CONNECTORS[connection.connector].entities(connection.settings)


def own(entity: str) -> list[str]:
    """Return the fields that an entity has of its own."""
    return [path for path in ENTITIES[entity] if not path.endswith("[]")]


def _connectors() -> str:
    rows = [
        [f"`{name}`", each.title, each.why, each.webhooks, each.quota, each.allows.words]
        for name, each in CONNECTORS.items()
    ]
    return _table(("connector", "for", "which interface, and why", "webhooks", "quota", "kept to"), rows)


def _limits() -> str:
    return _table(
        ("connector", "cannot"), ([f"`{name}`", what] for name, each in CONNECTORS.items() for what in each.cannot)
    )


_CAPABILITY_HEADINGS = (
    "system, entity",
    *VERBS,
    "changes by",
    "holds our id in",
    "found by",
    "exact lock",
    "one write call takes",
    "calls a batch: in, create, update",
    "deletes are",
)


def _capability_rows() -> Iterator[list[str]]:
    example = (PROJECT / "integration.toml").read_text(encoding="utf-8")
    described = {"`rest`, least said": offers(LEAST, "one"), "`rest`, sample CRM": offers(example, "crm")}
    for name in CONNECTORS:
        if name != "rest":
            described[f"`{name}`"] = usually(name)
    for title, entities in described.items():
        for entity, each in entities.items():
            yield [f"{title}: {entity}", *_capability(each)]


def usually(name: str) -> Mapping[str, EntityCapability]:
    """Return what a named connector does under its usual settings. KeyError for one that nobody described here."""
    connector = CONNECTORS[name]
    return connector.entities(connector.settings.model_validate({"name": name, **USUAL[name]}))


def _capability(each: EntityCapability) -> list[str]:
    calls = [str(each.calls.get(direction, "–")) for direction in ("in", "create", "update")]
    keys = ", ".join(f"`{key}`" for key in sorted(each.keys)) if len(each.keys) <= MANY_KEYS else "any field"
    return [
        *("✓" if verb in each.can else "" for verb in VERBS),
        ", ".join(sorted(each.capture)),
        f"`{each.reference_field}`" if each.reference_field else "",
        keys,
        "✓" if each.exact else "",
        ("" if each.can.isdisjoint({"create", "update"}) else f"{each.batch_size}{', all or none' * each.atomic}"),
        ", ".join(calls),
        each.deletes,
    ]


def _tryton_fields() -> Iterator[list[str]]:
    for entity, each in offers(LEAST, "two").items():
        shown = {any_role(path) or pattern(path) for path in each.carries}
        taken = {any_role(path) or pattern(path) for path in each.takes}
        yield [
            entity,
            _listed(path for path in own(entity) if path in shown and path in taken),
            _listed(path for path in own(entity) if path in shown and path not in taken),
            _listed(path for path in own(entity) if path not in shown),
        ]


def _listed(paths: Iterable[str]) -> str:
    """Return paths as one text; those of one group (`ship_to`, `lines[]`) together."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        group, _, field = path.rpartition(".")
        groups.setdefault(group, []).append(field)
    plain = groups.pop("", [])
    return ", ".join(
        [*(f"`{path}`" for path in plain), *(f"`{group}` {{{', '.join(each)}}}" for group, each in groups.items())]
    )


def _compared() -> Iterator[list[str]]:
    for entity, fields in FIELDS.items():
        yield [entity, ", ".join(f"`{each}`" for each in fields)]


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def main() -> None:
    """Write the made parts of all pages anew."""
    fresh = blocks()
    for page in PAGES:
        page.write_text(with_made(page, fresh), encoding="utf-8")
        print(f"{page.name}: {', '.join(made(page)) or 'nothing is made here'}")
    OPENAPI.write_text(openapi_text(), encoding="utf-8")
    print(OPENAPI.name)
    EVENTS.mkdir(exist_ok=True)
    for path, text in event_schemas().items():
        path.write_text(text, encoding="utf-8")
        print(path.name)


if __name__ == "__main__":
    main()
