"""Meters of as many processes as a test wants, and the budget that they share."""

from __future__ import annotations

from shared.connectors.http_budget import Meter
from shared.core.quota import Quota, Window
from shared.ports.budgets import Pass
from tests.kit.budgets import MemoryBudgets
from tests.kit.clock import FakeClock

TEN = Quota((Window(10, 10.0),))
HUNDRED = Quota((Window(100, 10.0, but="/search"), Window(4, 1.0, only="/search")))
PATH = "/api/v1/customers"


class Office:
    """What all processes share, and meters of as many as a test wants."""

    def __init__(self, quota: Quota = HUNDRED) -> None:
        self.quota, self.clock, self.budgets = quota, FakeClock(), MemoryBudgets()
        self.slept: list[float] = []

    def meter(self) -> Meter:
        return Meter("crm", self.quota, self.budgets, self.clock, self._sleep)

    def call(self, meter: Meter, path: str = PATH, headers: dict[str, str] | None = None, seconds: float = 0.2) -> None:
        admitted = meter.enter(path)
        assert isinstance(admitted, Pass)
        self.clock.go_on(seconds)
        meter.leave(admitted, headers or {})

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.go_on(seconds)
