"""Records that others name by id and we by a text: countries by code, states by name, and what the settings add.

They hardly ever change: what was read once is kept as long as the process lives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.connectors.odoo.api import Api, Row
from shared.connectors.odoo.wire import id_of
from shared.core.observations import Trouble

_STATES = "res.country.state"


class Lookups:
    """Ids to texts and back, per model and field."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[tuple[str, str], dict[int, Row]] = {}

    def learn(self, model: str, field: str, ids: Iterable[int]) -> Trouble | None:
        """Read the texts of ids that are not known yet, in one call."""
        known = self._known.setdefault((model, field), {})
        return (
            self._read(model, field, [["id", "in", sorted(set(ids) - set(known))]]) if set(ids) - set(known) else None
        )

    def text(self, model: str, field: str, record: int) -> str | None:
        """Return the text of a record that was learned."""
        shown = self._known.get((model, field), {}).get(record, {}).get(field)
        return shown if isinstance(shown, str) else None

    def seek(self, model: str, field: str, texts: Iterable[str]) -> Trouble | None:
        """Read the records of texts that are not known yet, in one call."""
        known = {row.get(field) for row in self._known.get((model, field), {}).values()}
        return self._read(model, field, [[field, "in", sorted(set(texts) - known)]]) if set(texts) - known else None

    def id(self, model: str, field: str, text: str, beside: Mapping[str, Any]) -> int | None:
        """Return the record that a text names; of several states the one of the country `beside` it."""
        found = [row for row in self._known.get((model, field), {}).values() if row.get(field) == text]
        if model == _STATES and len(found) > 1:
            found = [row for row in found if id_of(row.get("country_id")) == beside.get("country_id")]
        return int(found[0]["id"]) if len(found) == 1 else None

    def _read(self, model: str, field: str, domain: list[Any]) -> Trouble | None:
        fields = [field, "country_id"] if model == _STATES else [field]
        rows = self._api.every(model, domain, fields)
        if isinstance(rows, Trouble):
            return rows
        self._known.setdefault((model, field), {}).update({int(row["id"]): row for row in rows})
        return None
