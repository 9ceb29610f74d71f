"""A small client of the sample CRM, as one of its people or another program would use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import requests

from local.crm.resources import Fields

LARGEST = 100
CONNECT_AND_READ_SECONDS = (5.0, 30.0)


class CrmError(RuntimeError):
    """The CRM refused; `status` and `problem` say what and why."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('detail', problem)}")
        self.status = status
        self.problem = problem


class CrmClient:
    """Calls of the API that raise CrmError where the CRM refuses. One session; close it, or use it as a context."""

    def __init__(self, url: str, token: str = "") -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Send one request and return its answer, whatever it is."""
        return self._session.request(
            method, self._url + path, json=body, headers=headers, timeout=CONNECT_AND_READ_SECONDS
        )

    def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """Send one request and return the JSON of its answer; nothing where there is no body."""
        answer = self.ask(method, path, body, headers)
        if not answer.ok:
            raise CrmError(answer.status_code, answer.json())
        return answer.json() if answer.content else None

    def get(self, resource: str, record_id: str) -> Fields:
        """Return one record."""
        return dict(self.send("GET", f"/api/v1/{resource}/{record_id}"))

    def create(self, resource: str, fields: Fields) -> Fields:
        """Make one record."""
        return dict(self.send("POST", f"/api/v1/{resource}", fields))

    def change(self, resource: str, record_id: str, fields: Fields) -> Fields:
        """Change the given fields of one record, whatever its version is by now."""
        return dict(self.send("PATCH", f"/api/v1/{resource}/{record_id}", fields))

    def archive(self, resource: str, record_id: str) -> None:
        """Archive one record."""
        self.send("DELETE", f"/api/v1/{resource}/{record_id}")

    def pages(self, resource: str, query: str = "") -> Iterator[list[Fields]]:
        """Yield all pages of a list; the query is such as `state=open&archived=any`."""
        first = f"/api/v1/{resource}?limit={LARGEST}" + (f"&{query}" if query else "")
        page = self.send("GET", first)
        yield page["data"]
        while page["next"]:
            page = self.send("GET", f"{first}&after={page['next']}")
            yield page["data"]

    def all(self, resource: str, query: str = "") -> list[Fields]:
        """Return the whole of a list."""
        return [record for page in self.pages(resource, query) for record in page]

    def create_all(self, resource: str, bodies: Sequence[Fields]) -> list[Fields]:
        """Make many records in batches and return them in the same order; CrmError at the first that is refused."""
        made = []
        for start in range(0, len(bodies), LARGEST):
            writes = [{"op": "create", "fields": fields} for fields in bodies[start : start + LARGEST]]
            for result in self.send("POST", f"/api/v1/{resource}:batch", writes):
                if "error" in result:
                    raise CrmError(result["status"], result["error"])
                made.append(result["body"])
        return made

    def set_faults(self, faults: Mapping[str, Mapping[str, Any]]) -> None:
        """Switch faults on, such as `{"lost_reply": {"next": 1}}`."""
        self.send("PUT", "/control/faults", faults)

    def counts(self) -> dict[str, Any]:
        """Return how often the CRM was called since the last reset."""
        return dict(self.send("GET", "/control/counts"))

    def reset(self, forget: str = "") -> None:
        """Switch faults off and count from nothing; `records` or `all` are forgotten as well."""
        self.send("POST", f"/control/reset?forget={forget}")

    def replay_webhooks(self, times: int = 2, seed: int = 0) -> int:
        """Have every webhook of the past sent again, shuffled; return how many that makes."""
        return int(self.send("POST", f"/control/webhooks/replay?shuffle=1&times={times}&seed={seed}")["queued"])
