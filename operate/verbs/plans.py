"""`tandem plan`: what the next run would do, without doing it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from operate import answers
from operate.failures import DONE, FAILED, NOT_SETTLED, USAGE
from operate.verbs import Json

Config = Annotated[
    Path | None, typer.Option("--config", exists=True, dir_okay=False, help="Plan with this integration.toml instead.")
]
Entities = Annotated[list[str] | None, typer.Option("--entity", help="Only this entity; may be given several times.")]
Reconcile = Annotated[bool, typer.Option("--reconcile", help="List whole systems too, as --config always does.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write the plan to this file as JSON.")]
Samples = Annotated[int, typer.Option(min=0, help="How many entries of each kind are shown.")]


def add_verbs(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(plan)


def plan(
    context: typer.Context,
    config: Config = None,
    entity: Entities = None,
    reconcile: Reconcile = False,
    out: Out = None,
    samples: Samples = 10,
    as_json: Json = False,
) -> None:
    """What the next run would create, update and archive, decide and park; nothing is written. Exit 3: there would be
    changes."""
    wanted = {
        "entities": entity or [],
        "reconcile": reconcile,
        "config": config.read_text(encoding="utf-8") if config is not None else None,
    }
    found = _made(context, wanted)
    if out is not None:
        out.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if as_json:
        answers.print_json(found)
    elif "problems" not in found:
        _show(found, samples)
    raise typer.Exit(_told(found, config))


def _made(context: typer.Context, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the function itself: it may take longer than the API has time for."""
    from operate.target import target_of

    target = target_of(context.obj)
    with target.reached(), answers.progress() as say:
        say("reading the systems and computing the plan; nothing is written …")
        found: dict[str, Any] = target.invoke("PlanChanges", wanted)
        return found


def _told(found: Mapping[str, Any], config: Path | None) -> int:
    """Complain of what stands in the way of the plan, and return the exit code."""
    for each in found.get("problems", ()):
        answers.complain(f"{config}:{each['line']}: {each['what']}", each["remedy"])
    if "problems" in found:
        return USAGE
    for each in found["unread"]:
        where = " ".join(filter(None, (each["system"], each["entity"])))
        remedy = "the plan does not cover it; tandem status tells more"
        answers.complain(f"{where} could not be read: {each['why']}", remedy)
    if found["unread"]:
        return FAILED
    return DONE if found["is_empty"] else NOT_SETTLED


def _show(found: Mapping[str, Any], samples: int) -> None:
    if found["is_empty"]:
        answers.print_line("nothing would change")
        return
    answers.print_table("what the next run would do", found["totals"])
    answers.print_line(f"our records: {found['new_records']} new, {found['changed_records']} changed")
    for verb in ("create", "update", "archive"):
        some = [each for each in found["items"] if each["verb"] == verb]
        _sample(f"{verb}s", some, samples, _write)
    _sample("conflicts", found["conflicts"], samples, _conflict)
    _sample("parked for a person", found["parked"], samples, _parking)
    for each in found["beyond"]:
        what = (
            f"{each['system']} {each['entity']}: {each['writes']} writes ({each['verb']}) are more than a run may make"
        )
        answers.print_line(f"{what}; it would stop after {each['bound']} and wait for tandem approve")
    if found["left_out"]:
        answers.print_line(f"{found['left_out']} more entries do not fit into one answer; plan one --entity at a time")
    if found["waiting"]:
        answers.print_line(f"{found['waiting']} changes would still wait for something; they are not in the plan")


def _sample(title: str, entries: list[Mapping[str, Any]], samples: int, row: Any) -> None:
    if entries and samples:
        more = f", the first {samples} of {len(entries)}" if len(entries) > samples else ""
        answers.print_table(f"{title}{more}", [row(each) for each in entries[:samples]])


def _write(each: Mapping[str, Any]) -> dict[str, Any]:
    what = each["external_id"] or f"record {each['record']}"
    return {"system": each["system"], "entity": each["entity"], "which": what, "fields": "\n".join(_fields(each))}


def _fields(each: Mapping[str, Any]) -> Iterable[str]:
    for it in each["fields"]:
        if each["verb"] == "create":
            yield f"{it['path']}: {_value(it['after'])}"
        else:
            before = _value(it["before"]) if it["known"] else "(cannot be read)"
            yield f"{it['path']}: {before} → {_value(it['after'])}"


def _conflict(each: Mapping[str, Any]) -> dict[str, Any]:
    decided = f"{each['verdict']} ({each['because']})" if each["because"] else each["verdict"]
    shown = {"system": each["system"], "record": each["record"], "field": each["path"]}
    return {**shown, "theirs": _value(each["theirs"]), "ours": _value(each["ours"]), "decided": decided}


def _parking(each: Mapping[str, Any]) -> dict[str, Any]:
    which = each["external_id"] or each["record"]
    return {"system": each["system"], "entity": each["entity"], "which": which, "why": each["reason"]}


def _value(value: object) -> str:
    return "nothing" if value is None else str(value)
