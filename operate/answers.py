"""What the command prints: one JSON object on stdout with `--json`, else something for people; never both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

Item = Mapping[str, Any]
Progress = Callable[[str], None]
"""Takes what is being done just now, in place of what was done before."""


def listed(items: Sequence[Item], ok: bool = True, **more: Any) -> dict[str, Any]:
    """Return the object that most verbs print."""
    return {"ok": ok, "items": list(items), "next": None, **more}


def print_json(answer: Any) -> None:
    """Print one object on one line."""
    print(json.dumps(answer, ensure_ascii=False, default=str))


def print_table(title: str, items: Sequence[Item]) -> None:
    """Print items as a table with a column per key."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left", title_style="bold")
    for column in items[0] if items else ():
        table.add_column(column.replace("_", " "))
    for item in items:
        table.add_row(*(escape(_shown(value)) for value in item.values()))
    _console().print(table)


def print_list(title: str, answer: Mapping[str, Any], nothing: str = "none") -> None:
    """Print a page of a list, and how to go on."""
    if not answer["items"]:
        print_line(f"{title}: {nothing}")
    else:
        print_table(title, answer["items"])
    if answer.get("next"):
        print_line(f"there is more: add --next {answer['next']}")


def print_paragraph(heading: str, lines: Sequence[str]) -> None:
    """Print a heading and its lines, further lines of one indented as far as its text."""
    from rich.markup import escape
    from rich.padding import Padding
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    for line in lines:
        grid.add_row(*(escape(part) for part in line.split(maxsplit=1)))
    console = _console()
    console.print(f"[bold]{escape(heading)}[/bold]", soft_wrap=True)
    console.print(Padding(grid, (0, 0, 1, 2)))


def print_line(text: str) -> None:
    """Print a line for people."""
    _console().print(text, soft_wrap=True, markup=False)


def clear() -> None:
    """Begin on an empty screen, where there is one."""
    _console().clear()


def complain(what: str, remedy: str) -> None:
    """Print what went wrong and what to do next, on stderr."""
    from rich.markup import escape

    _console(stderr=True).print(f"[red]✗[/red] {escape(what)}\n  [dim]→[/dim] {escape(remedy)}", soft_wrap=True)


@contextmanager
def progress() -> Iterator[Progress]:
    """Yield what shows one moving line on stderr; nothing where nobody looks."""
    console = _console(stderr=True)
    if not console.is_terminal:
        yield _nobody_looks
        return
    with console.status("…") as status:
        yield lambda text: status.update(text)


def _nobody_looks(_: str) -> None:
    """Show nothing."""


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(each)}" for key, each in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(_shown(each) for each in value)
    return "" if value is None else str(value)


def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr)
