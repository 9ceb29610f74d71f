"""Reads the metrics out of a function's log lines (CloudWatch embedded metric format) and keeps them."""

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Datum:
    """One value of one metric."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    value: float
    unit: str
    function: str


class Metrics:
    """Every datum that the functions wrote, in the order in which their invocations ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._data: list[Datum] = []

    def read(self, function: str, line: str) -> bool:
        """Takes the metrics of one log line; False if it holds none."""
        if '"_aws"' not in line:
            return False
        try:
            content = json.loads(line)
        except ValueError:
            return False
        data = list(_data(function, content))
        with self._lock:
            self._data.extend(data)
        return bool(data)

    def all(self) -> list[Datum]:
        """All data so far."""
        with self._lock:
            return list(self._data)

    def of(self, name: str) -> list[Datum]:
        """The data of one metric."""
        return [each for each in self.all() if each.name == name]

    def total(self, name: str) -> float:
        """The sum over one metric."""
        return sum(each.value for each in self.of(name))

    def shown(self) -> list[dict[str, Any]]:
        """For JSON."""
        return [{**asdict(each), "dimensions": dict(each.dimensions)} for each in self.all()]


def _data(function: str, content: dict[str, Any]) -> Iterator[Datum]:
    for directive in content.get("_aws", {}).get("CloudWatchMetrics", []):
        for names in directive.get("Dimensions", [[]]):
            dimensions = tuple((name, str(content[name])) for name in names)
            for metric in directive.get("Metrics", []):
                values = content[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    unit = metric.get("Unit", "None")
                    yield Datum(directive["Namespace"], metric["Name"], dimensions, float(value), unit, function)
