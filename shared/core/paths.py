"""Paths name fields: `name`, `addresses[billing].city`, `contacts[<key>].email`, `lines[<key>]`.

Lines and contacts are collections of *elements*: each has a key, and the bare path `lines[<key>]` holds whether the
element is present, so that adding and removing one are changes like any other. Addresses are named by their role and
need no such field. The *pattern* of a path leaves element keys out: `lines[].quantity`; rules are written on patterns.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

ELEMENTS = frozenset({"lines", "contacts"})
_BRACKETS = re.compile(r"^(?P<collection>[a-z_]+)\[(?P<key>[^\]]*)\](?:\.(?P<field>.+))?$")


class ElementPath(NamedTuple):
    """A path inside an element collection, or the element itself where `field` is empty."""

    collection: str
    key: str
    field: str


@lru_cache(maxsize=65536)
def element_of(path: str) -> ElementPath | None:
    """Return collection, key and field of an element's path; nothing for a plain field or an address."""
    found = _BRACKETS.match(path)
    if found is None or found["collection"] not in ELEMENTS:
        return None
    return ElementPath(found["collection"], found["key"], found["field"] or "")


@lru_cache(maxsize=65536)
def pattern(path: str) -> str:
    """Return the path without element keys: what rules, mappings and capabilities are written on."""
    element = element_of(path)
    return path if element is None else element_path(element.collection, "", element.field)


@lru_cache(maxsize=65536)
def presence(path: str) -> str | None:
    """Return the path that says whether the element of this path is there; nothing for a plain field."""
    element = element_of(path)
    return None if element is None else element_path(element.collection, element.key)


def element_path(collection: str, key: str, field: str = "") -> str:
    """Return the path of an element, or of one of its fields."""
    return f"{collection}[{key}].{field}" if field else f"{collection}[{key}]"


@lru_cache(maxsize=65536)
def any_role(path: str) -> str | None:
    """Return `addresses[].city` for `addresses[billing].city`: the pattern that speaks for every role."""
    found = _BRACKETS.match(path)
    if found is None or found["collection"] in ELEMENTS or not found["key"]:
        return None
    return f"{found['collection']}[]" + (f".{found['field']}" if found["field"] else "")


@lru_cache(maxsize=65536)
def listed(patterns: frozenset[str], path: str) -> bool:
    """Tell whether a path is among patterns: `addresses[].city` speaks for every role, `lines[].x` for `lines[]`."""
    own = pattern(path)
    if own in patterns or (any_role(path) or "") in patterns:
        return True
    return own.endswith("[]") and any(each.startswith(own + ".") for each in patterns)
