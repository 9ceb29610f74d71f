"""A worker that dies: every verb of every port, and of every system, is a place before and after which it may."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shared.flows.parts import Parts
from tests.kit.ports import ports

READ_AT_WILL = frozenset({"clock", "telemetry"})
"""Ports whose verbs leave nothing behind: dying there is dying before the next."""


class Crashed(BaseException):
    """The worker died: no code of ours may catch this."""


class Crashing:
    """Counts the calls of ports and dies before or after one of them; `places` says where in the flows each is made."""

    def __init__(self, at: int = -1, when: str = "") -> None:
        """Die `when` ("before" or "after") the call of this number; never by itself."""
        self.at, self.when = at, when
        self.places: list[tuple[str, str]] = []

    def parts(self, parts: Parts) -> Parts:
        """Return the ports, each call of which may be the last."""
        names = ports().keys() - READ_AT_WILL - {"systems"}
        watched: dict[str, Any] = {name: _Port(self, name, getattr(parts, name)) for name in names}
        return replace(parts, **watched, systems=_Systems(self, parts.systems))

    def call(self, verb: str, action: Callable[[], Any]) -> Any:
        """Do one call, or die."""
        number = len(self.places)
        self.places.append((_place(), verb))
        if (number, "before") == (self.at, self.when):
            raise Crashed
        answer = action()
        if (number, "after") == (self.at, self.when):
            raise Crashed
        return answer


class _Port:
    def __init__(self, crashing: Crashing, name: str, port: Any) -> None:
        self._crashing, self._name, self._port = crashing, name, port

    def __getattr__(self, verb: str) -> Any:
        method = getattr(self._port, verb)
        if not callable(method):
            return method
        return lambda *args, **more: self._crashing.call(f"{self._name}.{verb}", lambda: method(*args, **more))


class _Systems:
    def __init__(self, crashing: Crashing, systems: Any) -> None:
        self._crashing, self._systems = crashing, systems

    def system(self, name: str) -> _Port:
        """Return a system whose calls may be the last."""
        return _Port(self._crashing, "system", self._systems.system(name))

    def webhooks(self, name: str) -> Any:
        """Return what reads a system's webhooks."""
        return self._systems.webhooks(name)


def _place() -> str:
    frame = sys._getframe(1)
    while frame.f_back is not None:
        module, function = str(frame.f_globals["__name__"]), frame.f_code.co_name
        if module.startswith("shared.flows") and not function.startswith("<"):
            return f"{module.removeprefix('shared.flows.')}.{function}"
        frame = frame.f_back
    return ""
