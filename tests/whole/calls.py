"""What the catalog declares that a partner is called."""

from __future__ import annotations

from collections.abc import Mapping

from shared.connectors.catalog import CONNECTORS
from shared.connectors.integration import load
from tests.whole.running import Whole


def declared(whole: Whole, system: str, entity: str) -> Mapping[str, int]:
    """The calls per batch that the catalog declares for a system of this installation."""
    connection = load(whole.config).connections[system]
    return CONNECTORS[connection.connector].entities(connection.settings)[entity].calls
