"""How Tryton shows orders: sales with their lines, what has been shipped of each, freight, and where they go.

`reference` is the order's number (it is not unique in Tryton, so every create is preceded by a look); a sale that was
made in Tryton shows its own `number`. Our record id stands in a note of the sale. State draft is our draft, quotation
placed, confirmed and processing confirmed, and from then on what the moves say: some shipped, all shipped. A line's
list price is `base_price` and its net price `unit_price` (module sale_discount); the discount is what lies between,
to four digits. Quantities and prices are those of the product's own unit, whatever unit the line is written in. Lines
with the freight service, or with a `shipment_cost`, are the order's freight; they and comments are no lines of ours.
Editing a line stamps only the line, and shipping only its moves, so both are watched and belong to the revision.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from shared.connectors.tryton.addresses import shown_parts
from shared.connectors.tryton.custom import Custom
from shared.connectors.tryton.lookups import ADDRESS_FIELDS
from shared.connectors.tryton.reading import KeyField, View
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.stamps import Stamps, stamps
from shared.connectors.tryton.stock import name_of
from shared.connectors.tryton.wire import Row, inner, inner_rows, moment_of, number_of, text_of
from shared.core.entities import ADDRESS
from shared.core.keys import REFERENCE
from shared.core.observations import Observation
from shared.core.paths import element_path
from shared.core.values import Reference, Value

MODEL = "sale.sale"
OURS = "tandem:"
"""What opens the note that holds our record id."""

ZERO = Decimal(0)
DIGITS = Decimal("0.0001")
FIELDS = (
    *("reference", "number", "state", "sale_date", "shipping_date", "tax_amount", "total_amount", "_timestamp"),
    *(
        "party",
        "warehouse.code",
        "warehouse.name",
        "currency.code",
        "notes.message",
        *(f"shipment_address.{field}" for field in ADDRESS_FIELDS),
    ),
    *("lines.type", "lines.product.code", "lines.product.default_uom.factor", "lines.quantity", "lines.unit.factor"),
    *("lines.unit_price", "lines.base_price", "lines.amount", "lines.shipment_cost", "lines._timestamp"),
    *("lines.moves.internal_quantity", "lines.moves.state", "lines.moves._timestamp"),
)
STATES: Mapping[str, str] = MappingProxyType({"draft": "draft", "quotation": "placed", "cancelled": "cancelled"})
EDITABLE = frozenset({"draft", "quotation"})


def view(settings: TrytonSettings, custom: Custom) -> View:
    """Return how Tryton shows orders."""

    def observe(row: Row) -> Observation:
        held = locks(row)
        return Observation(
            system=settings.name,
            entity="order",
            external_id=str(row["id"]),
            fields={**_shown(row, settings), **custom.shown(row)},
            revision=held.revision,
            modified_at=held.modified_at,
            collections=frozenset({"lines"}),
            reference=next(iter(_references(row)), None),
        )

    return View(
        entity="order",
        model=MODEL,
        fields=(*FIELDS, *custom.fields),
        observe=observe,
        parts=("lines", "lines.moves", "shipment_address"),
        keys={
            REFERENCE: KeyField(lambda ids: ["notes.message", "in", [OURS + each for each in ids]], _references),
            "number": KeyField(
                lambda numbers: ["OR", ["reference", "in", list(numbers)], ["number", "in", list(numbers)]],
                lambda row: [row["reference"] or row["number"]],
            ),
        },
    )


def locks(row: Row) -> Stamps:
    """Return the timestamps of a sale, its lines, their moves and its ship-to address."""
    lines = inner_rows(row, "lines")
    moves = [move for line in lines for move in inner_rows(line, "moves")]
    place = inner(row, "shipment_address")
    return stamps(
        (MODEL, [row]), ("sale.line", lines), ("stock.move", moves), ("party.address", [place] if place else [])
    )


def goods(row: Row, settings: TrytonSettings) -> list[Row]:
    """Return the lines of a sale that are lines of ours."""
    return [line for line in inner_rows(row, "lines") if line["type"] == "line" and not is_freight(line, settings)]


def freight_lines(row: Row, settings: TrytonSettings) -> list[Row]:
    """Return the lines of a sale that are its freight."""
    return [line for line in inner_rows(row, "lines") if line["type"] == "line" and is_freight(line, settings)]


def is_freight(line: Row, settings: TrytonSettings) -> bool:
    """Tell whether a line is freight."""
    return line["shipment_cost"] is not None or inner(line, "product").get("code") == settings.freight_product


def listed_price(line: Row) -> Decimal:
    """Return a line's price before its discount, per unit of the line."""
    return Decimal(line["base_price"] or line["unit_price"] or ZERO)


def factor_of(line: Row) -> Decimal:
    """Return how many of the product's own units one unit of the line is."""
    its, own = inner(line, "unit"), inner(inner(line, "product"), "default_uom")
    if not its or not own or its["id"] == own["id"]:
        return Decimal(1)
    return Decimal(str(its["factor"])) / Decimal(str(own["factor"]))


def discount_of(line: Row) -> Decimal:
    """Return a line's discount as a share, to four digits."""
    price = listed_price(line)
    share = 1 - Decimal(line["unit_price"] or ZERO) / price if price else ZERO
    return share.quantize(DIGITS, ROUND_HALF_UP).normalize() + 0


def _shown(row: Row, settings: TrytonSettings) -> dict[str, Value]:
    place = inner(row, "shipment_address")
    parts = shown_parts(place, settings) if place else dict.fromkeys(ADDRESS)
    lines = goods(row, settings)
    warehouse = inner(row, "warehouse")
    fields: dict[str, Value] = {
        "number": text_of(row["reference"] or row["number"]),
        "customer": Reference(settings.name, "customer", str(row["party"])) if row["party"] else None,
        "location": name_of(warehouse) if warehouse else None,
        "placed_at": moment_of(row["sale_date"]),
        "wanted_at": moment_of(row["shipping_date"]),
        "status": _status(row, lines),
        "currency": text_of(inner(row, "currency").get("code")),
        "freight": _freight(row, settings),
        "tax": number_of(row["tax_amount"]),
        "total": number_of(row["total_amount"]),
        **{f"ship_to.{part}": parts[part] for part in ADDRESS},
    }
    for line in lines:
        fields |= _line(settings.name, line)
    return fields


def _freight(row: Row, settings: TrytonSettings) -> Decimal | None:
    amounts = [Decimal(line["amount"] or ZERO) for line in freight_lines(row, settings)]
    return sum(amounts, ZERO) if amounts else None


def _line(system: str, line: Row) -> Mapping[str, Value]:
    key, product, factor = str(line["id"]), inner(line, "product").get("id"), factor_of(line)
    return {
        element_path("lines", key): True,
        element_path("lines", key, "product"): Reference(system, "product", str(product)) if product else None,
        element_path("lines", key, "quantity"): number_of((number_of(line["quantity"]) or ZERO) * factor),
        element_path("lines", key, "unit_price"): number_of(listed_price(line) / factor),
        element_path("lines", key, "discount"): discount_of(line),
        element_path("lines", key, "shipped"): _shipped(line),
    }


def _status(row: Row, lines: list[Row]) -> str:
    if row["state"] in STATES:
        return STATES[row["state"]]
    if row["state"] == "done":
        return "shipped"
    shipped = [_shipped(line) for line in lines]
    if not any(shipped):
        return "confirmed"
    rest = any(
        move["state"] in ("draft", "assigned", "staging") for line in lines for move in inner_rows(line, "moves")
    )
    return "partly_shipped" if rest else "shipped"


def _shipped(line: Row) -> Decimal:
    done = (
        number_of(move["internal_quantity"]) or ZERO for move in inner_rows(line, "moves") if move["state"] == "done"
    )
    return sum(done, ZERO)


def _references(row: Row) -> list[str]:
    notes = (str(note["message"] or "").strip() for note in inner_rows(row, "notes"))
    return [note.removeprefix(OURS) for note in notes if note.startswith(OURS)]
