"""A third system joins by integration.toml and a secret alone: no code, no change of the template."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from local.crm.client import CrmClient
from local.crm.running import SampleCrm
from tests.whole.describing import sample_crm
from tests.whole.running import Whole, signed
from tests.whole.trading import change_customer, disagreements, enter_customers

pytestmark = pytest.mark.whole_stack


@pytest.fixture(scope="module")
def shop_server() -> Iterator[SampleCrm]:
    """A shop, which nobody has told Tandem of."""
    with SampleCrm() as server:
        yield server


def join(whole: Whole, shop: SampleCrm) -> None:
    """Let the shop join while the stack runs: its description, its secret, and that is all."""
    described = whole.config.read_text(encoding="utf-8") + sample_crm("shop", "crm", shop.url)
    whole.config.write_text(described, encoding="utf-8")
    whole.stack.client("secretsmanager").create_secret(Name="tandem/shop", SecretString=json.dumps(shop.secret()))


def test_a_shop_joins_gets_everything_and_its_edits_come_back_to_the_others(
    whole: Whole, crm: CrmClient, erp: CrmClient, shop_server: SampleCrm
) -> None:
    enter_customers(crm, range(1, 6))
    whole.settle()
    join(whole, shop_server)

    with shop_server.client() as shop:
        whole.settle(reconcile=True)
        assert len(shop.all("customers")) == 5
        assert disagreements(crm, shop) == []

        change_customer(shop, 2, "phone", "22")
        enter_customers(shop, [7])
        changed = next(row for row in shop.all("customers") if row["number"] == "C3")
        body = json.dumps({"type": "customer.updated", "data": {"resource": "customers", **changed}}).encode()
        assert whole.post("shop", body, signed(shop_server.webhook_secret, body)).status_code == 200
        whole.settle()

        assert [row["phone"] for row in erp.all("customers", "number=C2")] == ["22"]
        assert disagreements(crm, shop) == disagreements(crm, erp) == []
        assert len(erp.all("customers")) == 6
