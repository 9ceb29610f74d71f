"""Shipments: `stock.shipment.out`, made by Tryton when an order is processed and driven by its warehouse; read only.

draft, waiting, assigned and picked are planned; packed; shipped and done are shipped. Shipping in part leaves a new
shipment with the rest. The tracking number is the shipment's `reference`, the carrier that of module
stock_shipment_cost. Its moves are watched too: a quantity that is changed there does not stamp the shipment.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.connectors.tryton.custom import Custom
from shared.connectors.tryton.reading import KeyField, View, exactly
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.stamps import stamps
from shared.connectors.tryton.wire import Row, inner, inner_rows, moment_of, number_of, text_of
from shared.core.observations import Observation
from shared.core.paths import element_path
from shared.core.values import Reference, Value

STATES: Mapping[str, str] = MappingProxyType(
    {
        "draft": "planned",
        "waiting": "planned",
        "assigned": "planned",
        "picked": "planned",
        "packed": "packed",
        "shipped": "shipped",
        "done": "shipped",
        "cancelled": "cancelled",
    }
)
FIELDS = (
    *("number", "state", "reference", "effective_date", "carrier.party.name", "_timestamp", "outgoing_moves.sale"),
    *("outgoing_moves.product.default_uom.symbol", "outgoing_moves.internal_quantity", "outgoing_moves._timestamp"),
)


def view(settings: TrytonSettings, custom: Custom) -> View:
    """Return how Tryton shows shipments."""

    def observe(row: Row) -> Observation:
        moves = inner_rows(row, "outgoing_moves")
        held = stamps(("stock.shipment.out", [row]), ("stock.move", moves))
        sale = next((move["sale"] for move in moves if move["sale"]), None)
        fields: dict[str, Value] = {
            "number": text_of(row["number"]),
            "order": Reference(settings.name, "order", str(sale)) if sale else None,
            "status": STATES.get(row["state"], row["state"]),
            "carrier": text_of(inner(inner(row, "carrier"), "party").get("name")),
            "tracking": text_of(row["reference"]),
            "shipped_at": moment_of(row["effective_date"]),
            **custom.shown(row),
        }
        for move in moves:
            fields |= _line(settings.name, move)
        return Observation(
            system=settings.name,
            entity="shipment",
            external_id=str(row["id"]),
            fields=fields,
            revision=held.revision,
            modified_at=held.modified_at,
            collections=frozenset({"lines"}),
        )

    return View(
        entity="shipment",
        model="stock.shipment.out",
        fields=(*FIELDS, *custom.fields),
        observe=observe,
        parts=("moves",),
        keys={"number": KeyField(exactly("number"), lambda row: [row["number"]])},
    )


def _line(system: str, move: Row) -> Mapping[str, Value]:
    key, product = str(move["id"]), inner(move, "product")
    return {
        element_path("lines", key): True,
        element_path("lines", key, "product"): Reference(system, "product", str(product["id"])),
        element_path("lines", key, "quantity"): number_of(move["internal_quantity"]),
        element_path("lines", key, "unit"): text_of(inner(product, "default_uom").get("symbol")),
    }
