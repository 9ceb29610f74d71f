"""A fake Odoo, the connector that is connected to it, and an order that stands there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.connectors.odoo import connect
from shared.connectors.odoo.system import OdooSystem
from shared.core.observations import Stored
from tests.connectors.fakes.base import serving
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.odoo.orders_bench import an_order
from tests.connectors.odoo_bench import SECRET, settings


@pytest.fixture
def odoo() -> Iterator[OdooFake]:
    fake = OdooFake()
    with serving(fake):
        yield fake
    assert fake.problems == []


@pytest.fixture
def system(odoo: OdooFake) -> Iterator[OdooSystem]:
    made = connect(settings(odoo.url), lambda _name: dict(SECRET))
    yield made
    made.close()


@pytest.fixture
def placed(odoo: OdooFake, system: OdooSystem) -> str:
    answer = system.write("order", [an_order(odoo.put("Acme"), odoo.enter("product.product", name="Nut"))])[0]
    assert isinstance(answer, Stored), answer
    return answer.external_id
