"""Compares both systems with each other and with the CSV, field by field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.demo.words import FIELDS, View


@dataclass(slots=True)
class Comparison:
    """How one entity compares: how many records, how many agree, and what differs in the others."""

    entity: str
    records: int = 0
    agree: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def differ(self) -> int:
        """Return how many records differ."""
        return self.records - self.agree


def compare(
    crm: Mapping[str, View], erp: Mapping[str, View], csv: Mapping[str, View], apart: Collection[str] = ()
) -> list[Comparison]:
    """Compare every record of the CSV, and every other record that one of the systems shows.

    Those `apart` are what a scenario has added meanwhile; it checks them itself.
    A shipment's key in the CSV is its order's number, since Northwind numbers none.
    """
    csv = {**csv, "shipment": _renumbered(csv["shipment"], erp["shipment"])}
    return [_compare(entity, crm[entity], erp[entity], csv[entity], apart) for entity in FIELDS]


def differing(crm: Mapping[str, View], erp: Mapping[str, View]) -> list[str]:
    """Return what differs between the two systems, whatever the CSV says."""
    found: list[str] = []
    for entity in FIELDS:
        for key in sorted(crm[entity].keys() | erp[entity].keys()):
            found += _differences(entity, key, {"crm": crm[entity].get(key), "erp": erp[entity].get(key)})
    return found


def _compare(entity: str, crm: View, erp: View, csv: View, apart: Collection[str]) -> Comparison:
    comparison = Comparison(entity)
    for key in sorted((crm.keys() | erp.keys() | csv.keys()) - set(apart)):
        views = {"crm": crm.get(key), "erp": erp.get(key)}
        if key in csv or entity != "shipment":
            views["csv"] = csv.get(key)
        found = _differences(entity, key, views)
        comparison.records += 1
        comparison.agree += not found
        comparison.differences += found
    return comparison


def _differences(entity: str, key: str, views: Mapping[str, dict[str, Any] | None]) -> list[str]:
    missing = [name for name, view in views.items() if view is None]
    if missing:
        return [f"{entity} {key}: not in {', '.join(missing)}"]
    found = []
    for each in FIELDS[entity]:
        values = {name: view[each] for name, view in views.items() if view is not None and each in view}
        if any(value != next(iter(values.values())) for value in values.values()):
            told = ", ".join(f"{name} {value!r}" for name, value in values.items())
            found.append(f"{entity} {key} {each}: {told}")
    return found


def _renumbered(csv: View, erp: View) -> View:
    numbers = {row["order"]: key for key, row in erp.items() if row["state"] == "shipped"}
    return {numbers.get(order, f"(of order {order})"): row for order, row in csv.items()}
