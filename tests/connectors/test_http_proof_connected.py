"""Every connector that sends a credential with each call lets one caller try it before all use it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from shared.connectors import espocrm, hubspot, odoo, rest
from shared.core.observations import Next, Trouble
from shared.ports.stores import SystemStatus
from tests.connectors import espocrm_bench, hubspot_bench, odoo_bench, rest_bench
from tests.connectors.fakes.base import Fake, serving
from tests.connectors.fakes.espocrm import EspoFake
from tests.connectors.fakes.hubspot import HubSpotFake
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.fakes.rest import RestFake
from tests.kit.clock import FakeClock
from tests.kit.memory import MemoryStates
from tests.kit.tokens import MemoryTokens

WRONG = {"username": "sync", "token": "a-wrong-one", "api_key": "a-wrong-one"}


@pytest.mark.parametrize(
    ("make_fake", "settings", "connect"),
    [
        (EspoFake, espocrm_bench.settings, espocrm.connect),
        (HubSpotFake, hubspot_bench.settings, hubspot.connect),
        (OdooFake, odoo_bench.settings, odoo.connect),
        (partial(OdooFake, rpc=True), partial(odoo_bench.settings, interface="jsonrpc"), odoo.connect),
        (RestFake, rest_bench.settings, rest.connect),
    ],
    ids=["espocrm", "hubspot", "odoo", "odoo by JSON-RPC", "rest"],
)
def test_the_first_call_with_a_wrong_credential_trips_the_system_for_everybody(
    make_fake: Callable[[], Fake], settings: Callable[[str], Any], connect: Callable[..., Any]
) -> None:
    clock, states = FakeClock(), MemoryStates()
    tokens = MemoryTokens(states, clock)
    fake = make_fake()
    with serving(fake), closing(connect(settings(fake.url), lambda _name: WRONG, None, tokens, clock)) as system:
        before = len(fake.log)
        trouble = system.changed_since("customer", None)

    assert isinstance(trouble, Trouble)
    assert trouble.next is Next.AUTH
    assert (len(fake.log) - before, tokens.logins) == (1, 1)
    assert states.state(system.name).status is SystemStatus.TRIPPED
