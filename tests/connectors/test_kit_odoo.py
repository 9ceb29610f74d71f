"""The connector kit on Odoo: partners of a fake that is shaped by its documentation, over both interfaces."""

from __future__ import annotations

from functools import partial

from shared.connectors.odoo import CAPABILITIES
from shared.core.observations import Next
from tests.connectors.fakes.base import Given
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.fakes.odoo_models import fault
from tests.connectors.odoo_bench import RPC_SECRET, SECRET, connected, connected_by_rpc, settings
from tests.kit.connector_kit import ConnectorKit
from tests.kit.kit_bench import CUSTOMER, Bench, ErrorCase

CLASSES = {
    "odoo.exceptions.AccessError": Next.PERMANENT,
    "odoo.exceptions.UserError": Next.PERMANENT,
    "odoo.exceptions.ValidationError": Next.PERMANENT,
    "odoo.exceptions.RedirectWarning": Next.PERMANENT,
    "odoo.exceptions.MissingError": Next.CONFLICT,
    "odoo.exceptions.LockError": Next.RETRYABLE,
    "werkzeug.exceptions.BadRequest": Next.PERMANENT,
    "werkzeug.exceptions.NotFound": Next.PERMANENT,
    "werkzeug.exceptions.UnprocessableEntity": Next.PERMANENT,
    "builtins.TypeError": Next.PERMANENT,
    "builtins.ValueError": Next.PERMANENT,
    "psycopg2.errors.UniqueViolation": Next.PERMANENT,
    "psycopg2.OperationalError": Next.RETRYABLE,
    "psycopg2.errors.DeadlockDetected": Next.RETRYABLE,
    "psycopg2.errors.LockNotAvailable": Next.RETRYABLE,
    "psycopg2.errors.SerializationFailure": Next.RETRYABLE,
}
OF_BOTH = (
    ErrorCase("too many", Given(429), Next.THROTTLED, whole_system=True),
    ErrorCase("fault", Given(500), Next.RETRYABLE),
    ErrorCase("unavailable", Given(503), Next.RETRYABLE, whole_system=True),
)


def errors(*, rpc: bool) -> tuple[ErrorCase, ...]:
    """Return the documented errors as an interface tells them."""
    own = [ErrorCase(name, fault(name, rpc=rpc), what, whole_system=False) for name, what in CLASSES.items()]
    denied = fault("odoo.exceptions.AccessDenied", rpc=rpc)
    return (*own, ErrorCase("denied", denied, Next.AUTH, whole_system=True), *OF_BOTH)


SESSION = {"jsonrpc": "2.0", "id": 1, "error": {"code": 100, "message": "Odoo Session Expired", "data": {}}}

JSON2 = Bench(
    name="odoo",
    make_fake=OdooFake,
    connect=connected,
    capability=CAPABILITIES.entities(settings())[CUSTOMER],
    secret=SECRET,
    errors=errors(rpc=False),
    unknown=fault("somebody.exceptions.NewError"),
    overlap_seconds=300,
    page_size=500,
    echoes=partial(fault, "odoo.exceptions.UserError"),
)
JSON_RPC = Bench(
    name="odoo by JSON-RPC",
    make_fake=partial(OdooFake, rpc=True),
    connect=connected_by_rpc,
    capability=CAPABILITIES.entities(settings())[CUSTOMER],
    secret=RPC_SECRET,
    errors=(*errors(rpc=True), ErrorCase("session", Given(200, SESSION), Next.AUTH, whole_system=True)),
    unknown=fault("somebody.exceptions.NewError", rpc=True),
    overlap_seconds=300,
    page_size=500,
    echoes=partial(fault, "odoo.exceptions.UserError", rpc=True),
)


class TestOdoo(ConnectorKit):
    """Odoo from 19 on passes the kit."""

    bench = JSON2


class TestOdooByRpc(ConnectorKit):
    """Odoo before 19 passes the kit."""

    bench = JSON_RPC
