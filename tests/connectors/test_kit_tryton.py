"""The connector kit on Tryton: customers of a fake that is shaped by the recordings of a real one."""

from __future__ import annotations

from shared.connectors.tryton import CAPABILITIES
from shared.core.observations import Next
from tests.connectors.fakes.base import Given
from tests.connectors.fakes.tryton import TrytonFake
from tests.connectors.tryton_bench import connected, fault, settings
from tests.kit.connector_kit import ConnectorKit
from tests.kit.kit_bench import CUSTOMER, Bench, ErrorCase

ERRORS = (
    ErrorCase("refused", fault("UserError"), Next.PERMANENT),
    ErrorCase("a question", fault("UserWarning"), Next.PERMANENT),
    ErrorCase("changed meanwhile", fault("ConcurrencyException"), Next.CONFLICT),
    ErrorCase("too many logins", fault("RateLimitException"), Next.THROTTLED, whole_system=True),
    ErrorCase("a module is missing", fault("MissingDependenciesException"), Next.PERMANENT),
    ErrorCase("an unknown name", Given(200, {"id": 1, "error": ["'nme'", ""]}), Next.PERMANENT),
    ErrorCase("too many", Given(429), Next.THROTTLED, whole_system=True),
    ErrorCase("fault", Given(500), Next.RETRYABLE),
    ErrorCase("unavailable", Given(503), Next.RETRYABLE, whole_system=True),
)


TRYTON = Bench(
    name="tryton",
    make_fake=TrytonFake,
    connect=connected,
    capability=CAPABILITIES.entities(settings("http://127.0.0.1:1"))[CUSTOMER],
    secret={"username": "somebody", "password": "a-live-password"},
    errors=ERRORS,
    unknown=fault("SomethingNewError"),
    unit=10,
    page_size=200,
    echoes=lambda said: fault("UserError", said),
)


class TestTryton(ConnectorKit):
    """Tryton passes the kit."""

    bench = TRYTON
