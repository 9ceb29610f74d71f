"""A proxy in front of a Tryton that notes every call, by the method that its body names."""

from __future__ import annotations

import json

from local.demo.proxy import LosingProxy


class CountingProxy(LosingProxy):
    """Passes everything on; `calls` are the methods in the order in which they were answered."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.calls: list[str] = []

    def _passes(self, body: bytes) -> bool:
        self.calls.append(json.loads(body)["method"])
        return super()._passes(body)
