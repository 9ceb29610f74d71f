"""Writes what the functions log to one file each, for people who watch a running stack."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from local.stack.runtime.function import Function


class LogFiles:
    """Until the end of the block each line of a function's log goes to `<folder>/<function>.log`, begun anew."""

    def __init__(self, functions: Iterable[Function], folder: Path) -> None:
        self._functions, self._folder = list(functions), folder
        self._files: list[TextIO] = []

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        for function in self._functions:
            file = (self._folder / f"{function.logical_id}.log").open("w", encoding="utf-8", buffering=1)
            self._files.append(file)
            function.tell = lambda line, file=file: _write(file, line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for function in self._functions:
            function.tell = None
        for file in self._files:
            file.close()


def _write(file: TextIO, line: str) -> None:
    file.write(line + "\n")
