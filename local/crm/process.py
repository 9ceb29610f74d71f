"""A server of our own in a process of its own: started, waited for within bounds, and stopped by its process id."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Self

PROJECT = Path(__file__).resolve().parents[2]


class ServerError(RuntimeError):
    """A server did not come up; the text shows the end of what it wrote."""


class ServerProcess:
    """`python -m MODULE …` as a context manager: inside, the server is ready at `url`.

    The process ends with the block, and also when this one dies, because it then reads the end of its standard input.
    """

    def __init__(self, module: str, arguments: Sequence[str], *, ready_within_seconds: float = 20) -> None:
        self._command = [sys.executable, "-m", module, *arguments, "--ends-with-stdin"]
        self._ready_within_seconds = ready_within_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id while the server runs, else 0."""
        return self._process.pid if self._process else 0

    def start(self) -> Self:
        """Start the server and return when it is ready; ServerError when it is not in time."""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process, closed by stop
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=self._errors, cwd=PROJECT)
        try:
            self.url = self._ready_line()["url"]
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the server; kill it where it does not stop within five seconds."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _close(process.stdin, process.stdout, self._errors)

    def _ready_line(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        deadline = time.monotonic() + self._ready_within_seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if selector.select(deadline - time.monotonic()):
                line = self._process.stdout.readline()
                if line:
                    return dict(json.loads(line))
        raise ServerError(f"{' '.join(self._command[1:3])} is not ready: {self._last_words()}")

    def _last_words(self) -> str:
        assert self._errors is not None
        self._errors.seek(0)
        return self._errors.read()[-2000:].decode(errors="replace").strip() or "it says nothing"


def _close(*files: IO[bytes] | None) -> None:
    for each in files:
        if each is not None:
            each.close()
