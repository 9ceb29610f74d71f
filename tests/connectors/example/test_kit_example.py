"""The connector kit on the example: its whole description for the kit, and the one line that binds it."""

from __future__ import annotations

from shared.connectors.http_secrets import ReadSecret
from shared.core.observations import Next
from tests.connectors.example.connector import CAPABILITIES, ExampleSettings, ExampleSystem, connect
from tests.connectors.fakes.base import LYING_PAGE, REPEATS_CURSOR, Given
from tests.connectors.fakes.rest import RestFake
from tests.kit.connector_kit import ConnectorKit
from tests.kit.kit_bench import CUSTOMER, Bench, ErrorCase


def settings(url: str = "http://127.0.0.1:1") -> ExampleSettings:
    """Return the settings of the fake."""
    return ExampleSettings(name="crm", base_url=url)


def connected(url: str, read_secret: ReadSecret) -> ExampleSystem:
    """Return the connected system."""
    return connect(settings(url), read_secret)


EXAMPLE = Bench(
    name="example",
    make_fake=RestFake,
    connect=connected,
    capability=CAPABILITIES.entities(settings())[CUSTOMER],
    secret={"token": "a-live-credential"},
    errors=(
        ErrorCase("taken", Given(409, {"title": "Conflict", "holder_id": "c-9"}), Next.CONFLICT, "write"),
        ErrorCase("not acceptable", Given(422, {"title": "Unprocessable", "field": "name"}), Next.PERMANENT),
        ErrorCase("too many", Given(429), Next.THROTTLED, whole_system=True),
        ErrorCase("unavailable", Given(503), Next.RETRYABLE, whole_system=True),
    ),
    unknown=Given(599),
    tricks=frozenset({LYING_PAGE, REPEATS_CURSOR}),
    unit=1000,
)


class TestExample(ConnectorKit):
    """The example passes the kit."""

    bench = EXAMPLE
