"""One deployed function: imports its handler and invokes it with its own environment, output and deadline."""

import importlib
import json
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.stack.activity import Activity
from local.stack.deployment import Resource
from local.stack.names import ACCESS_KEY, REGION, SECRET_KEY
from local.stack.runtime import environment, output
from local.stack.runtime.context import LambdaContext
from local.stack.runtime.metrics import Metrics

Handler = Callable[[Any, LambdaContext], Any]

running: ContextVar["Function | None"] = ContextVar("the function that runs", default=None)

_LINES_KEPT = 5000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended: with a payload, or with an error as Lambda reports it."""

    payload: Any
    error: dict[str, Any] | None
    request_id: str

    @property
    def failed(self) -> bool:
        """Whether the handler raised, could not be imported or took too long."""
        return self.error is not None


class Function:
    """A function as deployed; `invoke` may be called from many threads."""

    def __init__(self, resource: Resource, code: Path, metrics: Metrics, activity: Activity) -> None:
        given = resource.properties
        self.logical_id, self.name, self.arn = resource.logical_id, resource.physical_id, resource.arn
        self.handler_name: str = given["Handler"]
        self.role: str = given["Role"]
        self.timeout_seconds = float(given.get("Timeout", 3))
        self.memory_mb = int(given.get("MemorySize", 128))
        self.log_group: str = given.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{self.name}")
        self.variables = self._runtime_variables(code) | given.get("Environment", {}).get("Variables", {})
        self.variables = {name: str(value) for name, value in self.variables.items()}
        self.logs: deque[str] = deque(maxlen=_LINES_KEPT)
        self.outcomes: deque[Outcome] = deque(maxlen=_LINES_KEPT)
        self.tell: Callable[[str], None] | None = None
        self._metrics, self._activity = metrics, activity

    def invoke(self, event: Any) -> Outcome:
        """Runs the handler once; whatever it raises is in the outcome, as on Lambda."""
        context = LambdaContext(
            self.name, self.arn, str(self.memory_mb), self.log_group, time.monotonic() + self.timeout_seconds
        )
        token = running.set(self)
        try:
            with self._activity.running(), environment.seen(self.variables), output.caught() as pieces:
                outcome = self._run(json.loads(json.dumps(event)), context)
        finally:
            running.reset(token)
        self._keep(pieces, outcome)
        return outcome

    def _run(self, event: Any, context: LambdaContext) -> Outcome:
        try:
            payload = json.loads(json.dumps(self._handler()(event, context)))
        except Exception as error:
            return Outcome(None, _described(error, context), context.aws_request_id)
        if context.get_remaining_time_in_millis() == 0:
            late = {
                "errorType": "Sandbox.Timedout",
                "errorMessage": f"Task timed out after {self.timeout_seconds} seconds",
            }
            return Outcome(None, late, context.aws_request_id)
        return Outcome(payload, None, context.aws_request_id)

    def _handler(self) -> Handler:
        module, _, name = self.handler_name.rpartition(".")
        handler: Handler = getattr(importlib.import_module(module.replace("/", ".")), name)
        return handler

    def _keep(self, pieces: list[str], outcome: Outcome) -> None:
        for line in "".join(pieces).splitlines():
            self._metrics.read(self.logical_id, line)
            self._note(line)
        if outcome.error is not None:
            self._note(json.dumps({"level": "ERROR", "request_id": outcome.request_id, **outcome.error}))
        self.outcomes.append(outcome)

    def _note(self, line: str) -> None:
        self.logs.append(line)
        tell = self.tell
        if tell is not None:
            tell(line)

    def _runtime_variables(self, code: Path) -> dict[str, str]:
        """What Lambda itself sets; nothing of this machine but the folder of the code."""
        return {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": "local",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": self.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "LAMBDA_TASK_ROOT": str(code),
            "LAMBDA_RUNTIME_DIR": str(code),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "_HANDLER": self.handler_name,
        }


def _described(error: Exception, context: LambdaContext) -> dict[str, Any]:
    return {
        "errorType": type(error).__name__,
        "errorMessage": str(error),
        "requestId": context.aws_request_id,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }
