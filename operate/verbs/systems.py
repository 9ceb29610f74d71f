"""`tandem systems`, `waiting`, `pause`, `resume`, `trip`, `approve`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from operate import answers
from operate.spans import in_words
from operate.verbs import After, Json, Limit, Yes, agreed, reached

if TYPE_CHECKING:
    from operate.api import Api

System = Annotated[str, typer.Argument(help="The system's name in integration.toml.")]
Entity = Annotated[str | None, typer.Argument(help="One entity in it; left out: the whole system.")]
Waiting = Annotated[str, typer.Argument(help="The entity that waits.")]
Why = Annotated[str, typer.Option(help="The reason, for whoever reads it later.")]


def add_verbs(app: typer.Typer) -> None:
    """Register the verbs."""
    for verb in (systems, waiting, pause, resume, trip, approve):
        app.command()(verb)


def systems(context: typer.Context, as_json: Json = False) -> None:
    """What is running, paused, tripped or waits for an approval, per system and entity: since, until and why."""
    with reached(context) as api:
        _show(api.get("systems"), as_json)


def waiting(
    context: typer.Context,
    system: System,
    entity: Entity = None,
    limit: Limit = 100,
    after: After = None,
    as_json: Json = False,
) -> None:
    """What a stopped system is owed, record by record: what would be done there, which fields, since when."""
    with reached(context) as api:
        answer = api.get("systems", system, "waiting", entity=entity, limit=limit, next=after)
    if as_json:
        answers.print_json(answer)
        return
    nothing = "nothing; what was under way at the stop is listed within minutes"
    answers.print_list(f"waiting for {_named(system, entity)}", answer, nothing)


def pause(
    context: typer.Context,
    system: System,
    entity: Entity = None,
    why: Why = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Stop a system, or one entity in it, until it is resumed. What it is owed is kept; nothing is lost."""
    agreed(f"{_named(system, entity)} would be paused until somebody resumes it", yes, as_json)
    _do(context, "pause", system, {"entity": entity, "why": why}, as_json)


def resume(
    context: typer.Context, system: System, entity: Entity = None, yes: Yes = False, as_json: Json = False
) -> None:
    """Let a system, or one entity in it, run again; what was kept goes out: orders, customers, stock, then the load."""
    agreed(f"{_named(system, entity)} would run again and be sent what it is owed", yes, as_json)
    _do(context, "resume", system, {"entity": entity}, as_json, sweeps=True)


def trip(
    context: typer.Context,
    system: System,
    entity: Entity = None,
    minutes: Annotated[int, typer.Option(min=1, max=10080, help="How long, before a probe.")] = 15,
    why: Why = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Stop a system, or one entity in it, for some minutes; then a probe finds out whether it is well."""
    agreed(f"{_named(system, entity)} would be left alone for {minutes} minutes", yes, as_json)
    _do(context, "trip", system, {"entity": entity, "minutes": minutes, "why": why}, as_json)


def approve(
    context: typer.Context,
    system: System,
    entity: Waiting,
    hours: Annotated[int, typer.Option(min=1, max=168, help="For how long no bound counts.")] = 4,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Let go on what waits because it is more than the bound of one run: writes, and deletions beyond the cap."""
    agreed(f"all that waits for {entity} in {system} would go on, without a bound for {hours} hours", yes, as_json)
    _do(context, "approve", system, {"entity": entity, "hours": hours}, as_json, sweeps=True)


def _do(
    context: typer.Context, verb: str, system: str, body: dict[str, Any], as_json: bool, *, sweeps: bool = False
) -> None:
    with reached(context) as api:
        answer = api.send("POST", "systems", system, verb, body=body)
        if sweeps:
            _sweep(api)
    _show(answer, as_json)


def _sweep(api: Api) -> None:
    """Begin to drain now instead of within the minute."""
    api.target.invoke("SweepOverdue", {})


def _show(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        answers.print_json(answer)
        return
    now = datetime.now().astimezone()
    answers.print_table("systems", [_line(item, now) for item in answer["items"]])
    if answer.get("until"):
        answers.print_line(f"no bound counts there until {answer['until'][:16]} UTC")
    if answer.get("deletes"):
        answers.print_line(f"{answer['deletes']} deletions are looked at once more and then followed")


def _line(item: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return what holds for a system or an entity, its times as a person says them."""
    return {**item, "since": in_words(item["since"], now), "until": in_words(item["until"], now)}


def _named(system: str, entity: str | None) -> str:
    return f"{entity} in {system}" if entity else system
