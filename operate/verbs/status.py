"""`tandem status`."""

from __future__ import annotations

import typer

from operate import answers
from operate.verbs import Json, reached


def add_verbs(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(status)


def status(context: typer.Context, as_json: Json = False) -> None:
    """Per system: running, paused or tripped, and the calls so far; what is queued, owed, parked and open."""
    with reached(context) as api:
        answer = api.get("status")
    if as_json:
        answers.print_json(answer)
        return
    answers.print_table("systems", answer["items"])
    counts = {key: answer[key] for key in ("owed", "parked", "conflicts")}
    answers.print_table("records", [{**counts, "queued": answer["queued"]}])
