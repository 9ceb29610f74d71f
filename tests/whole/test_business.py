"""`tandem availability`, `low-stock` and `customer` on the deployed template: what they ask comes by the stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from operate.command import main
from tests.whole.describing import written
from tests.whole.running import Whole, running

pytestmark = pytest.mark.whole_stack

SYSTEM = """
[systems.NAME]
connector = "push"
side = "SIDE"
[systems.NAME.entities.customer]
shows = ["name", "email"]
[systems.NAME.entities.product]
shows = ["sku", "name"]
[systems.NAME.entities.stock]
shows = ["product", "location", "on_hand", "incoming", "reorder_level"]
[systems.NAME.entities.supplier]
shows = ["number", "lead_time_days"]
[systems.NAME.entities.purchase_order]
shows = ["number", "supplier", "status", "placed_at", "lines[]", "lines[].product", "lines[].quantity"]
[systems.NAME.entities.order]
shows = ["number", "customer", "status", "placed_at", "total", "lines[]", "lines[].product", "lines[].quantity"]
[systems.NAME.entities.shipment]
shows = ["number", "order", "status", "carrier", "tracking", "shipped_at"]
"""
SHOP = SYSTEM.replace("NAME", "shop").replace("SIDE", "crm")
HOUSE = SYSTEM.replace("NAME", "house").replace("SIDE", "supply_chain")
LINE = {"lines[1]": "true", "lines[1].product": "p1", "lines[1].quantity": "8"}


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with running(written(tmp_path, SHOP, HOUSE), {}) as made:
        yield made


def _today(ahead: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat() + "T00:00:00+00:00"


def tell(whole: Whole, place: str, fields: dict[str, str]) -> None:
    """A system tells a record."""
    headers = {"authorization": f"Bearer {whole.stack.token}"}
    url = f"{whole.stack.api}/systems/{place}"
    answer = requests.put(url, json={"fields": fields, "revision": 1}, headers=headers, timeout=20)
    assert answer.status_code == 200, answer.text


def tandem(whole: Whole, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """Run a verb with --json."""
    code = main(["--target", whole.target, *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_what_is_sold_is_not_available_what_is_low_is_listed_and_the_customer_knows_the_order(
    whole: Whole, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tell(whole, "house/product/p1", {"sku": "tea", "name": "Tea"})
    whole.settle()
    count = {"product": "p1", "location": "WH", "on_hand": "5", "incoming": "0", "reorder_level": "5"}
    tell(whole, "house/stock/s1", count)
    tell(whole, "shop/customer/c1", {"name": "Ann", "email": "ann@x.example"})
    tell(whole, "shop/product/p1", {"sku": "tea", "name": "Tea"})
    whole.settle()
    sold = {"number": "O-1", "customer": "c1", "status": "placed", "placed_at": _today(), "total": "10.50", **LINE}
    tell(whole, "shop/order/o1", sold)
    whole.settle()

    code, found = tandem(whole, capsys, "availability", "tea", "--quantity", "1")
    assert code == 0
    assert (found["on_hand"], found["available"], found["balance"], found["committed"]) == ("5", "0", "-3", "8")
    assert found["promise"]["day"] is None
    code, low = tandem(whole, capsys, "low-stock")
    assert (code, [(line["sku"], line["location"]) for line in low["items"]]) == (0, [("tea", "WH")])
    code, ann = tandem(whole, capsys, "customer", "ann@x.example")
    assert (code, [(order["number"], order["is_open"]) for order in ann["items"]]) == (0, [("O-1", True)])
    assert [(each["system"], each["external_id"]) for each in ann["systems"]][-1] == ("shop", "c1")

    said = []
    for verb in (("availability", "tea", "--quantity", "1"), ("low-stock",), ("customer", "ann@x.example")):
        assert main(["--target", whole.target, *verb]) == 0
        said.append(" ".join(capsys.readouterr().out.split()))
    assert "short by 1" in said[0]
    assert "tea" in said[1]
    assert "O-1" in said[2]

    code, every = tandem(whole, capsys, "availability")
    assert (code, [(each["sku"], each["balance"]) for each in every["items"]]) == (0, [("tea", "-3")])
    assert main(["--target", whole.target, "availability"]) == 0
    assert "tea" in capsys.readouterr().out
    assert tandem(whole, capsys, "availability", "--quantity", "1")[0] == 2

    placed = {"status": "placed", "placed_at": _today(), "lines[1]": "true", "lines[1].product": "p1"}
    tell(whole, "house/supplier/x1", {"number": "X-1", "lead_time_days": "7"})
    tell(whole, "house/purchase_order/b1", {"number": "B-1", "supplier": "x1", "lines[1].quantity": "9", **placed})
    whole.settle()
    _, found = tandem(whole, capsys, "availability", "tea", "--quantity", "6")
    assert (found["on_order"], found["lead_time_days"], found["promise"]["day"]) == ("9", 7, _today(7)[:10])
    assert main(["--target", whole.target, "availability", "tea", "--quantity", "16"]) == 0
    assert "not yet ordered: 10 could come on" in capsys.readouterr().out

    assert tandem(whole, capsys, "availability", "nothing")[0] == 1
    assert tandem(whole, capsys, "availability", "tea", "--quantity", "many")[0] == 2

    report = tmp_path / "buying.html"
    until = ("--until", _today()[:10])
    code, points = tandem(whole, capsys, "reorder-points", *until, "--report", str(report))
    assert (code, [(each["sku"], each["own_level"], each["lead_days"]) for each in points["items"]]) == (
        0,
        [("tea", "5", 7)],
    )
    assert "<svg" in report.read_text(encoding="utf-8")
    assert main(["--target", whole.target, "reorder-points", *until]) == 0
    assert "█" in capsys.readouterr().out
    assert main(["--target", whole.target, "reorder-points", "--report", str(report)]) == 0
    assert "buying.html" in capsys.readouterr().out
