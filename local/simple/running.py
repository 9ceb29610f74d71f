"""Run a simple system from Python, as a process of its own."""

from __future__ import annotations

from local.crm.client import CrmClient
from local.crm.process import ServerProcess


class SimpleSystem(ServerProcess):
    """A simple system on a free port of 127.0.0.1; without a token all may enter."""

    def __init__(self, *, port: int = 0, token: str = "") -> None:
        super().__init__("local.simple", [f"--port={port}", f"--token={token}"])
        self.token = token

    def client(self) -> CrmClient:
        """Return a client for its faults, counts and `send`; lists are read with `rows`."""
        return CrmClient(self.url, self.token)

    def rows(self, resource: str) -> list[dict[str, object]]:
        """Return a whole list, `customers` or `orders`."""
        with self.client() as client:
            return list(client.send("GET", f"/api/v1/{resource}"))
