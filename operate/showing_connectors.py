"""Connectors × capabilities, as the catalog has them; per entity as the systems of an `integration.toml` are set up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.connectors.catalog import CONNECTORS
from shared.connectors.integration import Installation, load
from shared.ports.capabilities import Capabilities, EntityCapability

Answer = Mapping[str, Mapping[str, Any]]
_NAMED_KEYS = 6
_VERBS = ("list", "read", "create", "update", "archive")


def connectors_of(config: Path) -> Answer:
    """Return by name what each connector says of itself, and what it does for the systems of a file.

    What a connector does for an entity depends on the system's settings: `systems` has it per system, `entities` for
    the first system that has the entity. Without the file both are empty.
    """
    installation = load(config) if config.exists() else None
    return {name: {**_connector(CONNECTORS[name]), **_used(name, installation)} for name in CONNECTORS}


def paragraphs(answer: Answer) -> list[tuple[str, list[str]]]:
    """Return a heading and lines per connector for people."""
    return [
        (
            f"{name}: {each['title']}",
            [
                f"why       {each['why']}",
                f"webhooks  {each['webhooks']}",
                f"quota     {each['quota']}",
                *(f"cannot    {what}" for what in each["cannot"]),
            ],
        )
        for name, each in answer.items()
    ]


def system_rows(answer: Answer) -> list[dict[str, Any]]:
    """Return a line per system and entity for people."""
    return [
        {"system": name, "entity": entity, **_row(each)}
        for connector in answer.values()
        for name, system in connector["systems"].items()
        for entity, each in system["entities"].items()
    ]


def _keys(keys: Sequence[str]) -> Sequence[str]:
    """A system that lists everything is found by whatever it shows; naming it all would tell nothing."""
    return keys if len(keys) <= _NAMED_KEYS else ["any field"]


def _row(each: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "can": "".join(verb[0].upper() if verb in each["can"] else "·" for verb in _VERBS),
        "told by": each["capture"],
        "found by": [*(["our id"] if each["reference_field"] else []), *_keys(each["keys"])],
        "exact": "✓" if each["exact"] else "",
        "batch": f"{each['batch_size']}{' whole' if each['atomic'] else ''}",
    }


def _used(connector: str, installation: Installation | None) -> dict[str, Any]:
    systems = {} if installation is None else _systems(connector, installation)
    entities: dict[str, Any] = {}
    for system in systems.values():
        entities = {**system["entities"], **entities}
    return {"entities": entities, "systems": systems}


def _systems(connector: str, installation: Installation) -> dict[str, Any]:
    return {
        name: {
            "side": installation.integration.sides[name],
            "entities": {
                entity: _entity(each) for entity, each in CONNECTORS[connector].entities(connection.settings).items()
            },
        }
        for name, connection in installation.connections.items()
        if connection.connector == connector
    }


def _connector(capabilities: Capabilities) -> dict[str, Any]:
    model: Any = capabilities.settings
    return {
        "name": capabilities.name,
        "title": capabilities.title,
        "webhooks": capabilities.webhooks,
        "quota": capabilities.quota,
        "allows": capabilities.allows.words,
        "why": capabilities.why,
        "cannot": list(capabilities.cannot),
        "settings": model.model_json_schema(),
    }


def _entity(capability: EntityCapability) -> dict[str, Any]:
    return {name: _plain(getattr(capability, name)) for name in EntityCapability.__dataclass_fields__}


def _plain(value: object) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return value
