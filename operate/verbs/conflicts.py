"""`tandem conflicts`, `choose`, `undo`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from operate import answers
from operate.verbs import After, Json, Limit, Yes, agreed, reached
from operate.verbs.failures import done

Conflict = Annotated[str, typer.Argument(help="The id that `tandem conflicts` shows.")]
OneConflict = Annotated[str | None, typer.Argument(metavar="[CONFLICT]", help="One conflict by its id.")]
Which = Annotated[str, typer.Argument(help="The id that `tandem conflicts` or `tandem failures` shows.")]
_OF_CONFLICT = re.compile(r"[0-9a-f-]{36}:\d+\.\d+")

_DO = {
    "parked": "what its case says: tandem failures",
    "suspected duplicate": "choose ID apart where they are two; else make them one in the systems",
    "ambiguous": "choose ID KEY, the key of one of ours, or choose ID new",
}
_DO_OTHERWISE = "choose ID ours, or choose ID theirs"


def add_verbs(app: typer.Typer) -> None:
    """Register the verbs."""
    for verb in (conflicts, choose, undo):
        app.command()(verb)


def conflicts(
    context: typer.Context,
    conflict: OneConflict = None,
    decided: Annotated[bool, typer.Option("--decided", help="Those that are decided, newest first.")] = False,
    limit: Limit = 100,
    after: After = None,
    as_json: Json = False,
) -> None:
    """Fields that two sides changed, or that one would not take: both values, by which rule; open ones wait for you."""
    with reached(context) as api:
        if conflict is not None:
            answer = api.get("conflicts", conflict)
        else:
            answer = api.get("conflicts", which="decided" if decided else "open", limit=limit, next=after)
    if as_json:
        answers.print_json(answer)
        return
    for each in answer["items"]:
        answers.print_paragraph(each["id"], _lines(each))
    answers.print_line(f"{len(answer['items']) or 'no'} conflicts")
    if answer["next"]:
        answers.print_line(f"there are more: --next {answer['next']}")


def choose(
    context: typer.Context,
    which: Which,
    value: Annotated[
        str,
        typer.Argument(
            help="Of a conflict: ours, theirs or other; of suspected doubles: apart. Of a case: one of its "
            "candidates, or new for none of them."
        ),
    ] = "other",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Decide: which of a conflict's two values stands, or which candidate of a case it is."""
    agreed(f"{which} would be decided: {value}", yes, as_json)
    with reached(context) as api:
        if _OF_CONFLICT.fullmatch(which):
            answer = api.send("POST", "conflicts", which, "choose", body={"value": value})
        else:
            answer = api.send("POST", "failures", which, "choose", body={"candidate": value})
    done(answer, as_json)


def undo(context: typer.Context, conflict: Conflict, yes: Yes = False, as_json: Json = False) -> None:
    """Take a choice or an edit back within 30 days: the field gets the value that it set aside."""
    agreed(f"what was decided in {conflict} would be taken back", yes, as_json)
    with reached(context) as api:
        done(api.send("POST", "conflicts", conflict, "undo", body={}), as_json)


def _lines(each: Mapping[str, Any]) -> list[str]:
    """Return a conflict in a few lines; its id stands above them, whole, to be copied."""
    what = f"{each['entity']} {each['field']}".strip()
    lines = [
        f"{'open' if each['open'] else each['verdict'].replace(' ', '-')} {what}, {(each['at'] or '')[:16]}",
        *([] if each["ours"] is None and each["theirs"] is None else _values(each)),
        f"because {each['because']}",
        f"record {each['record']}",
    ]
    if each["open"]:
        lines.append(f"do {_DO.get(each['verdict'], _DO_OTHERWISE)}")
    if each["closed_because"]:
        lines.append(f"closed by {each['closed_by'] or 'itself'}: {each['closed_because']}")
    return lines


def _values(each: Mapping[str, Any]) -> list[str]:
    return [f"ours {_value(each['ours'])}", f"theirs {_value(each['theirs'])} ({each['system']})"]


def _value(value: str | None) -> str:
    return "nothing" if value is None else value
