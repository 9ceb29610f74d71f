"""How a change is laid over what is stored.

A key that is given replaces, an object merges key by key, a key that is not given stays. A list of parts (items,
contacts) is given whole: an entry with the id of a stored one changes that one and keeps its id, an entry without id
is new, a stored entry that is not listed is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.crm.problems import Problem, wrong_field
from local.crm.resources import Fields, Resource


def lay_over(resource: Resource, stored: Fields, given: Fields) -> Fields | Problem:
    """Return the stored fields with the given ones laid over them; both stay as they are."""
    laid = _merge(stored, {name: value for name, value in given.items() if name not in resource.elements})
    for name in resource.elements.keys() & given.keys():
        entries = _entries(name, stored.get(name, []), given[name])
        if isinstance(entries, Problem):
            return entries
        laid[name] = entries
    return laid


def with_ids(resource: Resource, fields: Fields, next_id: Callable[[str], str]) -> Fields:
    """Return the fields with an id for every part that has none yet."""
    named = dict(fields)
    for name, prefix in resource.elements.items():
        named[name] = [{**entry, "id": entry["id"] or next_id(prefix)} for entry in fields[name]]
    return named


def _merge(stored: Fields, given: Fields) -> Fields:
    merged = dict(stored)
    for name, value in given.items():
        before = stored.get(name)
        merged[name] = _merge(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def _entries(name: str, stored: list[Fields], given: Any) -> list[Any] | Problem:
    if not isinstance(given, list):
        return wrong_field(name, "a list is wanted")
    known = {entry["id"]: entry for entry in stored}
    entries = []
    for place, entry in enumerate(given):
        identity = entry.get("id") if isinstance(entry, dict) else None
        if identity is None:
            entries.append(entry)
        elif isinstance(identity, str) and identity in known:
            entries.append(_merge(known.pop(identity), entry))
        else:
            return wrong_field(f"{name}[{place}].id", "no such entry, or named twice")
    return entries
