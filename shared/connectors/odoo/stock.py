"""Stock: `stock.quant`, summed per product and warehouse; only read. Its id is `<product>@<warehouse>`.

A product's own quantities are computed and stamp nothing, so the quants are walked. A changed quant names its product
in every warehouse. A quant that went to nothing may be deleted without a trace: the listing sees that. Quantities are
counted by Odoo; nothing here ever writes one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from shared.connectors.keys_shown import Found
from shared.connectors.keyset import begun, walk_of
from shared.connectors.odoo.api import Api, Row
from shared.connectors.odoo.reading import after_page, walked
from shared.connectors.odoo.wire import MODIFIED, id_of, number_of
from shared.core.commands import Command
from shared.core.observations import Answer, Gone, Next, Observation, Refused, Shown, Trouble
from shared.core.values import Reference, Value
from shared.ports.system import Entry, Key, Listing, Page

INTERNAL = ["location_id.usage", "=", "internal"]
_MODEL = "stock.quant"
_FIELDS = ("product_id", "quantity", "reserved_quantity")


class Stock:
    """Reads stock; every write is refused."""

    def __init__(self, api: Api, system: str, overlap: timedelta) -> None:
        self._api, self._system, self._overlap = api, system, overlap

    def changed_since(self, cursor: str | None) -> Page | Trouble:
        """Return the ids of what changed: of each product that a changed quant is of, in every warehouse."""
        walk = begun(walk_of(cursor), self._overlap)
        rows = walked(self._api, _MODEL, [INTERNAL], ["product_id", MODIFIED], walk)
        houses = rows if isinstance(rows, Trouble) else self._warehouses()
        if isinstance(rows, Trouble) or isinstance(houses, Trouble):
            return rows if isinstance(rows, Trouble) else _trouble(houses)
        after = after_page(walk, rows, self._api.page_size)
        products = dict.fromkeys(product for row in rows if (product := id_of(row.get("product_id"))))
        return Page(
            (), tuple(f"{each}@{house}" for each in products for house in houses), after.text(), after.under_way
        )

    def listing(self, cursor: str | None) -> Listing | Trouble:
        """Return a page of all stock: the goods by id, in every warehouse."""
        last = int(cursor) if cursor and cursor.isdecimal() else 0
        goods = [["type", "!=", "service"], ["id", ">", last]]
        rows = self._api.search("product.product", goods, ["id"], archived=False)
        if isinstance(rows, Trouble):
            return rows
        houses = self._warehouses()
        shown = houses if isinstance(houses, Trouble) else self._shown([int(row["id"]) for row in rows], houses)
        if isinstance(shown, Trouble):
            return shown
        is_full = len(rows) >= self._api.page_size
        entries = tuple(Entry(each, None, observation) for each, observation in shown.items())
        return Listing(entries, str(rows[-1]["id"]) if is_full else None, is_full)

    def fetch(self, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown for each id; a product that is archived or not there has no stock."""
        products = sorted({int(each.partition("@")[0]) for each in ids if each.partition("@")[0].isdecimal()})
        houses = self._warehouses()
        live = self._api.every("product.product", [["id", "in", products]], ["id"], archived=False)
        if isinstance(houses, Trouble) or isinstance(live, Trouble):
            return _trouble(houses, live)
        shown = self._shown([int(row["id"]) for row in live], houses)
        return shown if isinstance(shown, Trouble) else {each: shown.get(each, Gone(each)) for each in ids}

    def find(self, keys: Sequence[Key]) -> Found | Trouble:
        """Return the stock of each product in the warehouse that a key names."""
        houses = self._warehouses()
        if isinstance(houses, Trouble):
            return houses
        ids = {key: each for key in keys if (each := _meant(key, houses)) is not None}
        shown = self.fetch(list(ids.values())) if ids else {}
        if isinstance(shown, Trouble):
            return shown
        found = {key: shown.get(ids.get(key, "")) for key in keys}
        return {key: (each,) if isinstance(each, Observation) else () for key, each in found.items()}

    def write(self, commands: Sequence[Command]) -> list[Answer]:
        """Refuse: quantities are what Odoo counts."""
        return [Refused(Trouble(Next.PERMANENT, "read-only", "Odoo counts its stock itself"))] * len(commands)

    def _warehouses(self) -> dict[int, Row] | Trouble:
        rows = self._api.every("stock.warehouse", [], ["name", "view_location_id"], archived=False)
        return rows if isinstance(rows, Trouble) else {int(row["id"]): row for row in rows}

    def _shown(self, products: Sequence[int], houses: Mapping[int, Row]) -> dict[str, Observation] | Trouble:
        shown: dict[str, Observation] = {}
        for house, warehouse in houses.items():
            inside = ["location_id", "child_of", id_of(warehouse.get("view_location_id"))]
            rows = self._api.every(_MODEL, [["product_id", "in", list(products)], inside, INTERNAL], _FIELDS)
            if isinstance(rows, Trouble):
                return rows
            sums: dict[int, tuple[Decimal, Decimal]] = {}
            for row in rows:
                product = id_of(row.get("product_id")) or 0
                on_hand, reserved = sums.get(product, (Decimal(0), Decimal(0)))
                sums[product] = (on_hand + _count(row, "quantity"), reserved + _count(row, "reserved_quantity"))
            for product in products:
                one = self._observed(product, house, warehouse, sums.get(product, (Decimal(0), Decimal(0))))
                shown[one.external_id] = one
        return shown

    def _observed(self, product: int, house: int, warehouse: Row, sums: tuple[Decimal, Decimal]) -> Observation:
        fields: dict[str, Value] = {
            "product": Reference(self._system, "product", str(product)),
            "location": str(warehouse.get("name") or house),
            "on_hand": number_of(sums[0]),
            "reserved": number_of(sums[1]),
        }
        return Observation(self._system, "stock", f"{product}@{house}", fields)


def _meant(key: Key, houses: Mapping[int, Row]) -> str | None:
    product, location = key.values if len(key.values) == len(("product", "location")) else (None, None)
    house = next((each for each, row in houses.items() if row.get("name") == location), None)
    return f"{product.external_id}@{house}" if isinstance(product, Reference) and house is not None else None


def _count(row: Row, field: str) -> Decimal:
    return number_of(row.get(field))


def _trouble(*found: Any) -> Trouble:
    return next(each for each in found if isinstance(each, Trouble))
