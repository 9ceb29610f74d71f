"""`tandem check-system`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from operate import answers
from operate.failures import DONE, FAILED
from operate.verbs import Json, reached

System = Annotated[str, typer.Argument(help="The system's name in integration.toml.")]


def add_verbs(app: typer.Typer) -> None:
    """Register the verb."""
    app.command("check-system")(check_system)


def check_system(context: typer.Context, system: System, as_json: Json = False) -> None:
    """Ask a system how it is set up: credentials, clock, rights, our reference, fields, webhooks. Exit 1: a check
    failed."""
    with reached(context) as api:
        answer = api.send("POST", "systems", system, "check")
    if as_json:
        answers.print_json(answer)
    else:
        show(answer)
    raise typer.Exit(DONE if answer["ok"] else FAILED)


def show(answer: Mapping[str, Any]) -> None:
    """Print the answer for people: a table, then what is to be done, one line each."""
    answers.print_table(f"how {answer['system']} is set up", [_line(item) for item in answer["items"]])
    to_do = [item for item in answer["items"] if item["remedy"] and item["result"] != "ok"]
    for item in to_do:
        about = " ".join(part for part in (item["check"], item["entity"]) if part)
        answers.print_line(f"→ {about}: {item['remedy']}")
    if not to_do:
        answers.print_line("nothing has to be done")


def _line(item: Mapping[str, Any]) -> dict[str, object]:
    return {"check": item["check"], "entity": item["entity"], "result": item["result"], "seen": item["seen"]}
