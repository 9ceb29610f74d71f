"""A party's addresses by role, and the addresses that orders go to.

Tryton marks addresses: `invoice` is our role billing, `delivery` our role shipping; the first active one with the
mark counts. One address may carry both marks: it is shown under both roles, and split in two when only one of them
changes. Addresses without a mark (an order's own ship-to) are no role. A region is a `subdivision`: shown in the
words that the settings give it, else by its code in countries whose letters carry the code (`WA`), else by its name;
found by word, code or name. A region or country that Tryton does not have is not sent, so the answer shows that it
had no effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from shared.connectors.tryton.lookups import Lookups
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.wire import Row, inner, text_of
from shared.core.entities import ADDRESS
from shared.core.values import Value

ROLES: Mapping[str, str] = MappingProxyType({"billing": "invoice", "shipping": "delivery"})

Parts = Mapping[str, Value]
"""An address as we see it: name, street, city, region, postal code, country (two letters)."""

_PLAIN: Mapping[str, str] = MappingProxyType(
    {"name": "party_name", "street": "street", "city": "city", "postal_code": "postal_code"}
)


def shown_parts(row: Row, settings: TrytonSettings) -> Parts:
    """Return an address as we see it."""
    parts: dict[str, Value] = {ours: text_of(row.get(theirs)) for ours, theirs in _PLAIN.items()}
    parts["country"] = text_of(inner(row, "country").get("code"))
    parts["region"] = _region(inner(row, "subdivision"), settings)
    return parts


def shown_roles(rows: Iterable[Row], settings: TrytonSettings) -> dict[str, Value]:
    """Return the fields of both roles; a role that no address has shows nothing in every part."""
    fields: dict[str, Value] = {}
    for role in ROLES:
        row = row_of(rows, role)
        parts = shown_parts(row, settings) if row else dict.fromkeys(ADDRESS)
        fields |= {f"addresses[{role}].{part}": parts[part] for part in ADDRESS}
    return fields


def row_of(rows: Iterable[Row], role: str) -> Row | None:
    """Return the address that has a role."""
    return next((row for row in rows if row.get("active", True) and row.get(ROLES[role])), None)


def changed_roles(fields: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Return the parts that a command carries, by role."""
    changes: dict[str, dict[str, Value]] = {}
    for role in ROLES:
        prefix = f"addresses[{role}]."
        parts = {path.removeprefix(prefix): value for path, value in fields.items() if path.startswith(prefix)}
        if parts:
            changes[role] = parts
    return changes


def countries_in(groups: Iterable[Parts]) -> set[str]:
    """Return the countries that parts name."""
    return {str(parts["country"]) for parts in groups if parts.get("country")}


def new_rows(changes: Mapping[str, Parts], lookups: Lookups, settings: TrytonSettings) -> list[Row]:
    """Return the addresses of a new party: one for both roles where they are equal."""
    wanted = [(role, parts) for role, parts in changes.items() if any(parts.values())]
    if len(wanted) == 2 and _full(wanted[0][1]) == _full(wanted[1][1]):
        return [{**stored(_full(wanted[0][1]), lookups, settings), "invoice": True, "delivery": True}]
    return [{**stored(_full(parts), lookups, settings), ROLES[role]: True} for role, parts in wanted]


def edits(
    rows: Sequence[Row], changes: Mapping[str, Parts], lookups: Lookups, settings: TrytonSettings
) -> list[list[Any]]:
    """Return what a write of the party has to do to its addresses so that these parts change and nothing else."""
    made = {role: {**_now(rows, role, settings), **parts} for role, parts in changes.items()}
    if len(made) == 2 and _is_shared(rows) and made["billing"] == made["shipping"]:
        made.pop("shipping")
        shared = True
    else:
        shared = False
    found: list[list[Any]] = []
    for role, parts in made.items():
        row = row_of(rows, role)
        touched = changes[role].keys()
        if row is None:
            found.append(["create", [{**stored(parts, lookups, settings), ROLES[role]: True}]])
        elif _is_shared(rows) and not shared:
            found.append(["write", [row["id"]], {ROLES[role]: False}])
            found.append(["create", [{**stored(parts, lookups, settings), ROLES[role]: True}]])
        else:
            found.append(["write", [row["id"]], stored(parts, lookups, settings, touched)])
    return found


def stored(
    parts: Parts, lookups: Lookups, settings: TrytonSettings, touched: Iterable[str] = ADDRESS
) -> dict[str, Any]:
    """Return the touched ones of an address's parts as Tryton's fields; a place that it does not have is left out."""
    touched = set(touched)
    row: dict[str, Any] = {theirs: parts.get(ours) for ours, theirs in _PLAIN.items() if ours in touched}
    if not touched & {"country", "region"}:
        return row
    country, region = parts.get("country"), parts.get("region")
    place = lookups.id("country", country) if country else None
    if country and place is None:
        return row
    row["country"] = place
    subdivision = lookups.subdivision(str(country), str(region), settings.regions) if country and region else None
    if subdivision or not region or "country" in touched:
        row["subdivision"] = subdivision
    return row


def _full(parts: Parts) -> Parts:
    return {part: parts.get(part) or None for part in ADDRESS}


def _now(rows: Iterable[Row], role: str, settings: TrytonSettings) -> Parts:
    row = row_of(rows, role)
    return shown_parts(row, settings) if row else _full({})


def _is_shared(rows: Iterable[Row]) -> bool:
    billing, shipping = (row_of(rows, role) for role in ROLES)
    return billing is not None and shipping is not None and billing["id"] == shipping["id"]


def _region(subdivision: Row, settings: TrytonSettings) -> Value:
    code = str(subdivision.get("code") or "")
    country, _, short = code.partition("-")
    if code in settings.regions:
        return settings.regions[code]
    return text_of(short if country in settings.region_codes_in else subdivision.get("name"))
