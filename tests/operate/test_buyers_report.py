"""The buyer's report: one page that needs nothing else, in which nothing of the data is taken for markup."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from typing import Any

import pytest

from operate.buyers_report import page, spark

VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Reads a page: what is open, all text of cells, and every address that it names."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open:
            self.cells[-1] += data


def line(sku: str, **more: Any) -> dict[str, Any]:
    usual = {
        "sku": sku,
        "name": "Tea",
        "on_hand": "4",
        "on_order": "0",
        "counted": "4",
        "weeks": ["0", "3", "6"],
        "per_day": 1.0,
        "deviation": 0.5,
        "lead_days": 14.0,
        "lead_is_known": True,
        "over_lead_time": "14",
        "safety_stock": "3.08",
        "reorder_point": "18",
        "own_level": "10",
        "is_low": False,
        "days_of_cover": 4.0,
        "suggested": "0",
    }
    return {**usual, **more}


NOTHING = dict.fromkeys(
    ("per_day", "deviation", "over_lead_time", "safety_stock", "reorder_point", "days_of_cover", "suggested", "counted")
)


def read(*lines: dict[str, Any]) -> tuple[str, Reader]:
    text, reader = page("Reorder points", "ninety days", lines), Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return text, reader


def test_the_page_is_whole_and_fetches_nothing() -> None:
    text, reader = read(line("a"), line("b"))

    assert "<svg" in text
    assert "script" not in text
    assert [each for each in reader.addresses if each.startswith(("http", "//"))] == []


def test_what_draws_the_plots_leaves_nothing_in_the_way_of_later_imports() -> None:
    read(line("a"))
    assert [finder for finder in sys.meta_path if not hasattr(finder, "find_spec")] == []


def test_names_are_text_and_no_markup() -> None:
    text, reader = read(line("<b>1</b>", name='Tea & "<script>alert(1)</script>'))

    assert "<script>alert" not in text
    assert reader.cells[0] == '<b>1</b>Tea & "<script>alert(1)</script>'


def test_what_is_low_comes_first_then_what_lasts_shortest_and_what_is_unknown_is_a_dash() -> None:
    text, reader = read(
        line("late", days_of_cover=9.0), line("none", **NOTHING, own_level=None), line("low", is_low=True), line("soon")
    )

    assert [cell for cell in reader.cells if cell.endswith("Tea")] == ["lowTea", "soonTea", "lateTea", "noneTea"]
    assert reader.cells[-5:] == ["–", "–", "–", "–", "–"]
    assert text.count('class="low"') == 1


def test_a_lead_time_that_nobody_told_is_marked() -> None:
    assert "14 (assumed)" in read(line("a", lead_is_known=False))[1].cells
    assert "14" in read(line("a"))[1].cells


@pytest.mark.parametrize(("weeks", "shown"), [(["0", "3.5", "7"], "▁▅█"), (["2"], "█"), (["0", "0"], ""), ([], "")])
def test_weeks_are_shown_as_bars(weeks: list[str], shown: str) -> None:
    assert spark(weeks) == shown


def test_nothing_ordered_and_nothing_set_still_makes_a_page() -> None:
    text, _ = read(line("a", **NOTHING, own_level=None))
    assert "nothing was ordered" in text
    assert read()[1].cells == []
