"""Suppliers: the parties that goods are bought from; read only, whoever buys makes them in Tryton.

`code` is the supplier's number. The lead time is the party's own, from a confirmed order until the goods are here; what
is agreed for one product stands with that product.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from shared.connectors.tryton import contacts
from shared.connectors.tryton.custom import Custom
from shared.connectors.tryton.reading import KeyField, View, exactly, whatever_case
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.stamps import stamps
from shared.connectors.tryton.wire import Row, inner, inner_rows, text_of
from shared.core.observations import Observation
from shared.core.values import Value

MODEL = "party.party"
FIELDS = (
    *("name", "code", "active", "_timestamp", "supplier_currency.code", "supplier_lead_time"),
    *(f"contact_mechanisms.{field}" for field in contacts.MECHANISM_FIELDS),
)


def view(settings: TrytonSettings, custom: Custom) -> View:
    """Return how Tryton shows suppliers."""

    def observe(row: Row) -> Observation:
        mechanisms = inner_rows(row, "contact_mechanisms")
        held = stamps((MODEL, [row]), ("party.contact_mechanism", mechanisms))
        fields: dict[str, Value] = {
            "number": text_of(row["code"]),
            "name": text_of(row["name"]),
            "email": _shown(mechanisms, "email"),
            "phone": _shown(mechanisms, "phone"),
            "currency": text_of(inner(row, "supplier_currency").get("code")),
            "lead_time_days": days_of(row["supplier_lead_time"]),
            **custom.shown(row),
        }
        return Observation(settings.name, "supplier", str(row["id"]), fields, held.revision, held.modified_at)

    category = settings.supplier_category
    return View(
        entity="supplier",
        model=MODEL,
        fields=(*FIELDS, *custom.fields),
        observe=observe,
        scope=[["categories.name", "=", category]] if category else [],
        parts=("contact_mechanisms",),
        keys={
            "number": KeyField(exactly("code"), lambda row: [row["code"]]),
            "email": KeyField(
                whatever_case("contact_mechanisms.value"),
                lambda row: [_shown(inner_rows(row, "contact_mechanisms"), "email")],
            ),
        },
    )


def days_of(span: timedelta | None) -> Decimal | None:
    """Return a lead time in whole days, begun ones counted; nothing for nothing."""
    return None if span is None else Decimal(-(-span // timedelta(days=1)))


def _shown(mechanisms: list[Row], kind: str) -> str | None:
    """Return the company's own, or else that of the first person there."""
    active = [row for row in mechanisms if row["active"]]
    return text_of((contacts.own(active, kind) or contacts.first(active, kind) or {}).get("value"))
