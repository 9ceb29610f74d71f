"""`tandem unsupported`."""

from __future__ import annotations

import typer

from operate import answers
from operate.verbs import After, Json, Limit, reached


def add_verbs(app: typer.Typer) -> None:
    """Register the verb."""
    app.command()(unsupported)


def unsupported(context: typer.Context, limit: Limit = 100, after: After = None, as_json: Json = False) -> None:
    """Changes that a system cannot take (no updates, no creates, no deletions): they stay different."""
    with reached(context) as api:
        answer = api.some("unsupported", limit=limit, next=after)
    if as_json:
        answers.print_json(answer)
        return
    answers.print_list("changes that stay", answer)
