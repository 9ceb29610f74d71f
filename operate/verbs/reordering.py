"""`tandem reorder-points`: for whoever buys; a table at the terminal, or the buyer's report as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from operate import answers
from operate.verbs import After, Json, Limit, reached

Until = Annotated[str | None, typer.Option(help="The last day of orders to look at: 2026-11-30; else yesterday.")]
Days = Annotated[int, typer.Option(min=7, max=1500, help="Over how many days to look back.")]
ServiceLevel = Annotated[
    float, typer.Option(min=0.5, max=0.9999, help="Share of replenishments that shall end without a stock-out.")
]
LeadDays = Annotated[int, typer.Option(min=0, max=1000, help="How long buying takes where nobody tells.")]
Report = Annotated[Path | None, typer.Option(help="Write all of them to this file, as a page with plots.")]


def add_verbs(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("reorder-points")(reorder_points)


def reorder_points(
    context: typer.Context,
    until: Until = None,
    days: Days = 90,
    service_level: ServiceLevel = 0.95,
    lead_days: LeadDays = 14,
    report: Report = None,
    limit: Limit = 100,
    after: After = None,
    as_json: Json = False,
) -> None:
    """At which level to buy each product, by its orders: demand over the lead time, safety stock, what is set."""
    asked: dict[str, object] = {
        "until": until,
        "days": days,
        "service_level": service_level,
        "lead_days": lead_days,
    }
    with reached(context) as api:
        if report is None:
            answer = api.some("reorder-points", **asked, limit=limit, next=after)
        else:
            answer = _whole(api.pages("reorder-points", **asked))
    if report is not None:
        _write(report, answer)
    if as_json:
        answers.print_json(answer)
    elif report is None:
        answers.print_list("reorder points", {**answer, "items": [_shown(each) for each in answer["items"]]})
    else:
        answers.print_line(f"written to {report}; products: {len(answer['items'])}")


def _whole(pages: Any) -> dict[str, Any]:
    """Return all pages as one answer."""
    every = list(pages)
    return {**every[-1], "items": [each for page in every for each in page["items"]]}


def _write(report: Path, answer: Any) -> None:
    from operate.buyers_report import page

    terms = (
        f"By the orders from {answer['first']} to {answer['last']}, "
        f"for a service level of {answer['service_level']:.1%}: "
        "reorder point = demand over the lead time + safety stock."
    )
    report.write_text(page("Reorder points", terms, answer["items"]), encoding="utf-8")


def _shown(each: Any) -> dict[str, object]:
    from operate.buyers_report import spark

    cover = each["days_of_cover"]
    return {
        "sku": f"{each['sku']}{' !' if each['is_low'] else ''}",
        "name": each["name"],
        "by week": spark(each["weeks"]),
        "on hand": f"{each['on_hand']} + {each['on_order']}",
        "set": each["own_level"],
        "computed": each["reorder_point"],
        "cover": None if cover is None else f"{cover:.1f} days",
        "buy": each["suggested"],
    }
