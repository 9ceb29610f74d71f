"""`tandem`: settle, look at, and start the parts of a running stack; check an `integration.toml`.

Each verb is a few lines: reach the target, ask one module, print its answer. What a verb needs is imported by the
verb, so that `tandem --help` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from operate import answers
from operate.failures import DONE, NOT_SETTLED, USAGE, Failed
from operate.verbs import (
    Json,
    business,
    checks,
    conflicts,
    dead_letters,
    failures,
    history,
    matching,
    plans,
    reordering,
    reservations,
    status,
    systems,
    unsupported,
)
from shared.core.errors import BadSettings

if TYPE_CHECKING:
    from operate.looking import Stack

app = typer.Typer(
    name="tandem",
    help="Operate a running Tandem: by default the stack that was last started on this machine.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

FAMILIES = (
    status,
    unsupported,
    history,
    plans,
    systems,
    checks,
    dead_letters,
    failures,
    conflicts,
    business,
    reordering,
    matching,
    reservations,
)
"""The verbs that are clients of the API, by their files."""

Config = Annotated[Path, typer.Argument(help="The file to check.", show_default=True)]
EXAMPLE = Path(__file__).resolve().parents[1] / "integration.toml"


@app.callback()
def choose_target(
    context: typer.Context,
    target: Annotated[
        str | None, typer.Option(help="local, local:PORT (its API or its AWS port) or stack:NAME (in AWS).")
    ] = None,
) -> None:
    """Remember which stack is meant."""
    context.obj = target


@app.command()
def settle(
    context: typer.Context,
    timeout: Annotated[float, typer.Option(help="Seconds after which to give up.")] = 300.0,
    reconcile: Annotated[bool, typer.Option("--reconcile", help="List whole systems too: finds deletes.")] = False,
    as_json: Json = False,
) -> None:
    """Poll everything and work until nothing is due. Exit 3: not settled in time."""
    import time

    from operate.settling import Settling, pace_of, seconds_of
    from operate.showing_status import stopped

    seconds_of(timeout)
    with _stack(context) as stack, answers.progress() as say:
        pace = pace_of(stack.target.is_local)
        outcome = Settling(stack, pace, timeout, time.monotonic, time.sleep, say).run(reconcile)
        reasons = [] if outcome.settled else stopped(stack)
    if as_json:
        answers.print_json(outcome.shown())
    else:
        answers.print_table("settled" if outcome.settled else "not settled: see tandem status", [outcome.shown()])
    for reason in reasons:
        answers.complain(f"not settled: {reason}", "put it right, then settle again; tandem status tells more")
    if outcome.waiting is not None:
        what = f"{outcome.waiting.hints} hints wait for their next try, the last until {outcome.waiting.until}"
        answers.complain(f"not settled: {what}", "settle again then, or with a longer --timeout")
    raise typer.Exit(DONE if outcome.settled else NOT_SETTLED)


@app.command()
def connectors(
    config: Annotated[Path, typer.Option(help="The file whose systems are shown as well.")] = EXAMPLE,
    as_json: Json = False,
) -> None:
    """What each connector can do, and what each system of an integration.toml can do."""
    from operate.showing_connectors import connectors_of, paragraphs, system_rows

    answer = connectors_of(config)
    if as_json:
        answers.print_json(answer)
        return
    for heading, lines in paragraphs(answer):
        answers.print_paragraph(heading, lines)
    if rows := system_rows(answer):
        answers.print_table(f"systems of {config.name} (can: List, Read, Create, Update, Archive)", rows)


@app.command()
def check(config: Config = EXAMPLE, as_json: Json = False) -> None:
    """Check an integration.toml: every mistake with its line and remedy. Exit 2: there are some."""
    from shared.connectors.integration import check as problems_of

    problems = problems_of(config)
    if as_json:
        items = [{"file": p.file, "line": p.line, "what": p.what, "remedy": p.remedy} for p in problems]
        answers.print_json(answers.listed(items, ok=not problems))
    else:
        for problem in problems:
            answers.complain(f"{problem.where}: {problem.what}", problem.remedy)
        answers.print_line(f"{config}: {len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}")
    raise typer.Exit(USAGE if problems else DONE)


@app.command()
def poll(context: typer.Context, as_json: Json = False) -> None:
    """Ask every system now what changed, whatever its interval."""
    _start(context, "PollChanges", {"now": True}, as_json)


@app.command()
def reconcile(context: typer.Context, as_json: Json = False) -> None:
    """List every system now and queue what differs."""
    _start(context, "Reconcile", {"now": True}, as_json)


@app.command()
def sweep(context: typer.Context, as_json: Json = False) -> None:
    """Queue again now what is owed, but for what is leased or backs off."""
    _start(context, "SweepOverdue", {"early": True}, as_json)


def _start(context: typer.Context, function: str, payload: dict[str, Any], as_json: bool) -> None:
    with _stack(context) as stack:
        answer = stack.invoke(function, payload)
    if as_json:
        answers.print_json(answers.listed([{"function": function, "answer": answer}]))
    else:
        answers.print_line(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in (answer or {}).items()))


for family in FAMILIES:
    family.add_verbs(app)


@contextmanager
def _stack(context: typer.Context) -> Iterator[Stack]:
    from operate.looking import Stack
    from operate.target import target_of

    target = target_of(context.obj)
    with target.reached():
        yield Stack(target)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(args=given, prog_name="tandem", standalone_mode=True)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else DONE
    except BadSettings as bad:
        return _refuse(str(bad), "correct the file", USAGE, "--json" in given)
    except Failed as failed:
        return _refuse(failed.what, failed.remedy, failed.code, "--json" in given)
    return DONE


def _refuse(what: str, remedy: str, code: int, as_json: bool) -> int:
    if as_json:
        answers.print_json({"ok": False, "error": what, "remedy": remedy})
    answers.complain(what, remedy)
    return code
