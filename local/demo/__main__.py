"""Run the demo: `python -m local.demo [--json]`. Exit 0 if both systems and the CSV agree and every scenario is ok."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from local.crm.load import Words, load_customers, load_orders
from local.data import northwind
from local.demo.comparing import Comparison, compare
from local.demo.figures import Figures, added_up, answered
from local.demo.reader import read_crm, read_csv, read_erp
from local.demo.scenarios import LOST, Stage, await_confirmed, lose_a_reply, moments, poll_by_schedule, run_scenarios
from local.demo.systems import DemoFailed, running
from local.demo.words import CANNOT_HOLD
from local.tryton.seed import seed
from local.tryton.warehouse import Dispatch, ship

STEPS = 13
_SHOWN = 15


@dataclass(slots=True)
class Report:
    """What the demo found."""

    comparisons: list[Comparison] = field(default_factory=list)
    second_pass: dict[str, Any] = field(default_factory=dict)
    scenarios: dict[str, str] = field(default_factory=dict)
    figures: Figures = field(default_factory=Figures)
    calls: dict[str, dict[str, int]] = field(default_factory=dict)
    units: dict[str, float] = field(default_factory=dict)
    supply: Sequence[Mapping[str, Any]] = ()
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Tell whether nothing differs, the figures are those of the CSV, the second pass wrote nothing, and every
        scenario went well."""
        quiet = not any(calls["write"] for calls in self.second_pass.values())
        read = all(calls["read"] for calls in self.second_pass.values())
        same = all(not each.differ for each in self.comparisons) and not self.figures.differences(added_up())
        return quiet and read and same and all(result == "ok" for result in self.scenarios.values())

    def as_json(self) -> dict[str, Any]:
        """Return the object that `--json` prints."""
        return {
            "entities": {
                each.entity: {"records": each.records, "agree": each.agree, "differ": each.differ}
                for each in self.comparisons
            },
            "second_pass": {
                "partner_writes": {name: calls["write"] for name, calls in self.second_pass.items()},
                "partner_reads": {name: calls["read"] for name, calls in self.second_pass.items()},
            },
            "scenarios": self.scenarios,
            "availability": self.figures.availability,
            "low_stock": self.figures.low_stock,
            "partner_calls": self.calls,
            "dynamodb": self.units,
            "seconds": round(self.seconds, 1),
        }


class Steps:
    """The progress bar's voice: `step("…")` moves it on, `say("…")` only tells what is going on."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=STEPS)

    def step(self, text: str) -> None:
        """Begin the next step."""
        self._tell(text, 1)

    def say(self, text: str) -> None:
        """Tell what the step is at."""
        self._tell(text, 0)

    def _tell(self, text: str, advance: int) -> None:
        self._progress.update(self._task, advance=advance, description=text)
        if not self._progress.console.is_terminal:
            self._progress.console.print(text, highlight=False)


def main(arguments: list[str]) -> int:
    """Run the story and report; 0 good, 1 something differs."""
    parser = argparse.ArgumentParser(prog="make demo ARGS=…", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the result as JSON on the last line of stdout")
    asked = parser.parse_args(arguments)
    console = Console(stderr=True)
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with _steps(console) as steps:
            report = run(steps)
    except DemoFailed as failed:
        console.print(f"[bold red]The demo could not run:[/] {failed}")
        return 1
    report.seconds = time.monotonic() - began
    _show(report, console if asked.json else Console())
    outcome = "ok" if report.is_good else "differs"
    print(json.dumps(report.as_json()) if asked.json else f"demo={outcome} seconds={report.seconds:.0f}")
    return 0 if report.is_good else 1


def run(steps: Steps) -> Report:
    """Tell the story: customers and orders from the CRM, goods from the ERP, shipped by the warehouse, compared."""
    orders = northwind.newest_orders()
    report = Report()
    steps.say("starting Tryton, a real ERP (built once, then cached)")
    with running(northwind.opening_stock(orders), seed, steps.step) as systems:
        stage = Stage(systems, orders)
        steps.step("91 customers enter the CRM; the schedule brings products and stock")
        load_customers(systems.crm)
        report.scenarios["scheduled_poll"] = poll_by_schedule(systems, len(northwind.products())) or "ok"
        steps.step("200 orders are placed in the CRM")
        lose_a_reply(systems)
        load_orders(systems.crm, words=Words(sku=northwind.sku))
        await_confirmed(systems, len(orders))
        steps.step("the warehouse ships 179 of them in Tryton")
        ship(systems.erp, [_dispatch(order) for order in orders if order.shipped is not None])
        steps.step("the CRM learns what was shipped")
        systems.settle()
        steps.step("reading both systems back and comparing them with the CSV")
        report.comparisons = compare(read_crm(systems.crm), read_erp(systems.erp), read_csv(orders), {LOST})
        steps.step("what can be sold, and what has to be bought")
        report.figures = answered(systems)
        steps.step("second pass: a full reconcile of both systems")
        report.second_pass = systems.settle(reconcile=True)["partner_calls"]
        steps.step("scenarios")
        report.scenarios.update(run_scenarios(stage, lambda name: steps.say(f"scenario {name}")))
        report.supply = moments(stage)
        steps.step("counting")
        report.calls = {item["system"]: item["calls"] for item in systems.tandem("status", "--json")["items"]}
        report.units = systems.units()
        steps.step("done")
    return report


def _dispatch(order: northwind.Order) -> Dispatch:
    return Dispatch(str(order.id), order.shipper, f"NW-{order.id}", order.shipped)


@contextmanager
def _steps(console: Console) -> Iterator[Steps]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Steps(progress)


def _show(report: Report, console: Console) -> None:
    table = Table(title="Northwind in both systems and the CSV")
    for heading in ("entity", "records", "agree", "differ"):
        table.add_column(heading, justify="left" if heading == "entity" else "right")
    for each in report.comparisons:
        table.add_row(each.entity, str(each.records), str(each.agree), str(each.differ))
    console.print(table)
    balances = report.figures.availability.values()
    console.print(f"Sold below zero: {sum(each < 0 for each in balances)} of {len(balances)} products", end="; ")
    console.print(f"low: {', '.join(report.figures.low_stock)}")
    calls = Table(title="What it took")
    for heading in ("", "reads", "writes"):
        calls.add_column(heading, justify="left" if not heading else "right")
    for system, made in report.calls.items():
        calls.add_row(f"calls to {system}", str(made["read"]), str(made["write"]))
    for system, made in report.second_pass.items():
        calls.add_row(f"second pass, {system}", str(made["read"]), str(made["write"]))
    if report.units:
        calls.add_row("DynamoDB units", f"{report.units['read_units']:.0f}", f"{report.units['write_units']:.0f}")
    console.print(calls)
    stories = Table(title=f"Scenarios ({report.seconds:.0f} s in all)")
    stories.add_column("scenario")
    stories.add_column("result")
    for name, result in report.scenarios.items():
        stories.add_row(name, f"[green]{result}[/]" if result == "ok" else f"[red]{result}[/]")
    console.print(stories)
    console.print(_supply(report.supply))
    for name, reason in CANNOT_HOLD.items():
        console.print(f"[dim]not compared: {name} - {reason}[/]")
    compared = [each for one in report.comparisons for each in one.differences]
    for difference in [*report.figures.differences(added_up()), *compared][:_SHOWN]:
        console.print(f"[red]{difference}[/]")


def _supply(moments: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title="A deal and its supply")
    for heading in ("after", "the deal in the CRM", "on hand", "coming", "low", "alerts"):
        table.add_column(heading, justify="right" if heading in {"on hand", "coming", "alerts"} else "left")
    for each in moments:
        counts = (f"{each['on_hand']:f}", f"{each['incoming']:f}")
        table.add_row(each["after"], each["promise"], *counts, "yes" if each["low"] else "no", str(each["alerts"]))
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
