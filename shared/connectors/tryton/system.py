"""One Tryton as the port sees it: each entity has its reader, and a writer where it can be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from shared.connectors.http import Http
from shared.connectors.tryton import customers, orders, products, purchases, shipments, suppliers
from shared.connectors.tryton.custom import Custom
from shared.connectors.tryton.lookups import Lookups
from shared.connectors.tryton.order_writer import OrderWriter
from shared.connectors.tryton.reading import Cursor, Reader, View, cursor_of
from shared.connectors.tryton.rpc import Rpc
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.stock import StockReader
from shared.core.commands import Archive, Command, Create, Update
from shared.core.observations import Answer, Invalid, Next, Observation, Refused, Shown, Trouble
from shared.ports.clock import Clock
from shared.ports.system import Key, Listing, Page
from shared.ports.tokens import Tokens

if TYPE_CHECKING:
    from shared.connectors.tryton.inspection import TrytonInspector

Answers: TypeAlias = list[Answer]


class Reads(Protocol):
    """What every entity offers."""

    def changed_since(self, cursor: Cursor) -> Page | Trouble:
        """Return a page of what changed since the cursor."""

    def list(self, after: int) -> Listing | Trouble:
        """Return a page of all records after an id."""

    def fetch(self, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown for each id."""

    def find(self, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation, ...]] | Trouble:
        """Return the live records that show each key."""


class Writes(Protocol):
    """What an entity offers that can be written."""

    def create(self, commands: Sequence[Create]) -> list[Answer]:
        """Make records."""

    def update(self, commands: Sequence[Update]) -> list[Answer]:
        """Change records."""

    def archive(self, commands: Sequence[Archive]) -> list[Answer]:
        """End records."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An entity of this Tryton."""

    reads: Reads
    writes: Writes | None = None


class TrytonSystem:
    """The five verbs of the port, over one session."""

    def __init__(self, settings: TrytonSettings, http: Http, tokens: Tokens, clock: Clock) -> None:
        self.name = settings.name
        self._http, self._settings, self._clock = http, settings, clock
        self._subjects = _subjects(settings, Rpc(settings.name, settings.database, http, tokens, clock), clock)

    def inspector(self) -> TrytonInspector:
        """Return what asks this Tryton how it is set up."""
        from shared.connectors.tryton.inspection import TrytonInspector

        return TrytonInspector(self._settings, self._http, self._clock)

    @property
    def calls(self) -> Mapping[str, int]:
        """How many calls were made, by read and write."""
        return self._http.calls

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.close()

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return one page of what changed since a cursor."""
        return self._subjects[entity].reads.changed_since(cursor_of(cursor))

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return one page of all live records."""
        return self._subjects[entity].reads.list(int(cursor or 0))

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return, for every id asked, what is shown now."""
        return self._subjects[entity].reads.fetch(ids) if ids else {}

    def find(self, entity: str, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation | Invalid, ...]] | Trouble:
        """Return, for every key asked, all live records that show it."""
        found = self._subjects[entity].reads.find(keys) if keys else {}
        return found if isinstance(found, Trouble) else dict(found)

    def write(self, entity: str, commands: Sequence[Command]) -> Answers:
        """Carry out commands of one verb; one answer per command, same order."""
        writes = self._subjects[entity].writes
        if writes is None:
            return [Refused(Trouble(Next.PERMANENT, "read-only", f"Tryton makes its {entity} itself"))] * len(commands)
        creates = [each for each in commands if isinstance(each, Create)]
        updates = [each for each in commands if isinstance(each, Update)]
        archives = [each for each in commands if isinstance(each, Archive)]
        answers = [
            *(writes.create(creates) if creates else ()),
            *(writes.update(updates) if updates else ()),
            *(writes.archive(archives) if archives else ()),
        ]
        told = dict(zip(map(id, [*creates, *updates, *archives]), answers, strict=True))
        return [told[id(each)] for each in commands]


def _subjects(settings: TrytonSettings, rpc: Rpc, clock: Clock) -> Mapping[str, Subject]:
    lookups = Lookups(rpc, settings, clock.now)
    known = ("customer", "product", "order", "shipment", "supplier", "purchase_order")
    custom = {entity: Custom(settings.custom(entity)) for entity in known}

    def reader(view: View, own: Custom) -> Reader:
        return Reader(rpc, view, settings.page_size, timedelta(seconds=settings.overlap_seconds), own.fields)

    def parts(entity: str, view: Any) -> tuple[Reader, Custom]:
        return reader(view(settings, custom[entity]), custom[entity]), custom[entity]

    customer, of_customer = parts("customer", customers.view)
    product, of_product = parts("product", products.view)
    order, of_order = parts("order", orders.view)
    shipment, _ = parts("shipment", shipments.view)
    supplier, _ = parts("supplier", suppliers.view)
    purchase_order, _ = parts("purchase_order", purchases.view)
    return {
        "customer": Subject(customer, customers.CustomerWriter(rpc, customer, lookups, settings, of_customer)),
        "product": Subject(product, products.ProductWriter(rpc, product, lookups, settings, of_product)),
        "order": Subject(order, OrderWriter(rpc, order, lookups, settings, of_order)),
        "shipment": Subject(shipment),
        "stock": Subject(StockReader(rpc, lookups, settings, clock)),
        "supplier": Subject(supplier),
        "purchase_order": Subject(purchase_order),
    }
