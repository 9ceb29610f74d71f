"""What the tests of Odoo share: an order, and what reads, polls and the log show."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shared.connectors.odoo.system import OdooSystem
from shared.core.commands import Create
from shared.core.observations import Observation, Trouble
from shared.core.values import Reference
from shared.ports.system import Page
from tests.connectors.fakes.base import START
from tests.connectors.fakes.odoo import OdooFake


def fetched(system: OdooSystem, entity: str, record: object) -> Observation:
    found = system.fetch(entity, [str(record)])
    assert not isinstance(found, Trouble), found
    shown = found[str(record)]
    assert isinstance(shown, Observation), shown
    return shown


def polled(system: OdooSystem, entity: str, cursor: str | None = None) -> tuple[list[str], str | None]:
    ids: list[str] = []
    while True:
        page = system.changed_since(entity, cursor)
        assert isinstance(page, Page), page
        ids += [*(each.external_id for each in page.observations), *page.ids]
        cursor = page.next_cursor
        if not page.more:
            return ids, cursor


def an_order(partner: object, product: object, **fields: Any) -> Create:
    return Create(
        "order-1",
        {
            "number": "W-1",
            "customer": Reference("erp", "customer", str(partner)),
            "placed_at": START,
            "lines[a]": True,
            "lines[a].product": Reference("erp", "product", str(product)),
            "lines[a].quantity": Decimal("2.5"),
            "lines[a].unit_price": Decimal("9.95"),
            "lines[a].discount": Decimal("0.1"),
            **fields,
        },
    )


def methods(odoo: OdooFake) -> list[str]:
    called = [each.path.rpartition("/")[2] for each in odoo.log]
    return [method for method in called if method != "search_read"]
