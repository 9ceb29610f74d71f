"""Which fields tell of a person, and how such a value is shown to those who need not know it.

A field counts as personal unless it is known not to be: a custom field may hold anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.core.entities import ENTITIES, is_known
from shared.core.values import Value

MASK = "•••"

_PERSONAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "customer": ("name", "email", "phone", "tax_number", "addresses", "contacts"),
        "order": ("ship_to",),
        "supplier": ("name", "email", "phone"),
    }
)


def is_personal(entity: str, path: str) -> bool:
    """Tell whether a field may tell of a person."""
    if entity not in ENTITIES or not is_known(entity, path):
        return True
    first = path.split(".")[0].split("[")[0]
    return first in _PERSONAL.get(entity, ())


def masked(entity: str, path: str, value: Value) -> Value:
    """Return a value without what it tells of a person; that there is one, or none, still shows."""
    if value is None or value == "" or isinstance(value, bool) or not is_personal(entity, path):
        return value
    return MASK
