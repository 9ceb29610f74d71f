"""`tandem reserve`, `release`, `extend` and `reservations`: goods set aside."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from operate import answers
from operate.failures import USAGE, Failed
from operate.verbs import After, Json, Limit, reached

Holder = Annotated[str, typer.Argument(help="An order or a deal (our id, an external id, its number), or any name.")]
Which = Annotated[str, typer.Argument(help="The reservation's id.")]
Lines = Annotated[list[str] | None, typer.Option("--line", help="SKU=QUANTITY, as often as needed; none: all.")]
Hours = Annotated[int, typer.Option(min=1, max=720, help="For how many hours from now.")]
Id = Annotated[str, typer.Option("--id", help="An id of your own; the same id again changes nothing.")]


def add_verbs(app: typer.Typer) -> None:
    """Register the verbs."""
    for verb in (reserve, release, extend, reservations):
        app.command()(verb)


def reserve(
    context: typer.Context,
    holder: Holder,
    line: Lines = None,
    hours: Hours = 24,
    own_id: Id = "",
    as_json: Json = False,
) -> None:
    """Set goods aside for an order, a deal or anybody: all lines or none, so that nobody else is promised them."""
    lines = [_wanted(each) for each in line or []]
    with reached(context) as api:
        body = {"holder": holder, "lines": lines, "hours": hours, "id": own_id}
        _show(api.send("POST", "reservations", body=body), as_json)


def release(context: typer.Context, reservation: Which, as_json: Json = False) -> None:
    """Give back what a reservation holds."""
    with reached(context) as api:
        _show(api.send("DELETE", "reservations", reservation), as_json)


def extend(context: typer.Context, reservation: Which, hours: Hours = 24, as_json: Json = False) -> None:
    """Keep a reservation for longer: so many hours from now. One that would end sooner by that stays as it is."""
    with reached(context) as api:
        _show(api.send("POST", "reservations", reservation, "extend", body={"hours": hours}), as_json)


def reservations(context: typer.Context, limit: Limit = 100, after: After = None, as_json: Json = False) -> None:
    """What is set aside, for whom, and until when."""
    with reached(context) as api:
        answer = api.some("reservations", limit=limit, next=after)
    if as_json:
        answers.print_json(answer)
        return
    answers.print_list("set aside", {**answer, "items": [_line(each) for each in answer["items"]]})


def _wanted(text: str) -> dict[str, str]:
    sku, found, quantity = text.rpartition("=")
    if not found or not sku:
        raise Failed(f"{text} is no line", "write SKU=QUANTITY, such as --line 11=2", USAGE)
    return {"sku": sku, "quantity": quantity}


def _show(answer: Any, as_json: bool) -> None:
    if as_json:
        answers.print_json(answer)
        return
    answers.print_table("set aside", [_line(answer["reservation"])])


def _line(each: Any) -> dict[str, object]:
    return {
        "id": each["id"],
        "for": each["number"] or each["holder"],
        "state": each["state"],
        "until": each["until"],
        "what": [f"{it['quantity']} of {it['sku'] or it['product']}" for it in each["lines"]],
    }
