"""`tandem dead-letters`, `tandem redrive`, `tandem discard`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from operate import answers
from operate.failures import FAILED
from operate.verbs import Json, Limit, Yes, agreed, reached

Queue = Annotated[str | None, typer.Option(help="Only this queue, such as ChangesDeadLetters.")]
TheQueue = Annotated[str, typer.Argument(help="The queue, such as ChangesDeadLetters.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids of letters, as `tandem dead-letters` shows them.")]
TheIds = Annotated[list[str], typer.Argument(help="Ids of letters, as `tandem dead-letters` shows them.")]
All = Annotated[bool, typer.Option("--all", help="All letters of the queue.")]
ByQueue = Annotated[bool, typer.Option("--by-queue-service", help="With --all: let SQS move them by itself.")]

_FEW_CHARACTERS = 200


def add_verbs(app: typer.Typer) -> None:
    """Register the verbs."""
    app.command("dead-letters")(dead_letters)
    app.command()(redrive)
    app.command()(discard)


def dead_letters(context: typer.Context, queue: Queue = None, limit: Limit = 100, as_json: Json = False) -> None:
    """Messages that no code could process: of what, and what went wrong."""
    with reached(context) as api:
        answer = api.get("dead-letters", queue=queue, limit=limit)
    if as_json:
        answers.print_json(answer)
        return
    for each in answer["items"]:
        answers.print_paragraph(f"{each['queue']} {each['id']}", _lines(each))
    answers.print_line(f"{len(answer['items']) or 'no'} dead letters; tandem redrive or discard QUEUE ID")


def redrive(
    context: typer.Context,
    queue: TheQueue,
    ids: Ids = None,
    everything: All = False,
    by_queue_service: ByQueue = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Bring dead letters back to where they were going, once the cause is gone."""
    if bool(ids) is everything:
        raise typer.BadParameter("name the ids of letters, or --all")
    if by_queue_service and not everything:
        raise typer.BadParameter("--by-queue-service moves all letters: add --all")
    agreed(f"would send {'all' if everything else len(ids or [])} letters of {queue} again", yes, as_json)
    with reached(context) as api:
        if by_queue_service:
            answer = api.send("POST", "dead-letters", queue, "move")
            answer = {"ok": True, "items": [{"queue": queue, "ended": "being moved"}], "next": None}
        else:
            answer = api.send("POST", "dead-letters", queue, "redrive", body={"ids": None if everything else ids})
    _end("sent again", answer, as_json)


def discard(context: typer.Context, queue: TheQueue, ids: TheIds, yes: Yes = False, as_json: Json = False) -> None:
    """Throw dead letters away that nobody needs any more."""
    agreed(f"would throw {len(ids)} letters of {queue} away", yes, as_json)
    with reached(context) as api:
        answer = api.send("POST", "dead-letters", queue, "discard", body={"ids": ids})
    _end("thrown away", answer, as_json)


def _lines(each: Mapping[str, Any]) -> list[str]:
    """Return a letter in a few lines; its queue and id stand above them, whole, to be copied."""
    about = ", ".join(f"{name} {value}" for name, value in (each["about"] or {}).items())
    return [
        f"failed in {each['function'] or 'a function'}, {(each['failed_at'] or '')[:16]}, {each['times']} times",
        f"says {each['why']}",
        *([f"about {about}"] if about else []),
        f"body {str(each['body'])[:_FEW_CHARACTERS]}",
    ]


def _end(title: str, answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        answers.print_json(answer)
    else:
        answers.print_list(title, answer)
    if not answer["ok"]:
        raise typer.Exit(FAILED)
