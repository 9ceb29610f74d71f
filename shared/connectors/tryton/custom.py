"""Custom fields: `our field = a field of Tryton's model`, on top of what the connector carries by itself.

`fax = "contact_mechanisms[type=fax].value"` is the company's own first fax (customers only); `industry = "comment"` a
field of the record; `term_days = "customer_payment_term.name"` one of a record beside it, which is shown but never
sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from shared.connectors.mapping.spec import FieldSpec
from shared.connectors.tryton import contacts
from shared.connectors.tryton.wire import Row, inner_rows
from shared.core.values import Value

_MECHANISM = re.compile(r"^contact_mechanisms\[type=(?P<kind>[a-z]+)\]\.value$")


class Custom:
    """The custom fields of one entity."""

    def __init__(self, specs: Mapping[str, FieldSpec]) -> None:
        self._specs = specs
        self._kinds = {ours: found["kind"] for ours, spec in specs.items() if (found := _MECHANISM.match(spec.path))}

    @property
    def carries(self) -> frozenset[str]:
        """Our names of what Tryton shows."""
        return frozenset(ours for ours, spec in self._specs.items() if not spec.write_only)

    @property
    def takes(self) -> frozenset[str]:
        """Our names of what Tryton is sent: fields of the record itself, and contact mechanisms."""
        return frozenset(
            ours for ours, spec in self._specs.items() if not spec.read_only and (ours in self._kinds or _is_own(spec))
        )

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields to read besides those that the connector reads anyway."""
        return tuple(spec.path for ours, spec in self._specs.items() if ours not in self._kinds)

    def shown(self, row: Row) -> dict[str, Value]:
        """Return the custom fields that a record shows."""
        specs = {ours: spec for ours, spec in self._specs.items() if not spec.write_only}
        return {ours: self._value(ours, spec, row) for ours, spec in specs.items() if self._is_told(ours, spec, row)}

    def stored(self, fields: Mapping[str, Value]) -> dict[str, Any]:
        """Return the custom fields of a command as Tryton's fields."""
        plain = {ours: spec for ours, spec in self._specs.items() if ours in self.takes and ours not in self._kinds}
        return {spec.path: _theirs(fields[ours], spec) for ours, spec in plain.items() if ours in fields}

    def mechanisms(self, row: Row, fields: Mapping[str, Value]) -> list[list[Any]]:
        """Return what a write has to do to a party's mechanisms for the custom fields that stand there."""
        held = inner_rows(row, "contact_mechanisms")
        edits: list[list[Any]] = []
        for ours, kind in self._kinds.items():
            if ours in fields and ours in self.takes:
                edits += contacts.own_edit(contacts.own(held, kind), kind, fields[ours])
        return edits

    def _is_told(self, ours: str, spec: FieldSpec, row: Row) -> bool:
        """Tell whether a record carries a field: Tryton may not have it any more."""
        first, point, _ = spec.path.partition(".")
        return ours in self._kinds or f"{first}{point}" in row

    def _value(self, ours: str, spec: FieldSpec, row: Row) -> Value:
        if ours in self._kinds:
            found: Any = contacts.own(inner_rows(row, "contact_mechanisms"), self._kinds[ours])
            return _ours((found or {}).get("value"), spec)
        found = row
        *parents, last = spec.path.split(".")
        for parent in parents:
            found = found.get(f"{parent}.") or {}
        return _ours(found.get(last), spec)


def _is_own(spec: FieldSpec) -> bool:
    return "." not in spec.path


def _ours(value: Any, spec: FieldSpec) -> Value:
    for ours, theirs in spec.values.items():
        if value == theirs or (isinstance(theirs, tuple) and value in theirs):
            return ours
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    if value is None or value == "":
        return None
    if spec.type == "flag":
        return bool(value)
    if spec.type in ("number", "money"):
        return Decimal(str(value)).normalize() + 0
    return str(value)


def _theirs(value: Value, spec: FieldSpec) -> Any:
    if isinstance(value, str) and value in spec.values:
        theirs = spec.values[value]
        return theirs[0] if isinstance(theirs, tuple) else theirs
    if isinstance(value, Decimal) and spec.type == "number":
        return float(value)
    if isinstance(value, datetime) and spec.format == "date":
        return value.astimezone(UTC).date()
    return value
