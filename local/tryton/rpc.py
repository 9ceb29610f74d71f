"""A plain JSON-RPC client of Tryton for the demo and the tests: its own reader, sharing nothing with the connector.

Tryton's tagged values (`{"__class__": "Decimal", …}`) are turned into Python values and back. A business error is an
`RpcError` with Tryton's kind ("UserError", "ConcurrencyException", …) and text; HTTP answers other than 200 raise too.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import requests

TIMEOUT_SECONDS = 60


class RpcError(Exception):
    """Tryton refused: `kind` and `text` as it gave them."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text


class Client:
    """Logged in on first use; `call` sends the user's company along, as Tryton's own clients do."""

    def __init__(self, url: str, database: str, user: str, password: str) -> None:
        self._url = f"{url}/{database}/"
        self._user = user
        self._password = password
        self._http = requests.Session()
        self._ids = count(1)
        self._context: dict[str, Any] | None = None

    @property
    def context(self) -> dict[str, Any]:
        """The user's own context: the company and the language."""
        if self._context is None:
            self._log_in()
            preferences = self._send("model.res.user.get_preferences", [True, {}])
            self._context = {key: preferences[key] for key in ("company", "language") if preferences.get(key)}
        return self._context

    def call(self, model: str, method: str, *arguments: Any, context: Mapping[str, Any] | None = None) -> Any:
        """`model.<model>.<method>` with the user's context, and what is given on top of it."""
        return self._send(f"model.{model}.{method}", [*arguments, {**self.context, **(context or {})}])

    def search_read(
        self,
        model: str,
        domain: Sequence[Any],
        fields: Sequence[str],
        order: Sequence[Sequence[str]] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """All records of the domain with these fields."""
        found: list[dict[str, Any]] = self.call(
            model,
            "search_read",
            list(domain),
            0,
            None,
            order and [list(key) for key in order],
            list(fields),
            context=context,
        )
        return found

    def run_wizard(self, name: str, state: str, context: Mapping[str, Any]) -> Any:
        """Run a wizard from its start through one state and close it."""
        session, _start, _end = self._send(f"wizard.{name}.create", [self.context])
        answer = self._send(f"wizard.{name}.execute", [session, {}, state, {**self.context, **context}])
        self._send(f"wizard.{name}.delete", [session, self.context])
        return answer

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def change_password(self, password: str) -> None:
        """Give the user another password; its sessions end, this client's too, which logs in again with the new one."""
        users = self.call("res.user", "search", [["login", "=", self._user]])
        self.call("res.user", "write", users, {"password": password})
        self._password = password
        self._context = None

    def _log_in(self) -> None:
        self._http.headers.pop("Authorization", None)
        user, session, *_rest = self._send("common.db.login", [self._user, {"password": self._password}])
        token = base64.b64encode(f"{self._user}:{user}:{session}".encode()).decode()
        self._http.headers["Authorization"] = f"Session {token}"

    def _send(self, method: str, params: Sequence[Any]) -> Any:
        body = json.dumps({"id": next(self._ids), "method": method, "params": params}, default=_tagged)
        answer = self._http.post(self._url, body, headers={"Content-Type": "application/json"}, timeout=TIMEOUT_SECONDS)
        if answer.status_code != 200:
            raise RpcError(f"HTTP {answer.status_code}", answer.reason)
        content = json.loads(answer.text, object_hook=_untagged)
        if "error" in content:
            kind, detail = content["error"][0], content["error"][1] if len(content["error"]) > 1 else ""
            raise RpcError(kind, detail[0] if isinstance(detail, list) else str(detail))
        return content["result"]


_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")
_UNTAG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "Decimal": lambda tag: Decimal(tag["decimal"]),
    "date": lambda tag: date(tag["year"], tag["month"], tag["day"]),
    "timedelta": lambda tag: timedelta(seconds=tag["seconds"]),
    "datetime": lambda tag: datetime(*(tag[part] for part in _PARTS)).replace(tzinfo=UTC),
}


def _untagged(found: dict[str, Any]) -> Any:
    turn = _UNTAG.get(found.get("__class__", ""))
    return turn(found) if turn else found


def _tagged(value: Any) -> dict[str, Any]:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, datetime):
        return {"__class__": "datetime", **{part: getattr(value.astimezone(UTC), part) for part in _PARTS}}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    if isinstance(value, timedelta):
        return {"__class__": "timedelta", "seconds": value.total_seconds()}
    raise TypeError(f"no JSON form for {type(value).__name__}")
