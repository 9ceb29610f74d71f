"""Log lines and metrics by Powertools: JSON lines with the trace, metrics in the embedded format (EMF).

Metrics of one invocation are written together when it ends, with the one dimension `service`, as the alarms of the
template read them. A log line holds ids, counts and reasons; values of records and credentials never get here.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from shared.aws.settings import Settings
from shared.aws.trace import current_trace, traced

_RESERVED = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "trace", "service", "function"}
_counted: ContextVar[list[tuple[str, float]] | None] = ContextVar("counted", default=None)


class _WithTrace(logging.Filter):
    """Adds the trace to every line, whoever writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.trace = current_trace()
        return True


class _ToStandardOutput(logging.Handler):
    """Writes to whatever standard output is at the moment of writing."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stdout.write(self.format(record) + "\n")


_WITH_TRACE = _WithTrace()
_TO_STANDARD_OUTPUT = _ToStandardOutput()


class PowertoolsTelemetry:
    """One logger and one kind of metrics for the whole function."""

    def __init__(self, settings: Settings) -> None:
        """Make the logger; nothing is written yet."""
        self._service = settings.powertools_service_name
        self._namespace = settings.powertools_metrics_namespace
        self.function = settings.function
        self._logger = Logger(
            service=self._service, level=settings.powertools_log_level, logger_handler=_TO_STANDARD_OUTPUT
        )
        self._logger.addFilter(_WITH_TRACE)

    @contextmanager
    def invocation(self, trace: str) -> Iterator[None]:
        """Do one invocation under its trace; at the end, also when it fails, write one line and its metrics."""
        counted: list[tuple[str, float]] = []
        token, begun = _counted.set(counted), time.monotonic()
        with traced(trace):
            try:
                yield
            finally:
                self.tell("done", milliseconds=round((time.monotonic() - begun) * 1000))
                _counted.reset(token)
                self._write(counted)

    def count(self, metric: str, value: float = 1) -> None:
        """Add to a metric; outside an invocation it is written at once."""
        counted = _counted.get()
        if counted is None:
            self._write([(metric, value)])
        else:
            counted.append((metric, value))

    def tell(self, event: str, **facts: str | int | float | None) -> None:
        """Write one line."""
        self._logger.info(event, extra=self._extra(facts))

    def fail(self, event: str, error: Exception, **facts: str | int | float | None) -> str:
        """Write one error line: somebody should look. It tells kind and place of the error, not its text, since
        nobody knows what a text holds that is not ours; both are returned as a sentence."""
        frames = traceback.extract_tb(error.__traceback__)
        place = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
        self._logger.error(event, extra=self._extra({"error": type(error).__name__, "place": place, **facts}))
        return f"{type(error).__name__} at {place}"

    def _extra(self, facts: dict[str, str | int | float | None]) -> dict[str, str | int | float | None]:
        named = {f"{name}_" if name in _RESERVED else name: fact for name, fact in facts.items()}
        return {"function": self.function, **named}

    def _write(self, counted: list[tuple[str, float]]) -> None:
        if not counted:
            return
        metrics = EphemeralMetrics(namespace=self._namespace, service=self._service)
        for metric, value in counted:
            unit = MetricUnit.Seconds if metric.endswith("Seconds") else MetricUnit.Count
            metrics.add_metric(metric, unit, value)
        metrics.flush_metrics()
