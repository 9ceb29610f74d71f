"""`tandem matching`: what every open order and deal gets, when, and why."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from operate import answers
from operate.verbs import After, Json, Limit, reached

Name = Annotated[str | None, typer.Argument(help="One order or deal: our id, an external id (crm:42), or its number.")]
Late = Annotated[bool, typer.Option("--late", help="Only what is short, or comes after the day that it is wanted on.")]


def add_verbs(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(matching)


def matching(
    context: typer.Context,
    name: Name = None,
    late: Late = False,
    limit: Limit = 100,
    after: After = None,
    as_json: Json = False,
) -> None:
    """What every open order and deal gets of the goods, and when; for one of them also why, line by line."""
    with reached(context) as api:
        if name is None:
            answer = api.some("matching", limit=limit, next=after, late=late or None)
        else:
            answer = api.get("matching", name)
    if as_json:
        answers.print_json(answer)
    elif name is None:
        answers.print_list("who gets what", {**answer, "items": [_demand(each) for each in answer["items"]]})
    else:
        _show(answer)


def _show(answer: Any) -> None:
    demand = answer["demand"]
    answers.print_line(f"{_called(demand)}: {answer['answer'] or 'wants nothing'}{', late' * demand['is_late']}")
    answers.print_table("line by line", [_line(each) for each in answer["items"]])


def _demand(each: Any) -> dict[str, object]:
    return {
        "what": f"{_called(each)}, {each['status']}",
        "wanted": (each["wanted_at"] or "")[:10],
        "promised": each["promise"] or "not worked out yet",
        "late": "late" if each["is_late"] else "",
    }


def _called(each: Any) -> str:
    word = "deal" if each["entity"] == "opportunity" else each["entity"]
    return f"{word} {each['number'] or each['name'] or each['record']}"


def _line(each: Any) -> dict[str, object]:
    waits = [f"{it['number'] or it['record']} could wait until {it['until']}" for it in each["could_wait"]]
    return {
        "product": each["sku"] or each["product"],
        "wants": each["quantity"],
        "gets": [_given(it) for it in each["gets"]],
        "short": each["short"],
        "not yet ordered": _to_order(each["not_yet_ordered"]),
        "before it": f"{each['quantity_before']} for {each['demands_before']} others",
        "what may be done": [*(f"{_given(it)} could help" for it in each["could_help"]), *waits],
    }


def _to_order(each: Any) -> str:
    return "" if each is None else each["words"].removeprefix("not yet ordered: ")


def _given(each: Any) -> str:
    place = f" at {each['location']}" if each["location"] else ""
    source = f" from {each['source']}" if each["source"] else ""
    return f"{each['quantity']} on {each['day']}{place}{source}"
