"""One Odoo as the connector port wants it: a reader and a writer per entity, over one interface."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.connectors.entity_system import EntitySystem, Reads, Writes
from shared.connectors.http import Http
from shared.connectors.mapping import Habits
from shared.connectors.odoo.api import Api, Interface, Json2, JsonRpc
from shared.connectors.odoo.bodies import Bodies
from shared.connectors.odoo.completing import Completing
from shared.connectors.odoo.lookups import Lookups
from shared.connectors.odoo.reading import Reader
from shared.connectors.odoo.settings import STOCK, OdooSettings
from shared.connectors.odoo.stock import Stock
from shared.connectors.odoo.subject import Subject
from shared.connectors.odoo.writing import Writer
from shared.core.entities import Kind

if TYPE_CHECKING:
    from shared.connectors.odoo.inspection import OdooInspector

A_MOMENT = ("2000-01-01 00:00:00", datetime(2000, 1, 1, tzinfo=UTC))
"""How Odoo writes times, for fields that it has not shown yet."""


class OdooSystem(EntitySystem):
    """A reader and a writer per entity, over one session."""

    def __init__(self, settings: OdooSettings, http: Http, interface: Interface) -> None:
        api = Api(interface, settings.context, settings.page_size)
        lookups = Lookups(api)
        readers: dict[str, Reads] = {}
        writers: dict[str, Writes] = {}
        for entity in settings.mapped:
            subject = _subject(settings, entity)
            completing = Completing(api, subject, lookups)
            reader = Reader(api, subject, completing)
            readers[entity] = reader
            writers[entity] = Writer(api, reader, completing, Bodies(subject, lookups), settings.batch_size)
        if STOCK in settings.names:
            stock = Stock(api, settings.name, timedelta(seconds=settings.overlap_seconds))
            readers[STOCK], writers[STOCK] = stock, stock
        super().__init__(settings.name, http, readers, writers)
        self._settings = settings

    def inspector(self) -> OdooInspector:
        """Return what asks this Odoo how it is set up."""
        from shared.connectors.inspecting import Watched
        from shared.connectors.odoo.inspection import OdooInspector

        http = Watched.apart(self._http)
        is_rpc = self._settings.interface == "jsonrpc"
        database = self._settings.database
        return OdooInspector(self._settings, http, JsonRpc(http, database) if is_rpc else Json2(http, database))


def _subject(settings: OdooSettings, entity: str) -> Subject:
    habits = Habits()
    mapping = settings.mapping(entity)
    for each in (*mapping.plain, *(inner for every in mapping.collections for inner in every.fields)):
        if each.kind is Kind.MOMENT and each.format is None:
            habits.note(entity, each.ours, *A_MOMENT)
        elif each.kind is Kind.REFERENCE:
            habits.note(entity, each.ours, 1)
    return Subject(
        system=settings.name,
        entity=entity,
        given=settings.entity(entity),
        mapping=mapping,
        overlap=timedelta(seconds=settings.overlap_seconds),
        habits=habits,
        delivery_status=settings.delivery_status if entity == "order" else "",
    )
