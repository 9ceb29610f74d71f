"""Purchase orders: `purchase.purchase` with its lines and their moves; read only, buying is Tryton's own business.

draft and quotation are drafts: nothing was ordered yet. A confirmed purchase is placed, and received as far as its
moves are done. What a line still brings stands in its moves too: `quantity` is the sum of those that are done or still
to come, so that what was cancelled and not made anew is expected no more; before Tryton has made any, it is the line's
own. A line's day is the earliest day planned for what is still to come of it; none is shown where Tryton has none (it
plans none in the past, and none without a lead time). Services and returns are no lines of ours. Receiving stamps only
the moves, editing a line only the line, so both are watched and belong to the revision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from shared.connectors.tryton.custom import Custom
from shared.connectors.tryton.orders import factor_of
from shared.connectors.tryton.reading import KeyField, View, exactly
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.stamps import stamps
from shared.connectors.tryton.stock import name_of
from shared.connectors.tryton.wire import Row, inner, inner_rows, moment_of, number_of, text_of
from shared.core.observations import Observation
from shared.core.paths import element_path
from shared.core.values import Reference, Value

MODEL = "purchase.purchase"
ZERO = Decimal(0)
STATES: Mapping[str, str] = MappingProxyType(
    {"draft": "draft", "quotation": "draft", "cancelled": "cancelled", "done": "received"}
)
"""The states that say all; in the others the moves do."""
COMING = frozenset({"staging", "draft", "assigned"})
FIELDS = (
    *("number", "state", "purchase_date", "delivery_date", "party", "currency.code", "_timestamp"),
    *("warehouse.code", "warehouse.name", "lines.type", "lines.quantity", "lines.unit.factor", "lines.unit_price"),
    *("lines.product.type", "lines.product.default_uom.factor", "lines.product.default_uom.symbol"),
    *("lines.delivery_date", "lines._timestamp", "lines.moves.internal_quantity", "lines.moves.state"),
    *("lines.moves.planned_date", "lines.moves._timestamp"),
)


def view(settings: TrytonSettings, custom: Custom) -> View:
    """Return how Tryton shows purchase orders."""

    def observe(row: Row) -> Observation:
        lines = inner_rows(row, "lines")
        moves = [move for line in lines for move in inner_rows(line, "moves")]
        held = stamps((MODEL, [row]), ("purchase.line", lines), ("stock.move", moves))
        return Observation(
            system=settings.name,
            entity="purchase_order",
            external_id=str(row["id"]),
            fields={**_shown(row, settings.name), **custom.shown(row)},
            revision=held.revision,
            modified_at=held.modified_at,
            collections=frozenset({"lines"}),
        )

    return View(
        entity="purchase_order",
        model=MODEL,
        fields=(*FIELDS, *custom.fields),
        observe=observe,
        parts=("lines", "lines.moves"),
        keys={"number": KeyField(exactly("number"), lambda row: [row["number"]])},
    )


def _shown(row: Row, system: str) -> dict[str, Value]:
    lines = [line for line in inner_rows(row, "lines") if _is_ours(line)]
    warehouse = inner(row, "warehouse")
    fields: dict[str, Value] = {
        "number": text_of(row["number"]),
        "supplier": Reference(system, "supplier", str(row["party"])) if row["party"] else None,
        "location": name_of(warehouse) if warehouse else None,
        "placed_at": moment_of(row["purchase_date"]),
        "expected_at": moment_of(row["delivery_date"]),
        "status": _status(row, lines),
        "currency": text_of(inner(row, "currency").get("code")),
    }
    for line in lines:
        fields |= _line(system, line)
    return fields


def _is_ours(line: Row) -> bool:
    return inner(line, "product").get("type") == "goods" and (line["quantity"] or 0) > 0


def _line(system: str, line: Row) -> Mapping[str, Value]:
    key, product, factor = str(line["id"]), inner(line, "product"), factor_of(line)
    return {
        element_path("lines", key): True,
        element_path("lines", key, "product"): Reference(system, "product", str(product["id"])),
        element_path("lines", key, "quantity"): _ordered(line, factor),
        element_path("lines", key, "unit"): text_of(inner(product, "default_uom").get("symbol")),
        element_path("lines", key, "unit_price"): number_of(Decimal(line["unit_price"] or ZERO) / factor),
        element_path("lines", key, "received"): _sum(line, {"done"}),
        element_path("lines", key, "expected_at"): _expected(line),
    }


def _ordered(line: Row, factor: Decimal) -> Decimal | None:
    if inner_rows(line, "moves"):
        return _sum(line, COMING | {"done"})
    return number_of((number_of(line["quantity"]) or ZERO) * factor)


def _expected(line: Row) -> datetime | None:
    moves = inner_rows(line, "moves")
    if not moves:
        return moment_of(line["delivery_date"])
    return moment_of(
        min((m["planned_date"] for m in moves if m["state"] in COMING and m["planned_date"]), default=None)
    )


def _status(row: Row, lines: list[Row]) -> str:
    if row["state"] in STATES:
        return STATES[row["state"]]
    moves = [move for line in lines for move in inner_rows(line, "moves")]
    has_come = any(move["state"] == "done" for move in moves)
    if any(move["state"] in COMING for move in moves) or not has_come:
        return "partly_received" if has_come else "placed"
    return "received"


def _sum(line: Row, states: Iterable[str]) -> Decimal:
    moves = (number_of(m["internal_quantity"]) or ZERO for m in inner_rows(line, "moves") if m["state"] in states)
    return sum(moves, ZERO)
