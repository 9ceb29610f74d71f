"""Lambda's Invoke, answered by the handlers of this process."""

import json
from collections.abc import Mapping

from local.stack.backplane import Invoked
from local.stack.runtime.function import Function
from local.stack.sources.targets import Targets


class Invocations:
    """Finds a function by name, ARN or `name:version` and runs it."""

    def __init__(self, functions: Mapping[str, Function], targets: Targets) -> None:
        self._by_name = {each.name: each for each in functions.values()}
        self._targets = targets

    def invoke(self, name: str, payload: bytes, kind: str) -> Invoked | None:
        """The answer to a call that waits (`RequestResponse`) or does not (`Event`); None if nobody has the name."""
        plain = name.replace("%3A", ":").split(":function:")[-1].split(":")[0]
        function = self._by_name.get(plain)
        if function is None:
            return None
        event = json.loads(payload or b"{}")
        if kind == "DryRun":
            return Invoked(204, b"", None)
        if kind == "Event":
            self._targets.invoke_later(function, event)
            return Invoked(202, b"", None)
        outcome = function.invoke(event)
        if outcome.error is not None:
            return Invoked(200, json.dumps(outcome.error).encode(), "Unhandled")
        return Invoked(200, json.dumps(outcome.payload).encode(), None)
