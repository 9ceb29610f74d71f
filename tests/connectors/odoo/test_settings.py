"""What a description must not say, and credentials that are no use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.connectors.integration import load
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


@pytest.mark.parametrize(
    ("address", "more", "at_once"),
    [
        ("https://acme.odoo.com", "", 1),
        ("https://acme.odoo.com", "quota = { concurrent = 0 }", 0),
        ("https://erp.example.com", "", 0),
        ("https://odoo.com.example.net", "", 0),
    ],
)
def test_odoo_online_has_one_caller_at_a_time_unless_told_otherwise(
    address: str, more: str, at_once: int, tmp_path: Path
) -> None:
    file = tmp_path / "integration.toml"
    file.write_text(
        f"""
[systems.erp]
connector = "odoo"
side = "supply_chain"
base_url = "{address}"
database = "erp"
{more}
[systems.shop]
connector = "rest"
side = "crm"
base_url = "https://shop.example.com"
[systems.shop.entities.customer]
path = "/customers"
fields = {{ name = "name" }}
"""
    )

    assert load(file).connections["erp"].quota.concurrent == at_once


def test_an_address_that_is_none_allows_what_any_odoo_does() -> None:
    assert CAPABILITIES.allows_at("https://[odoo.com") is None
