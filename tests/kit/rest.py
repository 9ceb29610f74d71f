"""A REST connector for a test: described in a line or two, connected to a server of the kit, closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from shared.connectors.rest import RestSettings, connect
from shared.connectors.rest.system import RestSystem
from tests.kit.rest_server import Manners, Record, RestServer, serving

CUSTOMER = {"name": "name", "email": "email", "phone": "phone"}
ORDER = {
    "number": "number",
    "customer": "customer_id -> customer",
    "status": {"path": "state", "values": {"placed": "open", "cancelled": "void"}},
    "lines[]": "items[].id",
    "lines[].product": "items[].product_id -> product",
    "lines[].quantity": "items[].qty",
}
ALL = ["list", "read", "create", "update", "archive"]
COUNTED = {"field": "version", "kind": "counter"}


def a_customer(**keys: Any) -> dict[str, Any]:
    """Return the table of customers, with what the test wants otherwise."""
    return {"path": "/api/v1/customers", "can": ALL, "fields": CUSTOMER, **keys}


def an_order(**keys: Any) -> dict[str, Any]:
    """Return the table of orders, with what the test wants otherwise."""
    return {"path": "/api/v1/orders", "can": ALL, "fields": ORDER, **keys}


def a_description(url: str = "http://127.0.0.1:1", **keys: Any) -> RestSettings:
    """Return the settings of a system that has customers, unless the test says otherwise."""
    return RestSettings.model_validate({"name": "crm", "base_url": url, "entities": {"customer": a_customer()}, **keys})


@contextmanager
def connected(
    url: str, *, secret: Mapping[str, str] | None = None, deadline: Callable[[], float] | None = None, **keys: Any
) -> Iterator[RestSystem]:
    """Connect the system at an address, with settings as the test wants them."""
    named = {"secret": "crm", **keys} if secret is not None else keys
    system = connect(a_description(url, **named), lambda _: secret or {}, deadline)
    try:
        yield system
    finally:
        system.close()


@contextmanager
def a_system(
    manners: Manners | None = None, entities: Mapping[str, Any] | None = None, **records: list[Record]
) -> Iterator[tuple[RestSystem, RestServer]]:
    """Run a server with these records and connect a system to it."""
    with (
        serving(manners, **records) as server,
        connected(server.url, entities=entities or {"customer": a_customer()}) as system,
    ):
        yield system, server
