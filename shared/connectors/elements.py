"""Elements of lists (contacts, lines) as named connectors write them: parted from their record, one body each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.connectors.mapping import Habits
from shared.connectors.mapping.fields import Collection
from shared.connectors.mapping.places import put
from shared.connectors.mapping.values import NoSuchValueError, outgoing
from shared.core.paths import element_of
from shared.core.values import Value


def parted(fields: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, dict[str, Value]]]:
    """Return the record's own fields, and those of its elements by our key; presence stands under no name."""
    plain: dict[str, Value] = {}
    elements: dict[str, dict[str, Value]] = {}
    for path, value in fields.items():
        element = element_of(path)
        if element is None:
            plain[path] = value
        else:
            elements.setdefault(element.key, {})[element.field] = value
    return plain, elements


def element_body(
    entity: str, collection: Collection, values: Mapping[str, Value], habits: Habits | None = None
) -> dict[str, Any]:
    """Return what is sent of one element; what the partner has no value for is left out."""
    body: dict[str, Any] = {}
    for mapped in collection.fields:
        name = mapped.ours.partition("[].")[2]
        if name not in values or mapped.read_only:
            continue
        try:
            habit = habits.get(entity, mapped.ours) if habits is not None else None
            put(body, mapped.place, outgoing(entity, mapped, values[name], habit))
        except NoSuchValueError:
            continue
    return body
