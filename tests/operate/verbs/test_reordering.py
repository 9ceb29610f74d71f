"""`tandem reorder-points` as a buyer sees it, and what it asks the API for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from operate.command import main
from tests.operate.stand_in import StandIn, standing

TEA: dict[str, Any] = {
    **{"sku": "tea", "name": "Tea", "on_hand": "4", "on_order": "7", "counted": "11", "weeks": ["0", "3", "6"]},
    **{"per_day": 1.0, "deviation": 0.5, "lead_days": 14.0, "lead_is_known": True, "over_lead_time": "14"},
    **{"safety_stock": "3.08", "reorder_point": "18", "own_level": "12", "is_low": True, "days_of_cover": 4.0},
    **{"suggested": "31", "because": "1.00 a day", "product": "p1", "committed": "2"},
}
CUP = {**TEA, "sku": "cup", "name": "Cup", "is_low": False, "days_of_cover": None, "suggested": None}


def told(query: Mapping[str, str]) -> dict[str, Any]:
    """Return one product a page."""
    is_last = query.get("next") == "more"
    span = {"first": "2026-08-25", "last": "2026-11-22", "service_level": 0.98}
    return {"ok": True, "items": [CUP if is_last else TEA], "next": None if is_last else "more", **span}


@pytest.fixture
def stack() -> Iterator[StandIn]:
    """A stack with two products."""
    with standing(told) as stand_in:
        yield stand_in


def test_a_buyer_sees_what_there_is_what_is_set_what_is_computed_and_what_to_buy(
    stack: StandIn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")

    assert main(["--target", stack.target, "reorder-points"]) == 0

    text = capsys.readouterr().out
    (line,) = (each for each in text.splitlines() if "Tea" in each)
    cells = [cell.strip() for cell in line.replace("│", "|").split("|")]
    assert [cell for cell in cells if cell][:2] == ["tea !", "Tea"]
    assert [cell for cell in cells if cell][3:] == ["4 + 7", "12", "18", "4.0 days", "31"]


def test_only_what_is_low_is_marked_so(stack: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--target", stack.target, "reorder-points", "--next", "more"]) == 0

    text = capsys.readouterr().out
    assert "cup" in text
    assert "!" not in text


def test_what_is_asked_for_is_what_the_api_is_asked(stack: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--until", "2026-11-01", "--days", "30", "--service-level", "0.98", "--lead-days", "5", "--limit", "7"]

    assert main(["--target", stack.target, "reorder-points", *asked, "--next", "more", "--json"]) == 0

    (query,) = stack.asked
    assert query == {
        **{"path": "/reorder-points", "until": "2026-11-01", "days": "30", "service_level": "0.98"},
        **{"lead_days": "5", "limit": "7", "next": "more"},
    }
    assert [each["sku"] for each in json.loads(capsys.readouterr().out)["items"]] == ["cup"]


def test_a_report_is_of_all_pages_and_names_its_terms(
    stack: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.html"

    assert main(["--target", stack.target, "reorder-points", "--report", str(report)]) == 0

    page = report.read_text(encoding="utf-8")
    assert "Tea" in page
    assert "Cup" in page
    assert "from 2026-08-25 to 2026-11-22, for a service level of 98.0%" in page
    assert "products: 2" in capsys.readouterr().out
    assert [each.get("next") for each in stack.asked] == [None, "more"]


def test_a_report_for_a_program_carries_every_product(
    stack: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verb = ["reorder-points", "--report", str(tmp_path / "report.html"), "--json"]

    assert main(["--target", stack.target, *verb]) == 0

    assert [each["sku"] for each in json.loads(capsys.readouterr().out)["items"]] == ["tea", "cup"]
