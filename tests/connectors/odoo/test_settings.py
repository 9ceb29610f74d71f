"""What a description must not say, and credentials that are no use."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.connectors.odoo import CAPABILITIES, OdooSettings, connect
from shared.core.observations import Next, Trouble
from tests.connectors.fakes.base import serving
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.odoo_bench import settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"interface": "jsonrpc", "database": ""},
        {"entities": {"supplier": {}}},
        {"entities": {"order": {"fields": {"lines[]": "here"}}}},
        {"page_size": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OdooSettings.model_validate({"name": "erp", "base_url": "https://erp.example.com", **wrong})


def test_json_rpc_needs_a_user_name_besides() -> None:
    assert CAPABILITIES.credentials(settings()) == ("api_key",)
    assert CAPABILITIES.credentials(settings(interface="jsonrpc")) == ("username", "api_key")


def test_a_wrong_user_name_or_no_key_trips_the_system() -> None:
    fake = OdooFake(rpc=True)
    with serving(fake):
        for secret in ({"username": "nobody", "api_key": "a-live-credential"}, {"username": "sync"}):
            system = connect(settings(fake.url, interface="jsonrpc"), {"erp": secret}.__getitem__)
            trouble = system.list("customer", None)
            system.close()
            assert isinstance(trouble, Trouble)
            assert (trouble.next, trouble.whole_system) == (Next.AUTH, True)
    assert len(fake.log) == 1
