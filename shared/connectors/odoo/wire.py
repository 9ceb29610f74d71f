"""Odoo's values: `false` for nothing, `[id, name]` for another record, times in UTC without saying so, floats.

Whether a `false` is nothing or a no depends on the field, so it is read by the kind that the mapping gives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.connectors.mapping.fields import MappedField
from shared.connectors.mapping.moments import moment
from shared.connectors.mapping.places import MisfitError, steps
from shared.core.entities import Kind

MODIFIED = "write_date"
SECOND = timedelta(seconds=1)
_DIGITS = Decimal("0.000001")
_PAIR = 2
_FLAGS = frozenset({Kind.FLAG, Kind.PRESENCE})


def ours(row: Mapping[str, Any], fields: Iterable[MappedField]) -> dict[str, Any]:
    """Return a record in plain JSON: null for nothing, the id or the name of another record by what its field means."""
    by_name = {last_of(field.place): field for field in fields}
    return {name: _ours(value, by_name.get(name)) for name, value in row.items()}


def theirs(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as Odoo takes them: `false` for nothing."""
    return {name: False if value is None else value for name, value in values.items()}


def id_of(value: Any) -> int | None:
    """Return the id of another record, however it is shown; nothing for nothing."""
    if isinstance(value, list | tuple):
        value = value[0] if value else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def last_of(place: str) -> str:
    """Return the field of Odoo's that a place ends in."""
    return str(steps(place)[-1])


def modified_of(row: Mapping[str, Any]) -> datetime | None:
    """Return when a record was last written, cut to the second."""
    try:
        shown = row.get(MODIFIED)
        return moment(shown).replace(microsecond=0) if isinstance(shown, str) else None
    except MisfitError:
        return None


def written(at: datetime) -> str:
    """Return a moment as a domain wants it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def number_of(value: Any) -> Decimal:
    """Return a float of Odoo's without the noise of its last digits."""
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return Decimal(value).quantize(_DIGITS).normalize() + 0 if is_number else Decimal(0)


def _ours(value: Any, field: MappedField | None) -> Any:
    if value is False:
        return False if field is not None and _is_flag(field) else None
    if isinstance(value, list) and len(value) == _PAIR and isinstance(value[1], str):
        return value[0] if field is None or field.kind is Kind.REFERENCE else value[1]
    return number_of(value) if isinstance(value, Decimal) else value


def _is_flag(field: MappedField) -> bool:
    return field.kind in _FLAGS or any(isinstance(value, bool) for _, value in field.values)
