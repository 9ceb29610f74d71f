"""The verbs that are clients of the operators' API, one file per family; `command.py` registers them.

What all of them share stands here: the options, how the stack's API is reached, and how somebody is asked before
anything is written. A verb imports what only it needs when it runs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from operate.failures import NOT_SETTLED

if TYPE_CHECKING:
    from operate.api import Api

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="At most so many items.")]
After = Annotated[str | None, typer.Option("--next", help="Go on after the answer that gave this cursor.")]


@contextmanager
def reached(context: typer.Context) -> Iterator[Api]:
    """Reach the API of the stack that `--target` means; what cannot be reached is told with the next step."""
    from operate.api import Api
    from operate.target import target_of

    target = target_of(context.obj)
    with target.reached():
        yield Api(target)


def agreed(would: str, yes: bool, as_json: bool) -> None:
    """Go on if it is wanted: with `--yes`, or if a person at the terminal says so. Otherwise end with 3: there would
    be changes."""
    from operate import answers

    if yes:
        return
    if not as_json and sys.stdin.isatty() and typer.confirm(f"{would}. Do it?"):
        return
    if as_json:
        answers.print_json({"ok": False, "would": would, "remedy": "add --yes"})
    else:
        answers.print_line(f"{would}: nothing is done without --yes")
    raise typer.Exit(NOT_SETTLED)
