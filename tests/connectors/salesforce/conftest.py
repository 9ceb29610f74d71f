"""A fake org, and the connector that is connected to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.connectors.salesforce.system import SalesforceSystem
from tests.connectors.fakes.base import serving
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.salesforce_bench import SECRET, connected


@pytest.fixture
def fake() -> Iterator[SalesforceFake]:
    """Run an org; no request may break its contract."""
    running = SalesforceFake()
    with serving(running):
        yield running
        assert running.problems == []


@pytest.fixture
def salesforce(fake: SalesforceFake) -> Iterator[SalesforceSystem]:
    """Connect to it."""
    system = connected(fake.url, lambda _name: SECRET)
    yield system
    system.close()
