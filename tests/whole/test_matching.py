"""A deal in the CRM is told what it gets, on the deployed template: by stock, supply, reservations, with alerts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from local.crm.client import CrmClient
from local.crm.running import SampleCrm
from operate.command import main
from tests.whole.describing import sample_crm, written
from tests.whole.running import Whole, running

pytestmark = pytest.mark.whole_stack

HOUSE = """
[systems.house]
connector = "push"
side = "supply_chain"
[systems.house.entities.product]
shows = ["sku", "name", "lead_time_days"]
[systems.house.entities.stock]
shows = ["product", "location", "on_hand", "reorder_level"]
[systems.house.entities.supplier]
shows = ["number", "name"]
[systems.house.entities.purchase_order]
shows = ["number", "supplier", "status", "expected_at", "lines[]", "lines[].product", "lines[].quantity"]
[entities.opportunity]
systems = ["crm"]
[entities.purchase_order]
systems = ["house"]
[entities.product]
owner = "house"
"""


@pytest.fixture
def whole(crm_server: SampleCrm, crm: CrmClient, tmp_path: Path) -> Iterator[Whole]:
    del crm
    config = written(tmp_path, sample_crm("crm", "crm", crm_server.url), HOUSE)
    with running(config, {"crm": crm_server.secret()}) as made:
        yield made


def tell(whole: Whole, place: str, revision: int, **fields: str) -> None:
    """The house tells a record."""
    headers = {"authorization": f"Bearer {whole.stack.token}"}
    url = f"{whole.stack.api}/systems/house/{place}"
    told = {name.replace("__", "."): value for name, value in fields.items()}
    answer = requests.put(url, json={"fields": told, "revision": revision}, headers=headers, timeout=20)
    assert answer.status_code == 200, answer.text


def told(whole: Whole) -> list[str]:
    """The subjects of what people were told."""
    return [each["subject"] for each in whole.stack.notices()]


def tandem(whole: Whole, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """Run a verb with --json."""
    code = main(["--target", whole.target, *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def stock(whole: Whole, revision: int, on_hand: int) -> None:
    tell(whole, "stock/s1", revision, product="p1", location="WH", on_hand=str(on_hand), reorder_level="3")
    whole.settle()


def test_a_deal_is_told_what_it_gets_and_each_change_of_it_once(
    whole: Whole, crm: CrmClient, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(whole, "product/p1", 1, sku="tea", name="Tea")
    whole.settle()
    stock(whole, 1, 10)
    (tea,) = crm.all("products")
    ann = crm.create("customers", {"name": "Ann", "email": "ann@x.example"})
    items = [{"product_id": tea["id"], "qty": "6", "unit_price": "2"}]
    deal = crm.create("deals", {"title": "Spring", "customer_id": ann["id"], "stage": "proposal", "items": items})
    whole.settle()
    assert crm.get("deals", deal["id"])["promise_text"] == "available now"

    stock(whole, 2, 2)
    assert crm.get("deals", deal["id"])["promise_text"] == "short by 4"
    assert told(whole) == ["tea is low"]

    tell(whole, "product/p1", 2, sku="tea", name="Tea", lead_time_days="12")
    whole.settle()
    assert crm.get("deals", deal["id"])["promise_text"] == "short by 4; 12 days to get more"
    assert main(["--target", whole.target, "matching", f"crm:{deal['id']}"]) == 0
    assert "if ordered today" in capsys.readouterr().out

    day = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    tell(whole, "supplier/v1", 1, number="V-1", name="Tea Co")
    line = {"lines[1]": "true", "lines[1].product": "p1", "lines[1].quantity": "5"}
    about = {"number": "P-1", "supplier": "v1", "status": "placed", "expected_at": f"{day}T00:00:00+00:00"}
    tell(whole, "purchase_order/b1", 1, **about, **line)
    whole.settle()
    found = crm.get("deals", deal["id"])
    assert (found["promise_text"], found["promise_date"]) == (f"available on {day}", day)

    code, answer = tandem(whole, capsys, "matching", "Spring")
    assert code != 0, answer
    code, answer = tandem(whole, capsys, "matching", f"crm:{deal['id']}")
    assert (code, answer["answer"]) == (0, f"available on {day}")
    assert [(part["quantity"], part["source"]) for part in answer["items"][0]["gets"]] == [("2", ""), ("4", "P-1")]

    code, made = tandem(whole, capsys, "reserve", "basket 7", "--line", "tea=2", "--id", "r1")
    assert (code, made["reservation"]["state"]) == (0, "open")
    whole.settle()
    assert crm.get("deals", deal["id"])["promise_text"] == "short by 1; 12 days to get more"
    code, refused = tandem(whole, capsys, "reserve", "basket 8", "--line", "tea=1")
    assert code == 1, refused
    assert tandem(whole, capsys, "release", "r1")[0] == 0
    whole.settle()

    tell(whole, "purchase_order/b1", 2, **{**about, "status": "received"}, **line)
    stock(whole, 3, 7)
    found = crm.get("deals", deal["id"])
    assert (found["promise_text"], found["promise_date"]) == ("available now", None)
    assert told(whole) == ["tea is low"]

    version = crm.get("deals", deal["id"])["version"]
    whole.settle(reconcile=True)
    assert crm.get("deals", deal["id"])["version"] == version, "what is said is not said again"

    crm.change("deals", deal["id"], {"promise_text": "tomorrow!"})
    whole.settle()
    assert crm.get("deals", deal["id"])["promise_text"] == "available now", "nobody else says what is promised"
    assert not whole.stack.permissions.denied
