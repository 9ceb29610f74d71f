"""`tandem status`: how every system is, once or until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from operate import answers
from operate.spans import ago, in_words
from operate.verbs import Json, reached

Watch = Annotated[bool, typer.Option("--watch", help="Show it anew until you press Ctrl-C.")]
Every = Annotated[float, typer.Option(min=0.5, help="Seconds between two looks of --watch.")]


def add_verbs(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(status)


def status(context: typer.Context, watch: Watch = False, every: Every = 2.0, as_json: Json = False) -> None:
    """How every system is, per entity: running, paused or tripped, last observation, lag, owed, parked."""
    import time

    with reached(context) as api:
        for answer in looks(lambda: api.get("status"), every if watch else None, time.sleep):
            if as_json:
                answers.print_json(answer)
            else:
                show(answer, anew=watch)


def looks(look: Callable[[], Any], every: float | None, sleep: Callable[[float], None]) -> Iterator[Any]:
    """Look once, or again and again until Ctrl-C."""
    try:
        yield look()
        while every is not None:
            sleep(every)
            yield look()
    except KeyboardInterrupt:
        return


def show(answer: Any, anew: bool = False) -> None:
    """Print the answer for people; `anew` on an empty screen."""
    now = datetime.now().astimezone()
    if anew:
        answers.clear()
    answers.print_table("systems", [_system(item, now) for item in answer["items"]])
    answers.print_table(
        "entities", [_entity(item["system"], each, now) for item in answer["items"] for each in item["entities"]]
    )
    counts = {key: answer[key] for key in ("owed", "parked", "conflicts")}
    answers.print_table("in all", [{**counts, "queued": answer["queued"]}])
    if answer["drifting"]:
        drifting = [{**each, "since": in_words(each["since"], now)} for each in answer["drifting"]]
        answers.print_table("schema drift: fields that changed in a system, held back until they are back", drifting)
    if not answer["counted_all"]:
        answers.print_line("the counts per entity are those of the 1,000 oldest records; those in all are whole")


def _system(item: Any, now: datetime) -> dict[str, object]:
    return {
        "system": item["system"],
        "side": item["side"].replace("_", " "),
        "status": item["status"],
        "until": in_words(item["until"], now),
        "why": item["why"],
        "calls today": item["calls_today"],
        "calls in all": item["calls"],
    }


def _entity(system: str, each: Any, now: datetime) -> dict[str, object]:
    return {
        "system": system,
        "entity": each["entity"],
        "status": each["status"],
        "last observation": in_words(each["last_observation"], now),
        "next poll": in_words(each["next_poll"], now),
        "owed": each["owed"],
        "lag": "" if each["lag_seconds"] is None else ago(each["lag_seconds"]),
        "parked": each["parked"],
    }
