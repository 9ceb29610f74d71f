"""Stock: what one product has in one warehouse, put together from three answers; read only.

A record's id is `<product>@<warehouse>`. On hand is Tryton's quantity of today with all locations of the warehouse
(what is picked and not gone yet is still in the house). Reserved is what is still to leave for customers, incoming
what is still to come from suppliers: the open moves. The reorder level is the order point of the warehouse. There is
no revision: the figures follow from moves, so `changed_since` names the products that moved, and they are fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from shared.connectors.tryton.lookups import Lookups
from shared.connectors.tryton.reading import EVERY, Cursor, Domain, changed_clause
from shared.connectors.tryton.rpc import Ended, Failed, Rpc
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.wire import Row, inner, number_of
from shared.core.observations import Gone, Observation, Shown, Trouble
from shared.core.values import Reference, Value
from shared.ports.clock import Clock
from shared.ports.system import Entry, Key, Listing, Page

GOODS = [["type", "=", "goods"]]
_LIVE = ["active", "=", True]
_OPEN = ["state", "in", ["draft", "assigned"]]
_BETWEEN = ("product", "internal_quantity", "from_location.type", "to_location.type")


@dataclass(frozen=True, slots=True)
class Place:
    """One product in one warehouse (Tryton's ids)."""

    product: int
    warehouse: int

    @property
    def id(self) -> str:
        """The external id of the stock there."""
        return f"{self.product}@{self.warehouse}"


def place_of(external_id: str) -> Place | None:
    """Return what an external id names; nothing for a text that is none."""
    product, _, warehouse = external_id.partition("@")
    return Place(int(product), int(warehouse)) if product.isdigit() and warehouse.isdigit() else None


def name_of(warehouse: Row) -> str:
    """Return a warehouse's code, or its name where it has none."""
    return str(warehouse["code"] or warehouse["name"])


class StockReader:
    """Reads stock per product and warehouse."""

    def __init__(self, rpc: Rpc, lookups: Lookups, settings: TrytonSettings, clock: Clock) -> None:
        self._rpc = rpc
        self._lookups = lookups
        self._settings = settings
        self._clock = clock

    def changed_since(self, cursor: Cursor) -> Page | Trouble:
        """Return the ids of a page of what moved, or got another reorder level, since the cursor."""
        if cursor.since is None:
            return self._all(cursor)
        changed = changed_clause((), cursor.since - timedelta(seconds=self._settings.overlap_seconds))
        size = self._settings.page_size
        if failed := self._lookups.learn("warehouse"):
            return failed.trouble
        moves = self._search("stock.move", [changed, ["id", ">", cursor.after]], ("product",), size)
        if isinstance(moves, Failed):
            return moves.trouble
        levels = self._search("stock.order_point", [changed], ("product",))
        if isinstance(levels, Failed):
            return levels.trouble
        products = sorted({row["product"] for row in (*moves.result, *levels.result)})
        until = cursor.until or moves.at
        more = len(moves.result) == size
        following = replace(cursor, until=until, after=moves.result[-1]["id"]) if more else Cursor(until)
        return Page(ids=self._everywhere(products), next_cursor=following.text(), more=more)

    def list(self, after: int) -> Listing | Trouble:
        """Return a page of all stocked products, with their stock in each warehouse."""
        if failed := self._lookups.learn("warehouse"):
            return failed.trouble
        size = self._settings.page_size
        rows = self._search("product.product", [*GOODS, ["id", ">", after]], ("code",), size)
        if isinstance(rows, Failed):
            return rows.trouble
        shown = self.fetch(self._everywhere([row["id"] for row in rows.result]))
        if isinstance(shown, Trouble):
            return shown
        more = len(rows.result) == size
        entries = (Entry(each.external_id, None, each) for each in shown.values() if isinstance(each, Observation))
        return Listing(tuple(entries), str(rows.result[-1]["id"]) if more else None, more)

    def fetch(self, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return the stock of each id: three calls per warehouse."""
        if failed := self._lookups.learn("warehouse"):
            return failed.trouble
        shown: dict[str, Shown] = {each: Gone(each) for each in ids}
        places = [place for place in map(place_of, ids) if place is not None]
        for warehouse in self._lookups.rows("warehouse"):
            products = [place.product for place in places if place.warehouse == warehouse["id"]]
            if products:
                found = self._at(warehouse, products)
                if isinstance(found, Failed):
                    return found.trouble
                shown |= found
        return shown

    def find(self, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation, ...]] | Trouble:
        """Return the stock of each key `product+location`: a reference to the product, and the warehouse's code."""
        if failed := self._lookups.learn("warehouse"):
            return failed.trouble
        ids = {key: self._meant(key) for key in keys}
        shown = self.fetch([each for each in ids.values() if each])
        if isinstance(shown, Trouble):
            return shown
        found = {key: shown.get(each) if each else None for key, each in ids.items()}
        return {key: (each,) if isinstance(each, Observation) else () for key, each in found.items()}

    def _all(self, cursor: Cursor) -> Page | Trouble:
        """Return the ids of a page of all stock: the first load."""
        if failed := self._lookups.learn("warehouse"):
            return failed.trouble
        size = self._settings.page_size
        rows = self._search("product.product", [*GOODS, _LIVE, ["id", ">", cursor.after]], ("code",), size)
        if isinstance(rows, Failed):
            return rows.trouble
        products, until = [row["id"] for row in rows.result], cursor.until or rows.at
        more = len(products) == size
        following = replace(cursor, until=until, after=products[-1]) if more else Cursor(until)
        return Page(ids=self._everywhere(products), next_cursor=following.text(), more=more)

    def _meant(self, key: Key) -> str | None:
        product, location = key.values if len(key.values) == 2 else (None, None)
        named = (row for row in self._lookups.rows("warehouse") if name_of(row) == location)
        warehouse = next(named, None)
        if not isinstance(product, Reference) or warehouse is None:
            return None
        return f"{product.external_id}@{warehouse['id']}"

    def _everywhere(self, products: Iterable[int]) -> tuple[str, ...]:
        warehouses = [row["id"] for row in self._lookups.rows("warehouse")]
        return tuple(Place(product, warehouse).id for product in products for warehouse in warehouses)

    def _at(self, warehouse: Row, products: Sequence[int]) -> Mapping[str, Shown] | Failed:
        today = self._clock.now().date()
        where = {"locations": [warehouse["id"]], "with_childs": True, "stock_date_end": today}
        of_these = [["id", "in", list(products)], *GOODS]
        counted = self._search("product.product", of_these, ("active", "quantity"), context=where)
        moves = self._open_moves(warehouse, products)
        levels = self._search(
            "stock.order_point",
            [["product", "in", list(products)], ["location", "=", warehouse["id"]]],
            ("product", "min_quantity"),
        )
        if isinstance(counted, Failed) or isinstance(moves, Failed) or isinstance(levels, Failed):
            return next(each for each in (counted, moves, levels) if isinstance(each, Failed))
        level = {row["product"]: number_of(row["min_quantity"]) for row in levels.result}
        return {
            Place(row["id"], warehouse["id"]).id: self._observed(row, warehouse, moves, level.get(row["id"]))
            for row in counted.result
            if row["active"]
        }

    def _open_moves(self, warehouse: Row, products: Sequence[int]) -> Mapping[tuple[int, str], Decimal] | Failed:
        """Return what is still to move between the warehouse and customers or suppliers, by (product, which)."""
        inside = [[f"{end}_location", "child_of", [warehouse["id"]], "parent"] for end in ("from", "to")]
        rows = self._search("stock.move", [["product", "in", list(products)], _OPEN, ["OR", *inside]], _BETWEEN)
        if isinstance(rows, Failed):
            return rows
        found: dict[tuple[int, str], Decimal] = {}
        for row in rows.result:
            for key in _directions(row):
                found[key] = found.get(key, Decimal(0)) + (number_of(row["internal_quantity"]) or Decimal(0))
        return found

    def _observed(
        self, row: Row, warehouse: Row, moves: Mapping[tuple[int, str], Decimal], level: Decimal | None
    ) -> Observation:
        fields: dict[str, Value] = {
            "product": Reference(self._settings.name, "product", str(row["id"])),
            "location": name_of(warehouse),
            "on_hand": number_of(row["quantity"] or 0),
            "reserved": moves.get((row["id"], "reserved"), Decimal(0)),
            "incoming": moves.get((row["id"], "incoming"), Decimal(0)),
            "reorder_level": level,
        }
        return Observation(self._settings.name, "stock", Place(row["id"], warehouse["id"]).id, fields)

    def _search(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        limit: int | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Ended:
        wanted = {**EVERY, **(context or {})}
        return self._rpc.call(model, "search_read", domain, 0, limit, [["id", "ASC"]], list(fields), context=wanted)


def _directions(row: Row) -> list[tuple[int, str]]:
    found = []
    if inner(row, "to_location").get("type") == "customer":
        found.append((row["product"], "reserved"))
    if inner(row, "from_location").get("type") == "supplier":
        found.append((row["product"], "incoming"))
    return found
