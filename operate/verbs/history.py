"""`tandem explain` and `tandem replay`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from operate import answers
from operate.failures import DONE, NOT_SETTLED
from operate.verbs import Json, reached

if TYPE_CHECKING:
    from operate.api import Api

Entity = Annotated[str, typer.Argument(help="customer, product, order, stock, purchase_order, …")]
Name = Annotated[str, typer.Argument(help="Our id, an external id (42, or crm:42), or a match key such as an e-mail.")]
FieldName = Annotated[str | None, typer.Argument(metavar="[FIELD]", help="One field, or all below it (lines).")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="As it was then: 2026-03-02T09:00, in UTC.")]


Config = Annotated[
    Path | None, typer.Option("--config", exists=True, dir_okay=False, help="Decide by this integration.toml instead.")
]


def add_verbs(app: typer.Typer) -> None:
    """Register the verbs."""
    app.command()(explain)
    app.command()(replay)


def explain(
    context: typer.Context,
    entity: Entity,
    name: Name,
    field: FieldName = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Why a record, or a field of it, is as it is: where from, by which rule, what each system shows, what is owed."""
    with reached(context) as api:
        answer = api.get("explain", entity=entity, name=name, field=field, as_of=as_of)
    if as_json:
        answers.print_json({"next": None, **answer})
        return
    when = f" on {answer['as_of']}" if answer["as_of"] else ""
    ended = ", ended" if answer["deleted"] else ""
    answers.print_line(f"{entity} {answer['record']}, version {answer['version']}{ended}{when}")
    answers.print_table("in the systems", [_standing(each) for each in answer["systems"]])
    if field is None:
        answers.print_table("fields", [_row(each) for each in answer["items"]])
    else:
        for each in answer["items"]:
            answers.print_paragraph(f"{each['path']} is {_value(each['value'])}", list(_lines(each)))
    answers.print_table("story", [_told(each) for each in answer["story"]])


def replay(context: typer.Context, entity: Entity, name: Name, config: Config = None, as_json: Json = False) -> None:
    """Make every decision about a record again. Exit 3: one comes out otherwise, and what is different."""
    which = {"entity": entity, "name": name}
    with reached(context) as api:
        if config is None:
            pages = api.pages("replay", **which)
        else:
            pages = _by_rules(api, config.read_text(encoding="utf-8"), which)
        items = [item for page in pages for item in page["items"]]
    other = [item for item in items if item["same"] is False]
    if as_json:
        answers.print_json(answers.listed(items, ok=not other))
    else:
        answers.print_table(
            f"{len(items)} decisions, {len(other)} come out otherwise", [_again(each) for each in items]
        )
        for each in other:
            lines = [f"{it['what'].replace(' ', '·')} {it['then']} → {it['now']}" for it in each["differences"]]
            answers.print_paragraph(f"version {each['version']}: {each['why']}", lines)
    raise typer.Exit(NOT_SETTLED if other else DONE)


def _by_rules(api: Api, config: str, which: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the pages of a replay by other rules than the deployed ones."""
    after: str | None = None
    while True:
        page = api.send("POST", "replay", body={"config": config}, next=after, **which)
        yield page
        after = page["next"]
        if after is None:
            return


def _standing(each: Mapping[str, Any]) -> dict[str, Any]:
    owes = [*each["owes"], *(f"{path} (cannot be told)" for path in each["unsupported"])]
    stands = {"system": each["system"], "stands": each["state"], "as": each["external_id"]}
    return {**stands, "owed": owes, "because": each["holds"]}


def _row(each: Mapping[str, Any]) -> dict[str, Any]:
    differing = [f"{side['system']}: {_shows(side)}" for side in each["systems"] if side["shows"] != "the same"]
    since = each["at"][:19].replace("T", " ")
    return {"field": each["path"], "value": each["value"], "by": each["by"], "since": since, "elsewhere": differing}


def _lines(each: Mapping[str, Any]) -> Iterable[str]:
    at = each["at"][:19].replace("T", " ")
    yield f"set by {each['by']} on {at} UTC, version {each['version']}"
    yield f"how {each['origin'] or 'the ledger does not reach back so far'}"
    for decided in each["decided"]:
        yield f"rule {decided}"
    for side in each["systems"]:
        holds = f" ({side['holds']})" if side["holds"] else ""
        yield f"{side['system']} shows {_shows(side)}{', owed' if side['owed'] else ''}{holds}"


def _shows(side: Mapping[str, Any]) -> str:
    if side["shows"] in ("the same", "nothing that was ever seen"):
        return str(side["shows"])
    return f"{side['shows']}: {_value(side['value'])}" if side["value"] is not None else str(side["shows"])


def _value(value: object) -> str:
    return "nothing" if value is None else str(value)


def _told(each: Mapping[str, Any]) -> dict[str, Any]:
    changes = [f"{it['path']}: {_value(it['before'])} → {_value(it['after'])}" for it in each["changes"]]
    return {
        "version": each["version"],
        "at": (each["at"] or "")[:19].replace("T", " "),
        "what": each["what"],
        "changed": "\n".join(changes),
        "decided": "\n".join(each["decided"]),
    }


def _again(each: Mapping[str, Any]) -> dict[str, Any]:
    came = {True: "the same", False: "otherwise", None: "cannot be told"}[each["same"]]
    at = each["at"][:19].replace("T", " ")
    what = f"{each['operation']} {each['system']}"
    return {"version": each["version"], "at": at, "what": what, "comes out": came, "why": each["why"]}
