"""`tandem availability`, `tandem low-stock` and `tandem customer`: for whoever sells, buys or answers the phone."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from operate import answers
from operate.failures import USAGE, Failed
from operate.verbs import After, Json, Limit, reached

Sku = Annotated[str | None, typer.Argument(help="The product's SKU, or any other name of it; all if left out.")]
Quantity = Annotated[str | None, typer.Option(help="Also the first day for so many.")]
Day = Annotated[str | None, typer.Option("--on", help="For this day: 2026-12-01; today if none is named.")]
Location = Annotated[str | None, typer.Option(help="Only at this location; all of them together if left out.")]
Name = Annotated[str, typer.Argument(help="Our id, an external id (42, or crm:42), or a match key such as an e-mail.")]
Past = Annotated[int, typer.Option(min=0, max=1000, help="At most so many past orders, the newest.")]


def add_verbs(app: typer.Typer) -> None:
    """Register the verbs."""
    app.command()(availability)
    app.command("low-stock")(low_stock)
    app.command()(customer)


def availability(
    context: typer.Context,
    sku: Sku = None,
    quantity: Quantity = None,
    day: Day = None,
    location: Location = None,
    limit: Limit = 100,
    after: After = None,
    as_json: Json = False,
) -> None:
    """What can be promised of a product: on hand, committed, free for a day, the first day for a quantity, and why.

    Without a SKU: of every product, today.
    """
    if sku is None:
        if quantity or day or location:
            raise Failed("--quantity, --on and --location ask about one product", "name its SKU", USAGE)
        _all_available(context, limit, after, as_json)
        return
    with reached(context) as api:
        answer = api.get("products", sku, "availability", quantity=quantity, on=day, location=location)
    if as_json:
        answers.print_json(answer)
        return
    ended = ", discontinued" if answer["discontinued"] else ""
    where = f" at {answer['location']}" if answer["location"] else ""
    answers.print_line(
        f"{answer['sku']} {answer['name'] or ''}{ended}: {answer['available']} on {answer['day']}{where}"
    )
    answers.print_line(answer["because"])
    counts = {"on hand": answer["on_hand"], "committed": answer["committed"], "balance": answer["balance"]}
    coming = {"on order": answer["on_order"], "of it without a day": answer["incoming_without_day"]}
    answers.print_table(where.strip() or "in all", [{**counts, **coming, "days to buy more": answer["lead_time_days"]}])
    answers.print_table("locations", answer["locations"])
    answers.print_table("line by line", answer["items"])
    if answer["promise"] is not None:
        answers.print_line(_promised(answer["promise"]))


def low_stock(context: typer.Context, limit: Limit = 100, after: After = None, as_json: Json = False) -> None:
    """What has come down to its reorder level and is still bought: for how many days there is enough, what to buy."""
    with reached(context) as api:
        answer = api.some("low-stock", limit=limit, next=after)
    if as_json:
        answers.print_json(answer)
        return
    answers.print_list("low stock", {**answer, "items": [_low(each) for each in answer["items"]]})


def customer(context: typer.Context, name: Name, past: Past = 100, as_json: Json = False) -> None:
    """All about a customer: who they are in each system, contacts, orders with shipments, what is late or stuck."""
    with reached(context) as api:
        answer = api.get("customers", name, past=past)
    if as_json:
        answers.print_json(answer)
        return
    ended = ", ended" if answer["deleted"] else ""
    answers.print_line(f"{answer['fields'].get('name') or answer['record']}, version {answer['version']}{ended}")
    answers.print_table("in the systems", answer["systems"])
    answers.print_table("fields", [{"field": path, "value": value} for path, value in answer["fields"].items()])
    answers.print_table("contacts", answer["contacts"])
    answers.print_table("orders", [_order(each) for each in answer["items"]])
    answers.print_table("set aside", [{**each, "until": each["until"][:16]} for each in answer["reserved"]])
    answers.print_table("needs a look", [_trouble(each) for each in answer["troubles"]])
    answers.print_table("in all", [answer["totals"]])
    if answer["has_more"]:
        answers.print_line("there are older orders: --past shows more of them")


def _all_available(context: typer.Context, limit: int, after: str | None, as_json: bool) -> None:
    with reached(context) as api:
        answer = api.some("availability", limit=limit, next=after)
    if as_json:
        answers.print_json(answer)
        return
    shown = ("sku", "name", "available", "balance", "on_order", "because")
    items = [{name.replace("_", " "): each[name] for name in shown} for each in answer["items"]]
    answers.print_list("availability", {**answer, "items": items})


def _promised(promise: Any) -> str:
    parts = ", ".join(f"{each['quantity']} on {each['day']}" for each in promise["deliveries"]) or "nothing"
    if (more := promise["not_yet_ordered"]) is not None:
        return f"{promise['quantity']}: short by {promise['short']}; {parts}\n{more['words']}"
    if promise["day"] is None:
        return f"{promise['quantity']}: short by {promise['short']}; {parts}"
    return f"{promise['quantity']}: all by {promise['day']} ({parts})"


def _low(each: Any) -> dict[str, object]:
    cover = each["days_of_cover"]
    return {
        "sku": each["sku"],
        "name": each["name"],
        "location": each["location"],
        "because": each["because"],
        "days of cover": None if cover is None else round(cover, 1),
        "suggested": each["suggested"],
    }


def _order(each: Any) -> dict[str, object]:
    shipments = [f"{it['status']} {it['carrier'] or ''} {it['tracking'] or ''}".strip() for it in each["shipments"]]
    return {
        "order": each["number"] or each["record"],
        "status": f"{each['status']}{', late' if each['is_late'] else ''}",
        "placed": (each["placed_at"] or "")[:10],
        "wanted": (each["wanted_at"] or "")[:10],
        "promised": each["promise"] or "",
        "total": f"{each['total'] or ''} {each['currency'] or ''}".strip(),
        "shipments": shipments,
    }


def _trouble(each: Any) -> dict[str, object]:
    what = each["message"]
    return {"what": f"{each['entity']} in {each['system']}", "state": each["state"], "why": what, "do": each["do"]}
