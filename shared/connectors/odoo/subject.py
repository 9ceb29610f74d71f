"""One entity at one Odoo: which fields are read, which records make up its lists, and what a record shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from shared.connectors.mapping import EntityMapping, Habits, read
from shared.connectors.mapping.fields import MappedField
from shared.connectors.mapping.moments import microseconds
from shared.connectors.mapping.places import top
from shared.connectors.observing import observation
from shared.connectors.odoo.settings import COLLECTIONS, DELIVERY, MODELS, ORDER_STATUS, OdooEntity
from shared.connectors.odoo.wire import MODIFIED, last_of, modified_of
from shared.core.observations import Invalid, Observation, Revision, Source


@dataclass(frozen=True, slots=True)
class Children:
    """The records that make up a list: their model, their field that names the parent, which of them count.

    `command` is the parent's field through which they are written, `archives` that one taken out is archived.
    """

    model: str
    parent: str
    domain: tuple[Any, ...]
    command: str
    archives: bool = False


CHILDREN: Mapping[str, Children] = {
    "customer": Children("res.partner", "parent_id", (["type", "in", ["contact", "delivery"]],), "child_ids", True),
    "order": Children("sale.order.line", "order_id", (["display_type", "=", False],), "order_line"),
    "shipment": Children("stock.move", "picking_id", (), "move_ids"),
}


@dataclass(frozen=True)
class Subject:
    """One entity at one Odoo. `delivery_status` is the order's field that tells what has been shipped ("" for none)."""

    system: str
    entity: str
    given: OdooEntity
    mapping: EntityMapping
    overlap: timedelta
    habits: Habits
    delivery_status: str = ""

    @property
    def model(self) -> str:
        """Return Odoo's model."""
        return MODELS[self.entity]

    @property
    def has_active(self) -> bool:
        """Tell whether records of the model can be archived."""
        return self.entity in ("customer", "product")

    @property
    def children(self) -> Children | None:
        """Return the records that make up its list; nothing where none of them is mapped."""
        used = self.mapping.collections or self.delivery
        return CHILDREN.get(self.entity) if used else None

    @property
    def collection(self) -> str:
        """Return the list that children make up."""
        return COLLECTIONS.get(self.entity, "")

    @cached_property
    def own(self) -> list[MappedField]:
        """Return the mapped fields of the record itself."""
        return [field for field in self.mapping.plain if top(field.place) != DELIVERY]

    @cached_property
    def delivery(self) -> list[MappedField]:
        """Return the mapped fields of the delivery address."""
        return [field for field in self.mapping.plain if top(field.place) == DELIVERY]

    @cached_property
    def elements(self) -> list[MappedField]:
        """Return the mapped fields of the elements of its list."""
        return [field for each in self.mapping.collections for field in each.fields]

    def names(self) -> list[str]:
        """Return Odoo's fields of the record that are read."""
        own = [top(field.place) for field in self.own if field.place != ORDER_STATUS]
        status = ["state", self.delivery_status] if self.entity == "order" else []
        active = ["active"] if self.has_active else []
        reference = [self.mapping.reference or ""]
        return [name for name in dict.fromkeys(["id", MODIFIED, *active, *reference, *status, *own]) if name]

    def child_names(self, children: Children) -> list[str]:
        """Return Odoo's fields of its children that are read."""
        kind = ["type"] if self.entity == "customer" else []
        own = [last_of(field.place) for field in [*self.delivery, *self.elements]]
        return list(dict.fromkeys(["id", children.parent, MODIFIED, *kind, *own]))

    def observed(self, row: Mapping[str, Any], source: Source = Source.FETCHED) -> Observation | Invalid:
        """Return what a whole record shows; an archived one is gone."""
        external_id = str(row["id"])
        if self.has_active and row.get("active") is not True:
            return Observation(self.system, self.entity, external_id, source=source, deleted=True)
        shown = read(self.mapping, row, self.habits)
        modified = modified_of(row)
        revision = Revision(str(row[MODIFIED]), microseconds(modified)) if modified else None
        return observation(self.mapping, external_id, shown, revision, modified, source)
