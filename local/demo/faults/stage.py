"""What the faults share: both systems, a person who types `tandem` commands, and what is told meanwhile."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from local.crm import people
from local.crm.process import PROJECT
from local.crm.resources import Fields
from local.demo.systems import SETTLE_SECONDS, TANDEM, Systems

_WIDTH = "120"
_VERB_SECONDS = SETTLE_SECONDS + 60
LOOK_SECONDS = 0.5


class NotRepaired(Exception):
    """What is wrong, for whoever reads the result."""


class Operator(Protocol):
    """A person at the command."""

    def types(self, *arguments: str, ends: int = 0) -> None:
        """Type `tandem …` and show what it says; raise `NotRepaired` if it does not end with that exit code."""

    def asks(self, *arguments: str) -> dict[str, Any]:
        """Return what `tandem … --json` answers."""


@dataclass(frozen=True, slots=True)
class Typist:
    """An operator at the real command, on the demo's stack."""

    systems: Systems
    say: Callable[[str], None]

    def types(self, *arguments: str, ends: int = 0) -> None:
        """Run the command as anybody would."""
        self.say(f"   $ tandem {shlex.join(arguments)}")
        command = [str(TANDEM), "--target", f"local:{urlsplit(self.systems.aws).port}", *arguments]
        environment = {**os.environ, "COLUMNS": _WIDTH}
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                cwd=PROJECT,
                env=environment,
                timeout=_VERB_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise NotRepaired(f"tandem {arguments[0]} did not end within {_VERB_SECONDS} s") from late
        for line in (done.stdout + done.stderr).splitlines():
            self.say(f"     {line.rstrip()}")
        if done.returncode != ends:
            raise NotRepaired(f"tandem {shlex.join(arguments)} ended with {done.returncode} instead of {ends}")

    def asks(self, *arguments: str) -> dict[str, Any]:
        """Run the command with --json."""
        return self.systems.tandem(*arguments, "--json")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the faults are played."""

    systems: Systems
    operator: Operator
    say: Callable[[str], None]

    def tell(self, text: str) -> None:
        """Tell what happens, outside of the command."""
        self.say(f"   {text}")

    def types(self, *arguments: str, ends: int = 0) -> None:
        """Have the operator type a command."""
        self.operator.types(*arguments, ends=ends)

    def settles(self) -> None:
        """Have the operator type `tandem settle`, and expect that it does."""
        self.types("settle", "--timeout", str(SETTLE_SECONDS))

    def awaits(self, found: Callable[[], Any], seconds: float, otherwise: str) -> Any:
        """Return what is found within the time; raise `NotRepaired` with the text where it is nothing."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if there := found():
                return there
            time.sleep(LOOK_SECONDS)
        raise NotRepaired(f"within {seconds:.0f} s {otherwise}")

    def only_item(self, *arguments: str) -> dict[str, Any]:
        """Return the only item that a verb lists."""
        items = self.operator.asks(*arguments)["items"]
        if len(items) != 1:
            raise NotRepaired(f"tandem {shlex.join(arguments)} lists {len(items)} items instead of one")
        item: dict[str, Any] = items[0]
        return item

    def state_of(self, system: str) -> str:
        """Return whether a system is running, paused or tripped, as `tandem systems` says."""
        lines = self.operator.asks("systems")["items"]
        found = [str(each["status"]) for each in lines if each["system"] == system and not each["entity"]]
        return found[0] if found else "not listed"

    def customer(self, number: str) -> Fields:
        """Return a customer of the CRM by number."""
        try:
            return people.find_one(self.systems.crm, "customers", "number", number)
        except LookupError as missing:
            raise NotRepaired(f"the CRM: {missing}") from missing


def expect(what: str, shown: object, wanted: object) -> None:
    """Raise `NotRepaired` where something is not shown as it should be."""
    if shown != wanted:
        raise NotRepaired(f"{what} is {shown!r} instead of {wanted!r}")
