"""A small trade for the business uses: products, stocks, customers, orders, deals, shipments, and what suppliers bring,
told to fan_out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from shared.core.decisions import Cause
from shared.core.keys import match_keys
from shared.core.records import Field, Link, Record, Tombstone
from shared.core.values import Value
from shared.flows.fan_out import Image, fan_out
from shared.ports.stores import Holder
from tests.kit.builders import a_record
from tests.kit.clock import START
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World

EARTHLY = ("stock", "shipment", "opportunity", "supplier", "purchase_order")
SEEN = Cause("absorb", "crm", at=START)


def trading_world() -> World:
    """Return an empty world that keeps all that is bought and sold in step."""
    kept = [rules_of(entity) for entity in ("customer", "product", "order")]
    more = [replace(rules_of("product"), entity=entity, identity=()) for entity in EARTHLY]
    return World(integration_of(*kept, *more))


class Trade:
    """Records of a trade; every write goes to the stream's consumer at once, unless told otherwise."""

    def __init__(self, world: World | None = None) -> None:
        """Begin without records."""
        self.world = world or trading_world()

    def write(self, record: Record, *, is_told: bool = True) -> Image:
        """Keep a record as it is and tell fan_out of it."""
        held = self.world.memory.records.held
        image = Image(held.get(record.id), record, SEEN)
        held[record.id] = record
        rules = self.world.integration.entities[record.entity]
        for key in match_keys(record, rules):
            self.world.memory.identities.holding[key] = Holder(record.id)
        if is_told:
            self.tell(image)
        return image

    def tell(self, *images: Image) -> None:
        """Tell fan_out of writes."""
        fan_out(self.world.parts, images)

    def change(self, record: Record, *, is_told: bool = True, **fields: Value) -> Image:
        """Give a record other values (`status=…`; `lines_a_shipped` stays as it is written) and keep it."""
        return self.write(changed(self.world.memory.records.held[record.id], fields), is_told=is_told)

    def product(self, sku: str = "tea", /, **fields: Value) -> Record:
        """Keep a product."""
        return self._new("product", sku, {"sku": sku, "name": sku.title(), **fields})

    def stock(self, product: Record, on_hand: int | None = 10, location: str = "WH", /, **fields: Value) -> Record:
        """Keep a stock of a product."""
        count: dict[str, Value] = {} if on_hand is None else {"on_hand": Decimal(on_hand)}
        where = f"{product.value('sku')}@{location}"
        return self._new("stock", where, {"product": product.id, "location": location, **count, **fields})

    def customer(self, name: str = "ann", /, links: Mapping[str, Link] | None = None, **fields: Value) -> Record:
        """Keep a customer."""
        return self._new("customer", name, {"name": name.title(), "email": f"{name}@x.example", **fields}, links)

    def order(self, number: str, product: Record | None, quantity: int = 1, /, **fields: Value) -> Record:
        """Keep an order of one product, placed a day ago."""
        line: dict[str, Value] = {}
        if product is not None:
            line = {"lines[a]": True, "lines[a].product": product.id, "lines[a].quantity": Decimal(quantity)}
        placed: dict[str, Value] = {"status": "placed", "placed_at": days(-1)}
        return self._new("order", number, {"number": number, **placed, **line, **fields})

    def deal(self, name: str, product: Record, quantity: int = 1, /, **fields: Value) -> Record:
        """Keep a deal about one product."""
        line: dict[str, Value] = {"lines[a]": True, "lines[a].product": product.id}
        about: dict[str, Value] = {"name": name, "status": "proposal", "lines[a].quantity": Decimal(quantity)}
        return self._new("opportunity", name, {**about, **line, **fields})

    def now(self, record: Record) -> Record:
        """Return a record as it stands."""
        return self.world.memory.records.held[record.id]

    def shipment(self, number: str, order: Record, product: Record, quantity: int = 1, /, **fields: Value) -> Record:
        """Keep a shipment that has left an hour ago."""
        line: dict[str, Value] = {"lines[a]": True, "lines[a].product": product.id}
        left: dict[str, Value] = {"status": "shipped", "shipped_at": START - timedelta(hours=1)}
        about: dict[str, Value] = {"number": number, "order": order.id, "lines[a].quantity": Decimal(quantity)}
        return self._new("shipment", number, {**about, **left, **line, **fields})

    def supplier(self, name: str = "exotic", /, **fields: Value) -> Record:
        """Keep a supplier."""
        return self._new("supplier", name, {"number": name, "name": name.title(), **fields})

    def purchase(self, number: str, product: Record, quantity: int = 1, /, **fields: Value) -> Record:
        """Keep a purchase order of one product, placed a day ago."""
        line: dict[str, Value] = {
            "lines[a]": True,
            "lines[a].product": product.id,
            "lines[a].quantity": Decimal(quantity),
        }
        placed: dict[str, Value] = {"number": number, "status": "placed", "placed_at": days(-1)}
        return self._new("purchase_order", number, {**placed, **line, **fields})

    def end(self, record: Record) -> Image:
        """Let a record's life end."""
        held = self.world.memory.records.held[record.id]
        return self.write(replace(held, version=held.version + 1, tombstone=Tombstone("crm", START)))

    def _new(
        self, entity: str, id_: str, fields: Mapping[str, Value], links: Mapping[str, Link] | None = None
    ) -> Record:
        record = a_record(id_, entity=entity, fields=fields, links=links)
        self.write(record)
        return record


def changed(record: Record, fields: Mapping[str, Value]) -> Record:
    """Return a record with other values, one version on."""
    version = record.version + 1
    new = {path: Field(value, "crm", START, version) for path, value in fields.items()}
    return replace(record, version=version, fields={**record.fields, **new})


def days(ahead: float) -> datetime:
    """Return the moment so many days from now."""
    return START + timedelta(days=ahead)
