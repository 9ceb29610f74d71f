"""From rows to whole records: with their lists, delivery address, order status, and texts where Odoo shows ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.connectors.mapping.fields import MappedField
from shared.connectors.odoo.api import Api, Row
from shared.connectors.odoo.lookups import Lookups
from shared.connectors.odoo.settings import DELIVERY, ORDER_STATUS
from shared.connectors.odoo.subject import Subject
from shared.connectors.odoo.wire import id_of, last_of, ours
from shared.core.entities import Kind
from shared.core.observations import Trouble

_SHIPPED = frozenset({"partial", "full"})


class Completing:
    """Completes the records of one entity."""

    def __init__(self, api: Api, subject: Subject, lookups: Lookups) -> None:
        self._api, self._subject, self._lookups = api, subject, lookups
        self._companies: Mapping[int, Any] = {}

    def whole(self, rows: Sequence[Row]) -> list[dict[str, Any]] | Trouble:
        """Return records as the mapping reads them; each list is read in as many calls as it fills pages."""
        held = self.children([int(row["id"]) for row in rows]) if rows else {}
        if isinstance(held, Trouble):
            return held
        every = [*rows, *(child for some in held.values() for child in some)]
        trouble = self._learn(every) or self._learn_companies(rows)
        if trouble is not None:
            return trouble
        return [self._one(row, held.get(int(row["id"]), [])) for row in rows]

    def children(self, ids: Sequence[int]) -> dict[int, list[Row]] | Trouble:
        """Return the live records that make up the lists of some parents."""
        children = self._subject.children
        if children is None:
            return {}
        domain = [[children.parent, "in", list(ids)], *children.domain]
        rows = self._api.every(children.model, domain, self._subject.child_names(children), archived=False)
        if isinstance(rows, Trouble):
            return rows
        held: dict[int, list[Row]] = {}
        for row in rows:
            held.setdefault(id_of(row.get(children.parent)) or 0, []).append(row)
        return held

    def _one(self, row: Row, children: Sequence[Row]) -> dict[str, Any]:
        subject = self._subject
        whole = self._plain(row, subject.own)
        if subject.entity == "order":
            shipped = row.get(subject.delivery_status)
            is_shipping = row.get("state") in ("sale", "done") and shipped in _SHIPPED
            whole[ORDER_STATUS] = shipped if is_shipping else row.get("state")
            whole["partner_id"] = self._company(row.get("partner_id"))
        if subject.entity == "customer":
            deliveries = [each for each in children if each.get("type") == DELIVERY]
            whole[DELIVERY] = self._plain(deliveries[0], subject.delivery) if deliveries else None
            children = [each for each in children if each.get("type") == "contact"]
        if subject.children is not None:
            whole[subject.collection] = [self._plain(each, subject.elements) for each in children]
        return whole

    def _plain(self, row: Row, fields: Sequence[MappedField]) -> dict[str, Any]:
        plain = ours(row, fields)
        for name, (model, field) in self._subject.given.relations.items():
            if name in row:
                record = id_of(row[name])
                plain[name] = self._lookups.text(model, field, record) if record else None
        if self._subject.has_active and "active" in row:
            plain["active"] = row["active"]
        return plain

    def _learn(self, rows: Iterable[Row]) -> Trouble | None:
        for name, (model, field) in self._subject.given.relations.items():
            ids = [record for row in rows if (record := id_of(row.get(name)))]
            trouble = self._lookups.learn(model, field, ids)
            if trouble is not None:
                return trouble
        return None

    def _learn_companies(self, rows: Iterable[Row]) -> Trouble | None:
        """An order may name a contact; its customer is the company that the contact belongs to."""
        if self._subject.entity != "order":
            return None
        ids = sorted({partner for row in rows if (partner := id_of(row.get("partner_id")))})
        found = self._api.every("res.partner", [["id", "in", ids]], ["commercial_partner_id"]) if ids else []
        if isinstance(found, Trouble):
            return found
        self._companies = {int(row["id"]): id_of(row.get("commercial_partner_id")) for row in found}
        return None

    def _company(self, shown: Any) -> int | None:
        partner = id_of(shown)
        return None if partner is None else self._companies.get(partner) or partner


def is_relation(subject: Subject, field: MappedField) -> bool:
    """Tell whether a field names a record that is looked up by its text."""
    return field.kind is not Kind.REFERENCE and last_of(field.place) in subject.given.relations
