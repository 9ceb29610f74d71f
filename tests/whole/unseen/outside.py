"""Tandem from outside: the process that `make up` runs, and the `tandem` command; nothing of ours is imported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
_TANDEM = "import sys; from operate.command import main; sys.exit(main())"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `tandem settle --json` said, and its exit code."""

    code: int
    said: Mapping[str, Any]
    wrong: str = ""

    @property
    def writes(self) -> Mapping[str, int]:
        """What was written to each system."""
        return {name: calls["write"] for name, calls in self.said["partner_calls"].items()}


@dataclass(slots=True)
class Up:
    """A stack that runs as a process of its own."""

    process: subprocess.Popen[str]
    api: str
    aws: str
    logs: Path

    def settle(self, *options: str, timeout: float = 30) -> Outcome:
        """Run `tandem settle`."""
        return self.tandem("settle", "--json", "--timeout", str(timeout), *options)

    def tandem(self, *arguments: str) -> Outcome:
        """Run the command against this stack."""
        target = f"local:{self.aws.rpartition(':')[2]}"
        command = [sys.executable, "-c", _TANDEM, "--target", target, *arguments]
        ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
        return Outcome(ended.returncode, json.loads(ended.stdout.splitlines()[-1]), ended.stderr)


@contextmanager
def up(folder: Path, description: str, secrets: Mapping[str, Mapping[str, str]] | None = None) -> Iterator[Up]:
    """Start the stack; a SIGTERM has to end it cleanly, with nothing more said on stdout."""
    config = folder / "integration.toml"
    config.write_text(description, encoding="utf-8")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("TANDEM_", "COV_"))}
    given = {f"TANDEM_SECRET_{name.upper()}": json.dumps(secret) for name, secret in (secrets or {}).items()}
    command = [sys.executable, "-m", "local.stack", "--config", str(config), "--port", "0", "--logs", str(folder)]
    wrong = folder / "stderr"
    with (
        wrong.open("w", encoding="utf-8") as stderr,
        subprocess.Popen(
            command, cwd=PROJECT, env={**variables, **given}, text=True, stdout=subprocess.PIPE, stderr=stderr
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, wrong.read_text(encoding="utf-8")
            ready = json.loads(line)
            assert ready["ready"] is True
            yield Up(process, ready["api"], ready["aws"], folder)
        finally:
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=30)
    assert (process.returncode, rest) == (0, "")
